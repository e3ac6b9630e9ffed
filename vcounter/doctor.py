"""`vcounter doctor`: whether this machine can run the counter, and what to do where it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from vcounter.settings import Settings

MEDIA_START_S = 20.0
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this is wrong
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Unwell(Exception):
    """A check failed; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Check]:
    """Run every check; none changes anything but temporary files. Takes a few seconds."""
    return [_run(name, check, settings) for name, check in _checks()]


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, True, check(settings))
    except Exception as error:  # outermost frame: whatever a library raises is the finding
        return Check(name, False, str(error) or type(error).__name__)


def _checks() -> Iterator[tuple[str, Callable[[Settings], str]]]:
    yield "python", _python
    yield "opencv", _opencv
    yield "models", _models
    yield "passive model", _passive_model
    yield "card reader", _card_reader
    yield "fonts", _fonts
    yield "pages", _pages
    yield "data directory", _data_dir
    yield "database", _database
    yield "port", _port
    yield "turn", _turn
    yield "portrait service", _authority
    yield "sms gateway", _sms_gateway
    yield "media worker", _media_worker
    yield "clock", _clock


def _python(_: Settings) -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Unwell(f"Python {platform.python_version()}; 3.11 to 3.13 is needed")
    return platform.python_version()


def _opencv(_: Settings) -> str:
    import cv2

    if int(cv2.__version__.split(".")[0]) >= 5:
        raise Unwell(f"OpenCV {cv2.__version__} cannot load the int8 SFace; install 4.12 to 4.x")
    return str(cv2.__version__)


def _models(_: Settings) -> str:
    from vcounter.adapters.identity.models import load_all

    begun = time.monotonic()
    load_all()  # checks each file's SHA-256 first
    return f"YuNet, SFace and dlib loaded in {time.monotonic() - begun:.1f} s"


def _passive_model(settings: Settings) -> str:
    from vcounter.adapters.identity import passive
    from vcounter.adapters.identity.configured import passive_model

    model = passive_model(settings)
    if model is None:
        return "none is set; the head-turn challenge decides alone"
    passive.check(model)
    return passive.engine_name(model)


def _card_reader(_: Settings) -> str:
    from vcounter.adapters.identity import ocr

    begun = time.monotonic()
    ocr.load()  # checks each file's SHA-256 first
    files = f"{ocr.DETECTOR_FILE} and {ocr.RECOGNISER_FILE}"
    return f"{files} loaded in {time.monotonic() - begun:.1f} s"


def _fonts(_: Settings) -> str:
    from noto_cjk_sans_otc import FONT_PATH

    if not Path(FONT_PATH).is_file():
        raise Unwell("the Noto CJK font is missing; install requirements.txt again")
    return Path(FONT_PATH).name


def _pages(settings: Settings) -> str:
    missing = [
        page
        for page in ("customer", "console")
        if not (settings.web_dist / page / "index.html").is_file()
    ]
    if missing:
        raise Unwell(f"{settings.web_dist}: {', '.join(missing)} not built; run make setup")
    return str(settings.web_dist)


def _data_dir(settings: Settings) -> str:
    folder = settings.data_dir
    if not folder.exists():
        parent = next(p for p in folder.absolute().parents if p.exists())
        if not os.access(parent, os.W_OK):
            raise Unwell(f"{folder} does not exist and {parent} is not writable")
        return f"{folder} will be made"
    mode = folder.stat().st_mode
    if mode & _OTHERS:
        raise Unwell(f"{folder} is open to others ({stat.filemode(mode)}); chmod 700 {folder}")
    with tempfile.NamedTemporaryFile(dir=folder):
        pass
    return f"{folder} {stat.filemode(mode)}"


def _database(settings: Settings) -> str:
    from sqlalchemy.engine import make_url

    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.exists():
            return f"{path} will be made"
        if not os.access(path, os.W_OK):
            raise Unwell(f"{path} is not writable")
    asyncio.run(_ask_database(settings.database))
    return url.render_as_string(hide_password=True)


