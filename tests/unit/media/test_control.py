from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.media import control
from signaling.media.errors import BY_CODE, MediaError


@given(st.lists(st.dictionaries(st.text(), st.integers()), max_size=5), st.integers(1, 7))
def test_messages_survive_any_cutting(messages: list[dict[str, int]], step: int) -> None:
    stream = b"".join(control.encode(message) for message in messages)
    decoder = control.Decoder()

    received = [
        message
        for at in range(0, len(stream), step)
        for message in decoder.feed(stream[at : at + step])
    ]

    assert received == messages


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        control.Decoder().feed(struct.pack("!I", len(body)) + body)


def test_oversized_message_is_refused_before_it_arrives() -> None:
    with pytest.raises(ValueError):
        control.Decoder().feed(struct.pack("!I", control.MAX_MESSAGE + 1))


def test_parts_round_trip_and_a_cut_shows() -> None:
    parts = {"customer": b"a" * 10, "agent": b""}
    data = control.join_parts(parts)

    assert control.split_parts(data) == parts
    with pytest.raises(ValueError):
        control.split_parts(data[:-1])


def test_every_error_has_its_own_code() -> None:
    def subclasses(kind: type[MediaError]) -> set[type[MediaError]]:
        return {kind}.union(*(subclasses(sub) for sub in kind.__subclasses__()))

    assert subclasses(MediaError) - {MediaError} == set(BY_CODE.values())
