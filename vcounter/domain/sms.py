"""SMS the counter sends: templates in both languages, their rules, and the life of one message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Literal

from vcounter.domain.errors import InvalidInput
from vcounter.domain.sms_text import MAX_SEGMENTS, measure

Lang = Literal["zh-CN", "en"]
LANGS: tuple[Lang, ...] = ("zh-CN", "en")
MAX_TEMPLATE_SEGMENTS = 6
RECEIPT_PREFIX = "receipt."
SECRET_FIELD = "code"  # noqa: S105  # the placeholder's name
_LINK = re.compile(r"(https?://[^/\s]+/)\S+")
_DIGITS = re.compile(r"\d{4,}")
_FIELD = re.compile(r"[a-z_]+")


class SmsKind(StrEnum):
    """`code` alone may carry a secret."""

    CODE = "code"
    NOTICE = "notice"
    RECEIPT = "receipt"


class SmsState(StrEnum):
    """`queued` until the gateway took it, `sent` until the phone did."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Template:
    """A text in both languages. `sample` has a value for each placeholder, to measure it by."""

    id: str
    kind: SmsKind
    texts: Mapping[Lang, str]
    sample: Mapping[str, str]

    def __post_init__(self) -> None:
        """Raises ValueError for a secret in anything but a code."""
        if SECRET_FIELD in self.sample and self.kind is not SmsKind.CODE:
            raise ValueError(f"{self.id}: no secret in any SMS but codes")

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.sample)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text that is ready to go, and which version of which template it is. 0: as shipped."""

    text: str
    template: str
    version: int


def check_template(template: Template, texts: Mapping[Lang, str]) -> None:
    """Whether an operator may put these texts in place of the shipped ones.

    Each language uses exactly the template's placeholders, plainly (`{code}`), so that nothing a
    customer needs is lost and nothing else gets in. Raises InvalidInput that says what is wrong:
    `empty`, `braces`, `placeholder_unknown`, `placeholder_missing`, `segments`.
    """
    for lang in LANGS:
        text = texts.get(lang, "")
        if not text.strip():
            raise InvalidInput("no text", field=lang, reason="empty")
        used = _fields_of(text, lang)
        if extra := used - template.fields:
            raise InvalidInput(str(extra), field=lang, reason="placeholder_unknown")
        if missing := template.fields - used:
            raise InvalidInput(str(missing), field=lang, reason="placeholder_missing")
        if measure(fill(text, template.sample)).segments > MAX_TEMPLATE_SEGMENTS:
            raise InvalidInput("too long", field=lang, reason="segments")


def _fields_of(text: str, lang: str) -> set[str]:
    found = set[str]()
    try:
        for _, name, spec, conversion in Formatter().parse(text):
            if name is None:
                continue
            if spec or conversion or not _FIELD.fullmatch(name):
                raise ValueError(name)
            found.add(name)
    except ValueError:
        raise InvalidInput("braces", field=lang, reason="braces") from None
    return found


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in; a template was checked before, so that each placeholder has one."""
    return text.format_map(values)


def masked(text: str, kind: SmsKind | None) -> str:
    """The text as it may be kept and shown: without what links open, and without the digits of a
    code, or of a message whose template is unknown."""
    text = _LINK.sub(r"\1••••", text)
    return _DIGITS.sub("••••", text) if kind in (SmsKind.CODE, None) else text


def require_sendable(to: str, text: str) -> None:
    """Raises InvalidInput for what no gateway could deliver: no number, no text, far too long."""
    if not re.fullmatch(r"\+?\d{5,15}", to):
        raise InvalidInput("no number to send to", field="to", reason="msisdn")
    if not text.strip():
        raise InvalidInput("nothing to send", field="text", reason="empty")
    if measure(text).segments > MAX_SEGMENTS:
        raise InvalidInput("too long to send", field="text", reason="segments")


def _template(
    template_id: str, kind: SmsKind, zh: str, en: str, sample: Mapping[str, str] | None = None
) -> Template:
    return Template(template_id, kind, {"zh-CN": zh, "en": en}, sample or {})


