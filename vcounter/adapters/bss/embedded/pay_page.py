"""The operator's own pages as a small web site: pay, or agree with the bank.

Plain HTML without a script, in large print; framed by the counter's own page only. The address is a
secret of the customer's: nothing here is stored or passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from vcounter.adapters.bss.embedded.direct_debits import BANKS
from vcounter.adapters.bss.embedded.pages import FormRefused, OpenPage, PageOver, Pages
from vcounter.adapters.bss.embedded.pay_words import say, yuan

CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
STYLE_PATH = "/pay/page.css"
_LARGE_PX = 28  # from here on each name stands above its value
_HEADERS = {"Content-Security-Policy": CSP, "Cache-Control": "no-store"}
_SIZES = range(16, 42, 2)  # of the root's text, in px
_OVER = {"page_abandoned", "page_expired", "page_unknown"}
_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; padding: 0.6rem; background: #fff; color: #1a1a1a;
  font-family: "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  font-size: 1.375rem; line-height: 1.4; }
h1 { margin: 0 0 0.4rem; font-size: 1.625rem; }
dl { margin: 0 0 0.4rem; }
dt { float: left; clear: left; margin-right: 0.6rem; color: #4a4a4a; }
dd { margin: 0 0 0.2rem; font-weight: 700; overflow-wrap: break-word; }
dd.amount { font-size: 2rem; line-height: 1.1; color: #8a3200; }
fieldset { margin: 0 0 0.5rem; padding: 0; border: 0; }
legend { padding: 0; font-weight: 700; }
label { display: block; min-height: 3.75rem; padding: 0.8rem 0; }
input { width: 1.75rem; height: 1.75rem; margin: 0 0.5rem 0 0; vertical-align: middle; }
button { display: block; width: 100%; min-height: 3.75rem; margin: 0 0 1rem; padding: 0.4rem;
  border: 0.1rem solid #0b6b3a; border-radius: 0.5rem; font: inherit; font-weight: 700; }
button.go { min-height: 4.5rem; background: #0b6b3a; color: #fff; font-size: 1.75rem; }
button.no { border-color: #5a5a5a; background: #fff; color: #1a1a1a; }
button:focus-visible, input:focus-visible {
  outline: 0.15rem solid #0a4fa8; outline-offset: 0.1rem; }
p { margin: 0 0 0.5rem; }
p.bad { color: #a11212; font-weight: 700; }
p.note { margin: 0; color: #4a4a4a; font-size: 1.25rem; }
"""
STYLE = _STYLE + "".join(f"html.size-{px} {{ font-size: {px}px; }}\n" for px in _SIZES)
STYLE += "".join(f"html.size-{px} dt {{ float: none; }}\n" for px in _SIZES if px >= _LARGE_PX)


def pay_routes(pages: Callable[[], Pages]) -> list[Route]:
    """`/pay/<token>`: GET shows the page or how it ended, POST acts on it; and its style sheet."""

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "no-cache"})

    async def show(request: Request) -> Response:
        view = _View(request)
        page = await pages().read(request.path_params["token"])
        return view.over(page) if isinstance(page, PageOver) else view.open(page)

    async def act(request: Request) -> Response:
        view, token = _View(request), request.path_params["token"]
        filled = _form(await request.body())
        form_token, answer = filled.pop("form", ""), filled.pop("answer", "")
        try:
            if answer == "yes":
                await pages().finish(token, form_token, filled)
            elif answer == "no":
                await pages().abandon(token, form_token)
        except FormRefused:
            page = await pages().read(token)
            if isinstance(page, OpenPage):
                own = form_token == page.form_token
                return view.open(page, trouble="bank.missing" if own else "form.refused")
        return RedirectResponse(view.address(token), 303, headers=_HEADERS)

    return [
        Route(STYLE_PATH, style),
        Route("/pay/{token}", show, methods=["GET"]),
        Route("/pay/{token}", act, methods=["POST"]),
    ]


