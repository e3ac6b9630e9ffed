"""Which portrait authorities a counter asks, by its settings: for `bootstrap` and `doctor`."""

from __future__ import annotations

from vcounter.adapters.authority import AuthoritySettings, EnrolmentAuthority, HttpAuthority
from vcounter.services.ports import Bss, Clock, IdentityLab, IdFactory
from vcounter.settings import Settings


def authority_settings(settings: Settings) -> AuthoritySettings | None:
    """The portrait service that is set, with its secret read; None if there is none.

    Raises OSError when the secret cannot be read, ValueError when it is too short.
    """
    if not settings.authority_url:
        return None
    assert settings.authority_secret_file is not None
    assert settings.authority_match is not None
    assert settings.authority_review is not None
    return AuthoritySettings(
        url=settings.authority_url,
        key_id=settings.authority_key_id,
        secret=settings.authority_secret_file.read_bytes().strip(),
        match=settings.authority_match,
        review=settings.authority_review,
        timeout_s=settings.authority_timeout_s,
        ca_file=str(settings.authority_ca_file or ""),
    )


class References:
    """The authorities in force, opened; close them at the end."""

    def __init__(
        self, settings: Settings, bss: Bss, lab: IdentityLab, clock: Clock, ids: IdFactory
    ) -> None:
        """Blocks on small files. Raises OSError, ValueError."""
        found = authority_settings(settings)
        self._outside = HttpAuthority(found, clock, ids) if found else None
        enrolled = EnrolmentAuthority(bss, lab)
        self.all = (enrolled, self._outside) if self._outside else (enrolled,)

    async def close(self) -> None:
        """Safe to repeat."""
        if self._outside is not None:
            await self._outside.close()
