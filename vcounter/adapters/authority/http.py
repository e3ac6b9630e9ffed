"""A portrait service over HTTPS, such as a national identity service: one question, one answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from vcounter.adapters.authority.wire import (
    AuthoritySettings,
    Unusable,
    read_answer,
    request_body,
    request_headers,
    silent,
)
from vcounter.domain.identity import Reference
from vcounter.services.ports import Claimed, Clock, IdFactory, ReferenceReport

ENGINE = "authority"
_MAX_ANSWER_BYTES = 64 * 1024
_NONCE_BYTES = 24


class HttpAuthority:
    """PortraitAuthority over HTTP. TLS certificates are verified, redirects are not followed, and
    proxies of the environment are not used: nobody stands between that was not agreed upon.

    Nothing is asked twice; whatever goes wrong is a report in `review` that says what.
    """

    asks_outside = True

    def __init__(self, settings: AuthoritySettings, clock: Clock, ids: IdFactory) -> None:
        """Raises OSError for a certificate authority's file that cannot be read."""
        self._settings, self._clock, self._ids = settings, clock, ids
        parts = urlsplit(settings.url)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        self._client = httpx.AsyncClient(
            verify=context, trust_env=False, follow_redirects=False, timeout=settings.timeout_s
        )

    async def close(self) -> None:
        """Close the connections. Safe to repeat."""
        await self._client.aclose()

    async def compare(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport | None:
        """The service's word on these frames; None if it says that it holds no portrait."""
        if not claimed.document_number or not live:
            return _doubt("record_silent")
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._ask(claimed, live)
        except Unusable as error:
            return _doubt(error.reason)
        except (TimeoutError, httpx.TimeoutException):
            return _doubt("authority_time_out")
        except (httpx.HTTPError, ssl.SSLError, OSError):
            return _doubt("authority_unreachable")

    async def _ask(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport | None:
        body = request_body(claimed, live)
        nonce = self._ids.token(_NONCE_BYTES)
        headers = request_headers(self._settings, self._path, body, at=self._now(), nonce=nonce)
        url = self._settings.url
        async with self._client.stream("POST", url, content=body, headers=headers) as answer:
            content = await _bounded(answer)
        return read_answer(
            self._settings,
            answer.status_code,
            dict(answer.headers),
            content,
            nonce=nonce,
            now=self._now(),
        )

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


async def _bounded(answer: httpx.Response) -> bytes:
    content = b""
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > _MAX_ANSWER_BYTES:
            raise Unusable("authority_malformed")
    return content


def _doubt(reason: str) -> ReferenceReport:
    return ReferenceReport(Reference.AUTHORITY, silent(reason, ENGINE))
