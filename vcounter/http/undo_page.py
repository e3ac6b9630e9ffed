"""The page behind an undo link: plain, without a script, in the customer's language.

Opening it changes nothing; each step is a form the customer sends, so that a messenger that looks
at links undoes nothing and sends no code.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vcounter.actions.base import Lang, Text
from vcounter.domain.errors import (
    AssuranceTooLow,
    CodeWrong,
    CounterError,
    InvalidInput,
    LinkInvalid,
    OperatorUnavailable,
    PreconditionFailed,
    TooMany,
    WrongState,
)
from vcounter.http.counter import Counter
from vcounter.services.orders.undo_link import (
    Standing,
    Undoing,
    read_link,
    send_undo_code,
    undo_by_code,
)

MAX_FORM_BYTES = 1024
_STYLE = (
    "body{margin:0 auto;max-width:34em;padding:24px;font:22px/1.5 sans-serif;color:#16181a;"
    "background:#fbfaf7}h1{font-size:34px;line-height:1.25;margin:16px 0}p{margin:12px 0}"
    "label{display:block;font-weight:bold;margin:24px 0 8px}"
    "input{box-sizing:border-box;width:100%;height:84px;padding:0 16px;border:3px solid #16181a;"
    "border-radius:8px;background:#fff;color:#16181a;font:bold 44px/1 sans-serif;"
    "letter-spacing:.2em}button,.button{box-sizing:border-box;display:block;width:100%;"
    "min-height:84px;margin:24px 0;padding:20px 16px;border:3px solid #00504c;border-radius:12px;"
    "background:#00504c;color:#fff;font:bold 30px/1.3 sans-serif;text-align:center;"
    "text-decoration:none}.second{background:#fbfaf7;color:#00504c}"
    ".told{padding:12px 16px;border:3px solid #8c1d18;border-radius:8px;color:#8c1d18;"
    "font-weight:bold}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    # with no-referrer a browser sends the forms with "Origin: null", which is refused
    "Referrer-Policy": "same-origin",
}
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}</title><style>{style}</style><body><main>{body}</main></body></html>"
)
_TITLE = Text("撤销办理", "Undo")
_ASK = Text("要撤销这项业务吗?", "Do you want to undo this?")
_NUMBER = Text("号码尾号 {tail}", "Number ending in {tail}")
_SEND = Text("发验证码到这个号码", "Send a code to this number")
_CODE = Text("请输入收到的六位数字", "Enter the six digits you received")
_AGAIN = Text("没收到,再发一次", "Not received, send again")
_YES = Text("确定撤销", "Yes, undo it")
_VISIT = Text("找营业员办理", "See an agent")
_STANDS: dict[Standing, tuple[Text, Text]] = {
    "ready": (_ASK, Text("", "")),
    "visit": (
        Text("这项业务要请营业员来撤销", "An agent has to undo this"),
        Text("请点下面的按钮,营业员会和您视频。", "Tap the button below for a video call."),
    ),
    "undone": (
        Text("已经撤销了", "It has been undone"),
        Text("您不用再做什么。", "There is nothing more to do."),
    ),
    "undoing": (
        Text("正在撤销", "It is being undone"),
        Text(
            "办好以后会发短信告诉您,请不要重复办理。",
            "You will get a message when it is done; do not ask again.",
        ),
    ),
    "late": (
        Text("撤销的时间已经过了", "The time to undo this is over"),
        Text("如果还要改,请找营业员。", "If you still want a change, please see an agent."),
    ),
    "serving": (
        Text("您正在和营业员通话", "You are in a call with an agent"),
        Text("请直接告诉营业员要撤销。", "Please tell the agent that you want to undo it."),
    ),
}
_UNKNOWN = (
    "<h1>这个链接不对</h1><p>它可能不是营业厅发的。请不要照它做,打营业厅的电话问一问。</p>"
    '<div lang="en"><h1>This link is not valid</h1><p>It may not come from the operator. Do not '
    "do what it says; ring the operator and ask.</p></div>"
)
_WRONG = Text("数字不对,还可以试 {left} 次。", "The digits are wrong; {left} tries left.")
_NO_TRIES = Text("数字不对,请重新发一次验证码。", "The digits are wrong; please send a new code.")
_TOO_MANY = Text(
    "今天试的次数太多了,请找营业员。", "Too many tries today; please see an agent instead."
)
_DIGITS = Text("请只输入数字。", "Please enter digits only.")
_REFUSED = Text(
    "没有撤销成,业务没有改变。请找营业员。", "It was not undone; please see an agent instead."
)
_SILENT = Text("系统正忙,请过几分钟再试。", "The system is busy; please try again in some minutes.")


def undo_routes(counter: Counter) -> list[Route]:
    """`GET /u/<token>`, and the two forms on it."""

    async def page(request: Request) -> Response:
        return await _answer(counter, request, code_sent=False, work=_read)

    async def code(request: Request) -> Response:
        return await _answer(counter, request, code_sent=True, work=_send)

    async def confirm(request: Request) -> Response:
        return await _answer(counter, request, code_sent=True, work=_undo)

    return [
        Route("/u/{token}", page, methods=["GET"]),
        Route("/u/{token}/code", code, methods=["POST"]),
        Route("/u/{token}/confirm", confirm, methods=["POST"]),
    ]


async def _read(counter: Counter, request: Request) -> Undoing:
    return await read_link(counter.deps, request.path_params["token"])


async def _send(counter: Counter, request: Request) -> Undoing:
    return await send_undo_code(counter.deps, request.path_params["token"])


async def _undo(counter: Counter, request: Request) -> Undoing:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise InvalidInput("form too long", field="code", reason="digits")
    form = parse_qs(body.decode("latin-1"))
    digits = form.get("code", [""])[0].replace(" ", "")
    return await undo_by_code(counter.deps, request.path_params["token"], digits)


async def _answer(counter: Counter, request: Request, *, code_sent: bool, work) -> Response:  # type: ignore[no-untyped-def]  # one of the three above
    await counter.limits.take("receipts", request.client.host if request.client else "")
    token = request.path_params["token"]
    told: Text | None = None
    try:
        try:
            undoing = await work(counter, request)
        except CounterError as error:
            if isinstance(error, LinkInvalid):
                raise
            told, undoing = _told(error), await read_link(counter.deps, token)
    except LinkInvalid:
        return _html("zh-CN", _UNKNOWN, 404)
    except OperatorUnavailable:
        return _html("zh-CN", f"<h1>{_SILENT.zh}</h1><p lang='en'>{_SILENT.en}</p>", 503)
    return _html(undoing.lang, _body(undoing, token, told, code_sent=code_sent), 200)


def _told(error: CounterError) -> Text | None:
    """What the customer reads above the order; None where how it stands says it all."""
    match error:
        case CodeWrong():
            left = int(str(error.fields.get("tries_left", 0)))
            if not left:
                return _NO_TRIES
            return Text(_WRONG.zh.format(left=left), _WRONG.en.format(left=left))
        case TooMany():
            return _TOO_MANY
        case InvalidInput():
            return _DIGITS
        case WrongState():
            return None
        case PreconditionFailed() | AssuranceTooLow():
            return _REFUSED
        case OperatorUnavailable():
            return _SILENT
        case _:
            raise error


def _body(undoing: Undoing, token: str, told: Text | None, *, code_sent: bool) -> str:
    lang, plain = undoing.lang, undoing.plain
    title, text = _STANDS[undoing.standing]
    parts = [f"<h1>{title.say(lang)}</h1>"]
    if told is not None:
        parts.append(f'<p class="told" role="alert">{escape(told.say(lang))}</p>')
    parts.append(f"<p>{_NUMBER.say(lang).format(tail=escape(undoing.tail))}</p>")
    if text.say(lang):
        parts.append(f"<p>{text.say(lang)}</p>")
    if undoing.standing == "ready":
        if plain is not None:
            said = (plain.what, plain.cost, plain.from_when)
            parts += [f"<p>{escape(words)}</p>" for words in said if words]
        parts.append(_forms(lang, token, code_sent=code_sent))
    if undoing.standing in ("visit", "late"):
        target = f"/c/{escape(token)}" if undoing.standing == "visit" else "/"
        parts.append(f'<a class="button" href="{target}">{_VISIT.say(lang)}</a>')
    return "".join(parts)


def _forms(lang: Lang, token: str, *, code_sent: bool) -> str:
    action = f"/u/{escape(token)}"
    if not code_sent:
        return _send_form(action, _SEND.say(lang), "")
    return (
        f'<form method="post" action="{action}/confirm"><label for="code">{_CODE.say(lang)}</label>'
        '<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" '
        f'pattern="[0-9 ]*" maxlength="8" required><button>{_YES.say(lang)}</button></form>'
        + _send_form(action, _AGAIN.say(lang), "second")
    )


def _send_form(action: str, label: str, kind: str) -> str:
    return (
        f'<form method="post" action="{action}/code"><button class="{kind}">{label}</button></form>'
    )


def _html(lang: str, body: str, status: int) -> Response:
    title = escape(_TITLE.say("en" if lang == "en" else "zh-CN"))
    page = _PAGE.format(lang=escape(lang), title=title, style=_STYLE, body=body)
    return HTMLResponse(page, status, headers=_HEADERS)
