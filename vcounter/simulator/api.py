"""The HTTP side of the simulator: the public API, with problems as exceptions."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 30.0
Json = dict[str, Any]


class ApiProblem(Exception):
    """The server answered with a problem; `code` is stable (RFC 9457, docs/errors.md)."""

    def __init__(self, status: int, code: str, fields: Mapping[str, object]) -> None:
        super().__init__(f"{status} {code} {dict(fields)}")
        self.status, self.code, self.fields = status, code, fields


class Api:
    """One client with its own cookies. Use as an async context manager.

    `ca` is a PEM file to trust, for a server that runs with `--lan`.
    """

    def __init__(self, server: str, *, ca: str | None = None) -> None:
        self.server = server.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=f"{self.server}/api/v1/",
            timeout=TIMEOUT_S,
            verify=trust(ca) if ca else True,
            headers={"X-Requested-With": "vcounter"},
            trust_env=False,
        )
        self.ca = ca

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.server).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def is_https(self) -> bool:
        return self.server.startswith("https://")

    @property
    def socket_url(self) -> str:
        """Where `/ws` is."""
        return "ws" + self.server.removeprefix("http") + "/ws"

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def bear(self, credential: str) -> None:
        """Send this visit credential from now on."""
        self._http.headers["Authorization"] = f"Bearer {credential}"

    async def get(self, path: str, **query: str) -> Any:
        return _read(await self._http.get(path.lstrip("/"), params=query))

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, key: str = ""
    ) -> Any:
        """`key` makes a repeat safe. Raises ApiProblem, httpx.HTTPError."""
        headers = {"Idempotency-Key": key} if key else {}
        return _read(await self._http.post(path.lstrip("/"), json=body, headers=headers))

    async def upload(self, path: str, jpeg: bytes) -> Any:
        headers = {"Content-Type": "image/jpeg"}
        return _read(await self._http.post(path.lstrip("/"), content=jpeg, headers=headers))


def trust(ca: str) -> ssl.SSLContext:
    """A TLS context that trusts one PEM file only."""
    return ssl.create_default_context(cafile=ca)


def _read(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        body = answer.json()
    except ValueError:
        body = {}
    raise ApiProblem(answer.status_code, str(body.get("code", "")), body.get("fields", {}))
