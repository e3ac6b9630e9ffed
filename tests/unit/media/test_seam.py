"""Every private name that the seam touches must still be there and mean the same.

If this fails after an upgrade of aiortc, aioice or pylibsrtp, the message tells which name moved;
`signaling/media/aiortc_seam.py` is the only file to change.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import importlib.metadata
import inspect
from pathlib import Path
from typing import Any

import aioice
import aioice.ice
import aioice.turn
import aiortc
import pylibsrtp
import pytest
from aioice.candidate import Candidate

from signaling.media import aiortc_seam as seam

PACKAGE = Path(seam.__file__).parent


@pytest.mark.parametrize(
    ("package", "version"), [("aiortc", "1.16.0"), ("aioice", "0.13.0"), ("pylibsrtp", "1.0.0")]
)
def test_versions_are_the_ones_that_were_read(package: str, version: str) -> None:
    assert importlib.metadata.version(package) == version


async def samples() -> dict[str, Any]:
    """One live object for each entry of PRIVATE_NAMES."""
    peer = seam.open_peer([], relay_only=False)
    transport = peer.getTransceivers()[0].receiver.transport
    ice = aioice.Connection(ice_controlling=True)
    protocol = aioice.ice.StunProtocol(ice)
    protocol.transport = None  # type: ignore[assignment]  # set once a socket is there
    protocol.local_candidate = Candidate("1", 1, "udp", 1, "127.0.0.1", 1, "host")
    relay = aioice.turn.TurnClientUdpProtocol(("127.0.0.1", 1), "u", "p", 600, 500)
    pair = aioice.ice.CandidatePair(protocol, protocol.local_candidate)
    protocol.local_candidate._network_host = "127.0.0.1"
    found = {
        "aiortc.rtcpeerconnection (module)": importlib.import_module("aiortc.rtcpeerconnection"),
        "aiortc.RTCRtpSender": peer.getTransceivers()[0].sender,
        "aiortc.RTCRtpReceiver": peer.getTransceivers()[0].receiver,
        "aiortc.RTCDtlsTransport": transport,
        "aiortc.RTCIceTransport": transport.transport,
        "aioice.ice (module)": aioice.ice,
        "aioice.Connection": ice,
        "aioice.ice.StunProtocol": protocol,
        "aioice.ice.CandidatePair": pair,
        "aioice.turn.TurnTransport": aioice.turn.TurnTransport(relay),
        "aioice.turn.TurnClientUdpProtocol": relay,
        "pylibsrtp.Session": pylibsrtp.Session(),
        "pylibsrtp._binding": importlib.import_module("pylibsrtp._binding"),
        "pylibsrtp._binding.lib": seam._lib,
    }
    await peer.close()
    return found


async def test_every_private_name_is_still_there() -> None:
    found = await samples()

    moved = [
        f"{owner}.{name}"
        for owner, names in seam.PRIVATE_NAMES.items()
        for name in names
        if not hasattr(found[owner], name)
    ]

    assert not moved, f"moved by an upgrade: {', '.join(moved)}"


def test_the_hooks_have_the_signatures_that_are_overridden() -> None:
    def names(function: Any) -> list[str]:
        return list(inspect.signature(function).parameters)

    for stock, own in (
        (aiortc.RTCRtpReceiver, seam.PacketReceiver),
        (aiortc.RTCRtpSender, seam.PacketSender),
    ):
        for name, method in vars(own).items():
            if inspect.isfunction(method):
                assert names(getattr(stock, name)) == names(method), f"{stock.__name__}.{name}"
    assert names(aioice.ice.StunProtocol.datagram_received) == ["self", "data", "addr"]
    assert names(aioice.ice.get_host_addresses) == ["use_ipv4", "use_ipv6"]


async def test_peers_get_the_packet_classes_and_others_the_stock_ones() -> None:
    peer = seam.open_peer([], relay_only=False)
    other = aiortc.RTCPeerConnection()
    stock = other.addTransceiver("audio")

    kinds = {type(t.receiver) for t in peer.getTransceivers()}
    senders = {type(t.sender) for t in peer.getTransceivers()}
    await asyncio.gather(peer.close(), other.close())

    assert kinds == {seam.PacketReceiver}
    assert senders == {seam.PacketSender}
    assert type(stock.receiver) is aiortc.RTCRtpReceiver


def test_nothing_else_here_touches_private_names() -> None:
    """Outside the seam no module reads a leading underscore of anything but itself."""
    foreign = []
    for path in PACKAGE.glob("*.py"):
        if path.name == "aiortc_seam.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr.startswith("_")
                and not node.attr.startswith("__")
                and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
            ):
                foreign.append(f"{path.name}:{node.lineno} {node.attr}")

    assert not foreign


def test_private_names_used_are_all_listed() -> None:
    listed = {name for names in seam.PRIVATE_NAMES.values() for name in names}
    own = {name for name in vars(seam) if name.startswith("_")}
    used = {
        node.attr
        for node in ast.walk(ast.parse(Path(seam.__file__).read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }

    assert used - own <= listed | {"_binding"}
