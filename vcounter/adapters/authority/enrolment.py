"""The operator's own enrolment photographs, compared in the counter's laboratory."""

from __future__ import annotations

from collections.abc import Sequence

from vcounter.adapters.authority.wire import silent
from vcounter.domain.errors import ImageUnusable, MediaUnavailable, OperatorUnavailable
from vcounter.domain.identity import Reference
from vcounter.services.ports import Bss, Claimed, IdentityLab, ReferenceReport


class EnrolmentAuthority:
    """PortraitAuthority on the operator's system and the identity laboratory."""

    asks_outside = False

    def __init__(self, bss: Bss, lab: IdentityLab) -> None:
        self._bss, self._lab = bss, lab

    async def compare(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport | None:
        """None when the operator holds no photograph; silence of either side is `review`."""
        try:
            portrait = await self._bss.portrait(claimed.msisdn)
        except OperatorUnavailable:
            return ReferenceReport(Reference.ENROLMENT, silent("operator_silent"))
        if portrait is None:
            return None
        try:
            match = await self._lab.compare(live, portrait.jpeg)
        except MediaUnavailable:
            match = silent("engine_silent")
        except ImageUnusable:
            match = silent("no_reference_face")
        return ReferenceReport(Reference.ENROLMENT, match, portrait.taken_on)
