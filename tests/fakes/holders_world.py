"""Several people and their numbers at the embedded operator, for tests of holders and cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber
from vcounter.adapters.bss.embedded.accounts import account_of, open_account, pay_in, spend
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, BssResult

NUMBER = Msisdn("13800006021")
OTHERS = Msisdn("13800006022")
SECOND = Msisdn("13800008801")  # of the holder of NUMBER
PUK = "40718263"
REFUND: Mapping[str, str] = {"refund": "number", "refund_to": "13900009999"}
CARD = "89860012345678901234"


class HoldersWorld:
    """NUMBER and SECOND belong to one person, OTHERS to another."""

    def __init__(self, bss: EmbeddedBss) -> None:
        self.bss = bss
        self._count = 0

    async def open(self) -> None:
        first, other = DEMO_PEOPLE[0].person, DEMO_PEOPLE[1].person
        for person in (first, other, replace(first, msisdn=SECOND, plan="副卡9元")):
            await self.bss.hall.open_number(NewSubscriber(person, test=True, puk=PUK))

    async def open_accounts(self, *numbers: Msisdn) -> None:
        for number in numbers:
            async with self.bss.store.transaction() as store:
                await open_account(
                    store,
                    self.bss.vault.name(number),
                    credit_class="A",
                    cycle_day=28,
                    paid_by_other=False,
                )

    async def pay(self, number: Msisdn, fen: int) -> None:
        async with self.bss.store.transaction() as store:
            await pay_in(store, self.bss.vault.name(number), fen, "cash desk", self.bss.clock.now())

    async def spend(self, number: Msisdn, fen: int) -> None:
        async with self.bss.store.transaction() as store:
            await spend(store, self.bss.vault.name(number), fen, self.bss.clock.now())

    async def balances(self, *numbers: Msisdn) -> tuple[int, ...]:
        found = []
        for number in numbers:
            account = await account_of(self.bss.store, self.bss.vault.name(number))
            found.append(account.balance_fen if account else 0)
        return tuple(found)

    async def checks(
        self, action_id: str, inputs: Mapping[str, str], number: Msisdn = NUMBER
    ) -> set[str]:
        """The preconditions that fail now."""
        quote = await self.bss.quote(action_id, number, inputs)
        return {check.code for check in quote.checks if not check.ok}

    async def run(
        self,
        action_id: str,
        inputs: Mapping[str, str] | None = None,
        *,
        number: Msisdn = NUMBER,
        reverses: str = "",
        key: str = "",
    ) -> BssResult:
        self._count += 1
        found = await self.bss.find(number)
        assert found is not None
        return await self.bss.execute(
            BssCommand(
                idempotency_key=key or f"key-{self._count}",
                action_id=action_id,
                msisdn=number,
                version=found.version,
                inputs=inputs or {},
                reverses=reverses,
            )
        )

    async def state(self, number: Msisdn = NUMBER) -> str:
        found = await self.bss.find(number)
        assert found is not None
        return found.state
