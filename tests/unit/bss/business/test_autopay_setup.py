"""Direct debit: agreed with a bank on its page, ended there, and taken back by its opposite."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld
from vcounter.adapters.bss.embedded.direct_debits import DirectDebit, debit_of
from vcounter.adapters.bss.embedded.pages import FormRefused, OpenPage, PageOver
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssResult

AGREED = {"bank": "river", "agreed": "yes"}


async def change(money: MoneyWorld, kind: str, filled: dict[str, str]) -> BssResult:
    """Open the bank's page and finish there; the outcome."""
    result = await money.run("autopay_setup", change=kind)
    token = result.page.rsplit("/", 1)[1]
    page = await money.bss.pages.read(token)
    assert isinstance(page, OpenPage)
    assert await money.bss.pages.finish(token, page.form_token, filled) == PageOver("")
    done = await money.bss.query(money.keys[-1])
    assert done is not None
    return done


async def debit(money: MoneyWorld) -> DirectDebit | None:
    async with money.bss.store.transaction() as store:
        return await debit_of(store, money.bss.vault, money.bss.vault.name(NUMBER))


async def test_the_bank_that_was_chosen_pays_the_next_bill(
    money: MoneyWorld, clock: FakeClock
) -> None:
    done = await change(money, "set_up", AGREED)
    before = await money.account()
    clock.move(days=15)
    await money.bss.move_time()

    assert done.done
    assert done.values["bank_zh"] == "湘江样例银行"
    assert len(done.values["card_tail"]) == 4
    assert (await money.account()).balance_fen == before.balance_fen
    assert sum((await money.balances()).values()) == 0


@pytest.mark.parametrize("filled", [{}, {"bank": "river"}, {"bank": "moon", "agreed": "yes"}])
async def test_without_a_bank_and_a_word_of_agreement_the_page_stays(
    money: MoneyWorld, filled: dict[str, str]
) -> None:
    result = await money.run("autopay_setup", change="set_up")
    token = result.page.rsplit("/", 1)[1]
    page = await money.bss.pages.read(token)
    assert isinstance(page, OpenPage)

    with pytest.raises(FormRefused):
        await money.bss.pages.finish(token, page.form_token, filled)

    assert isinstance(await money.bss.pages.read(token), OpenPage)
    assert await debit(money) is None


async def test_what_was_set_up_can_be_ended_and_both_can_be_taken_back(money: MoneyWorld) -> None:
    await change(money, "set_up", AGREED)
    first, agreed = money.keys[-1], await debit(money)
    await change(money, "cancel", {})
    second = money.keys[-1]
    assert await debit(money) is None
    assert not (await money.run("autopay_setup", reverses=first)).done

    assert (await money.run("autopay_setup", reverses=second)).done
    assert await debit(money) == agreed
    assert (await money.run("autopay_setup", reverses=first)).done
    assert await debit(money) is None


async def test_each_change_has_its_preconditions(money: MoneyWorld) -> None:
    assert await money.failing("autopay_setup", NUMBER, change="cancel") == ("has_autopay",)
    await change(money, "set_up", AGREED)
    assert await money.failing("autopay_setup", NUMBER, change="set_up") == ("no_autopay_yet",)
    assert await money.failing("autopay_setup", DEBTOR, change="set_up") == ("no_arrears_hold",)
    second = Msisdn("13800006032")
    await money.open(second)
    assert await money.failing("autopay_setup", second, change="set_up") == ("payer_is_holder",)


async def test_card_and_token_lie_sealed(money: MoneyWorld) -> None:
    done = await change(money, "set_up", AGREED)

    async with money.bss.store.transaction() as store:
        [row] = await store.all("SELECT * FROM direct_debits")
    assert done.values["card_tail"].encode() not in row["card_tail"]
    assert len(row["token"]) > 12
    assert not any("token" in name for name in done.values)
