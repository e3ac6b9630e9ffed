"""For which visit the laboratory works now, so that it can serve visits in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_owner: ContextVar[str] = ContextVar("on_behalf_of", default="")


@contextmanager
def on_behalf_of(visit_id: str) -> Iterator[None]:
    """Everything awaited in the block counts as this visit's; tasks started in it inherit it."""
    token = _owner.set(visit_id)
    try:
        yield
    finally:
        _owner.reset(token)


def current_owner() -> str:
    """The visit of the innermost block; empty outside of any."""
    return _owner.get()
