"""Misuse of the database by code: never a user's fault, always a bug."""

from __future__ import annotations


class DatabaseMisuse(Exception):
    """A use case broke a rule of the unit of work."""


class ScopeRequired(DatabaseMisuse):
    """The query touches one tenant's rows, and the unit of work was opened without a scope."""


class ReadOnlyTransaction(DatabaseMisuse):
    """A write was tried in a reading transaction."""


class NestedWrite(DatabaseMisuse):
    """A task opened a second writing transaction inside its first: it would wait for itself."""
