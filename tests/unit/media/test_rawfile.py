from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.media import rawfile
from signaling.media.errors import NothingRecorded, RecordingFailed

KEY = b"k" * 32


def record(at_us: int, body: bytes = b"body") -> bytes:
    return rawfile.pack_record(rawfile.RTP, "agent", "VP8", at_us, body)


def write(path: Path, *chunks: bytes, key: bytes = KEY, started_us: int = 0) -> None:
    with path.open("r+b" if path.exists() else "w+b") as file:
        sealer = rawfile.begin_segment(file, key, started_us)
        for chunk in chunks:
            file.write(sealer.seal(chunk))


def read(path: Path) -> list[tuple[int, list[int]]]:
    segments = rawfile.read_segments(str(path), KEY)
    return [(s.number, [r.at_us for r in s.records]) for s in segments]


def test_segments_are_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "r"
    write(path, record(1) + record(2), record(3))
    write(path, record(4), started_us=4)

    assert read(path) == [(1, [1, 2, 3]), (2, [4])]


def test_new_segment_follows_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "r"
    write(path, record(1), record(2))
    path.write_bytes(path.read_bytes()[:-3])
    write(path, record(3))

    assert read(path) == [(1, [1]), (2, [3])]


@settings(max_examples=60)
@given(cut=st.integers(0, 700))
def test_any_cut_keeps_the_whole_chunks_before_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("raw") / "r"
    write(path, *(record(n, b"x" * 40) for n in range(6)))
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])

    try:
        times = read(path)[0][1]
    except NothingRecorded:
        times = []

    assert times == list(range(len(times)))
    path.write_bytes(whole[:cut])
    if cut >= 24:
        write(path, record(99))
        assert read(path)[-1][1] == [99]


@settings(max_examples=60)
@given(at=st.integers(0, 500), flip=st.integers(1, 255))
def test_damage_never_yields_other_records(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    path = tmp_path_factory.mktemp("raw") / "r"
    write(path, *(record(n, b"x" * 40) for n in range(6)))
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= flip
    path.write_bytes(data)

    try:
        times = read(path)[0][1]
    except NothingRecorded:
        times = []

    assert set(times) <= set(range(6))


def test_chunks_open_only_in_their_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write(first, record(1), record(2))
    write(second, record(3), record(4))
    a, b = first.read_bytes(), second.read_bytes()
    head = 24 + 48
    size = (len(a) - head) // 2
    swapped = a[:head] + a[head + size :] + a[head : head + size]

    first.write_bytes(a[:head] + b[head:])
    with pytest.raises(NothingRecorded):
        read(first)
    first.write_bytes(swapped)
    assert read(first) == [(1, [2, 1])]  # each still opens under its own index, none is forged


def test_no_two_chunks_share_key_and_nonce(tmp_path: Path) -> None:
    """The same bytes sealed twice never look alike, within a segment or across segments."""
    path = tmp_path / "r"
    write(path, record(1), record(1))
    write(path, record(1))
    data = path.read_bytes()

    sealed = [part[8:] for part in data.split(rawfile.CHUNK_MAGIC)[1:]]

    assert len({part[:20] for part in sealed}) == 3


def test_wrong_key_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r"
    write(path, record(1))

    with pytest.raises(NothingRecorded):
        rawfile.read_segments(str(path), b"x" * 32)
    with pytest.raises(NothingRecorded):
        rawfile.read_segments(str(tmp_path / "none"), KEY)
    path.write_bytes(b"")
    with pytest.raises(NothingRecorded):
        rawfile.read_segments(str(path), KEY)
    path.write_bytes(b"foreign file that is long enough")
    with pytest.raises(RecordingFailed):
        write(path, record(1))
