"""What customers read and hear: complete in both languages, short, without jargon."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.actions.samples import CALL_BACK, INPUTS, NOW, OPERATOR, PRICES
from vcounter.actions import registry
from vcounter.actions.base import Facts, Lang, lang_of
from vcounter.actions.words import day, minute, money
from vcounter.domain.ids import Msisdn

ZONE = ZoneInfo("Asia/Shanghai")
NUMBER = Msisdn("13800006021")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ALL = sorted(registry.implemented())
LANGS: tuple[Lang, ...] = ("zh-CN", "en")


def facts(action_id: str, **more: object) -> Facts:
    base = Facts(
        msisdn=NUMBER,
        inputs=INPUTS.get(action_id, {}),
        price_fen=PRICES.get(action_id, 0),
        effective_from=NOW,
        now=NOW,
        zone=ZONE,
        operator=OPERATOR.get(action_id, {}),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def said(action_id: str, lang: Lang) -> list[str]:
    """Everything that an action may say, the words of its taking back among it."""
    action, f = registry.action(action_id), facts(action_id)
    sentences = []
    for words in (action.words, *((action.undone,) if action.undone else ())):
        receipt = words.receipt(f, lang)
        sentences += [
            *asdict(words.plain(f, lang)).values(),
            receipt.title,
            *(part for line in receipt.lines for part in (line.label, line.value)),
            *([receipt.undo] if receipt.undo else []),
            words.sms(f, lang),
        ]
    if action.shows is not None:
        shown = action.shows(f, lang)
        sentences += [shown.title, *shown.lines]
    return sentences


@pytest.mark.parametrize("action_id", ALL)
@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_is_there_in_its_own_language(action_id: str, lang: Lang) -> None:
    for sentence in said(action_id, lang):
        assert sentence.strip()
        if lang == "en":
            assert not CHINESE.search(sentence)
        elif re.search(r"[A-Za-z]", sentence):
            assert "PUK" in sentence  # the word that the phone itself shows


@pytest.mark.parametrize("action_id", ALL)
@pytest.mark.parametrize("lang", LANGS)
def test_each_sentence_is_short_and_names_the_number_by_its_tail(
    action_id: str, lang: Lang
) -> None:
    action = registry.action(action_id)

    limit = 220 if lang == "en" else 70
    for words in (action.words, *((action.undone,) if action.undone else ())):
        plain = words.plain(facts(action_id), lang)
        assert all(len(text) <= limit for text in asdict(plain).values())
        assert "6021" in plain.what


@pytest.mark.parametrize("action_id", ALL)
@pytest.mark.parametrize("lang", LANGS)
def test_no_text_carries_the_whole_number_or_the_call_back(action_id: str, lang: Lang) -> None:
    text = " ".join(said(action_id, lang))

    assert NUMBER not in text
    assert CALL_BACK not in text


@pytest.mark.parametrize("lang", LANGS)
def test_booked_suspension_names_its_day(lang: Lang) -> None:
    action = registry.action("suspend_service")
    later = facts("suspend_service", effective_from=NOW + timedelta(days=9))

    expected = "1 December 2026" if lang == "en" else "2026年12月1日"
    assert expected in action.plain(later, lang).from_when
    assert expected in " ".join(line.value for line in action.receipt(later, lang).lines)
    assert action.receipt(later, lang).title != action.receipt(facts("suspend_service"), lang).title


@pytest.mark.parametrize("scope", ["both", "out", "in"])
def test_suspension_says_which_calls_stop(scope: str) -> None:
    action = registry.action("suspend_service")
    texts = {s: action.plain(facts("suspend_service", inputs={"scope": s}), "zh-CN").what
             for s in ("both", "out", "in")}  # fmt: skip

    assert len(set(texts.values())) == 3
    assert texts[scope]


def test_cancelled_loss_says_when_the_number_stays_stopped() -> None:
    action = registry.action("cancel_loss")
    still = facts("cancel_loss", operator={"state_after": "SUSPENDED_VOL"})

    assert action.plain(still, "zh-CN").what != action.plain(facts("cancel_loss"), "zh-CN").what


def test_resume_of_a_booked_stop_says_so() -> None:
    action = registry.action("resume_service")
    booked = facts("resume_service", operator={"planned": "yes"})

    assert "预约" in action.plain(booked, "zh-CN").what
    assert "booked" in action.plain(booked, "en").what


def test_money_days_and_minutes_read_as_people_say_them() -> None:
    assert (money(500, "zh-CN"), money(550, "en")) == ("5元", "5.50 yuan")
    assert day(NOW, ZONE, "zh-CN") == "2026年11月22日"
    assert minute(NOW, ZONE, "en") == "22 November 2026 02:30"


@pytest.mark.parametrize(("tag", "lang"), [("en", "en"), ("en-GB", "en"), ("zh-CN", "zh-CN"),
                                           ("", "zh-CN"), ("fr", "zh-CN")])  # fmt: skip
def test_anything_but_english_is_spoken_to_in_chinese(tag: str, lang: Lang) -> None:
    assert lang_of(tag) == lang
