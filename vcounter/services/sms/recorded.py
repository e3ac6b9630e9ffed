"""The SMS port in force: each message is measured, recorded, handed over, and its end noted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from vcounter.domain.errors import CounterError, InvalidInput
from vcounter.domain.sms import SmsState, kind_of, masked, require_sendable
from vcounter.domain.sms_text import measure
from vcounter.services.ports import (
    Clock,
    Database,
    DeliveryReceipt,
    IdFactory,
    Scope,
    Sms,
    SmsGateway,
    SmsRow,
    UnitOfWork,
)
from vcounter.services.sms.views import publish_sms

EARLY_KEPT = 1000  # receipts that came before the answer that names their message; oldest go first


class RecordedSms:
    """SmsSender over a gateway, with a row for every message.

    A key that was handed over is not handed over again, in this process or another; a message that
    the gateway did not take, or whose process died before it was noted as sent, is. `home` is whose
    the messages are that name no scope. Never to be called within an open transaction.
    """

    def __init__(
        self,
        gateway: SmsGateway,
        db: Database,
        clock: Clock,
        ids: IdFactory,
        *,
        home: Scope,
        keep: timedelta,
        tally: Callable[[str, str], None] = lambda template, state: None,
    ) -> None:
        self._gateway, self._db, self._clock, self._ids = gateway, db, clock, ids
        self._home, self._keep, self._tally = home, keep, tally
        self._early: OrderedDict[str, DeliveryReceipt] = OrderedDict()

    async def send(self, sms: Sms) -> None:
        """Raises InvalidInput before anything is kept of what cannot be sent at all."""
        require_sendable(sms.to, sms.text)
        scope = sms.scope or self._home
        row = await self._queue(scope, sms)
        if row.sent_at is not None:
            return
        try:
            handed = await self._gateway.submit(sms)
        except CounterError as error:
            await self._failed(scope, row, error)
            raise
        await self._sent(scope, row, handed.provider_ids, delivered=handed.delivered)

    async def _queue(self, scope: Scope, sms: Sms) -> SmsRow:
        shape, now = measure(sms.text), self._clock.now()
        row = SmsRow(
            id=self._ids.new("sms"),
            tenant_id=scope.tenant_id,
            region=scope.region,
            key=sms.idempotency_key,
            to=sms.to,
            text=masked(sms.text, kind_of(sms.template)),
            template=sms.template,
            version=sms.version,
            encoding=shape.encoding,
            length=shape.length,
            segments=shape.segments,
            state=SmsState.QUEUED,
            queued_at=now,
            expires_at=now + self._keep,
            visit_id=sms.visit_id,
        )
        async with self._db.write(scope) as uow:
            if await uow.sms.add(row):
                await publish_sms(uow, row)
                return row
            known = await uow.sms.by_key(sms.idempotency_key)
        return known or row

    async def _failed(self, scope: Scope, row: SmsRow, error: CounterError) -> None:
        """What the gateway refused for good says so; of a silent one nobody knows."""
        reason = "refused" if isinstance(error, InvalidInput) else error.code
        async with self._db.write(scope) as uow:
            await uow.sms.settle(row.id, SmsState.FAILED, reason, self._clock.now())
            await publish_sms(uow, await uow.sms.get(row.id))

    async def _sent(
        self, scope: Scope, row: SmsRow, provider_ids: tuple[str, ...], *, delivered: bool
    ) -> None:
        now = self._clock.now()
        async with self._db.write(scope) as uow:
            await uow.sms.sent(row.id, provider_ids, now)
            if delivered:
                await uow.sms.settle(row.id, SmsState.DELIVERED, "", now)
            await publish_sms(uow, await uow.sms.get(row.id))
        for provider_id in provider_ids:
            early = self._early.pop(provider_id, None)
            if early is not None:
                await self.take_receipt(early)

    async def take_receipt(self, receipt: DeliveryReceipt) -> bool:
        """Note what became of a part: a message is delivered once all its parts are, and failed
        once one of them is. False, and kept in mind for a while, if no message is known by it.

        Safe to repeat and to call out of order.
        """
        async with self._db.read(None) as uow:
            found = await uow.sms.whose_part(receipt.provider_id)
        if found is None:
            self._early[receipt.provider_id] = receipt
            while len(self._early) > EARLY_KEPT:
                self._early.popitem(last=False)
            return False
        scope, sms_id = found
        async with self._db.write(scope) as uow:
            await self._note(uow, sms_id, receipt)
        return True

    async def _note(self, uow: UnitOfWork, sms_id: str, receipt: DeliveryReceipt) -> None:
        parts = await uow.sms.receipted(sms_id, receipt)
        before = await uow.sms.get(sms_id)
        if before.state is not SmsState.SENT:
            return
        if False in parts:
            reason = receipt.reason or "undelivered"
            await uow.sms.settle(sms_id, SmsState.FAILED, reason, self._clock.now())
        elif None not in parts:
            await uow.sms.settle(sms_id, SmsState.DELIVERED, "", self._clock.now())
        else:
            return
        after = await uow.sms.get(sms_id)
        outcome = "delivered" if after.state is SmsState.DELIVERED else "undelivered"
        self._tally(after.template, outcome)
        await publish_sms(uow, after)
