"""The report of a run of visits."""

from __future__ import annotations

import pytest

from vcounter.simulator.crowd import read_logins
from vcounter.simulator.customer import Called
from vcounter.simulator.visits import Outcome, Run, percentile, report


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.95, None), ([2.0], 0.5, 2.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), ([3, 1, 2], 0.95, 3)],
)
def test_percentiles_are_by_nearest_rank(
    values: list[float], share: float, found: float | None
) -> None:
    assert percentile(values, share) == found


def test_the_report_counts_by_action_and_names_what_failed() -> None:
    run = Run(("report_loss", "query_puk"), 3, 2)
    called = Called(connect_s=0.4)
    run.outcomes = [
        Outcome("report_loss", "", 2.0, called, None),
        Outcome("query_puk", "face: nothing", 50.0, called, None),
        Outcome("report_loss", "", 4.0, called, None),
    ]

    found = report(run)

    assert (found["visits"], found["served"], found["failed"]) == (3, 2, 1)
    assert found["by_action"]["report_loss"] == {
        "served": 2,
        "failed": 0,
        "p50_s": 2.0,
        "p95_s": 4.0,
    }
    assert found["by_action"]["query_puk"]["p50_s"] is None
    assert found["failures"] == [{"action": "query_puk", "reason": "face: nothing"}]


def test_actions_take_turns() -> None:
    assert Run(("report_loss", "query_puk"), 3, 9).actions == [
        "report_loss",
        "query_puk",
        "report_loss",
    ]


def test_an_action_without_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="no_such_action"):
        Run(("no_such_action",), 1, 1)


def test_logins_are_lines_of_two_words() -> None:
    assert read_logins("# demo\nagent1 pw-1\n\nagent2 pw-2 extra\n") == [
        ("agent1", "pw-1"),
        ("agent2", "pw-2"),
    ]
