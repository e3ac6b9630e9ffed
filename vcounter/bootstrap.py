"""Where the parts are joined: settings in, a running counter out. Only this and app.py see all."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.routing import Route

from signaling.hub import Hub
from signaling.limits import CloseCode
from signaling.media.client import MediaClient
from signaling.turn import ice_servers
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.bss.embedded import (
    DEMO_PEOPLE,
    DemoPerson,
    EmbeddedBss,
    population,
    seed_demo,
    send_due_notices,
    send_due_reminders,
)
from vcounter.adapters.bss.embedded.agree_page import agree_routes
from vcounter.adapters.bss.embedded.pay_page import pay_routes
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import upgrade
from vcounter.adapters.documents import DocumentWorker
from vcounter.adapters.identity.configured import laboratory
from vcounter.adapters.identity.document import check_document, check_reading
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.keys.key_file import read_or_create
from vcounter.adapters.measured import MeasuredBss, MeasuredLab, MeasuredSms, MetricTally
from vcounter.adapters.media import BridgeMedia
from vcounter.adapters.passwords import Argon2Passwords
from vcounter.adapters.rates import RateLimits
from vcounter.adapters.sms import DemoInbox
from vcounter.adapters.sms.http_gateway import HttpSmsGateway
from vcounter.adapters.sms.http_wire import read_receipt
from vcounter.adapters.sms.smpp import SmppGateway
from vcounter.domain.errors import InvalidInput, NotSignedIn
from vcounter.domain.ids import Msisdn, PartyId, StaffId
from vcounter.domain.sms import LANGS
from vcounter.gateways import gateway_kind, open_gateway
from vcounter.http.live_host import LiveHost
from vcounter.jobs import gauges, retention
from vcounter.jobs.outbox import OutboxRelay
from vcounter.jobs.pairing import PairingLoop
from vcounter.jobs.supervisor import Supervisor
from vcounter.memory import return_large_blocks
from vcounter.observability.logs import get_logger
from vcounter.observability.metrics import Metrics
from vcounter.references import References
from vcounter.services.context import Deps, Policy, StaffCaller
from vcounter.services.identity.card_tilt import CardTilts
from vcounter.services.identity.face_challenge import FaceChallenges
from vcounter.services.identity.presence import PresenceWatch
from vcounter.services.orders.page_closed import page_closed
from vcounter.services.orders.settle_orders import run_settling
from vcounter.services.ports import DeliveryReceipt
from vcounter.services.sms.compose import compose
from vcounter.services.sms.recorded import RecordedSms
from vcounter.services.views import iso
from vcounter.services.visits.call_flow import CallFlow
from vcounter.services.visits.graces import Graces
from vcounter.settings import Settings
from vcounter.specimen.people import portraits
from vcounter.storage import (
    HOME,
    audit_sealer,
    ensure_home,
    make_folders,
    open_storage,
    signing_key,
)

log = get_logger(__name__)

LIGHT_EVERY_S = 2.0
SEAL_EVERY_S = 2.0
REMIND_EVERY_S = 60.0
MOVE_TIME_EVERY_S = 30.0
RETAIN_EVERY_S = 3600.0
GAUGES_EVERY_S = 5.0


class Counter:
    """One process of the counter: the ports in force, the live plane and the background jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = HOME
        self.metrics = Metrics()
        self.hasher = Argon2Passwords()
        self.check_document = check_document
        self.limits = RateLimits(
            {
                "login": f"{settings.rate_login_per_min}/minute",
                "login_address": f"{settings.rate_login_per_min * 5}/minute",
                "visits": f"{settings.rate_visits_per_min}/minute",
                "uploads": f"{settings.rate_uploads_per_min}/minute",
                "receipts": f"{settings.rate_visits_per_min}/minute",
                "documents": "20/minute",
                "simulated": "600/minute",
            }
        )
        self.supervisor = Supervisor()
        self._simulators: set[asyncio.subprocess.Process] = set()

    # --- life ------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Counter]:
        """Open everything, run until the block ends, close everything in reverse order."""
        settings, data = self.settings, self.settings.data_dir
        gateway_kind(settings)
        return_large_blocks()
        await asyncio.to_thread(make_folders, settings)
        clock = SystemClock()
        ids = UlidFactory(clock)
        await asyncio.to_thread(upgrade, settings.database)
        storage = open_storage(settings, clock, ids)
        self.database, keys = storage.database, storage.keys
        bss_key = read_or_create(data / "keys" / "bss.key", lambda: secrets.token_bytes(32))
        self.bss = await EmbeddedBss.open(
            settings.bss_path, bss_key, clock, counter_url=settings.base_url
        )
        self.inbox_store = await DemoInbox.open(data / "inbox.db", bss_key, clock)
        self.gateway = await asyncio.to_thread(
            open_gateway, settings, self.inbox_store, clock, ids, self._take_sms_receipt
        )
        self.recorded_sms = RecordedSms(
            self.gateway,
            self.database,
            clock,
            ids,
            home=HOME,
            keep=timedelta(days=settings.retention_sms_days),
            tally=lambda template, outcome: self.metrics.sms.labels(template, outcome).inc(),
        )
        self.lab = laboratory(settings)
        self.media = MediaClient(bind=settings.media_addresses, on_event=self._on_media_event)
        blobs = FileBlobStore(data / "blobs")
        self.documents = DocumentWorker()
        bss = MeasuredBss(self.bss, self.metrics)
        lab = MeasuredLab(self.lab, self.metrics)
        self.references = await asyncio.to_thread(References, settings, bss, lab, clock, ids)
        self.deps = Deps(
            db=self.database,
            clock=clock,
            ids=ids,
            keys=keys,
            blobs=blobs,
            bss=bss,
            sms=MeasuredSms(self.recorded_sms, self.metrics),
            media=BridgeMedia(self.media),
            live=None,  # type: ignore[arg-type]  # set below: the hub needs the host, which needs Deps
            lab=lab,
            policy=policy_of(settings),
            spawn=self.supervisor.spawn,
            poke=self._poke,
            receipts=self.documents,
            sheets=self.documents,
            tally=MetricTally(self.metrics),
            check_reading=check_reading,
            authorities=self.references.all,
        )
        self.bss.pages.listen(self._page_closed)
        self.deps.presence = PresenceWatch(self.deps)
        self.graces = Graces(clock)
        self.flow = CallFlow(
            self.deps, self.graces, FaceChallenges(self.deps), CardTilts(self.deps)
        )
        self.hub = Hub(LiveHost(self.deps, self.flow), self.media, ice_servers=self._ice_servers)
        self.deps.live = self.hub
        self.relay = OutboxRelay(self.deps)
        self.pairing = PairingLoop(self.deps)
        self.sealer = audit_sealer(settings, self.database, clock)
        self.blobs = blobs
        self.signer = signing_key(settings)
        try:
            await ensure_home(self.database)
            if settings.demo:
                await self._move_in(DEMO_PEOPLE)
            await self.media.start()
            await self.lab.start()
            await self.flow.recover()
            self._start_jobs()
            if settings.demo:
                town = population(settings.demo_people - len(DEMO_PEOPLE))
                self.supervisor.spawn(self._move_in(town), "demo's town")
            yield self
        finally:
            await self._close()

    async def _move_in(self, people: Sequence[DemoPerson]) -> None:
        """The named people before the first visit; the town while the counter is open already."""
        faces = {key: (portrait.enrolment,) for key, portrait in portraits().items()}
        await seed_demo(self.bss, faces, people)

    def _start_jobs(self) -> None:
        keep, every = self.supervisor.keep, self.supervisor.every
        self.database.on_events(self.relay.wake)
        keep("outbox", self.relay.run)
        keep("pairing", self.pairing.run)
        keep("graces", self.graces.run)
        every("lights", LIGHT_EVERY_S, self.flow.show_lights)
        keep("settle orders", self._settle)
        every("seal audit", SEAL_EVERY_S, self.sealer.run_once)
        if isinstance(self.gateway, SmppGateway):
            keep("sms centre", self.gateway.run)
        every("reminders", REMIND_EVERY_S, self._remind)
        every("operator's time", MOVE_TIME_EVERY_S, self._move_time)
        every("retention", RETAIN_EVERY_S, self._retain)
        every("gauges", GAUGES_EVERY_S, self._read_gauges)

    async def _close(self) -> None:
        for process in list(self._simulators):
            if process.returncode is None:
                process.terminate()
        await self.supervisor.stop()
        await self.hub.close()
        await self.media.stop()
        await self.lab.stop()
        await self.documents.stop()
        await self.references.close()
        await self.gateway.close()
        await self.inbox_store.close()
        await self.bss.close()
        await self.database.close()

    async def _settle(self) -> None:
        await run_settling(self.deps)

    async def _retain(self) -> None:
        await retention.run_once(self.database, self.blobs, self.deps.keys, self.deps.clock)

    async def _read_gauges(self) -> None:
        await gauges.read_queue(self.metrics, self.database, HOME, self.deps.clock)
        if self.media.is_ready:
            await gauges.read_bridge(self.metrics, self.media)

    async def _remind(self) -> None:
        both = [(await compose(self.deps, HOME, "loss_reminder", lang, {})).text for lang in LANGS]
        await send_due_reminders(self.bss, self.deps.sms, " ".join(both))
        await send_due_notices(self.bss, self.deps.sms)

    async def _move_time(self) -> None:
        await self.bss.move_time()

    async def _on_media_event(self, event: dict[str, object]) -> None:
        if event.get("event") == "worker_lost":
            self.metrics.media_worker_losses.inc()
        await self.hub.on_media_event(event)
        if event.get("event") == "worker_ready":
            self.supervisor.spawn(self.flow.media_back(), "media back")

    def _page_closed(self, key: str) -> None:
        self.supervisor.spawn(page_closed(self.deps, key), "page closed")

    def operator_pages(self) -> list[Route]:
        """The embedded operator's own pages: where customers pay, and where a helper agrees."""
        return [*pay_routes(lambda: self.bss.pages), *agree_routes(lambda: self.bss)]

    def _poke(self) -> None:
        self.pairing.wake()

    def _ice_servers(self, subject: str) -> list[dict[str, object]]:
        settings = self.settings
        return ice_servers(
            stun_urls=(),
            turn_urls=settings.turn_urls,
            secret=settings.turn_secret.get_secret_value(),
            subject=subject,
            now_s=self.deps.clock.now().timestamp(),
            lifetime_s=settings.turn_ttl_s,
        )

    # --- what the routes ask of the whole --------------------------------------------------------

    async def shut_out_others(self, party_id: PartyId) -> None:
        """Another device took the visit over: the old one is told so."""
        await self.hub.disconnect(party_id, CloseCode.TAKEN_OVER)

    async def shut_out_login(self, staff_id: StaffId) -> None:
        """The login ended: its signaling connection ends with it."""
        await self.hub.disconnect(staff_id, CloseCode.FORBIDDEN)

    async def failing_checks(self) -> list[str]:
        """Names of what is not ready, for `/readyz`."""
        failing = []
        try:
            async with asyncio.timeout(2):
                await self.database.ping()
        except Exception:  # any failure of the driver means: not ready
            failing.append("database")
        if not self.media.is_ready:
            failing.append("media")
        if not (self.settings.web_dist / "customer" / "index.html").is_file():
            failing.append("pages")
        return failing

    async def _take_sms_receipt(self, receipt: DeliveryReceipt) -> bool:
        return await self.recorded_sms.take_receipt(receipt)

    async def take_sms_receipt(self, headers: Mapping[str, str], body: bytes) -> bool:
        """A delivery receipt from the HTTP gateway; False if it is about no message of ours.

        Raises NotSignedIn for what the gateway did not sign, InvalidInput.
        """
        if not isinstance(self.gateway, HttpSmsGateway):
            raise NotSignedIn("no gateway that sends receipts")
        now = int(self.deps.clock.now().timestamp())
        receipt = read_receipt(self.gateway.settings, headers, body, now=now)
        return receipt is None or await self.recorded_sms.take_receipt(receipt)

    def metrics_page(self) -> tuple[bytes, str]:
        """The Prometheus page, with the gauges that are read on demand."""
        bound = not isinstance(self.gateway, SmppGateway) or self.gateway.is_bound
        self.metrics.sms_gateway.set(bound)
        self.metrics.connections.set(self.hub.stats()["connections"])
        self.metrics.tasks.set(len(asyncio.all_tasks()))
        return self.metrics.render(), "text/plain; version=0.0.4; charset=utf-8"

    # --- the demo --------------------------------------------------------------------------------

    async def start_simulated(self, caller: StaffCaller, case: str) -> None:
        """Start a simulated customer in a process of its own. Raises InvalidInput."""
        if case and case not in {p.case for p in DEMO_PEOPLE}:
            raise InvalidInput("unknown case", field="case", reason="choice")
        await self.limits.take("simulated", caller.id)
        command = [sys.executable, "-m", "vcounter", "simulate", "customers", "-n", "1"]
        command += ["--server", self.settings.base_url]
        if case:
            command += ["--case", case]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._simulators.add(process)
        self.supervisor.spawn(self._reap(process), "simulated customer")

    async def _reap(self, process: asyncio.subprocess.Process) -> None:
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._simulators.discard(process)

    async def demo_subscribers(self) -> list[dict[str, object]]:
        """The fictitious subscribers and their situations."""
        return [
            {"msisdn": p.person.msisdn, "name": p.person.name, "note": p.case} for p in DEMO_PEOPLE
        ]

    async def inbox(self, msisdn: Msisdn | None) -> list[dict[str, object]]:
        """What one fictitious subscriber's phone received, or all of them; newest first."""
        store = self.inbox_store
        found = await store.messages(msisdn) if msisdn else await store.recent()
        return [{"to": m.to, "text": m.text, "at": iso(m.at) or ""} for m in found]


