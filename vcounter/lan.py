"""HTTPS on a home network: a certificate authority of one's own, in the data directory.

Browsers give a page the camera over HTTPS only, and no public authority signs 192.168.x.x.
The authority's key never leaves the machine; its certificate may sign for private addresses, this
machine's own ones and `.local` names alone (RFC 5280 §4.2.1.10), so that trusting it opens no other
site to it.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 825
LEAF_DAYS = 90
_RENEW_DAYS = 7
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")


@dataclass(frozen=True, slots=True)
class LanIdentity:
    """Files of a server that phones on the same network can trust."""

    ca_cert: Path
    cert: Path
    key: Path
    addresses: tuple[str, ...]
    ca_fingerprint: str  # SHA-256, to compare by eye on the phone


def lan_addresses() -> tuple[str, ...]:
    """This machine's private IPv4 addresses, the one of the default route first."""
    found: list[str] = []
    for entries in psutil.net_if_addrs().values():
        for entry in entries:
            if entry.family == socket.AF_INET and _is_private(entry.address):
                found.append(entry.address)
    default = _default_address()
    return tuple(sorted(set(found), key=lambda a: (a != default, a)))


def _is_private(address: str) -> bool:
    ip = ipaddress.IPv4Address(address)
    return ip.is_private and not ip.is_loopback and not ip.is_link_local


def _default_address() -> str:
    """The address the kernel would use; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def ensure_identity(data_dir: Path, addresses: tuple[str, ...]) -> LanIdentity:
    """Make the authority once, and a certificate for these addresses when none fits any more.

    Private keys are readable by the owner alone. Safe to repeat; the authority stays the same as
    long as it may sign for the addresses, so that a phone needs to trust it once.
    """
    folder = data_dir / "lan"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_key_path, ca_path = folder / "ca.key", folder / "ca.crt"
    if not _may_sign(ca_path, addresses):
        _make_authority(ca_key_path, ca_path, addresses)
    ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
    cert_path, key_path = folder / "server.crt", folder / "server.key"
    if not _fits(cert_path, ca, addresses):
        ca_key = serialization.load_pem_private_key(ca_key_path.read_bytes(), None)
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
        _make_leaf(ca, ca_key, cert_path, key_path, addresses)
    digest = ca.fingerprint(hashes.SHA256()).hex(":").upper()
    return LanIdentity(ca_path, cert_path, key_path, addresses, digest)


def _is_valid(path: Path, days: int) -> bool:
    if not path.exists():
        return False
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    return cert.not_valid_after_utc > _now() + datetime.timedelta(days=days)


def _may_sign(ca_path: Path, addresses: tuple[str, ...]) -> bool:
    """Whether the authority outlives a certificate and its constraints allow all the addresses."""
    if not _is_valid(ca_path, days=LEAF_DAYS):
        return False
    ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints).value
    networks = [
        name.value
        for name in limits.permitted_subtrees or ()
        if isinstance(name, x509.IPAddress) and isinstance(name.value, ipaddress.IPv4Network)
    ]
    return all(any(ipaddress.IPv4Address(a) in n for n in networks) for a in addresses)


def _fits(path: Path, ca: x509.Certificate, addresses: tuple[str, ...]) -> bool:
    if not _is_valid(path, days=_RENEW_DAYS):
        return False
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    named = {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    return cert.issuer == ca.subject and named >= set(addresses)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _make_authority(key_path: Path, cert_path: Path, addresses: tuple[str, ...]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Video counter on {socket.gethostname()}"[:64])
    permitted: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_network(network)) for network in (*_PRIVATE, *addresses)
    ]
    permitted += [x509.DNSName("local"), x509.DNSName("localhost")]
    cert = (
        _builder(name, name, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_private(key_path, key)
    cert_path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))


def _make_leaf(
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    cert_path: Path,
    key_path: Path,
    addresses: tuple[str, ...],
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ips = [ipaddress.ip_address(a) for a in dict.fromkeys((*addresses, "127.0.0.1"))]
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), *map(x509.IPAddress, ips)]
    cert = (
        _builder(ca.subject, _name("Video counter"), key.public_key(), LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    _write_private(key_path, key)
    cert_path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))


def _builder(
    issuer: x509.Name, subject: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, sign_certs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certs,
        crl_sign=sign_certs,
        encipher_only=False,
        decipher_only=False,
    )


def _write_private(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
