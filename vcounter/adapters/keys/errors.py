"""What can go wrong with keys. None of it is the caller's fault; all of it goes to the log."""

from __future__ import annotations


class KeyStoreError(Exception):
    """A key cannot be used; data sealed by it stays unreadable until that is put right."""


class KeyFileUnsafe(KeyStoreError):
    """A key file can be read by other users of the machine; nothing is opened with it."""


class KeyMissing(KeyStoreError):
    """There is no such key (deleted, or another installation's data)."""


class KeyDamaged(KeyStoreError):
    """The stored key or sealed value does not open: it was altered, moved, or belongs elsewhere."""
