"""What lies behind the SMS the counter sends: a gateway, and the record of what was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from vcounter.domain.ids import Msisdn, Region, TenantId, VisitId
from vcounter.domain.sms import Lang, SmsState
from vcounter.domain.sms_text import Encoding
from vcounter.services.ports.operator import Sms
from vcounter.services.ports.scope import Scope


@dataclass(frozen=True, slots=True)
class Handed:
    """A message that a gateway took: its names for it, one for each part it will report on.

    `delivered`: it has reached the phone already, and no receipt will come.
    """

    provider_ids: tuple[str, ...]
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What a gateway says later about one part. `reason` is its own short code, "" if delivered."""

    provider_id: str
    delivered: bool
    reason: str = ""


class SmsGateway(Protocol):
    """One way to the operator's SMS centre."""

    async def submit(self, sms: Sms) -> Handed:
        """Hand one message over. A key that was taken is not sent again and gets the same answer,
        as long as the gateway remembers it (docs/sms.md says how long for each).

        Raises InvalidInput (no number, no text, too long, or refused for good by the gateway: field
        `gateway`), OperatorUnavailable when it did not take the message in time or at all.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections. Safe to repeat."""
        ...


TakeReceipt = Callable[[DeliveryReceipt], Awaitable[bool]]  # False: no such message is known


@dataclass(frozen=True, slots=True)
class SmsRow:
    """One SMS as it is kept. `text` is masked: no code, no link that opens anything.

    `to` and `text` are sealed with the visit's key, or the tenant's where there is no visit.
    """

    id: str
    tenant_id: TenantId
    region: Region
    key: str
    to: Msisdn
    text: str = field(repr=False)
    template: str
    version: int
    encoding: Encoding
    length: int
    segments: int
    state: SmsState
    queued_at: datetime
    expires_at: datetime
    visit_id: VisitId | None = None
    reason: str = ""
    sent_at: datetime | None = None
    settled_at: datetime | None = None


class SmsRepo(Protocol):
    """Every SMS, one row to an idempotency key."""

    async def add(self, row: SmsRow) -> bool:
        """False if the key has a row, which stays as it is. Raises NotFound for another tenant's
        visit."""
        ...

    async def by_key(self, key: str) -> SmsRow | None: ...
    async def of_visit(self, visit_id: VisitId) -> list[SmsRow]:
        """In order of time."""
        ...

    async def sent(self, sms_id: str, provider_ids: Sequence[str], at: datetime) -> None:
        """The gateway took it; its receipts will name these. Does nothing to a settled message."""
        ...

    async def settle(self, sms_id: str, state: SmsState, reason: str, at: datetime) -> None:
        """Its end: delivered or failed."""
        ...

    async def whose_part(self, provider_id: str) -> tuple[Scope, str] | None:
        """Whose message a gateway's name stands for, and which; the newest if there are several.
        Across tenants, since the name alone tells."""
        ...

    async def receipted(self, sms_id: str, receipt: DeliveryReceipt) -> list[bool | None]:
        """Note what became of a part; what is known of all of them now, None where nothing is. Of
        two at once the second waits and sees the first. A later word on a part changes nothing."""
        ...

    async def get(self, sms_id: str) -> SmsRow: ...


@dataclass(frozen=True, slots=True)
class SmsTemplateRow:
    """An operator's own text in place of a shipped one; the highest version is in force."""

    tenant_id: TenantId
    region: Region
    template: str
    version: int
    texts: Mapping[Lang, str]
    by: str
    at: datetime


class SmsTemplateRepo(Protocol):
    async def add(self, row: SmsTemplateRow) -> None:
        """Raises WrongState if that version is there."""
        ...

    async def newest(self, template: str) -> SmsTemplateRow | None: ...
    async def all_newest(self) -> list[SmsTemplateRow]: ...
    async def versions(self, template: str) -> list[SmsTemplateRow]:
        """Newest first."""
        ...
