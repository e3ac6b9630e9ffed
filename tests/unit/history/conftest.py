"""A served visit for every test of histories."""

from tests.unit.orders.conftest import empty_database, folder, world

__all__ = ["empty_database", "folder", "world"]
