"""Keys: the key-encryption-key port, data keys, blind indexes, the audit signing key."""

from vcounter.adapters.keys.errors import KeyDamaged, KeyFileUnsafe, KeyMissing, KeyStoreError
from vcounter.adapters.keys.kek import FileKeyEncryptionKey, KeyEncryptionKey
from vcounter.adapters.keys.keystore import DatabaseKeyStore
from vcounter.adapters.keys.signing import SigningKey, verify_ed25519

__all__ = [
    "DatabaseKeyStore",
    "FileKeyEncryptionKey",
    "KeyDamaged",
    "KeyEncryptionKey",
    "KeyFileUnsafe",
    "KeyMissing",
    "KeyStoreError",
    "SigningKey",
    "verify_ed25519",
]
