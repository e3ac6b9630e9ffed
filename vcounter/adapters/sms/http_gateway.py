"""An SMS gateway over HTTPS: a signed question, tried again under the same key, one answer."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import httpx

from vcounter.adapters.sms.http_wire import (
    HttpSettings,
    read_ids,
    request_body,
    request_headers,
)
from vcounter.adapters.sms.taken import Taken
from vcounter.domain.errors import InvalidInput, OperatorUnavailable
from vcounter.domain.sms import require_sendable
from vcounter.services.ports import Clock, Handed, IdFactory, Sms

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
_REFUSED = frozenset({400, 404, 413, 415, 422})
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_ANSWER_BYTES = 16 * 1024
_NONCE_BYTES = 24


class HttpSmsGateway:
    """SmsGateway over HTTP. TLS certificates are verified, redirects are not followed, and proxies
    of the environment are not used.

    What got no answer, or one that says `later`, is asked again with growing pauses for as long as
    `timeout_s` lasts, always under the message's own Idempotency-Key.
    """

    def __init__(self, settings: HttpSettings, clock: Clock, ids: IdFactory) -> None:
        """Raises OSError for a certificate authority's file that cannot be read."""
        self.settings, self._clock, self._ids = settings, clock, ids
        parts = urlsplit(settings.url)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        self._client = httpx.AsyncClient(
            verify=context, trust_env=False, follow_redirects=False, timeout=settings.timeout_s
        )
        self._taken = Taken()

    async def close(self) -> None:
        """Safe to repeat."""
        await self._client.aclose()

    async def submit(self, sms: Sms) -> Handed:
        require_sendable(sms.to, sms.text)
        async with self._taken.turn(sms.idempotency_key) as progress:
            if not progress.ids:
                try:
                    async with asyncio.timeout(self.settings.timeout_s):
                        progress.ids.extend(await self._until_answered(sms))
                except TimeoutError:
                    raise OperatorUnavailable("SMS gateway did not answer in time") from None
            return Handed(tuple(progress.ids))

    async def _until_answered(self, sms: Sms) -> tuple[str, ...]:
        pause = FIRST_PAUSE_S
        while True:
            try:
                found = await self._ask(sms)
            except (httpx.HTTPError, ssl.SSLError, OSError):
                found = None  # nobody knows whether it arrived: the key makes it safe to ask again
            if found is not None:
                return found
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _ask(self, sms: Sms) -> tuple[str, ...] | None:
        """The names of the message; None if it is to be asked again."""
        body = request_body(sms)
        nonce, at = self._ids.token(_NONCE_BYTES), int(self._clock.now().timestamp())
        headers = request_headers(self.settings, self._path, sms, body, at=at, nonce=nonce)
        url = self.settings.url
        async with self._client.stream("POST", url, content=body, headers=headers) as answer:
            content = await _bounded(answer)
        if answer.status_code in _LATER:
            return None
        if answer.status_code in _REFUSED:
            raise InvalidInput("SMS gateway refused it", field="gateway", reason="refused")
        if not answer.is_success:
            raise OperatorUnavailable(f"SMS gateway answered {answer.status_code}")
        try:
            return read_ids(content)
        except (ValueError, RecursionError):
            raise OperatorUnavailable("SMS gateway's answer is malformed") from None


async def _bounded(answer: httpx.Response) -> bytes:
    content = b""
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > _MAX_ANSWER_BYTES:
            raise OperatorUnavailable("SMS gateway's answer is too long")
    return content
