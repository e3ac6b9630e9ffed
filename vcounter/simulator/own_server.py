"""A counter of its own for a run of simulated visits: temporary data, a free port, fresh people.

Child process of `simulate visits`. Takes one JSON line on stdin, answers one on stdout when it is
ready, and ends when stdin closes, so that it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from vcounter.adapters.bss.embedded import NewSubscriber, seed_plans
from vcounter.adapters.bss.embedded.home import seed_home
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.bootstrap import Counter
from vcounter.demo import seed
from vcounter.observability.logs import configure
from vcounter.serving import Server, listen, uvicorn_config
from vcounter.settings import Settings
from vcounter.simulator.people import Caller, practice_caller
from vcounter.specimen.people import portraits

_STOPS = {"resume_service": "voluntary", "cancel_loss": "lost", "emergency_resume": "debt"}
_UNLIMITED = 1_000_000


async def _settle_in(counter: Counter, caller: Caller, action_id: str) -> None:
    """Add one practice subscriber, in the state that the action starts from."""
    demo = caller.demo
    await counter.bss.hall.open_number(
        NewSubscriber(
            person=demo.person,
            test=True,
            password="",
            facts=dict(demo.facts),
            portraits=(portraits()[demo.portrait_key].enrolment,),
        )
    )
    await seed_money(counter.bss, demo, in_debt=_STOPS.get(action_id) == "debt")
    async with counter.bss.store.transaction():
        await seed_home(counter.bss.books, caller.msisdn, whole=True)
    await seed_plans(counter.bss, demo, practice=True)
    if action_id in _STOPS:
        await counter.bss.hall.stop(caller.msisdn, _STOPS[action_id], "practice")


async def _serve(order: dict[str, Any]) -> None:
    from app import create_app

    sock = listen("127.0.0.1", 0)
    settings = Settings(
        data_dir=Path(order["data_dir"]),
        web_dist=Path(order["web_dist"]),
        port=sock.getsockname()[1],
        demo=True,
        demo_people=15,
        identity_workers=order.get("identity_workers", 1),
        rate_login_per_min=_UNLIMITED,
        rate_visits_per_min=_UNLIMITED,
        rate_uploads_per_min=_UNLIMITED,
        limit_codes_per_hour=1000,
        limit_codes_per_day=10_000,
    )
    configure(order.get("log_level", "warning"), "json")
    app = create_app(settings)
    server = Server(uvicorn_config(app, settings))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    started = asyncio.create_task(server.ready.wait())
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        started.cancel()
        serving.result()
        return
    counter: Counter = app.state.counter
    logins = await seed(counter, agents=order["agents"])
    for index, action_id in enumerate(order["visits"]):
        await _settle_in(counter, practice_caller(index), action_id)
    agents = [[a.login, a.password] for a in logins if a.login.startswith("agent")]
    leads = [[a.login, a.password] for a in logins if a.login == "lead"]
    ready = {"server": settings.base_url, "logins": agents, "leads": leads}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    parent = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait({parent, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


def main() -> None:
    """Entry point of the child."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(json.loads(sys.stdin.readline())))


if __name__ == "__main__":
    main()
