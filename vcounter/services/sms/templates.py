"""SMS texts in force: as shipped, or the operator's own newest version."""

from __future__ import annotations

from collections.abc import Mapping

from vcounter.actions import registry
from vcounter.domain.errors import NotFound, WrongState
from vcounter.domain.sms import (
    LANGS,
    RECEIPT_PREFIX,
    TEMPLATES,
    Lang,
    Template,
    check_template,
    fill,
)
from vcounter.domain.sms_text import measure
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.orders.order_receipts import SIGNATURE
from vcounter.services.ports import AuditLine, SmsTemplateRow
from vcounter.services.sms.samples import sample_sms
from vcounter.services.views import iso


async def list_templates(deps: Deps, caller: StaffCaller) -> list[dict[str, object]]:
    """All texts in force with their version, length and segments, receipts included.

    They are measured with sample values: a true message may be some characters longer.
    """
    async with deps.db.read(caller.scope) as uow:
        own = {row.template: row for row in await uow.sms_templates.all_newest()}
    found = [template_view(template, own.get(template.id)) for template in TEMPLATES.values()]
    return found + [_receipt_view(action_id) for action_id in registry.implemented()]


async def put_template(
    deps: Deps, caller: StaffCaller, template_id: str, texts: Mapping[Lang, str], version: int
) -> dict[str, object]:
    """Put texts in place of those in force; `version` is the one that the caller saw (0: shipped).

    Earlier versions stay. Raises NotFound for an id that has no shipped text (receipts are written
    in code), InvalidInput for texts that lose or add a placeholder, WrongState if another version
    came in between.
    """
    template = TEMPLATES.get(template_id)
    if template is None:
        raise NotFound("no such template")
    check_template(template, texts)
    row = SmsTemplateRow(
        tenant_id=caller.scope.tenant_id,
        region=caller.scope.region,
        template=template_id,
        version=version + 1,
        texts={lang: texts[lang] for lang in LANGS},
        by=caller.id,
        at=deps.clock.now(),
    )
    async with deps.db.write(caller.scope) as uow:
        newest = await uow.sms_templates.newest(template_id)
        if (newest.version if newest else 0) != version:
            raise WrongState("another version is in force", state="changed")
        await uow.sms_templates.add(row)
        detail = {"version": str(row.version)}
        await uow.audit.write(
            AuditLine(caller.id, "sms_template.put", f"sms_template:{template_id}", "", detail)
        )
    return template_view(template, row)


def template_view(template: Template, own: SmsTemplateRow | None) -> dict[str, object]:
    texts = own.texts if own else template.texts
    return {
        "id": template.id,
        "kind": template.kind.value,
        "version": own.version if own else 0,
        "fields": sorted(template.fields),
        "editable": True,
        "by": own.by if own else None,
        "at": iso(own.at) if own else None,
        "texts": [_text_view(lang, texts[lang], template.sample) for lang in LANGS],
    }


def _text_view(lang: Lang, text: str, sample: Mapping[str, str]) -> dict[str, object]:
    shape = measure(fill(text, sample) if sample else text)
    return {
        "lang": lang,
        "text": text,
        "encoding": shape.encoding.value,
        "length": shape.length,
        "segments": shape.segments,
    }


def _receipt_view(action_id: str) -> dict[str, object]:
    action = registry.action(action_id)
    said = {lang: sample_sms(action, lang) for lang in LANGS}
    return {
        "id": f"{RECEIPT_PREFIX}{action_id}",
        "kind": "receipt",
        "version": 0,
        "fields": [],
        "editable": False,
        "by": None,
        "at": None,
        "texts": [
            _text_view(lang, SIGNATURE[lang] + text, {}) for lang, text in said.items() if text
        ],
    }
