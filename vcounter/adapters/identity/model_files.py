"""Where the weights lie that packages carry, each checked against its measured SHA-256."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path


class ModelChanged(RuntimeError):
    """A model file is missing or is not the one that was measured."""


def checked_path(package: str, name: str, sha256: Mapping[str, str]) -> Path:
    """The file `name` in the package's folder `models`; none of the package's code runs.

    Raises ModelChanged unless the file's SHA-256 is the expected one.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelChanged(f"{package} is not installed")
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise ModelChanged(f"{name} is missing")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256[name]:
        raise ModelChanged(f"{name} has another SHA-256 than the measured one")
    return path
