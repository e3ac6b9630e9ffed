"""Texts of SMS: alphabets, segments, templates and what may be kept of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcounter.domain.errors import InvalidInput
from vcounter.domain.sms import (
    LANGS,
    TEMPLATES,
    Lang,
    SmsKind,
    Template,
    check_template,
    fill,
    kind_of,
    masked,
    require_sendable,
)
from vcounter.domain.sms_text import Encoding, Shape, encoding_of, measure, octets, split


@pytest.mark.parametrize(
    ("text", "encoding", "length", "segments"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("您" * 70, "ucs2", 70, 1),
        ("您" * 71, "ucs2", 71, 2),
        ("您" * 134, "ucs2", 134, 2),
        ("您" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("`", "ucs2", 1, 1),  # in ASCII, but not in the GSM alphabet
        ("Ω@_$ ÄÖ", "gsm7", 7, 1),
    ],
)
def test_a_text_costs_what_the_standard_says(
    text: str, encoding: str, length: int, segments: int
) -> None:
    assert measure(text) == Shape(Encoding(encoding), length, segments)


def test_an_escape_pair_is_not_torn_apart() -> None:
    text = "a" * 152 + "€" + "b" * 20

    assert split(text) == ["a" * 152, "€" + "b" * 20]


def test_a_surrogate_pair_is_not_torn_apart() -> None:
    text = "您" * 66 + "😀" + "好" * 10

    assert split(text) == ["您" * 66, "😀" + "好" * 10]


def test_octets_are_those_of_the_table() -> None:
    assert octets("@Δ [€", Encoding.GSM7) == bytes((0x00, 0x10, 0x20, 0x1B, 0x3C, 0x1B, 0x65))
    assert octets("您😀", Encoding.UCS2) == bytes.fromhex("60a8d83dde00")


@given(st.text(alphabet=st.sampled_from("aé€[您😀 \n"), max_size=700))
def test_parts_are_the_text_and_each_fits_its_segment(text: str) -> None:
    parts, encoding = split(text), encoding_of(text)
    room = encoding.alone if len(parts) == 1 else encoding.joined
    width = 1 if encoding is Encoding.GSM7 else 2

    assert "".join(parts) == text
    assert measure(text).segments == len(parts)
    assert all(len(octets(part, encoding)) <= room * width for part in parts)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.id)
def test_every_shipped_text_keeps_the_rules_for_an_operators_own(template: Template) -> None:
    check_template(template, template.texts)
    assert kind_of(template.id) is template.kind
    for lang in LANGS:
        assert "{" not in fill(template.texts[lang], template.sample)


def test_a_secret_is_in_codes_only() -> None:
    with pytest.raises(ValueError, match="no secret"):
        Template("x", SmsKind.NOTICE, {"zh-CN": "{code}", "en": "{code}"}, {"code": "1"})
    assert {t.id for t in TEMPLATES.values() if "code" in t.fields} == {
        t.id for t in TEMPLATES.values() if t.kind is SmsKind.CODE
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", "empty"),
        ("no placeholder", "placeholder_missing"),
        ("{code} {name}", "placeholder_unknown"),
        ("{code", "braces"),
        ("{code!r}", "braces"),
        ("{code:>9}", "braces"),
        ("{code.real}", "braces"),
        ("{0}{code}", "braces"),
        ("{}{code}", "braces"),
        ("{code}" + "x" * 1000, "segments"),
    ],
)
@pytest.mark.parametrize("lang", LANGS)
def test_a_text_that_would_mislead_is_refused(lang: Lang, text: str, reason: str) -> None:
    template = TEMPLATES["sms_code"]

    with pytest.raises(InvalidInput) as refused:
        check_template(template, {**template.texts, lang: text})

    assert refused.value.fields == {"field": lang, "reason": reason}


def test_what_is_kept_has_no_code_and_no_key() -> None:
    code = fill(TEMPLATES["sms_code"].texts["zh-CN"], {"code": "493817"})
    receipt = "To undo it, open: https://counter.example.cn/c/Zx81-kQ_token Fee 10.00"

    assert "493817" not in masked(code, SmsKind.CODE)
    assert "493817" not in masked("your key 493817", None)
    kept = masked(receipt, SmsKind.RECEIPT)
    assert "Zx81" not in kept
    assert kept.startswith("To undo it, open: https://counter.example.cn/")
    assert kept.endswith("Fee 10.00")


@pytest.mark.parametrize(
    ("to", "text", "field"),
    [
        ("", "x", "to"),
        ("abc", "x", "to"),
        ("138 0000 6021", "x", "to"),
        ("13800006021", " \n", "text"),
        ("13800006021", "x" * 153 * 255 + "yz", "text"),
    ],
)
def test_what_no_gateway_could_deliver_is_refused(to: str, text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_sendable(to, text)

    assert refused.value.fields["field"] == field
