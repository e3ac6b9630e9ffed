"""`vcounter doctor` on this machine: what it finds, and that it says what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from vcounter.doctor import Check, examine
from vcounter.settings import Settings


def _by_name(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings)}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    for page in ("customer", "console"):
        (dist / page).mkdir(parents=True)
        (dist / page / "index.html").touch()
    return dist


def test_a_machine_that_is_set_up_passes_every_check(tmp_path: Path, pages: Path) -> None:
    checks = examine(Settings(data_dir=tmp_path / "var", web_dist=pages, port=0, demo=True))

    assert [(c.name, c.detail) for c in checks if not c.ok] == []
    assert {"python", "opencv", "models", "media worker", "turn"} <= {c.name for c in checks}


def test_each_fault_is_found_and_the_others_are_checked_all_the_same(tmp_path: Path) -> None:
    open_to_all = tmp_path / "var"
    open_to_all.mkdir(mode=0o755)
    open_to_all.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = _by_name(
            Settings(
                data_dir=open_to_all,
                web_dist=tmp_path,
                port=port,
                database_url="postgresql+asyncpg://nobody@127.0.0.1:9/none",
                turn_urls=("turn:127.0.0.1:9",),
                turn_secret="secret",  # type: ignore[arg-type]  # pydantic parses it
            )
        )

    assert {name for name, check in found.items() if not check.ok} == {
        "pages",
        "data directory",
        "database",
        "port",
        "turn",
        "sms gateway",
    }
    assert "chmod 700" in found["data directory"].detail
    assert "make setup" in found["pages"].detail
    assert str(port) in found["port"].detail
