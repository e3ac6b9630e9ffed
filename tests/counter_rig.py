"""A whole counter in this process, called over HTTP without a socket: for tests of refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette

from app import create_app
from vcounter.adapters.bss.embedded import DEMO_PEOPLE
from vcounter.adapters.passwords import hash_password
from vcounter.bootstrap import Counter
from vcounter.demo import seed
from vcounter.domain.agent import Role
from vcounter.domain.ids import Region, SkillGroupId, TenantId
from vcounter.services.ports import Scope, SkillGroup, Tenant
from vcounter.services.staff.add_staff import NewStaff, add_staff
from vcounter.settings import Settings

OTHER = Scope(TenantId("ten_other"), Region("44"))
OTHER_PASSWORD = "another-tenants-password"
ELDER = next(p for p in DEMO_PEOPLE if p.case == "active_elder_woman")


@dataclass(slots=True)
class Rig:
    """The counter, its application, and clients signed in as everybody."""

    counter: Counter
    app: Starlette
    passwords: dict[str, str]
    staff: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def client(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://127.0.0.1:8080/api/v1",
            headers=headers,
        )

    async def sign_in(self, login: str, password: str, tenant: str = "") -> httpx.AsyncClient:
        client = self.client(**{"X-Requested-With": "vcounter"})
        body = {"tenant": tenant, "login": login, "password": password}
        answer = await client.post("/staff/login", json=body)
        assert answer.status_code == 200, answer.text
        return client

    async def link(self, msisdn: str = ELDER.person.msisdn) -> str:
        answer = await self.staff["lead"].post("/demo/links", json={"msisdn": msisdn})
        return str(answer.json()["url"].rsplit("/", 1)[1])

    async def open(
        self, link: str = "", *, recording: str = "given", takeover: bool = False
    ) -> httpx.Response:
        async with self.client() as client:
            body = {"link": link, "recording": recording, "takeover": takeover}
            return await client.post("/visits", json=body)

    async def customer(self, link: str = "", *, recording: str = "given") -> httpx.AsyncClient:
        """A customer in the queue; `visit_id` stands in the client's headers for the tests."""
        answer = await self.open(link, recording=recording)
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        return self.client(
            Authorization=f"Bearer {opened['credential']}", **{"X-Visit": opened["visit_id"]}
        )

    async def serve(self, agent: str, customer: httpx.AsyncClient) -> str:
        """Make the agent ready and let them accept that customer; returns the visit's id."""
        desk = self.staff[agent]
        visit_id = customer.headers["X-Visit"]
        await desk.post("/staff/state", json={"state": "ready"})
        async with asyncio.timeout(10):
            while True:
                offer = (await desk.get("/desk")).json()["offer"]
                if offer is not None:
                    assert offer["visit_id"] == visit_id
                    break
                await asyncio.sleep(0.05)
        answer = await desk.post(f"/offers/{visit_id}/accept")
        assert answer.status_code == 200, answer.text
        return visit_id


@asynccontextmanager
async def running_rig(data_dir: Path, **settings: object) -> AsyncIterator[Rig]:
    """A counter with the demo's staff and, of another tenant, the team lead `stranger`."""
    values: dict[str, object] = {
        "data_dir": data_dir,
        "demo": True,
        "rate_login_per_min": 10_000,
        "rate_visits_per_min": 10_000,
        "rate_uploads_per_min": 10_000,
        "log_level": "error",
    }
    app = create_app(Settings(**{**values, **settings}))  # type: ignore[arg-type]  # by name
    counter: Counter = app.state.counter
    async with counter.running():
        logins = await seed(counter)
        rig = Rig(counter, app, {a.login: a.password for a in logins})
        for login, password in rig.passwords.items():
            rig.staff[login] = await rig.sign_in(login, password)
        await add_other_tenant(counter)
        rig.staff["stranger"] = await rig.sign_in("stranger", OTHER_PASSWORD, OTHER.tenant_id)
        try:
            yield rig
        finally:
            for client in rig.staff.values():
                await client.aclose()


async def add_other_tenant(counter: Counter) -> None:
    async with counter.deps.db.write(OTHER) as uow:
        await uow.tenants.add(Tenant(OTHER.tenant_id, "别家", "Asia/Shanghai"))
        for code in ("general", "elder_care"):
            await uow.skill_groups.add(
                SkillGroup(
                    SkillGroupId(f"skg_other_{code}"),
                    OTHER.tenant_id,
                    OTHER.region,
                    code,
                    code,
                    code,
                )
            )
    new = NewStaff(
        "stranger",
        "别人",
        "7777",
        Role.TEAM_LEAD,
        hash_password(OTHER_PASSWORD),
        ("general", "elder_care"),
    )
    await add_staff(counter.deps.db, counter.deps.clock, counter.deps.ids, OTHER, new)
