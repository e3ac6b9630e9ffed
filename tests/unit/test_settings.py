"""Settings: defaults, parsing, and that each is described."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from vcounter.bootstrap import policy_of
from vcounter.gateways import SmsUnconfigured, gateway_kind, smpp_settings
from vcounter.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_embedded_default_needs_no_setting() -> None:
    settings = Settings()

    assert settings.database == "sqlite+aiosqlite:///var/vcounter.db"
    assert settings.bss_path == Path("var/bss.db")
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.media_addresses == ("127.0.0.1",)


def test_lists_come_comma_separated_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCOUNTER_ALLOWED_ORIGINS", "https://a.example, https://b.example")

    assert Settings().allowed_origins == ("https://a.example", "https://b.example")


def test_turn_without_its_secret_is_refused() -> None:
    with pytest.raises(ValidationError, match="turn_secret"):
        Settings(turn_urls=("turn:t.example",))


def test_a_public_https_address_makes_cookies_secure() -> None:
    assert Settings(public_url="https://counter.example/").is_https
    assert Settings(public_url="https://counter.example/").base_url == "https://counter.example"


def test_a_network_address_lets_the_bridge_use_all_of_the_machines() -> None:
    assert Settings(host="0.0.0.0").media_addresses is None


def test_the_turn_secret_is_not_printed() -> None:
    settings = Settings(turn_urls=("turn:t.example",), turn_secret="hush")  # type: ignore[arg-type]

    assert "hush" not in repr(settings)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described_in_code_and_docs(name: str) -> None:
    description = Settings.model_fields[name].description

    assert description
    assert f"`VCOUNTER_{name.upper()}`" in DOCS.read_text(encoding="utf-8")


LIMITS = sorted(n for n in Settings.model_fields if n.startswith("limit_"))


@pytest.mark.parametrize("name", [*LIMITS, "portrait_old_years", "retention_image_days"])
def test_every_limit_that_is_set_is_the_limit_in_force(name: str) -> None:
    """One that is described but leads nowhere would be believed."""
    default = Settings()
    other = Settings(**{name: getattr(default, name) - 1})  # type: ignore[arg-type]  # by name

    assert policy_of(other) != policy_of(default)


SMPP = {
    "sms_gateway": "smpp",
    "sms_smpp_host": "smsc.example",
    "sms_smpp_system_id": "counter",
    "sms_smpp_source": "10086",
    "sms_smpp_password_file": Path("secret"),
}
HTTP = {
    "sms_gateway": "http",
    "sms_http_url": "https://sms.example/send",
    "sms_http_key_id": "counter-1",
    "sms_http_secret_file": Path("secret"),
}


@pytest.mark.parametrize("whole", [SMPP, HTTP], ids=["smpp", "http"])
def test_an_sms_gateway_is_said_in_full_and_never_in_the_demo(whole: dict[str, object]) -> None:
    assert gateway_kind(Settings(**whole)) == whole["sms_gateway"]  # type: ignore[arg-type]  # by name

    for name in set(whole) - {"sms_gateway"}:
        with pytest.raises(ValidationError, match="sms_"):
            Settings(**{k: v for k, v in whole.items() if k != name})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="together with demo"):
        Settings(**whole, demo=True)  # type: ignore[arg-type]  # by name


def test_sms_go_to_https_only() -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(**{**HTTP, "sms_http_url": "http://sms.example/send"})  # type: ignore[arg-type]


@pytest.mark.parametrize("gateway", ["", "demo"])
def test_outside_the_demo_no_gateway_is_no_counter(gateway: str) -> None:
    assert gateway_kind(Settings(demo=True)) == "demo"
    with pytest.raises(SmsUnconfigured, match="VCOUNTER_SMS_GATEWAY"):
        gateway_kind(Settings(sms_gateway=gateway))  # type: ignore[arg-type]  # a choice


def test_a_password_longer_than_the_protocols_field_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("ninechars\n")

    with pytest.raises(ValueError, match="1 to 8"):
        smpp_settings(Settings(**{**SMPP, "sms_smpp_password_file": secret}))  # type: ignore[arg-type]
