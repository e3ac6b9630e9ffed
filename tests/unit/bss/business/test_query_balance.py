"""The balance as the account holds it."""

from __future__ import annotations

from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld
from vcounter.adapters.bss.embedded import EmbeddedBss, NewSubscriber, demo_person
from vcounter.domain.ids import Msisdn


async def test_balance_debt_and_what_is_in_dispute_are_told(money: MoneyWorld) -> None:
    [bill, *_] = await money.bills(DEBTOR)
    await money.run("dispute_charge", DEBTOR, month=bill.month, item="1", reason="other")

    values = (await money.run("query_balance", DEBTOR)).values

    account = await money.account(DEBTOR)
    assert values["balance_fen"] == str(account.balance_fen)
    assert values["held_fen"] == str(bill.lines[0].amount_fen)
    assert int(values["arrears_fen"]) == -account.balance_fen - bill.lines[0].amount_fen


async def test_looking_makes_no_new_version(money: MoneyWorld) -> None:
    before = await money.bss.find(NUMBER)

    assert (await money.run("query_balance")).done

    assert await money.bss.find(NUMBER) == before


async def test_a_number_without_an_account_has_no_balance(bss: EmbeddedBss) -> None:
    demo = demo_person("13800006021")
    assert demo is not None
    await bss.hall.open_number(NewSubscriber(demo.person, test=True))

    result = await MoneyWorld(bss).run("query_balance", Msisdn("13800006021"))

    assert (result.done, result.reason) == (False, "account_exists")
