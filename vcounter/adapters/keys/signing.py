"""The Ed25519 key that signs audit heads (RFC 8032)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from vcounter.adapters.keys.errors import KeyDamaged
from vcounter.adapters.keys.key_file import read_or_create


class SigningKey:
    """One key in a PEM file of mode 0600, made at first use. `id` names its public half."""

    def __init__(self, path: Path) -> None:
        try:
            key = load_pem_private_key(read_or_create(path, _fresh_pem), password=None)
        except ValueError as error:
            raise KeyDamaged(f"{path} holds no private key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyDamaged(f"{path} holds no Ed25519 key")
        self._key = key
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_hex = public.hex()
        self.id = hashlib.sha256(public).hexdigest()[:16]

    def sign(self, message: bytes) -> str:
        """The signature in hex."""
        return self._key.sign(message).hex()

    def verify(self, message: bytes, signature: str) -> bool:
        """Whether this key made the signature; malformed ones are just not."""
        try:
            self._key.public_key().verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


def verify_ed25519(public_hex: str, message: bytes, signature: str) -> bool:
    """Whether the key in hex made the signature in hex; malformed ones are just not."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _fresh_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
