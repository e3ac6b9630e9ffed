"""The local certificate authority: narrow, lasting, and kept private."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from vcounter.lan import ensure_identity, lan_addresses

ADDRESSES = ("192.168.1.20",)


def test_a_phone_that_trusts_the_authority_trusts_the_server(tmp_path: Path) -> None:
    made = ensure_identity(tmp_path, ADDRESSES)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.cert, made.key)
    client = ssl.create_default_context(cafile=str(made.ca_cert))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="192.168.1.20")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)

    done = False
    for _ in range(6):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            done = side is ours or done

    assert done
    assert ours.getpeercert() is not None


def test_the_authority_stays_when_asked_again(tmp_path: Path) -> None:
    first = ensure_identity(tmp_path, ADDRESSES)
    cert = first.cert.read_bytes()

    again = ensure_identity(tmp_path, ADDRESSES)
    moved = ensure_identity(tmp_path, ("10.0.0.7",))

    assert again.ca_fingerprint == first.ca_fingerprint == moved.ca_fingerprint
    assert moved.cert.read_bytes() != cert


def test_the_authority_can_sign_for_private_addresses_only(tmp_path: Path) -> None:
    made = ensure_identity(tmp_path, ADDRESSES)

    ca = x509.load_pem_x509_certificate(made.ca_cert.read_bytes())
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)

    assert limits.critical
    assert limits.value.permitted_subtrees is not None
    permitted = {str(name.value) for name in limits.value.permitted_subtrees}
    assert "192.168.0.0/16" in permitted
    assert not any("." in name and name[0].isalpha() for name in permitted)


def test_an_address_that_the_authority_may_not_sign_for_gets_a_new_authority(
    tmp_path: Path,
) -> None:
    first = ensure_identity(tmp_path, ADDRESSES)

    odd = ensure_identity(tmp_path, ("198.51.100.7",))

    assert odd.ca_fingerprint != first.ca_fingerprint


def test_private_keys_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    ensure_identity(tmp_path, ADDRESSES)

    for name in ("ca.key", "server.key"):
        assert (tmp_path / "lan" / name).stat().st_mode & 0o077 == 0


def test_only_private_addresses_are_offered() -> None:
    assert all(not address.startswith("127.") for address in lan_addresses())
