from __future__ import annotations

from signaling.turn import ice_servers, turn_credentials


def test_credentials_are_those_that_coturn_computes() -> None:
    """Checked against `openssl dgst -sha1 -hmac north -binary | base64`."""
    name, password = turn_credentials("north", "par_1", 1_000_000.9, 600)

    assert name == "1000600:par_1"
    assert password == "+hL1ez4/gmiifC/pzyxw3/2UOVs="


def test_turn_entry_needs_urls_and_secret() -> None:
    def servers(**changed: object) -> list[dict[str, object]]:
        values = {"stun_urls": ["stun:a"], "turn_urls": ["turn:b"], "secret": "s"}
        values.update(changed)  # type: ignore[arg-type]
        return ice_servers(**values, subject="x", now_s=0)  # type: ignore[arg-type]

    assert [set(server) for server in servers()] == [
        {"urls"},
        {"urls", "username", "credential"},
    ]
    assert len(servers(secret="")) == 1
    assert len(servers(turn_urls=[])) == 1
    assert len(servers(stun_urls=[])) == 1
