"""The database on SQLite and PostgreSQL.

`make_database(url, keys)` opens it, `upgrade(url)` brings its schema up to date before.
"""

from vcounter.adapters.db.audit_chain import AuditChain
from vcounter.adapters.db.engine import SqlDatabase, make_database
from vcounter.adapters.db.errors import (
    DatabaseMisuse,
    NestedWrite,
    ReadOnlyTransaction,
    ScopeRequired,
)
from vcounter.adapters.db.migrate import upgrade
from vcounter.adapters.db.unit_of_work import SqlUnitOfWork

__all__ = [
    "AuditChain",
    "DatabaseMisuse",
    "NestedWrite",
    "ReadOnlyTransaction",
    "ScopeRequired",
    "SqlDatabase",
    "SqlUnitOfWork",
    "make_database",
    "upgrade",
]