class _View:
    """One answer in the language and size that the address asks for."""

    def __init__(self, request: Request) -> None:
        query = request.query_params
        self._lang = "en" if query.get("lang") == "en" else "zh-CN"
        px = query.get("size", "")
        wanted = int(px) if px.isdecimal() and len(px) < 4 else 20
        self._size = min(_SIZES, key=lambda size: abs(size - wanted))

    def address(self, token: str) -> str:
        return f"/pay/{token}?{urlencode({'lang': self._lang, 'size': str(self._size)})}"

    def over(self, page: PageOver) -> Response:
        if not page.reason:
            title, then = "over.done", "over.done.next"
        else:
            title = f"over.{page.reason}" if page.reason in _OVER else "over.refused"
            then = "over.next"
        status = 404 if page.reason == "page_unknown" else 200
        body = f'<h1 data-testid="page-over">{self._say(title)}</h1><p>{self._say(then)}</p>'
        return self._page(body, status)

    def open(self, page: OpenPage, trouble: str = "") -> Response:
        kind = _kind(page)
        facts = {"pay": self._payment, "bank": self._bank, "end": self._ending}[kind](page.values)
        bad = f'<p class="bad" role="alert">{self._say(trouble)}</p>' if trouble else ""
        body = (
            f"<h1>{self._say(f'{kind}.title')}</h1>{bad}"
            f'<form method="post" autocomplete="off">'
            f'<input type="hidden" name="form" value="{escape(page.form_token)}">{facts}'
            f'<button class="go" name="answer" value="yes">{self._say(f"{kind}.yes")}</button>'
            f'<button class="no" name="answer" value="no" formnovalidate>'
            f"{self._say(f'{kind}.no')}</button></form>"
            f'<p class="note">{self._say("pay.note")}</p>'
        )
        return self._page(body, 422 if trouble else 200)

    def _payment(self, values: Mapping[str, str]) -> str:
        amount = yuan(int(values["amount_fen"]), self._lang)
        return (
            f'<dl><dt>{self._say("pay.amount")}</dt><dd class="amount">{escape(amount)}</dd>'
            f"<dt>{self._say('pay.number')}</dt><dd>{escape(values['payee_masked'])}</dd>"
            f"<dt>{self._say('pay.to')}</dt><dd>{self._say('pay.operator')}</dd></dl>"
        )

    def _bank(self, values: Mapping[str, str]) -> str:
        english = self._lang == "en"
        banks = "".join(
            f'<label><input type="radio" name="bank" value="{code}" required>'
            f"{escape(names[english])}</label>"
            for code, names in BANKS.items()
        )
        return (
            f"<dl><dt>{self._say('bank.number')}</dt>"
            f"<dd>{escape(values['number_tail'])}</dd></dl>"
            f"<fieldset><legend>{self._say('bank.choose')}</legend>{banks}</fieldset>"
            '<label><input type="checkbox" name="agreed" value="yes" required>'
            f"{self._say('bank.agree')}</label>"
        )

    def _ending(self, values: Mapping[str, str]) -> str:
        bank = values.get("bank_en" if self._lang == "en" else "bank_zh", "")
        return (
            f"<dl><dt>{self._say('end.bank')}</dt>"
            f"<dd>{escape(bank)} **** {escape(values.get('card_tail', ''))}</dd></dl>"
        )

    def _say(self, key: str) -> str:
        return escape(say(key, self._lang))

    def _page(self, body: str, status: int) -> Response:
        html = (
            f'<!doctype html><html lang="{self._lang}" class="size-{self._size}"><head>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{self._say('pay.operator')}</title>"
            f'<link rel="stylesheet" href="{STYLE_PATH}"></head><body><main>{body}</main>'
            "</body></html>"
        )
        return HTMLResponse(html, status, headers=_HEADERS)


def _form(body: bytes) -> dict[str, str]:
    """The fields of a posted form; nothing of one that is none."""
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=10))
    except ValueError:
        return {}


def _kind(page: OpenPage) -> str:
    """Which of the three forms it is: pay, bank, end."""
    if page.action_id == "top_up_payment":
        return "pay"
    return "end" if page.values.get("change") == "cancel" else "bank"
