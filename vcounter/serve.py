"""`vcounter serve`: bind, build, print what a person needs to know, serve until told to stop."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import segno
import typer
import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vcounter.bootstrap import Counter
from vcounter.demo import DemoLogin, seed
from vcounter.domain.errors import InvalidInput
from vcounter.lan import LanIdentity, ensure_identity, lan_addresses
from vcounter.observability.logs import get_logger
from vcounter.serving import Server, listen, uvicorn_config
from vcounter.settings import Settings

log = get_logger(__name__)
LAN_PORT = 8443
CA_PATH = "/lan/ca.crt"


async def serve_counter(settings: Settings, *, lan: bool = False, as_json: bool = False) -> None:
    """Serve until a signal. With `lan` also on the private addresses of this machine, by HTTPS.

    Raises OSError when a port is taken, InvalidInput when there is no private network to serve.
    """
    from app import create_app

    sock = listen(settings.host, settings.port)
    settings = settings.model_copy(update={"port": sock.getsockname()[1]})
    identity: LanIdentity | None = None
    lan_sockets: list[socket.socket] = []
    if lan:
        identity, lan_sockets = _open_lan(settings)
        settings = _for_lan(settings, identity, lan_sockets[0].getsockname()[1])
    app = create_app(settings)
    counter: Counter = app.state.counter

    def on_slow() -> None:
        counter.metrics.slow_connections_closed.labels("headers").inc()

    local = Server(uvicorn_config(app, settings, on_slow))
    servers = [(local, [sock])]
    if identity is not None:
        outward = _lan_config(app, settings, identity)
        servers.append((Server(outward), lan_sockets))
    await _serve_all(servers, counter, identity, as_json)


def _open_lan(settings: Settings) -> tuple[LanIdentity, list[socket.socket]]:
    addresses = lan_addresses()
    if not addresses:
        raise InvalidInput("no private network address on this machine", field="lan")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    identity = ensure_identity(settings.data_dir, addresses)
    first = _listen_or_any(addresses[0], LAN_PORT)
    port = first.getsockname()[1]
    return identity, [first, *(listen(address, port) for address in addresses[1:])]


def _listen_or_any(address: str, port: int) -> socket.socket:
    try:
        return listen(address, port)
    except OSError:
        return listen(address, 0)


def _for_lan(settings: Settings, identity: LanIdentity, port: int) -> Settings:
    """Links lead to the network's address, and the bridge offers it beside the loopback."""
    public = settings.public_url or f"https://{identity.addresses[0]}:{port}"
    bind = settings.media_bind or (*identity.addresses, "127.0.0.1")
    return settings.model_copy(update={"public_url": public, "media_bind": bind})


def _lan_config(app: Starlette, settings: Settings, identity: LanIdentity) -> uvicorn.Config:
    tls = settings.model_copy(update={"tls_cert": identity.cert, "tls_key": identity.key})
    return uvicorn_config(_WithCa(app, identity.ca_cert), tls, lifespan="off")


class _WithCa:
    """The application, and beside it the authority's certificate for phones to install."""

    def __init__(self, app: ASGIApp, certificate: Path) -> None:
        self._app = app
        self._file = FileResponse(
            certificate, media_type="application/x-x509-ca-cert", filename="video-counter-ca.crt"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["type"] == "http" and scope["path"] == CA_PATH
        await (self._file if wanted else self._app)(scope, receive, send)


async def _serve_all(
    servers: Sequence[tuple[Server, list[socket.socket]]],
    counter: Counter,
    identity: LanIdentity | None,
    as_json: bool,
) -> None:
    """The first server owns the application's life; when one stops, all do."""
    (first, sockets), *others = servers
    with first.capture_signals():
        running = [asyncio.create_task(first._serve(sockets))]
        ready = asyncio.create_task(first.ready.wait())
        await asyncio.wait({*running, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if first.ready.is_set():
            running += [asyncio.create_task(s._serve(socks)) for s, socks in others]
            greeting = asyncio.create_task(_greet(counter, sockets[0], identity, as_json))
            await _until_one_ends(running, greeting)
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*running)


async def _until_one_ends(
    running: Sequence[asyncio.Task[None]], greeting: asyncio.Task[None]
) -> None:
    """A signal may come while the greeting still makes logins; it is given up then."""
    await asyncio.wait({*running, greeting}, return_when=asyncio.FIRST_COMPLETED)
    if greeting.done() and greeting.exception() is None:
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        return
    greeting.cancel()
    (failure,) = await asyncio.gather(greeting, return_exceptions=True)
    if isinstance(failure, Exception):
        log.error("the demo's logins could not be made", exc_info=failure)


async def _greet(
    counter: Counter, sock: socket.socket, identity: LanIdentity | None, as_json: bool
) -> None:
    logins = await seed(counter) if counter.settings.demo else []
    _announce(counter.settings, sock, logins, identity, as_json)


def _announce(
    settings: Settings,
    sock: socket.socket,
    logins: Sequence[DemoLogin],
    identity: LanIdentity | None,
    as_json: bool,
) -> None:
    host, port = sock.getsockname()[:2]
    local = f"http://{host}:{port}"
    if as_json:
        typer.echo(json.dumps(_facts(local, settings, logins, identity), ensure_ascii=False))
        sys.stdout.flush()
        return
    print_welcome(local, settings, logins, identity, sys.stdout)


def _facts(
    local: str, settings: Settings, logins: Sequence[DemoLogin], identity: LanIdentity | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "customer": f"{local}/",
        "console": f"{local}/console",
        "logins": [{"login": a.login, "password": a.password, "role": a.role} for a in logins],
    }
    if identity is not None:
        facts |= {"lan": settings.base_url, "ca_sha256": identity.ca_fingerprint}
    return facts


def print_welcome(
    local: str,
    settings: Settings,
    logins: Sequence[DemoLogin],
    identity: LanIdentity | None,
    out: TextIO,
) -> None:
    """Addresses and demo logins; with `identity` also the QR code and how a phone trusts it."""
    print(f"\n  Customer   {local}/", file=out)
    print(f"  Console    {local}/console", file=out)
    if logins:
        print("\n  Demo logins (new at each start)", file=out)
        for one in logins:
            print(f"    {one.login:<9} {one.password:<16} {one.role:<10} {one.name}", file=out)
        print(f"\n  The customer's SMS: {local}/demo/phone", file=out)
    if identity is not None:
        _print_lan(settings.base_url, identity, out)
    print("\n  Ctrl-C stops it.\n", file=out)
    out.flush()


def _print_lan(url: str, identity: LanIdentity, out: TextIO) -> None:
    print(f"\n  On this network: {url}/\n", file=out)
    segno.make(f"{url}/", error="m").terminal(out, compact=True, border=2)
    print(
        f"""
  A phone trusts it after installing this machine's own certificate authority once:
    1. On the phone open {url}{CA_PATH} and go on past the warning.
    2. iPhone: Settings > General > VPN & Device Management > install; then
       Settings > General > About > Certificate Trust Settings > switch it on.
       Android: Settings > Security > More > Install from storage > CA certificate.
    3. Compare the SHA-256 fingerprint:
       {identity.ca_fingerprint}
  It can sign for private addresses only. Remove it from the phone when you are done.""",
        file=out,
    )
