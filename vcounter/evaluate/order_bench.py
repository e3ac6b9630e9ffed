"""Orders a second: shares of the load in processes of their own, on one database."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from vcounter.adapters.db import upgrade
from vcounter.adapters.keys import FileKeyEncryptionKey
from vcounter.evaluate.statistics import percentile


def measure(
    *, database: str, seconds: float, rate: float, lines: int, processes: int
) -> dict[str, Any]:
    """Run the load and return what was measured; times in milliseconds.

    `database` is a URL of an empty database; without one, an SQLite file that is thrown away.
    `rate` is orders a second for all processes together; 0 means as fast as they go.
    """
    with tempfile.TemporaryDirectory(prefix="vcounter-bench-") as folder:
        url = database or f"sqlite:///{folder}/counter.db"
        upgrade(url)
        FileKeyEncryptionKey(Path(folder) / "kek.json")
        shares = [
            _start(
                {
                    "share": share,
                    "database": url,
                    "folder": folder,
                    "seconds": seconds,
                    "rate": rate / processes,
                    "lines": max(1, lines // processes),
                }
            )
            for share in range(processes)
        ]
        try:
            answers = _conduct(shares)
        finally:
            for process in shares:
                process.kill()
                process.wait()
    return _report(answers, url, seconds, rate)


def _start(order: dict[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "vcounter.evaluate.order_load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _tell(process, order)
    return process


def _conduct(shares: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """Found the tenant, make all ready, begin together, and collect."""
    for process in shares:
        _hear(process)
        _tell(process, {"go": "prepare"})
    for process in shares:
        _hear(process)
    for process in shares:
        _tell(process, {"go": "measure"})
    return [_hear(process) for process in shares]


def _tell(process: subprocess.Popen[str], what: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Raises RuntimeError when the share has died; its error stands on stderr."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a share of the load ended before its time")
    found: dict[str, Any] = json.loads(line)
    return found


def _report(answers: list[dict[str, Any]], url: str, seconds: float, rate: float) -> dict[str, Any]:
    commits = [1000 * s for answer in answers for s in answer["commits"]]
    wholes = [1000 * s for answer in answers for s in answer["wholes"]]
    orders, cpu_s = len(commits), sum(answer["cpu_s"] for answer in answers)
    return {
        "database": url.split(":", 1)[0].split("+", 1)[0],
        "processes": len(answers),
        "wanted_per_s": rate,
        "orders": orders,
        "failed": sum(answer["failed"] for answer in answers),
        "orders_per_s": round(orders / seconds, 1),
        "commit_ms": {f"p{p}": _at(commits, p / 100) for p in (50, 95, 99)},
        "whole_ms": {f"p{p}": _at(wholes, p / 100) for p in (50, 95, 99)},
        "cpu_ms_per_order": round(1000 * cpu_s / orders, 2) if orders else None,
    }


def _at(values: list[float], share: float) -> float | None:
    value = percentile(values, share)
    return None if value is None else round(value, 1)
