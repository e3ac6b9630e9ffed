"""A throw-away PostgreSQL server for tests: its own cluster, a free port, no durability.

`postgres_server` is session-scoped; a suite imports it in its conftest. Where PostgreSQL is not
installed the suites that need it are skipped with the package's name, and fail when CI is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import free_port

_USER = "postgres"
_STOP_TIMEOUT_S = 30


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster; every suite takes a database of its own."""

    binaries: Path
    port: int
    data: Path

    def create_database(self) -> str:
        """A fresh empty database; returns its URL."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        self._client("createdb", name)
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        self._client("dropdb", "--force", url.rsplit("/", 1)[1])

    def _client(self, program: str, *arguments: str) -> None:
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", _USER]
        command = [str(self.binaries / program), *address, *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def find_binaries() -> Path | None:
    """Where initdb and postgres are: Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _version(initdb: Path) -> float:
    return float(initdb.parent.parent.name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    binaries = find_binaries()
    if binaries is None:
        message = "PostgreSQL is not installed (Debian package: postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="vcounter-pg-"))
    try:
        yield from _serve(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(binaries: Path, folder: Path) -> Iterator[PostgresServer]:
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, _USER, _USER)
        as_user = ["runuser", "-u", _USER, "--"]
    data = folder / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", _USER, "-A", "trust", "-N"]
    locale = ["--no-locale", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb, *locale], check=True, capture_output=True, cwd=folder)
    port = free_port()
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB "
        "-c max_connections=100 -c max_wal_size=64MB -c min_wal_size=32MB"
    )
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    log = ["-l", str(folder / "log"), "-o", options]
    subprocess.run([*control, *log, "start"], check=True, capture_output=True, cwd=folder)
    try:
        yield PostgresServer(binaries, port, data)
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, capture_output=True, cwd=folder, timeout=_STOP_TIMEOUT_S)