async def _ask_database(url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url)
    try:
        async with asyncio.timeout(10), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    finally:
        await engine.dispose()


def _port(settings: Settings) -> str:
    from vcounter.serving import listen

    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        raise Unwell(f"{settings.host}:{settings.port}: {error.strerror}; --port N") from None
    return f"{settings.host}:{settings.port} is free"


def _turn(settings: Settings) -> str:
    if not settings.turn_urls:
        return "not configured; callers behind strict firewalls will not get through"
    for url in settings.turn_urls:
        scheme, _, rest = url.partition(":")
        target = urlsplit(f"//{rest.partition('?')[0]}")
        port = target.port or (5349 if scheme == "turns" else 3478)
        kind = socket.SOCK_STREAM if "transport=tcp" in url else socket.SOCK_DGRAM
        if not _answers(target.hostname or "", port, kind):
            raise Unwell(f"{target.hostname}:{port} does not answer")
    return f"{len(settings.turn_urls)} reachable"


def _authority(settings: Settings) -> str:
    from vcounter.references import authority_settings

    try:
        found = authority_settings(settings)
    except (OSError, ValueError) as error:
        raise Unwell(f"authority_secret_file: {error}") from None
    if found is None:
        return "not configured; faces are compared with the operator's own photographs alone"
    if settings.authority_secret_file and settings.authority_secret_file.stat().st_mode & _OTHERS:
        raise Unwell(f"{settings.authority_secret_file} is open to others; chmod 600 it")
    target = urlsplit(found.url)
    port = target.port or (443 if target.scheme == "https" else 80)
    if not _answers(target.hostname or "", port, socket.SOCK_STREAM):
        raise Unwell(f"{target.hostname}:{port} does not answer; faces go to review meanwhile")
    return f"{target.hostname}:{port} answers"


def _sms_gateway(settings: Settings) -> str:
    from vcounter.gateways import gateway_kind, http_settings, smpp_settings

    kind = gateway_kind(settings)
    if kind == "demo":
        return "the demo's inbox; no SMS leaves"
    try:
        if kind == "smpp":
            centre = smpp_settings(settings)
            host, port, secret = centre.host, centre.port, settings.sms_smpp_password_file
        else:
            target = urlsplit(http_settings(settings).url)
            host, secret = target.hostname or "", settings.sms_http_secret_file
            port = target.port or (443 if target.scheme == "https" else 80)
    except (OSError, ValueError) as error:
        raise Unwell(f"the {kind} gateway's secret: {error}") from None
    if secret and secret.stat().st_mode & _OTHERS:
        raise Unwell(f"{secret} is open to others; chmod 600 it")
    if not _answers(host, port, socket.SOCK_STREAM):
        raise Unwell(f"{host}:{port} does not answer; codes and receipts fail meanwhile")
    return f"{kind}: {host}:{port} answers"


def _answers(host: str, port: int, kind: socket.SocketKind) -> bool:
    """Send a STUN binding request (RFC 8489 §5) by UDP, or open a TCP connection."""
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12)
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
        probe.settimeout(2)
        try:
            probe.connect((host, port))
            if kind == socket.SOCK_STREAM:
                return True
            probe.send(request)
            return probe.recv(1500)[8:20] == request[8:20]
        except OSError:
            return False


def _media_worker(settings: Settings) -> str:
    return asyncio.run(_start_media(settings))


async def _start_media(settings: Settings) -> str:
    from signaling.media.client import MediaClient

    async def ignore(event: dict[str, object]) -> None:
        return None

    client = MediaClient(bind=settings.media_addresses, on_event=ignore)
    begun = time.monotonic()
    try:
        async with asyncio.timeout(MEDIA_START_S):
            await client.start()
            await client.stats()
    finally:
        await client.stop()
    return f"started in {time.monotonic() - begun:.1f} s"


def _clock(_: Settings) -> str:
    now = datetime.now(UTC)
    if now < _BUILT:
        raise Unwell(f"the clock says {now:%Y-%m-%d}; set it, certificates and codes depend on it")
    return now.isoformat(timespec="seconds")
