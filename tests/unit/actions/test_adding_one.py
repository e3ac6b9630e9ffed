"""A new action is one file, its words and a test; here is what fails when any of it is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.actions.samples import INPUTS
from vcounter.actions import registry
from vcounter.adapters.bss.embedded.business import all_business

ROOT = Path(__file__).parents[3]
EVERY = [entry.id for entry in registry.catalogue()]
CODES = {
    lang: (ROOT / f"web/console/src/locales/codes.{lang}.ts").read_text("utf-8")
    for lang in ("zh-CN", "en")
}
TESTS = "\n".join(
    path.read_text("utf-8")
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    if path.name != Path(__file__).name
)


@pytest.mark.parametrize("action_id", EVERY)
def test_each_entry_of_the_catalogue_has_its_file_and_its_business(action_id: str) -> None:
    assert (ROOT / "vcounter" / "actions" / f"{action_id}.py").is_file()
    assert registry.action(action_id).id == action_id
    assert all_business()[action_id].id == action_id


def test_nothing_is_built_that_is_not_in_the_catalogue() -> None:
    assert set(registry.implemented()) == set(all_business()) == set(EVERY)


@pytest.mark.parametrize("action_id", EVERY)
def test_each_action_takes_its_sample_inputs(action_id: str) -> None:
    action = registry.action(action_id)

    assert registry.parse_inputs(action, INPUTS.get(action_id, {})) is not None


@pytest.mark.parametrize("action_id", EVERY)
def test_each_action_can_be_undone_where_the_operator_can_and_only_there(action_id: str) -> None:
    """What the words promise, the operator's business does."""
    takes_itself_back = registry.action(action_id).undo_id == action_id

    assert (all_business()[action_id].undo is not None) is takes_itself_back


@pytest.mark.parametrize("action_id", EVERY)
def test_disclosures_pages_parts_and_secrets_agree_on_both_sides(action_id: str) -> None:
    action, business = registry.action(action_id), all_business()[action_id]

    assert (business.disclose is not None) is (action.discloses is not None)
    assert business.on_page is action.pays_on_page
    assert tuple(business.parts) == action.parts
    assert business.wants_secret is (action.secret is not None)


@pytest.mark.parametrize("action_id", EVERY)
def test_each_action_is_tested_at_the_operator_by_name(action_id: str) -> None:
    assert len(re.findall(rf'"{action_id}"', TESTS)) >= 3


@pytest.mark.parametrize("action_id", EVERY)
def test_each_refusal_has_words_in_both_languages(action_id: str) -> None:
    """Check codes are named where they are made; each has its text for the agent."""
    source = (ROOT / "vcounter/adapters/bss/embedded/business" / f"{action_id}.py").read_text(
        "utf-8"
    )
    codes = set(re.findall(r'Check\(\s*"(\w+)"', source))

    for lang, texts in CODES.items():
        missing = [code for code in codes if f'"check.{code}"' not in texts]
        assert missing == [], lang