def policy_of(settings: Settings) -> Policy:
    """The numbers an operator set, as the use cases know them."""
    return Policy(
        ring_time_s=settings.ring_time_s,
        customer_grace_s=settings.customer_grace_s,
        agent_grace_s=settings.grace_s,
        link_ttl_h=settings.link_ttl_h,
        agent_session_h=settings.session_hours,
        ticket_ttl_s=settings.ticket_ttl_s,
        code_ttl_s=settings.sms_code_ttl_s,
        code_tries=settings.sms_code_tries,
        handle_time_s=settings.mean_handle_s,
        image_retention_days=settings.retention_image_days,
        unproven_face_days=settings.retention_unproven_face_days,
        attempts_kept_days=settings.retention_attempts_days,
        fraud_mark_days=settings.fraud_mark_days,
        codes_per_hour=settings.limit_codes_per_hour,
        codes_per_day=settings.limit_codes_per_day,
        wrong_codes_per_day=settings.limit_wrong_codes_per_day,
        wrong_passwords_per_day=settings.limit_wrong_passwords_per_day,
        wrong_facts_per_day=settings.limit_wrong_facts_per_day,
        failed_draws_per_day=settings.limit_failed_draws_per_day,
        uploads_per_step=settings.limit_uploads_per_step,
        challenge_tries=settings.limit_challenges_per_visit,
        portrait_old_years=settings.portrait_old_years,
        recording_retention_days=settings.retention_recording_days,
        public_url=settings.base_url,
        recordings_dir=str(settings.data_dir / "recordings"),
    )


def build(settings: Settings) -> Counter:
    """A counter that is not running yet; enter `running()`."""
    return Counter(settings)
