"""Lines at home: broadband and television, the address each stands at, and its port."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from vcounter.adapters.bss.embedded.business.base import Books
from vcounter.adapters.bss.embedded.store import Row
from vcounter.domain.ids import Msisdn

LineKind = Literal["broadband", "iptv"]


@dataclass(frozen=True, slots=True)
class Address:
    """One building of the register. `fibre`: whether a line can be had there."""

    address_id: str
    district: str
    zh: str
    en: str
    fibre: bool


@dataclass(frozen=True, slots=True)
class Line:
    line_id: str
    kind: str
    account: str = field(repr=False)
    address_id: str = field(repr=False)
    device_tail: str
    port: str
    active: bool
    last_reset_at: datetime | None

    @property
    def tail(self) -> str:
        return self.account[-4:]


# Invented house numbers in streets of Changsha; the last three have no cable.
ADDRESSES = (
    Address("cs-ff-01", "furong", "芙蓉区五一大道12号", "12 Wuyi Avenue, Furong", True),
    Address("cs-ff-02", "furong", "芙蓉区解放西路37号", "37 Jiefang West Road, Furong", True),
    Address("cs-ff-03", "furong", "芙蓉区人民东路66号", "66 Renmin East Road, Furong", True),
    Address("cs-tx-01", "tianxin", "天心区韶山北路5号", "5 Shaoshan North Road, Tianxin", True),
    Address("cs-tx-02", "tianxin", "天心区白沙路21号", "21 Baisha Road, Tianxin", True),
    Address("cs-yl-01", "yuelu", "岳麓区麓山南路88号", "88 Lushan South Road, Yuelu", True),
    Address("cs-yl-02", "yuelu", "岳麓区桐梓坡路9号", "9 Tongzipo Road, Yuelu", True),
    Address("cs-kf-01", "kaifu", "开福区芙蓉中路208号", "208 Furong Middle Road, Kaifu", True),
    Address("cs-kf-02", "kaifu", "开福区湘雅路60号", "60 Xiangya Road, Kaifu", True),
    Address("cs-yl-08", "yuelu", "岳麓区莲花村3组", "Group 3, Lianhua Village, Yuelu", False),
    Address("cs-kf-08", "kaifu", "开福区沙坪村6组", "Group 6, Shaping Village, Kaifu", False),
    Address("cs-tx-08", "tianxin", "天心区暮云村2组", "Group 2, Muyun Village, Tianxin", False),
)
_NOISE = re.compile(r"[\s,，。.、;；-]+|湖南省?|长沙市?")


def plain_address(text: str) -> str:
    """The same for the same place, however it is written: no blanks, province, city, case."""
    return _NOISE.sub("", text).lower()


async def find_addresses(books: Books, text: str) -> list[Address]:
    """The buildings that a written address may mean, best known first; none for less than three
    characters. A whole match stands alone."""
    wanted = plain_address(text)
    if len(wanted) < 3:
        return []
    rows = await books.store.all("SELECT * FROM addresses ORDER BY address_id")
    known = [_address(row) for row in rows]
    whole = [a for a in known if wanted in (plain_address(a.zh), plain_address(a.en))]
    if whole:
        return whole
    return [a for a in known if any(_within(wanted, plain_address(n)) for n in (a.zh, a.en))]


def _within(wanted: str, known: str) -> bool:
    """Part of the name that ends as it does, so that 2号 is never taken for 12号."""
    at = known.find(wanted)
    if at < 0:
        return False
    return at == 0 or not (known[at - 1].isdigit() and wanted[0].isdigit())


async def address_of(books: Books, address_id: str) -> Address | None:
    row = await books.store.one("SELECT * FROM addresses WHERE address_id = ?", (address_id,))
    return _address(row) if row is not None else None


def _address(row: Row) -> Address:
    return Address(row["address_id"], row["district"], row["zh"], row["en"], bool(row["fibre"]))


async def lines_of(books: Books, sub: str, kind: LineKind) -> list[Line]:
    """A number's lines of one kind, those that ended too, in a lasting order."""
    rows = await books.store.all(
        "SELECT * FROM lines WHERE sub = ? AND kind = ? ORDER BY line_id", (sub, kind)
    )
    return [_line(books, row) for row in rows]


def _line(books: Books, row: Row) -> Line:
    line_id, reset = row["line_id"], row["last_reset_at"]
    return Line(
        line_id=line_id,
        kind=row["kind"],
        account=books.vault.text(row["account"], f"lines.account/{line_id}"),
        address_id=books.vault.text(row["address"], f"lines.address/{line_id}"),
        device_tail=row["device_tail"],
        port=row["port"],
        active=row["product"] == "active",
        last_reset_at=datetime.fromisoformat(reset) if reset else None,
    )


def choose_line(lines: Sequence[Line], account: str) -> Line | None:
    """The active line of that account, or, when none is named, the number's first active one."""
    active = [line for line in lines if line.active]
    if not account:
        return next(iter(active), None)
    return next((line for line in active if line.account == account), None)


async def add_line(
    books: Books,
    msisdn: str,
    kind: LineKind,
    account: str,
    address_id: str,
    *,
    port: str = "up",
    active: bool = True,
) -> str:
    """Add one line to a number; one that is there stays as it is. Returns its id."""
    line_id = books.vault.name(f"line {account}")
    dice = random.Random(f"device {account}")  # noqa: S311 - an invented serial number
    await books.store.run(
        "INSERT INTO lines (line_id, sub, kind, account, account_tail, address, device_tail, port,"
        " product) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            line_id,
            books.vault.name(msisdn),
            kind,
            books.vault.seal(account, f"lines.account/{line_id}"),
            account[-4:],
            books.vault.seal(address_id, f"lines.address/{line_id}"),
            f"{dice.randrange(10**4):04d}",
            port,
            "active" if active else "ended",
        ),
    )
    return line_id


async def seed_addresses(books: Books) -> None:
    """The register of buildings; safe to repeat."""
    for a in ADDRESSES:
        await books.store.run(
            "INSERT INTO addresses (address_id, district, zh, en, fibre) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (a.address_id, a.district, a.zh, a.en, int(a.fibre)),
        )


async def seed_home(books: Books, msisdn: Msisdn | str, *, whole: bool = False) -> None:
    """What a fictitious number has at home, the same for the same number; safe to repeat.

    Within the caller's transaction. A quarter has no line, some no television, some a port that
    hangs or is down, some a television that ended. `whole`: broadband and television, both well.
    """
    await seed_addresses(books)
    dice = random.Random(f"home {msisdn}")  # noqa: S311 - invented homes, nothing secret
    covered = [a.address_id for a in ADDRESSES if a.fibre]
    address, has_line, television = dice.choice(covered), dice.random(), dice.random()
    port = dice.choices(("up", "hung", "down"), (8, 2, 1))[0]
    if not whole and has_line < 0.25:
        return
    account = f"0731{dice.randrange(10**8):08d}"
    await add_line(books, msisdn, "broadband", account, address, port="up" if whole else port)
    if whole or television < 0.6:
        box = f"0739{dice.randrange(10**8):08d}"
        hung = "up" if whole else dice.choices(("up", "hung", "down"), (7, 3, 1))[0]
        active = whole or dice.random() < 0.9
        await add_line(books, msisdn, "iptv", box, address, port=hung, active=active)
