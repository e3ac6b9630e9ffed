"""What simulated microphones hear: a speech-like buzz, encoded to Opus once per pitch."""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np

RATE = 48_000
FRAME_SAMPLES = 960  # 20 ms
LOOP_S = 2
CUSTOMER_PITCH_HZ, AGENT_PITCH_HZ = 220, 140


@lru_cache(maxsize=4)
def voice(pitch_hz: int) -> tuple[bytes, ...]:
    """Two seconds of a harmonic tone in syllables, 20 ms an Opus packet; made to be looped."""
    time = np.arange(RATE * LOOP_S) / RATE
    tone = sum(np.sin(2 * np.pi * pitch_hz * k * time) / k for k in (1, 2, 3, 4))
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * time)
    mono = (tone * syllables * 6000).astype(np.int16)
    stereo = np.repeat(mono, 2).reshape(1, -1)  # interleaved
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "s16"
    encoder.bit_rate = 32_000
    packets: list[bytes] = []
    for start in range(0, RATE * LOOP_S, FRAME_SAMPLES):
        block = np.ascontiguousarray(stereo[:, 2 * start : 2 * (start + FRAME_SAMPLES)])
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = RATE, start
        packets.extend(bytes(packet) for packet in encoder.encode(frame))
    return tuple(packets)
