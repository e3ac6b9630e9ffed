"""Nothing secret or personal reaches a log line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from vcounter.observability.logs import configure, get_logger
from vcounter.observability.redact import Redactor, redact, redact_text

SECRETS = [
    "13812345678",
    "+86 138 1234 5678",
    "110101199003077758",
    "11010119900307775X",
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n",
    "candidate:1 1 udp 2130706431 192.168.1.7 5000 typ host",
    "Bearer abc.def-123",
    "/c/Zm9vYmFyYmF6",
    "https://x/?token=abcdef&x=1",
    "A" * 20 + "b1_-" * 6,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_free_text_is_replaced(secret: str) -> None:
    found = redact_text(f"before {secret} after")

    assert secret not in found


@pytest.mark.parametrize(
    "text", ["vis_01J9ZQ3V5K8W7N2M4P6R8T0A1B", "port 8080", "took 1234 ms", "2026-01-02T03:04:05Z"]
)
def test_ordinary_values_stay_readable(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("key", ["password", "sms_code", "ws_ticket", "sdp", "puk", "msisdn"])
def test_a_secret_field_is_replaced_whatever_it_holds(key: str) -> None:
    assert Redactor()(None, "info", {key: "1"}) == {key: "[secret]"}


def test_personal_fields_are_kept_only_on_demand() -> None:
    event = {"event": "x", "pii.name": "王秀英"}

    assert Redactor()(None, "info", dict(event))["pii.name"] == "[pii]"
    assert Redactor(keep_personal=True)(None, "info", dict(event))["pii.name"] == "王秀英"


def test_nested_values_bytes_and_numbers_are_covered() -> None:
    found = redact({"a": [{"token": "t", "n": 13812345678}], "b": b"\xff\xd8"})

    assert found == {"a": [{"token": "[secret]", "n": "[number]"}], "b": "[2 bytes]"}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = before[0], before[1]


def test_a_traceback_is_logged_without_its_personal_data(lines: io.StringIO) -> None:
    try:
        raise ValueError("no subscriber 13812345678")
    except ValueError:
        get_logger("test").exception("look-up failed", visit="vis_1")

    line = json.loads(lines.getvalue())
    assert line["event"] == "look-up failed"
    assert "ValueError" in line["exception"]
    assert "13812345678" not in lines.getvalue()


def test_a_librarys_own_lines_pass_the_same_filter(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("offer was %s", "v=0\r\na=candidate:1")

    assert json.loads(lines.getvalue())["event"] == "[sdp]"
