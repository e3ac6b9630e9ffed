"""The page behind a receipt's QR code: plain, without a script, the same for everybody."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vcounter.domain.errors import NotFound
from vcounter.http.counter import Counter
from vcounter.services.orders.receipt_token import Genuine, check_receipt

_STYLE = (
    "body{margin:0 auto;max-width:34em;padding:24px;font:22px/1.5 sans-serif;color:#16181a;"
    "background:#fbfaf7}h1{font-size:34px;line-height:1.25;margin:16px 0}"
    "h2{font-size:26px;margin:24px 0 0}p{margin:8px 0}"
    ".mark{display:inline-block;padding:4px 16px;border:3px solid;border-radius:8px;"
    "font-weight:bold}.good{color:#00504c}.bad{color:#8c1d18}hr{margin:28px 0;border:0;"
    "border-top:2px solid #d8d4cb}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>回执核验 Receipt check</title><style>{style}</style><body>{body}</body></html>"
)
_UNKNOWN = (
    '<main><p class="mark bad">✕ 查不到</p><h1>查不到这张回执</h1>'
    "<p>它可能不是真的。请不要照上面说的做，打营业厅的电话问一问。</p></main><hr>"
    '<main lang="en"><p class="mark bad">✕ Not found</p><h1>There is no such receipt</h1>'
    "<p>It may not be genuine. Do not do what it says; ring the operator and ask.</p></main>"
)


def receipt_route(counter: Counter) -> Route:
    """`GET /r/<token>`: 200 for a genuine receipt, 404 for anything else, alike in all cases."""

    async def endpoint(request: Request) -> Response:
        address = request.client.host if request.client else ""
        await counter.limits.take("receipts", address)
        try:
            found = await check_receipt(counter.deps, request.path_params["token"])
        except NotFound:
            return _html(_UNKNOWN, 404)
        return _html(_good(found), 200)

    return Route("/r/{token}", endpoint, methods=["GET"])


def _good(found: Genuine) -> str:
    undone_zh = "<p><strong>这项业务后来取消了。</strong></p>" if found.undone else ""
    undone_en = "<p><strong>It was undone later.</strong></p>" if found.undone else ""
    return (
        f'<main><p>{escape(found.operator)}</p><p class="mark good">✓ 这张回执是真的</p>'
        f"<h1>{escape(found.title_zh)}</h1><p>号码尾号 {escape(found.tail)}</p>"
        f"<p>{escape(found.at_zh)}</p>{undone_zh}</main><hr>"
        f'<main lang="en"><p class="mark good">✓ This receipt is genuine</p>'
        f"<h1>{escape(found.title_en)}</h1><p>Number ending in {escape(found.tail)}</p>"
        f"<p>{escape(found.at_en)}</p>{undone_en}</main>"
    )


def _html(body: str, status: int) -> Response:
    return HTMLResponse(_PAGE.format(style=_STYLE, body=body), status, headers=_HEADERS)
