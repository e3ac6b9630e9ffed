"""A portrait service is set whole or not at all, and the doctor says whether it is there."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vcounter import doctor
from vcounter.references import authority_settings
from vcounter.settings import Settings

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, Any]:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    secret.chmod(0o600)
    return {
        "authority_url": "https://portraits.example.cn/v1/compare",
        "authority_key_id": "counter-1",
        "authority_secret_file": secret,
        "authority_match": 0.9,
        "authority_review": 0.7,
    }


def test_nothing_set_asks_nobody() -> None:
    assert authority_settings(Settings()) is None


def test_secret_is_read_without_its_line_end_and_not_printed(whole: dict[str, Any]) -> None:
    found = authority_settings(Settings(**whole))

    assert found is not None
    assert found.secret == SECRET
    assert SECRET.decode() not in repr(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"authority_url": "http://portraits.example.cn/"},
        {"authority_url": "ftp://127.0.0.1/"},
        {"demo": True},
        {"authority_key_id": ""},
        {"authority_secret_file": None},
        {"authority_match": None},
        {"authority_review": None},
        {"authority_review": 0.95},
    ],
    ids=lambda w: next(iter(w)),
)
def test_half_a_portrait_service_is_refused(whole: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="authority"):
        Settings(**(whole | wrong))


def test_doctor_says_what_is_wrong_with_it(whole: dict[str, Any], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        here = {"authority_url": f"http://127.0.0.1:{service.getsockname()[1]}/"}
        assert "answers" in doctor._authority(Settings(**(whole | here)))
        whole["authority_secret_file"].chmod(0o644)
        with pytest.raises(doctor.Unwell, match="chmod 600"):
            doctor._authority(Settings(**(whole | here)))
        whole["authority_secret_file"].chmod(0o600)
    with pytest.raises(doctor.Unwell, match="does not answer"):
        doctor._authority(Settings(**(whole | here)))
    gone = {"authority_secret_file": tmp_path / "none"}
    with pytest.raises(doctor.Unwell, match="authority_secret_file"):
        doctor._authority(Settings(**(whole | here | gone)))
    assert "not configured" in doctor._authority(Settings())
