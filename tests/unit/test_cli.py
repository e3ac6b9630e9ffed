"""The command line: what scripts may rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from vcounter.cli import app

Run = Any


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VCOUNTER_DATA_DIR", str(tmp_path / "var"))
    runner = CliRunner()
    return lambda *words, **more: runner.invoke(app, list(words), **more)


def _last(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return found


def test_actions_lists_all_31_with_their_promised_keys(run: Run) -> None:
    result = run("actions", "--json")

    rows = _last(result)["actions"]
    assert result.exit_code == 0
    assert len({row["id"] for row in rows}) == 31
    assert all({"id", "zh", "en", "assurance", "reversible"} <= row.keys() for row in rows)
    by_id = {row["id"]: row for row in rows}
    assert by_id["report_loss"]["reversible"] is True
    assert by_id["query_puk"]["reversible"] is False


def test_a_new_member_of_staff_gets_a_password_that_is_shown_once(run: Run) -> None:
    words = ("staff", "add", "--login", "wang", "--name", "王芳", "--badge", "7", "--json")

    added, again = run(*words), run(*words)

    assert _last(added)["staff_id"].startswith("stf_")
    assert len(_last(added)["password"]) >= 12
    assert again.exit_code == 1
    assert "taken" in again.stderr


def test_a_given_password_is_not_repeated(run: Run) -> None:
    result = run(
        *("staff", "add", "--login", "li", "--name", "李", "--badge", "8"),
        *("--password-stdin", "--json"),
        input="correct horse battery\n",
    )

    assert result.exit_code == 0
    assert "password" not in _last(result)


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (("--role", "king"), "role"),
        (("--groups", "nobody"), "skill group"),
    ],
)
def test_staff_with_unknown_role_or_group_is_refused(
    run: Run, extra: tuple[str, str], text: str
) -> None:
    result = run("staff", "add", "--login", "a", "--name", "b", "--badge", "1", *extra)

    assert result.exit_code == 1
    assert text in result.stderr


def test_a_short_password_is_refused(run: Run) -> None:
    result = run(
        *("staff", "add", "--login", "a", "--name", "b", "--badge", "1", "--password-stdin"),
        input="short\n",
    )

    assert result.exit_code == 1


def test_the_audit_log_of_a_fresh_counter_is_sound(run: Run) -> None:
    run("db", "upgrade")

    result = run("audit", "verify", "--json")

    assert _last(result) == {"lines": 0, "ok": True, "first_bad": None, "unsealed": 0}


def test_the_schema_can_be_upgraded_twice(run: Run) -> None:
    first, second = run("db", "upgrade", "--json"), run("db", "upgrade", "--json")

    assert _last(first) == _last(second)
    assert second.exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "visits", "--actions", "fly_to_the_moon"),
        ("simulate", "agents", "-n", "2", "--logins", "-"),
    ],
)
def test_a_run_that_cannot_work_is_refused_before_it_starts(
    run: Run, words: tuple[str, ...]
) -> None:
    result = run(*words, input="agent1 secret\n")

    assert result.exit_code == 2


def test_a_server_that_is_not_there_is_one_line_on_stderr(run: Run) -> None:
    result = run("simulate", "customers", "--server", "http://127.0.0.1:9", "--json")

    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_pack_that_cannot_be_written_says_what_to_do(run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "nowhere" / "x.zip")

    result = run("export", "visit", "vis_1", "--out", out, "--reason", "court")

    assert result.exit_code == 2
    assert "there is no folder" in result.stderr


def test_errors_are_words(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "x.zip"
    out.touch()

    result = run("export", "visit", "vis_1", "--out", str(out), "--reason", "court")

    assert result.stderr == "invalid_input: the file exists (out: exists)\n"


def test_a_malformed_key_and_a_file_that_is_no_pack_are_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_text("no zip")

    key = run("export", "verify", str(file), "--public-key", "zz")
    pack = run("export", "verify", str(file), "--public-key", "00" * 32)

    assert (key.exit_code, pack.exit_code) == (2, 1)
    assert "--public-key is malformed" in key.stderr
    assert "no zip file" in pack.stdout


@pytest.mark.parametrize(
    ("truth", "text"),
    [
        (None, "truth.json does not exist"),
        ("{", "truth.json is malformed"),
        ("[]", "truth.json lists no picture"),
        ('[{"file": "a.jpg"}]', "'side' is missing"),
        (
            '[{"file": "a", "side": "back", "condition": "", "issuer": "", "validity": 1}]',
            "malform",
        ),
    ],
)
def test_a_folder_without_a_set_of_cards_is_told(
    run: Run, tmp_path: Path, truth: str | None, text: str
) -> None:
    if truth is not None:
        (tmp_path / "truth.json").write_text(truth, encoding="utf-8")

    result = run("evaluate", "cards", str(tmp_path))

    assert result.exit_code == 2
    assert text in result.stderr
    assert "make-cards" in result.stderr


def test_a_set_of_cards_is_not_written_over_unasked(run: Run, tmp_path: Path) -> None:
    words = ("evaluate", "make-cards", str(tmp_path), "-n", "1")

    results = [run(*words), run(*words), run(*words, "--force")]

    assert [result.exit_code for result in results] == [0, 2, 0]
    assert "--force" in results[1].stderr


def test_no_deletions_are_told(run: Run) -> None:
    run("db", "upgrade")

    assert run("audit", "deletions").stdout == "No picture was deleted yet.\n"
