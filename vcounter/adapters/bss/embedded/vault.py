"""Sealing of the operator's columns: AES-256-GCM bound to table, column and owner."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class Vault:
    """Encrypts values and names people by keyed hashes. One master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        """Raises ValueError for a key of another length."""
        if len(master) != KEY_BYTES:
            raise ValueError("the key must have 32 bytes")
        self._aead = AESGCM(_derive(master, b"columns"))
        self._index = _derive(master, b"index")
        self._pepper = _derive(master, b"pepper")

    def seal(self, text: str | bytes, place: str) -> bytes:
        """Encrypt; `place` (such as `cards.puk/<owner>`) must be the same when opening."""
        plain = text.encode() if isinstance(text, str) else text
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises cryptography's InvalidTag for a value that was moved or changed."""
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._aead.decrypt(nonce, body, place.encode())

    def text(self, sealed: bytes, place: str) -> str:
        return self.open(sealed, place).decode()

    def name(self, value: str) -> str:
        """A keyed hash that stands for a number in keys and indexes."""
        return hmac.new(self._index, value.encode(), hashlib.sha256).hexdigest()[:40]

    def pepper(self, secret: str) -> str:
        """A secret made useless without the key; hashed again before it is stored."""
        return hmac.new(self._pepper, secret.encode(), hashlib.sha256).hexdigest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    hkdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"vcounter embedded bss " + purpose)
    return hkdf.derive(master)
