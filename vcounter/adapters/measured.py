"""Ports with a stopwatch: each call to the world beyond the process is counted and timed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Literal

from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import CounterError
from vcounter.domain.ids import Msisdn
from vcounter.observability.metrics import Metrics
from vcounter.services.ports import (
    Bss,
    BssCommand,
    BssResult,
    CardReading,
    CardReport,
    ControlQuestion,
    Disclosed,
    FaceMeasure,
    FaceStill,
    IdentityLab,
    Keyframe,
    MatchReport,
    OperatorTicket,
    PassiveReport,
    Picture,
    Portrait,
    Quote,
    Sms,
    SmsSender,
    Subscriber,
    TiltReport,
)


class MeasuredBss:
    """The operator's system, timed by call and outcome; orders are counted by action."""

    def __init__(self, bss: Bss, metrics: Metrics) -> None:
        self._bss, self._metrics = bss, metrics

    @asynccontextmanager
    async def _timed(self, call: str) -> AsyncIterator[None]:
        begun, outcome = time.monotonic(), "ok"
        try:
            yield
        except CounterError as error:
            outcome = error.code
            raise
        finally:
            seconds = time.monotonic() - begun
            self._metrics.operator_seconds.labels(call, outcome).observe(seconds)

    async def find(self, msisdn: Msisdn) -> Subscriber | None:
        async with self._timed("find"):
            return await self._bss.find(msisdn)

    async def portrait(self, msisdn: Msisdn) -> Portrait | None:
        async with self._timed("portrait"):
            return await self._bss.portrait(msisdn)

    async def enrol(
        self, msisdn: Msisdn, jpeg: bytes, taken_on: date, idempotency_key: str, by: str
    ) -> None:
        async with self._timed("enrol"):
            await self._bss.enrol(msisdn, jpeg, taken_on, idempotency_key, by)

    async def quote(
        self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str], *, reverses: str = ""
    ) -> Quote:
        async with self._timed("quote"):
            return await self._bss.quote(action_id, msisdn, inputs, reverses=reverses)

    async def execute(self, command: BssCommand) -> BssResult:
        outcome = "unknown"
        try:
            async with self._timed("execute"):
                result = await self._bss.execute(command)
            outcome = "done" if result.done else "pending" if result.pending else "refused"
            return result
        finally:
            self._metrics.orders.labels(command.action_id, outcome).inc()

    async def query(self, idempotency_key: str) -> BssResult | None:
        async with self._timed("query"):
            return await self._bss.query(idempotency_key)

    async def reveal(self, idempotency_key: str) -> Disclosed:
        async with self._timed("reveal"):
            return await self._bss.reveal(idempotency_key)

    async def control_questions(self, msisdn: Msisdn) -> list[ControlQuestion]:
        async with self._timed("control_questions"):
            return await self._bss.control_questions(msisdn)

    async def check_password(self, msisdn: Msisdn, password: str) -> bool:
        async with self._timed("check_password"):
            return await self._bss.check_password(msisdn, password)

    async def tickets(self, msisdn: Msisdn) -> Sequence[OperatorTicket]:
        async with self._timed("tickets"):
            return await self._bss.tickets(msisdn)


class MeasuredLab:
    """The identity laboratory, timed by kind of examination, waiting for a worker included."""

    def __init__(self, lab: IdentityLab, metrics: Metrics) -> None:
        self._lab, self._metrics = lab, metrics

    async def measure(self, frame: Keyframe) -> FaceMeasure:
        with self._metrics.identity_seconds.labels("measure").time():
            return await self._lab.measure(frame)

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        with self._metrics.identity_seconds.labels("compare").time():
            return await self._lab.compare(live, reference)

    async def same_person(self, first: bytes, second: bytes) -> bool:
        return await self._lab.same_person(first, second)

    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        with self._metrics.identity_seconds.labels("measure_still").time():
            return await self._lab.measure_still(jpeg)

    async def inspect_face(self, still: bytes, frame: Keyframe | None) -> FaceStill:
        with self._metrics.identity_seconds.labels("face_still").time():
            return await self._lab.inspect_face(still, frame)

    async def passive(self, frames: Sequence[bytes]) -> PassiveReport | None:
        with self._metrics.identity_seconds.labels("passive").time():
            return await self._lab.passive(frames)

    async def inspect_card(
        self,
        still: bytes,
        side: Literal["front", "back"],
        stream: Keyframe | None,
        document: DocumentType = DocumentType.RESIDENT_ID,
    ) -> CardReport:
        with self._metrics.identity_seconds.labels(f"card_{side}").time():
            return await self._lab.inspect_card(still, side, stream, document)

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        with self._metrics.identity_seconds.labels(f"read_{side}").time():
            return await self._lab.read_card(jpeg, side)

    async def open_picture(self, still: bytes) -> Picture:
        with self._metrics.identity_seconds.labels("picture").time():
            return await self._lab.open_picture(still)

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        with self._metrics.identity_seconds.labels("tilt").time():
            return await self._lab.inspect_tilt(frames)


class MeasuredSms:
    """The gateway, counted by template and outcome."""

    def __init__(self, sms: SmsSender, metrics: Metrics) -> None:
        self._sms, self._metrics = sms, metrics

    async def send(self, sms: Sms) -> None:
        outcome = "failed"
        try:
            await self._sms.send(sms)
            outcome = "sent"
        finally:
            self._metrics.sms.labels(sms.template, outcome).inc()


class MetricTally:
    """Identity decisions as Prometheus counters."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def identity_path(self, path: str) -> None:
        self._metrics.identity_path.labels(path).inc()

    def referral(self, reason: str, outcome: str) -> None:
        self._metrics.referral.labels(reason, outcome).inc()
