"""The optional passive detector, with a tiny ONNX model written here byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.integration.identity.scenes import picture
from vcounter.adapters.identity import passive
from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.passive import PassiveModel, PassiveModelUnusable
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.doctor import examine
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.identity import Outcome
from vcounter.settings import Settings
from vcounter.specimen.people import portraits

LIVE = portraits()["obama"].live
EMPTY = encode_jpeg(np.full((480, 640, 3), 120, np.uint8))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field: a varint, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, shape: tuple[int, ...], values: list[float]) -> bytes:
    dims = b"".join(_field(1, n) for n in shape)
    data = struct.pack(f"<{len(values)}f", *values)
    return dims + _field(2, 1) + _field(8, name) + _field(9, data)


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_field(1, _field(1, n)) for n in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dims)))


def _node(kind: str, inputs: list[str], output: str) -> bytes:
    return b"".join(_field(1, i) for i in inputs) + _field(2, output) + _field(4, kind)


def tiny_model(path: Path, *, softmax: bool = True) -> Path:
    """Mean of each colour -> three classes; class 1 grows with the brightness (ONNX IR 7)."""
    weights = [0.0, 0.02, 0.0] * 3  # (3 colours, 3 classes)
    nodes = [
        _node("GlobalAveragePool", ["input"], "mean"),
        _node("Flatten", ["mean"], "flat"),
        _node("Gemm", ["flat", "w", "b"], "logits"),
    ]
    if softmax:
        nodes.append(_node("Softmax", ["logits"], "shares"))
    output = "shares" if softmax else "logits"
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "tiny")
    graph += _field(5, _tensor("w", (3, 3), weights)) + _field(5, _tensor("b", (3,), [0, -3.0, 0]))
    graph += _field(11, _value("input", (1, 3, 80, 80))) + _field(12, _value(output, (1, 3)))
    path.write_bytes(_field(1, 7) + _field(7, graph) + _field(8, _field(2, 13)))
    return path


@pytest.fixture
def model(tmp_path: Path) -> PassiveModel:
    return PassiveModel(str(tiny_model(tmp_path / "tiny.onnx")))


def test_bright_face_is_live_and_a_dark_one_causes_doubt(model: PassiveModel):
    dark = encode_jpeg(picture(LIVE) // 3)

    bright, doubt = passive.judge([LIVE] * 3, model), passive.judge([dark] * 3, model)

    assert (bright.outcome, bright.threshold) == (Outcome.PASSED, 0.5)
    assert doubt.outcome is Outcome.REVIEW
    assert doubt.score < 0.5 < bright.score
    assert bright.engine.startswith("tiny.onnx ")


def test_median_frame_decides_and_frames_without_a_face_do_not_count(model: PassiveModel):
    dark = encode_jpeg(picture(LIVE) // 3)

    assert passive.judge([dark, LIVE, LIVE, EMPTY], model).outcome is Outcome.PASSED
    assert passive.judge([dark, dark, LIVE, EMPTY], model).outcome is Outcome.REVIEW


def test_no_face_at_all_is_doubt(model: PassiveModel):
    assert passive.judge([EMPTY] * 3, model).outcome is Outcome.REVIEW
    assert passive.judge([], model).outcome is Outcome.REVIEW


def test_logits_are_taken_as_well_as_probabilities(tmp_path: Path, model: PassiveModel):
    logits = PassiveModel(str(tiny_model(tmp_path / "logits.onnx", softmax=False)))

    one, other = passive.judge([LIVE], model), passive.judge([LIVE], logits)

    assert one.score == pytest.approx(other.score, abs=1e-4)


@pytest.mark.parametrize("content", [b"", b"no model at all", None])
def test_file_that_is_no_model_is_doubt_for_everybody(tmp_path: Path, content: bytes | None):
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    broken = PassiveModel(str(path))

    report = passive.judge([LIVE], broken)

    assert (report.outcome, report.score) == (Outcome.REVIEW, 0.0)
    with pytest.raises(PassiveModelUnusable):
        passive.check(broken)


def test_class_that_the_model_does_not_have_is_doubt(model: PassiveModel):
    beyond = PassiveModel(model.path, live_index=5)

    assert passive.judge([LIVE], beyond).outcome is Outcome.REVIEW
    with pytest.raises(PassiveModelUnusable, match="3 classes"):
        passive.check(beyond)


async def test_laboratory_without_one_says_nothing_and_a_silent_one_is_doubt(
    model: PassiveModel, monkeypatch: pytest.MonkeyPatch
):
    async def silence(*_: object, **__: object) -> object:
        raise MediaUnavailable(reason="time_out")

    with_model = ModelLab(passive_model=model)
    monkeypatch.setattr(with_model._live, "run", silence)

    assert await ModelLab().passive([LIVE]) is None
    report = await with_model.passive([LIVE])
    assert report is not None
    assert (report.outcome, report.engine) == (Outcome.REVIEW, "tiny.onnx (silent)")


def test_doctor_tries_the_model_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from vcounter import doctor

    monkeypatch.setattr(doctor, "_checks", lambda: iter([("passive model", doctor._passive_model)]))
    good = tiny_model(tmp_path / "tiny.onnx")

    (none,) = examine(Settings())
    (fine,) = examine(Settings(passive_liveness_model=good))
    (gone,) = examine(Settings(passive_liveness_model=tmp_path / "gone.onnx"))

    assert (none.ok, fine.ok, gone.ok) == (True, True, False)
    assert fine.detail.startswith("tiny.onnx ")
