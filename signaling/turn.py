"""Short-lived TURN credentials, as coturn's `use-auth-secret` checks them. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def turn_credentials(secret: str, subject: str, now_s: float, lifetime_s: int) -> tuple[str, str]:
    """User name and password that the server accepts until `now_s + lifetime_s` (Unix seconds).

    The name is `<expiry>:<subject>`, the password base64(HMAC-SHA1(secret, name)), after
    draft-uberti-behave-turn-rest-00 §2.2. Subjects must not hold personal data: they are logged
    by the server.
    """
    name = f"{int(now_s) + lifetime_s}:{subject}"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode("ascii")


def ice_servers(
    *,
    stun_urls: Sequence[str],
    turn_urls: Sequence[str],
    secret: str,
    subject: str,
    now_s: float,
    lifetime_s: int = 3600,
) -> list[dict[str, object]]:
    """The ICE servers for one subject, in the shape that browsers and the bridge take.

    Without TURN URLs or without a secret there is no TURN entry: nothing to relay through.
    """
    servers: list[dict[str, object]] = []
    if stun_urls:
        servers.append({"urls": list(stun_urls)})
    if turn_urls and secret:
        name, password = turn_credentials(secret, subject, now_s, lifetime_s)
        servers.append({"urls": list(turn_urls), "username": name, "credential": password})
    return servers
