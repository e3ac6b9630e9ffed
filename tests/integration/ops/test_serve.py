"""`vcounter serve` as a process: what it prints, what it answers, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from vcounter.lan import lan_addresses

pytestmark = pytest.mark.timeout(240)
ROOT = Path(__file__).parents[3]


@contextmanager
def _serving(data_dir: Path, *words: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "vcounter", "serve", "--demo", "--port", "0", "--json", *words],
        cwd=ROOT,
        env={**os.environ, "VCOUNTER_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_the_demo_answers_signs_in_and_ends_on_a_signal(tmp_path: Path) -> None:
    with _serving(tmp_path / "var") as (facts, process):
        server = facts["customer"].rstrip("/")
        agent = facts["logins"][0]
        with httpx.Client(base_url=server, trust_env=False) as http:
            health = http.get("/healthz")
            document = http.get("/api/openapi.json").json()
            login = http.post(
                "/api/v1/staff/login",
                json={"login": agent["login"], "password": agent["password"]},
            )
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)

    assert health.status_code == 200
    assert document["openapi"] == "3.1.0"
    assert login.json()["role"] == agent["role"]
    assert ended in (0, -signal.SIGTERM)
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_demo_passwords_are_new_at_each_start(tmp_path: Path) -> None:
    with _serving(tmp_path / "var") as (first, _):
        pass
    with _serving(tmp_path / "var") as (second, _):
        pass

    assert [a["login"] for a in first["logins"]] == [a["login"] for a in second["logins"]]
    assert all(
        a["password"] != b["password"]
        for a, b in zip(first["logins"], second["logins"], strict=True)
    )


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = subprocess.run(
            [
                *(sys.executable, "-m", "vcounter", "serve", "--demo"),
                *("--port", str(taken.getsockname()[1])),
            ],
            cwd=ROOT,
            env={**os.environ, "VCOUNTER_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert result.returncode == 1
    assert "--port 0" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not lan_addresses(), reason="no network interface with a private address")
def test_on_a_network_a_client_that_trusts_the_authority_gets_in(tmp_path: Path) -> None:
    with _serving(tmp_path / "var", "--lan") as (facts, _):
        trust = ssl.create_default_context(cafile=str(tmp_path / "var" / "lan" / "ca.crt"))
        with httpx.Client(base_url=facts["lan"], verify=trust, trust_env=False) as http:
            health, certificate = http.get("/healthz"), http.get("/lan/ca.crt")
            made = (tmp_path / "var" / "lan" / "ca.crt").read_bytes()
        with httpx.Client(trust_env=False) as http:
            local = http.get(facts["customer"] + "healthz")

    assert health.status_code == local.status_code == 200
    assert health.headers["strict-transport-security"]
    assert certificate.content == made
    assert certificate.headers["content-type"] == "application/x-x509-ca-cert"


def test_without_a_way_to_send_sms_the_server_says_so_and_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vcounter", "serve", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "VCOUNTER_DATA_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "VCOUNTER_SMS_GATEWAY" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "var").exists()
