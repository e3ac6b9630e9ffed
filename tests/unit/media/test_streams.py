from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.media.streams import MAX_GAP, WINDOW, GapTracker, History, ReceiveWindow, Rewriter


@given(st.lists(st.integers(0, 0xFFFF), max_size=200))
def test_no_number_passes_twice(numbers: list[int]) -> None:
    """Two packets protected under one number would share a nonce."""
    window = ReceiveWindow()

    passed = [extended for seq in numbers if (extended := window.accept(seq)) >= 0]

    assert len(passed) == len(set(passed))


def test_window_follows_the_wrap_and_late_packets() -> None:
    window = ReceiveWindow()
    first = window.accept(0xFFFE)

    assert window.accept(1) == first + 3
    assert window.accept(0xFFFF) == first + 1
    assert window.accept(0xFFFF) == -1
    assert window.has(first + 1)
    assert not window.has(first + 2)


def test_too_late_is_dropped() -> None:
    window = ReceiveWindow()
    window.accept(5000)
    window.accept(5000 + WINDOW)

    assert window.accept(5000) == -1
    assert window.accept(5001) > 0


def test_gap_is_reported_once_and_healed_by_arrival() -> None:
    gaps = GapTracker()
    gaps.add(10, 0.0)

    assert gaps.add(13, 0.0) == [11, 12]
    assert gaps.add(14, 0.0) == []
    gaps.add(11, 0.1)
    gaps.add(12, 0.1)

    assert not gaps.lost(9.0, 0.5)


def test_lost_packets_are_given_up_once() -> None:
    gaps = GapTracker()
    gaps.add(10, 0.0)
    gaps.add(12, 0.0)

    assert not gaps.lost(0.3, 0.4)
    assert gaps.lost(0.5, 0.4)
    assert not gaps.lost(0.9, 0.4)


def test_long_outage_is_not_asked_for() -> None:
    gaps = GapTracker()
    gaps.add(10, 0.0)

    assert gaps.add(10 + MAX_GAP + 2, 0.0) == []


def test_request_of_the_far_side_is_not_doubled_at_once() -> None:
    gaps = GapTracker()
    gaps.add(10, 0.0)
    gaps.add(12, 0.0)

    assert not gaps.may_ask(11, 0.01)
    assert gaps.may_ask(11, 0.05)
    assert not gaps.may_ask(11, 0.06)


def test_stream_goes_on_without_seam_when_its_source_is_replaced() -> None:
    out = Rewriter(90000, 100)
    out.join(1, 65536 + 7, 1000, 0.0)
    assert out.map(65536 + 7, 1000, 0.0) == (100, 1000)
    assert out.map(65536 + 9, 4000, 0.1) == (102, 4000)

    out.join(2, 70000, 500, 1.1)

    assert out.map(70000, 500, 1.1) == (103, 4000 + 90000)
    assert out.map(70001, 3500, 1.2) == (104, 4000 + 93000)
    assert out.map(69999, 400, 1.2) is None  # from before the join
    assert out.timestamp(600) == 4000 + 90000 + 100


def test_reopened_stream_has_no_hole_and_keeps_its_clock() -> None:
    out = Rewriter(48000, 1)
    out.join(1, 10, 960, 0.0)
    out.map(10, 960, 0.0)
    out.cut()
    assert not out.is_open

    out.join(1, 500, 960 * 491, 9.8)

    assert out.map(500, 960 * 491, 9.8) == (2, 960 * 491)


def test_requests_and_reports_find_their_source_number() -> None:
    out = Rewriter(90000, 100)
    out.join(1, 0x10000 + 40, 0, 0.0)
    out.map(0x10000 + 40, 0, 0.0)
    out.map(0x10000 + 50, 0, 0.0)

    assert out.source_of(105) == 0x10000 + 45
    assert out.source_of(99) is None
    assert out.source_highest(110) == 50


def test_history_gives_the_same_bytes_but_not_in_a_burst() -> None:
    history = History()
    history.put(5, b"five")

    assert history.has(5)
    assert history.take(5, 1.0) == b"five"
    assert history.take(5, 1.001) is None
    assert history.take(5, 1.1) == b"five"
    history.put(5 + WINDOW, b"later")
    assert not history.has(5)
    assert history.take(5, 2.0) is None
