"""Which way SMS leave, by the settings: for `bootstrap`, `serve` and `doctor`."""

from __future__ import annotations

from vcounter.adapters.sms import DemoInbox
from vcounter.adapters.sms.http_gateway import HttpSmsGateway
from vcounter.adapters.sms.http_wire import HttpSettings
from vcounter.adapters.sms.smpp import SmppGateway, SmppSettings
from vcounter.services.ports import Clock, IdFactory, SmsGateway, TakeReceipt
from vcounter.settings import Settings

_MAX_PASSWORD_CHARS = 8  # SMPP 3.4 §5.2.2, without its NUL


class SmsUnconfigured(Exception):
    """No way to send SMS is set, so the counter does not start."""

    def __init__(self) -> None:
        super().__init__(
            "No SMS gateway is set. Set VCOUNTER_SMS_GATEWAY to http or smpp (docs/sms.md), "
            "or start the demo with --demo."
        )


def gateway_kind(settings: Settings) -> str:
    """demo, http or smpp. Raises SmsUnconfigured: nobody is to serve whose codes go nowhere."""
    if settings.demo:
        return "demo"
    if settings.sms_gateway in ("http", "smpp"):
        return settings.sms_gateway
    raise SmsUnconfigured


def http_settings(settings: Settings) -> HttpSettings:
    """Raises OSError when the secret cannot be read, ValueError when it is too short."""
    assert settings.sms_http_secret_file is not None
    return HttpSettings(
        url=settings.sms_http_url,
        key_id=settings.sms_http_key_id,
        secret=settings.sms_http_secret_file.read_bytes().strip(),
        timeout_s=settings.sms_timeout_s,
        ca_file=str(settings.sms_http_ca_file or ""),
    )


def smpp_settings(settings: Settings) -> SmppSettings:
    """Raises OSError when the password cannot be read, ValueError when it is no password."""
    assert settings.sms_smpp_password_file is not None
    password = settings.sms_smpp_password_file.read_text("ascii").strip()
    if not 0 < len(password) <= _MAX_PASSWORD_CHARS:
        raise ValueError(f"the password must have 1 to {_MAX_PASSWORD_CHARS} characters")
    return SmppSettings(
        host=settings.sms_smpp_host,
        port=settings.sms_smpp_port,
        system_id=settings.sms_smpp_system_id,
        password=password,
        source=settings.sms_smpp_source,
        system_type=settings.sms_smpp_system_type,
        source_ton=settings.sms_smpp_source_ton,
        source_npi=settings.sms_smpp_source_npi,
        dest_ton=settings.sms_smpp_dest_ton,
        dest_npi=settings.sms_smpp_dest_npi,
        prefix=settings.sms_smpp_prefix,
        long=settings.sms_smpp_long,
        tls=settings.sms_smpp_tls,
        timeout_s=settings.sms_timeout_s,
    )


def open_gateway(
    settings: Settings, inbox: DemoInbox, clock: Clock, ids: IdFactory, take_receipt: TakeReceipt
) -> SmsGateway:
    """The gateway in force; close it at the end, and keep `run` of an SmppGateway running.

    Blocks on small files. Raises SmsUnconfigured, OSError, ValueError.
    """
    match gateway_kind(settings):
        case "http":
            return HttpSmsGateway(http_settings(settings), clock, ids)
        case "smpp":
            return SmppGateway(smpp_settings(settings), ids, take_receipt)
        case _:
            return inbox
