"""PUK码查询: allows one disclosure of the card's unlocking code."""

from __future__ import annotations

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, not_lost
from vcounter.domain.errors import PreconditionFailed
from vcounter.services.ports import Check, Disclosed


def _checks(asked: Asked) -> tuple[Check, ...]:
    card = asked.record.card
    named = asked.inputs.get("iccid", "")
    left = asked.inputs.get("tries_left", "")
    alive = card is not None and card.puk_tries_left > 0 and left != "0"
    return (
        not_lost(asked),
        Check("card_in_use", card is not None),
        Check("card_matches", not named or (card is not None and card.iccid == named)),
        Check("card_alive", alive),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    """The code itself is not here: `_disclose` reads it for this command alone."""
    card = asked.record.card
    left = asked.inputs.get("tries_left", "")
    if card is not None and left:
        await books.store.run(
            "UPDATE cards SET puk_tries_left = ? WHERE card_id = ?", (int(left), card.card_id)
        )
    return {}


async def _disclose(books: Books, asked: Asked) -> Disclosed:
    """Never once the card is lost, void or replaced."""
    assert asked.original is not None
    if "lost" in asked.record.stops:
        raise PreconditionFailed("the card is lost", reason="not_lost")
    row = await books.store.one(
        "SELECT cards.* FROM cards JOIN commands USING (card_id)"
        " WHERE commands.key = ? AND cards.status = 'in_use'",
        (asked.original.key,),
    )
    if row is None:
        raise PreconditionFailed("the card is void", reason="card_in_use")
    return Disclosed(value=books.vault.text(row["puk"], f"cards.puk/{row['card_id']}"))


BUSINESS = Business(id="query_puk", checks=_checks, apply=_apply, changes=False, disclose=_disclose)
