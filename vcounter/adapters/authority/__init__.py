"""Who holds a portrait that does not come from the card: the operator, and a national service."""

from vcounter.adapters.authority.enrolment import EnrolmentAuthority
from vcounter.adapters.authority.http import HttpAuthority
from vcounter.adapters.authority.wire import AuthoritySettings

__all__ = ["AuthoritySettings", "EnrolmentAuthority", "HttpAuthority"]
