"""The operator's own page, filled in and sent as a browser would: without a script."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from vcounter.simulator.api import trust

TIMEOUT_S = 30.0


class _Form(HTMLParser):
    """What the form on the page sends when everything is agreed to: the first choice of each kind,
    and its first button."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("input", "button") and (name := found.get("name")):
            self.fields.setdefault(name, found.get("value") or "")


async def finish_page(server: str, address: str, ca: str | None = None) -> None:
    """Fetch the page, agree to it, and follow where it leads. Raises httpx.HTTPError."""
    async with httpx.AsyncClient(
        timeout=TIMEOUT_S, verify=trust(ca) if ca else True, trust_env=False, follow_redirects=True
    ) as browser:
        url = urljoin(server, address)
        page = await browser.get(url)
        page.raise_for_status()
        form = _Form()
        form.feed(page.text)
        answer = await browser.post(url, data=form.fields, headers={"Origin": server})
        answer.raise_for_status()
