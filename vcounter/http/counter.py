"""What the routes ask of the running counter, so that they need not know how it is put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vcounter.domain.ids import Msisdn, PartyId, StaffId
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.evidence_pack import Signer
from vcounter.services.identity.key_document import CheckDocument
from vcounter.services.ports import Scope
from vcounter.services.staff.sign_in import PasswordHasher
from vcounter.services.visits.call_flow import CallFlow
from vcounter.settings import Settings


class Limits(Protocol):
    async def take(self, name: str, whom: str) -> None:
        """Count one use. Raises TooMany."""
        ...


class Counter(Protocol):
    """One running process of the counter."""

    @property
    def settings(self) -> Settings: ...
    @property
    def home(self) -> Scope:
        """The tenant and region of walk-ins and of logins that name no tenant."""
        ...

    @property
    def deps(self) -> Deps: ...
    @property
    def flow(self) -> CallFlow: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def hasher(self) -> PasswordHasher: ...
    @property
    def signer(self) -> Signer:
        """The key that signs evidence packs."""
        ...

    @property
    def check_document(self) -> CheckDocument: ...

    async def shut_out_others(self, party_id: PartyId) -> None:
        """Another device took the visit over: the old one is told so."""
        ...

    async def shut_out_login(self, staff_id: StaffId) -> None:
        """The login ended: its signaling connection ends with it."""
        ...

    async def failing_checks(self) -> list[str]:
        """Names of what is not ready."""
        ...

    async def take_sms_receipt(self, headers: Mapping[str, str], body: bytes) -> bool:
        """A delivery receipt from the SMS gateway; False if it is about no message of ours.

        Raises NotSignedIn for what the gateway did not sign, InvalidInput.
        """
        ...

    def metrics_page(self) -> tuple[bytes, str]:
        """The Prometheus page and its media type."""
        ...

    async def start_simulated(self, caller: StaffCaller, case: str) -> None:
        """Start one simulated customer. Raises InvalidInput, TooMany."""
        ...

    async def demo_subscribers(self) -> list[dict[str, object]]: ...
    async def inbox(self, msisdn: Msisdn | None) -> list[dict[str, object]]:
        """What one fictitious subscriber's phone received, or all of them; newest first."""
        ...
