"""The text to send now."""

from __future__ import annotations

from collections.abc import Mapping

from vcounter.domain.sms import TEMPLATES, Lang, Rendered, fill
from vcounter.services.context import Deps
from vcounter.services.ports import Scope


async def compose(
    deps: Deps, scope: Scope, template_id: str, lang: Lang, values: Mapping[str, str]
) -> Rendered:
    """The text to send now, in the scope's own words if it has any.

    Raises KeyError for a template nobody shipped or a placeholder without a value: a mistake of
    the program.
    """
    template = TEMPLATES[template_id]
    async with deps.db.read(scope) as uow:
        own = await uow.sms_templates.newest(template_id)
    texts, version = (own.texts, own.version) if own else (template.texts, 0)
    return Rendered(fill(texts[lang], values), template_id, version)
