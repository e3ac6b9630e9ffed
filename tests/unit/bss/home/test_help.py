"""Tutoring, the television's reset, complaints."""

from __future__ import annotations

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import send_due_notices
from vcounter.adapters.bss.embedded.home import add_line
from vcounter.adapters.sms import DemoInbox

TUTORED = {"device": "phone", "symptom": "text_small", "outcome": "shown"}
RESET = {"symptom": "no_signal", "remedy": "reset"}
COMPLAINT = {"category": "billing", "words": "多收了我三块钱"}


@pytest.mark.parametrize("outcome", ["shown", "solved"])
async def test_help_that_helped_opens_no_ticket(bare: OperatorDesk, outcome: str) -> None:
    done = await bare.do("remote_fault_tutoring", {**TUTORED, "outcome": outcome})

    assert done.done
    assert await bare.tickets() == []
    [noted] = await bare.rows("SELECT symptom, outcome FROM guidances")
    assert noted == {"symptom": "text_small", "outcome": outcome}


async def test_help_that_failed_opens_a_ticket_with_a_call_back(bare: OperatorDesk) -> None:
    done = await bare.do("remote_fault_tutoring", {**TUTORED, "outcome": "unsolved"})

    [ticket] = await bare.bss.tickets(bare.msisdn)
    assert (ticket.no, ticket.kind, ticket.state) == (done.values["case_no"], "fault", "open")
    assert done.values["call_back_due"].startswith("2026-11-22T01:30")


async def test_a_repeat_opens_nothing_twice(bare: OperatorDesk) -> None:
    inputs = {**TUTORED, "outcome": "unsolved"}

    first, second = [await bare.do("remote_fault_tutoring", inputs) for _ in range(2)]

    assert first == second
    assert len(await bare.tickets()) == 1


async def test_television_is_looked_at_only_where_there_is_one(bare: OperatorDesk) -> None:
    assert await bare.failing("iptv_troubleshoot", RESET) == ["has_iptv", "line_known"]


async def test_a_television_that_ended_is_none(bare: OperatorDesk) -> None:
    async with bare.bss.store.transaction():
        await add_line(
            bare.bss.books, bare.msisdn, "iptv", "073912345678", "cs-ff-01", active=False
        )

    assert await bare.failing("iptv_troubleshoot", RESET) == ["has_iptv", "line_known"]


@pytest.mark.parametrize(("port", "after"), [("up", "up"), ("hung", "up"), ("down", "down")])
async def test_a_reset_brings_back_what_hangs_and_not_what_is_down(
    bare: OperatorDesk, port: str, after: str
) -> None:
    async with bare.bss.store.transaction():
        await add_line(bare.bss.books, bare.msisdn, "iptv", "073912345678", "cs-ff-01", port=port)

    done = await bare.do("iptv_troubleshoot", RESET)

    assert done.values["port"] == after
    assert await bare.rows("SELECT port FROM lines") == [{"port": after}]


async def test_steps_change_nothing(desk: OperatorDesk) -> None:
    done = await desk.do("iptv_troubleshoot", {**RESET, "remedy": "guide"})

    assert done.done
    assert "port" not in done.values
    assert await desk.failing("iptv_troubleshoot", RESET) == []


async def test_a_box_is_not_reset_again_within_ten_minutes(desk: OperatorDesk) -> None:
    await desk.do("iptv_troubleshoot", RESET)
    assert await desk.failing("iptv_troubleshoot", RESET) == ["no_reset_just_now"]
    assert await desk.failing("iptv_troubleshoot", {**RESET, "remedy": "guide"}) == []

    desk.clock.move(minutes=10)

    assert await desk.failing("iptv_troubleshoot", RESET) == []


async def test_a_complaint_has_an_owner_and_dates(bare: OperatorDesk) -> None:
    done = await bare.do("lodge_complaint", COMPLAINT)

    [case] = await bare.rows("SELECT * FROM cases")
    assert case["no"] == done.values["case_no"]
    assert case["owner"] == "billing_disputes"
    assert str(case["call_back_due"]).startswith("2026-11-23T01:30")
    [ticket] = await bare.bss.tickets(bare.msisdn)
    assert ticket.due_at is not None
    assert (ticket.due_at - ticket.opened_at).days == 15


async def test_the_customer_is_asked_how_it_was_once(bare: OperatorDesk, inbox: DemoInbox) -> None:
    await bare.do("lodge_complaint", COMPLAINT)
    bare.clock.move(days=15, hours=23)
    assert await send_due_notices(bare.bss, inbox) == 0

    bare.clock.move(hours=1)
    await send_due_notices(bare.bss, inbox)
    await send_due_notices(bare.bss, inbox)

    [asked] = await inbox.messages(bare.msisdn)
    assert asked.template == "case_survey"


async def test_a_withdrawn_complaint_asks_nothing(bare: OperatorDesk, inbox: DemoInbox) -> None:
    await bare.do("lodge_complaint", COMPLAINT)

    assert (await bare.do("lodge_complaint", COMPLAINT, "k2", reverses="k1")).done
    bare.clock.move(days=30)
    await send_due_notices(bare.bss, inbox)

    assert await bare.tickets() == [("complaint", "withdrawn")]
    assert await inbox.messages(bare.msisdn) == []
    again = await bare.do("lodge_complaint", COMPLAINT, "k3", reverses="k1")
    assert again.reason == "case_open"


async def test_what_was_complained_stands_sealed(bare: OperatorDesk) -> None:
    await bare.do("lodge_complaint", COMPLAINT)

    assert COMPLAINT["words"] not in str(await bare.rows("SELECT * FROM tickets"))
