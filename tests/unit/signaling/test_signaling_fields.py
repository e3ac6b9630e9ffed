"""Field rules that no client message uses today, so that decoding cannot reach them."""

from __future__ import annotations

import pytest

from signaling.fields import Many, OneOf, ProtocolError, Text, build
from signaling.protocol import IceServer, Media


def test_a_word_is_one_of_the_few() -> None:
    assert build(Media, {"room": "v", "leg": "agent", "state": "new"}) == Media("v", "agent", "new")
    for wrong in ("dog", 1, None):
        with pytest.raises(ProtocolError) as caught:
            OneOf(("cat",)).check(wrong, "leg")
        assert (caught.value.code, caught.value.field) == ("bad_field", "leg")


def test_a_list_is_bounded_and_each_part_checked() -> None:
    assert build(IceServer, {"urls": ["stun:a"]}) == IceServer(("stun:a",))
    for wrong in ("a", ["a", "b", "c"], [1]):
        with pytest.raises(ProtocolError):
            Many(Text(8), 2).check(wrong, "urls")
