"""Sealed columns: AES-256-GCM, bound to table, column and row."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vcounter.adapters.keys.errors import KeyDamaged

_FORMAT = b"\x01"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class RowCipher:
    """Seals the personal columns of one row with one data key.

    A sealed value is: format byte, 12 random nonce bytes, ciphertext with its 16-byte tag. The
    associated data are table, column and row id, so that a value opens nowhere else.
    """

    key: bytes
    table: str
    row_id: str

    def seal(self, column: str, value: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.key).encrypt(nonce, value.encode(), self._bound_to(column))
        return _FORMAT + nonce + sealed

    def open(self, column: str, sealed: bytes) -> str:
        """Raises KeyDamaged if the value was altered or moved here from elsewhere."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _FORMAT:
            raise KeyDamaged(f"{self.table}.{column} holds a value of an unknown format")
        try:
            return AESGCM(self.key).decrypt(nonce, body, self._bound_to(column)).decode()
        except (InvalidTag, ValueError) as error:
            raise KeyDamaged(f"{self.table}.{column} holds a value that does not open") from error

    def seal_map(self, column: str, value: Mapping[str, str]) -> bytes:
        return self.seal(column, canonical_json(value))

    def open_map(self, column: str, sealed: bytes) -> dict[str, str]:
        return text_map(self.open(column, sealed))

    def seal_optional(self, column: str, value: str | None) -> bytes | None:
        return None if value is None else self.seal(column, value)

    def open_optional(self, column: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else self.open(column, sealed)

    def _bound_to(self, column: str) -> bytes:
        return "\0".join((self.table, column, self.row_id)).encode()


def canonical_json(value: object) -> str:
    """One text for one value: sorted keys, no spaces, UTF-8 kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def text_map(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()}
