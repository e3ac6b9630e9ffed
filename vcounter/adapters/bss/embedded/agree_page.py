"""The operator's page behind a helper's link: what is asked, and a yes or a no of their own.

Opening it changes nothing. An unknown, used or late link looks the same as one that never was.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.adapters.bss.embedded.care import question_behind, take_answer

_STYLE = (
    "body{margin:0 auto;max-width:34em;padding:24px;font:22px/1.5 sans-serif;color:#16181a;"
    "background:#fbfaf7}h1{font-size:34px;line-height:1.25;margin:16px 0}p{margin:12px 0}"
    "button{box-sizing:border-box;display:block;width:100%;min-height:84px;margin:24px 0;"
    "border:3px solid #00504c;border-radius:12px;background:#00504c;color:#fff;"
    "font:bold 30px/1.3 sans-serif}.second{background:#fbfaf7;color:#00504c}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "same-origin",
}
_PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>做帮手 Be a helper</title><style>{style}</style><body><main>{body}</main></body></html>"
)
_ASK = (
    "<h1>您愿意做帮手吗？</h1><p>短信里那个号码的机主请您帮忙：话费不足时，我们发短信告诉您。"
    "您看不到别的，也不用付钱。</p>"
    '<p lang="en">The holder of the number in the message asks you to be told by SMS when their '
    "balance is low. You see nothing else and pay nothing.</p>"
    '<form method="post"><button name="answer" value="yes">同意 I agree</button>'
    '<button class="second" name="answer" value="no">不同意 No</button></form>'
)
_THANKS = (
    '<h1>记下了，谢谢您</h1><p>您可以关掉这个页面。</p><p lang="en">Noted, thank you. You can '
    "close this page.</p>"
)
_GONE = (
    "<h1>这个链接用不了了</h1><p>它可能已经用过，或者过了时间。</p>"
    '<p lang="en">This link does not work any more: it was used, or its time is over.</p>'
)
_MAX_FORM_BYTES = 64


def agree_routes(bss: Callable[[], EmbeddedBss]) -> list[Route]:
    """`GET` and `POST /agree/<token>`."""

    async def show(request: Request) -> Response:
        system, token = bss(), request.path_params["token"]
        async with system.store.transaction():
            row = await question_behind(system.books, token, system.clock.now())
        return _html(_ASK, 200) if row is not None else _html(_GONE, 404)

    async def act(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_FORM_BYTES:
                return _html(_GONE, 413)
        if bytes(body) not in (b"answer=yes", b"answer=no"):
            return _html(_GONE, 422)
        system, token = bss(), request.path_params["token"]
        async with system.store.transaction():
            agreed = bytes(body) == b"answer=yes"
            taken = await take_answer(system.books, token, agreed, system.clock.now())
        return _html(_THANKS, 200) if taken else _html(_GONE, 404)

    return [
        Route("/agree/{token}", show, methods=["GET"]),
        Route("/agree/{token}", act, methods=["POST"]),
    ]


def _html(body: str, status: int) -> Response:
    return HTMLResponse(_PAGE.format(style=_STYLE, body=body), status, headers=_HEADERS)