TEMPLATES: Mapping[str, Template] = {
    one.id: one
    for one in (
        _template(
            "sms_code",
            SmsKind.CODE,
            "【远程营业厅】验证码 {code},10 分钟内有效。"
            "只在营业厅页面里输入,不要告诉任何人,营业员也不会问。",
            "[Video counter] Your code is {code}, valid for 10 minutes. "
            "Key it on the counter page only; nobody, not even the agent, will ask you for it.",
            {"code": "000000"},
        ),
        _template(
            "contact_code",
            SmsKind.CODE,
            "【远程营业厅】{number} 的机主正在视频营业厅办理业务,您是其预留联系人。"
            "验证码 {code},10 分钟内有效。请只告诉机主本人;如不知情,请勿告诉任何人。",
            "[Video counter] The holder of {number} is at our video counter and named you as their "
            "contact. The code is {code}, valid for 10 minutes. Tell it to the holder in person "
            "only; if you know nothing of this, tell nobody.",
            {"number": "138****6021", "code": "000000"},
        ),
        _template(
            "second_holder",
            SmsKind.NOTICE,
            "【远程营业厅】您好, 有人请您一起视频办理号码业务, {minutes}分钟内点开: {url}"
            " 不知情请不要点。",
            "[Video counter] You are asked to take part in a video visit about a number. Open "
            "within {minutes} minutes: {url} If you know nothing of this, do not open it.",
            {"minutes": "30", "url": "https://counter.example/c/AbCdEfGhIjKlMnOpQrStUvWx"},
        ),
        _template(
            "new_contact_code",
            SmsKind.CODE,
            "【远程营业厅】{number} 的机主想留您做联系人。验证码 {code},10 分钟内有效。"
            "同意就把它告诉机主本人;不同意请勿告诉任何人。",
            "[Video counter] The holder of {number} wants to name you as their contact. The code "
            "is {code}, valid for 10 minutes. If you agree, tell it to the holder in person; if "
            "not, tell nobody.",
            {"number": "138****6021", "code": "000000"},
        ),
        _template(
            "how_to",
            SmsKind.NOTICE,
            "【远程营业厅】请按步骤试试: {steps}",
            "[Video counter] Please try: {steps}",
            {"steps": "1. 关掉光猫电源。 2. 等一分钟再打开。 3. 等灯都亮了再上网。"},
        ),
        _template(
            "order.scheduled",
            SmsKind.NOTICE,
            "【远程营业厅】您办理的业务已预约在{at}办理,号码尾号{tail}。不办了请点: {url}",
            "[Video counter] What you ordered for the number ending in {tail} will be done at "
            "{at}. To cancel it, open: {url}",
            {
                "at": "2026-12-31 10:30",
                "tail": "6021",
                "url": "https://counter.example/u/AbCdEfGhIjKlMnOpQrStUvWx",
            },
        ),
        _template(
            "order.refused",
            SmsKind.NOTICE,
            "【远程营业厅】您预约办理的业务没有办成,号码尾号{tail},业务没有改变,也没有收费。"
            "请再次联系营业厅。",
            "[Video counter] What you had ordered for the number ending in {tail} could not be "
            "done. Nothing was changed or charged. Please contact us again.",
            {"tail": "6021"},
        ),
        _template(
            "loss_reminder",
            SmsKind.NOTICE,
            "您好, 您7天前办理的挂失仍然有效, 号码不会自动恢复。"
            "找到卡请视频办理解挂, 找不到请补卡。",
            "The loss you reported 7 days ago still stands; call us to cancel it or to get a "
            "new card.",
        ),
    )
}


def kind_of(template_id: str) -> SmsKind | None:
    """The kind of a template; None if nobody knows it."""
    if template_id in TEMPLATES:
        return TEMPLATES[template_id].kind
    return SmsKind.RECEIPT if template_id.startswith(RECEIPT_PREFIX) else None
