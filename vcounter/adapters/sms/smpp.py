"""An SMS centre over SMPP 3.4: one transceiver session, kept up for as long as the counter runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

import smpp34

from vcounter.adapters.sms.smpp_receipt import read_receipt
from vcounter.adapters.sms.taken import Progress, Taken
from vcounter.domain.errors import InvalidInput, OperatorUnavailable
from vcounter.domain.sms import require_sendable
from vcounter.domain.sms_text import Encoding, encoding_of, octets, split
from vcounter.observability.logs import get_logger
from vcounter.services.ports import Handed, IdFactory, Sms, TakeReceipt

log = get_logger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
CONNECT_S = 5.0
_FULL = frozenset({0x58, 0x14})  # command_status, §5.1.3: ESME_RTHROTTLED, ESME_RMSGQFUL
_REFUSED = frozenset({0x01, 0x0B})  # ESME_RINVMSGLEN, ESME_RINVDSTADR
_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER = 0x020C, 0x020E, 0x020F  # §5.3.2.22-24
_CODING = {Encoding.GSM7: 0x00, Encoding.UCS2: 0x08}  # data_coding, §5.2.19
_HAS_HEADER = 0x40  # esm_class: user data header, §5.2.12
_WANT_RECEIPT = 0x01  # registered_delivery: of the final state, §5.2.17


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """The centre and the account there. `timeout_s` is for a message with all its parts; `long`
    says how the parts of one are told to belong together: by header or by sar_* parameters."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    source: str
    system_type: str = ""
    source_ton: int = 0
    source_npi: int = 0
    dest_ton: int = 1
    dest_npi: int = 1
    prefix: str = "86"
    long: Literal["udh", "sar"] = "udh"
    tls: bool = False
    timeout_s: float = 4.0


class SmppGateway:
    """SmsGateway over one SMPP session.

    `run` binds, takes receipts and binds again with growing pauses; `submit` waits for the session,
    hands over the parts that the centre has not taken yet, and pauses while the centre is full. A
    part without an answer is not sent twice by itself: the next `submit` of the key does that.
    The library answers enquire_link and sends its own, and acknowledges a receipt before
    `take_receipt` has kept it.
    """

    def __init__(self, settings: SmppSettings, ids: IdFactory, take_receipt: TakeReceipt) -> None:
        self._settings, self._take_receipt = settings, take_receipt
        self._reference = ids.number(256)
        self._taken = Taken()
        self._bound = asyncio.Event()
        self._line: tuple[smpp34.Client, smpp34.Smsc] | None = None

    @property
    def is_bound(self) -> bool:
        return self._bound.is_set()

    async def close(self) -> None:
        """The session ends with `run`."""

    # --- the session -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the session up until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            client = self._client()
            try:
                smsc = await client.connect()
                log.info("sms centre bound")
                pause = FIRST_PAUSE_S
                self._line = client, smsc
                self._bound.set()
                await self._take_receipts(smsc)
                log.warning("sms centre lost")
            except smpp34.SmppError as error:
                log.warning("sms centre not bound", reason=str(error))
            finally:
                self._bound.clear()
                await self._leave(client)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _client(self) -> smpp34.Client:
        settings = self._settings
        return smpp34.Client(
            settings.host,
            settings.port,
            settings.system_id,
            settings.password,
            bind_type="TRX",
            system_type=settings.system_type,
            tls=settings.tls,
            connect_timeout_ms=int(CONNECT_S * 1000),
        )

    async def _leave(self, client: smpp34.Client) -> None:
        line, self._line = self._line, None
        try:
            async with asyncio.timeout(1):
                if line is not None:
                    await line[1].unbind()
                await client.stop()
        except (smpp34.SmppError, TimeoutError):
            pass  # it is gone already

    async def _take_receipts(self, smsc: smpp34.Smsc) -> None:
        while True:
            event = await smsc.next()
            if isinstance(event, smpp34.Disconnected):
                return
            parameters = {tlv.tag: tlv.value for tlv in event.tlvs}
            receipt = read_receipt(event.esm_class, event.short_message, parameters)
            if receipt is not None and not await self._take_receipt(receipt):
                log.info("sms receipt without a message yet")

    # --- a message -------------------------------------------------------------------------------

    async def submit(self, sms: Sms) -> Handed:
        require_sendable(sms.to, sms.text)
        async with self._taken.turn(sms.idempotency_key) as progress:
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    await self._send_rest(sms, progress)
            except TimeoutError:
                raise OperatorUnavailable("SMS centre did not answer in time") from None
            except smpp34.SmppError as error:
                raise OperatorUnavailable(f"SMS centre: {error}") from None
            return Handed(tuple(progress.ids))

    async def _send_rest(self, sms: Sms, progress: Progress) -> None:
        parts, encoding = split(sms.text), encoding_of(sms.text)
        if not progress.ids:
            self._reference = (self._reference + 1) % 256
            progress.reference = self._reference
        for number in range(len(progress.ids), len(parts)):
            pdu = _Part(
                octets(parts[number], encoding),
                _CODING[encoding],
                progress.reference,
                len(parts),
                number + 1,
            )
            progress.ids.append(await self._until_taken(sms, pdu))

    async def _until_taken(self, sms: Sms, part: _Part) -> str:
        pause = FIRST_PAUSE_S
        while True:
            smsc = await self._session()
            answer = await self._submit_sm(smsc, sms, part)
            if answer.is_success and answer.message_id:
                return answer.message_id
            if answer.command_status in _REFUSED:
                raise InvalidInput("SMS centre refused it", field="gateway", reason="refused")
            if answer.command_status not in _FULL:
                raise OperatorUnavailable(f"SMS centre answered {answer.command_status:#x}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _session(self) -> smpp34.Smsc:
        """The session that is up now; one that broke a moment ago is not waited on in vain."""
        while True:
            await self._bound.wait()
            line = self._line
            if line is not None and await line[0].is_alive():
                return line[1]
            if line is self._line:
                self._bound.clear()

    async def _submit_sm(self, smsc: smpp34.Smsc, sms: Sms, part: _Part) -> smpp34.SubmitSmResp:
        settings = self._settings
        by_header = part.total > 1 and settings.long == "udh"
        return await smsc.submit_sm(
            settings.prefix + sms.to.removeprefix("+").removeprefix(settings.prefix),
            (part.header if by_header else b"") + part.octets,
            source_addr=settings.source,
            source_addr_ton=settings.source_ton,
            source_addr_npi=settings.source_npi,
            dest_addr_ton=settings.dest_ton,
            dest_addr_npi=settings.dest_npi,
            esm_class=_HAS_HEADER if by_header else 0,
            registered_delivery=_WANT_RECEIPT,
            data_coding=part.coding,
            tlvs=part.sar if part.total > 1 and settings.long == "sar" else [],
        )


@dataclass(frozen=True, slots=True)
class _Part:
    octets: bytes
    coding: int
    reference: int
    total: int
    number: int

    @property
    def header(self) -> bytes:
        """TS 23.040 §9.2.3.24.1: concatenation with an 8-bit reference."""
        return bytes((0x05, 0x00, 0x03, self.reference, self.total, self.number))

    @property
    def sar(self) -> list[smpp34.Tlv]:
        return [
            smpp34.Tlv(_SAR_REFERENCE, self.reference.to_bytes(2)),
            smpp34.Tlv(_SAR_TOTAL, bytes((self.total,))),
            smpp34.Tlv(_SAR_NUMBER, bytes((self.number,))),
        ]
