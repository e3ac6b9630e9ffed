from __future__ import annotations

from collections.abc import Iterator

import aioice.ice
import pytest

from signaling.media import aiortc_seam


@pytest.fixture(autouse=True)
def loopback_peers() -> Iterator[None]:
    """Let the aiortc peers of the test process use loopback, as the bridge does."""
    stock = aioice.ice.get_host_addresses
    aiortc_seam.restrict_host_addresses(["127.0.0.1"])
    yield
    aioice.ice.get_host_addresses = stock
