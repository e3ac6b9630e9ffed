"""One number with a year of bills at the embedded operator's, and commands about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vcounter.adapters.bss.embedded import EmbeddedBss, NewSubscriber, demo_person
from vcounter.adapters.bss.embedded.accounts import Account, account_of, pay_in
from vcounter.adapters.bss.embedded.bills import Bill, bills_of
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, BssResult

NUMBER = Msisdn("13800006022")  # nothing owed
DEBTOR = Msisdn("13800006024")  # the last two bills are not paid


@dataclass
class MoneyWorld:
    """Commands are given with the version that is true now, each under a key of its own."""

    bss: EmbeddedBss
    count: int = 0
    keys: list[str] = field(default_factory=list)

    async def open(self, *numbers: Msisdn) -> None:
        for msisdn in numbers:
            demo = demo_person(msisdn)
            assert demo is not None
            await self.bss.hall.open_number(NewSubscriber(demo.person, test=True))
            await seed_money(self.bss, demo)
            if demo.case == "suspended_for_debt":
                await self.bss.hall.stop(msisdn, "debt", "test")

    async def run(
        self, action_id: str, msisdn: Msisdn = NUMBER, *, reverses: str = "", **inputs: str
    ) -> BssResult:
        self.count += 1
        self.keys.append(f"vis_1:key-{self.count}")
        found = await self.bss.find(msisdn)
        assert found is not None
        command = BssCommand(
            self.keys[-1], action_id, msisdn, found.version, inputs, reverses=reverses
        )
        return await self.bss.execute(command)

    async def failing(
        self, action_id: str, msisdn: Msisdn = NUMBER, **inputs: str
    ) -> tuple[str, ...]:
        """The codes of the checks that do not hold."""
        quote = await self.bss.quote(action_id, msisdn, inputs)
        return tuple(check.code for check in quote.checks if not check.ok)

    async def account(self, msisdn: Msisdn = NUMBER) -> Account:
        async with self.bss.store.transaction() as store:
            found = await account_of(store, self.bss.vault.name(msisdn))
        assert found is not None
        return found

    async def bills(self, msisdn: Msisdn = NUMBER) -> tuple[Bill, ...]:
        async with self.bss.store.transaction() as store:
            return tuple(await bills_of(store, self.bss.vault.name(msisdn)))

    async def pay(self, msisdn: Msisdn, fen: int) -> bool:
        async with self.bss.store.transaction() as store:
            now = self.bss.clock.now()
            return await pay_in(store, self.bss.vault.name(msisdn), fen, "hall", now)

    async def state(self, msisdn: Msisdn = DEBTOR) -> str:
        found = await self.bss.find(msisdn)
        assert found is not None
        return found.state

    async def ledger_sums(self) -> Mapping[str, int]:
        """Each account's balance as the ledger alone tells it."""
        sums: dict[str, int] = {}
        async with self.bss.store.transaction() as store:
            for row in await store.all("SELECT source, target, amount_fen FROM ledger"):
                sums[row["source"]] = sums.get(row["source"], 0) - row["amount_fen"]
                sums[row["target"]] = sums.get(row["target"], 0) + row["amount_fen"]
        return sums

    async def balances(self) -> Mapping[str, int]:
        async with self.bss.store.transaction() as store:
            rows = await store.all("SELECT account, balance_fen FROM accounts")
        return {row["account"]: row["balance_fen"] for row in rows if row["balance_fen"]}
