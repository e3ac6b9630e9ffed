"""The command line: `vcounter COMMAND`, the same as `python -m vcounter COMMAND`.

Every command takes `--json` and then prints one JSON object last; its keys are stable.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import httpx
import typer

from vcounter.cli_words import words
from vcounter.domain.errors import CounterError
from vcounter.evaluate.bench import app as bench
from vcounter.evaluate.commands import app as evaluate
from vcounter.export_commands import app as export
from vcounter.observability import logs
from vcounter.settings import Settings
from vcounter.simulator.api import ApiProblem

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks quote source lines, and may quote values
    help="A telecom operator's counter over video.",
)
simulate = typer.Typer(no_args_is_help=True, help="Simulated customers and agents.")
audit = typer.Typer(no_args_is_help=True, help="The audit log.")
db = typer.Typer(no_args_is_help=True, help="The database.")
staff = typer.Typer(no_args_is_help=True, help="Members of staff.")
keys = typer.Typer(no_args_is_help=True, help="Keys of the data at rest.")
app.add_typer(simulate, name="simulate")
app.add_typer(audit, name="audit")
app.add_typer(db, name="db")
app.add_typer(staff, name="staff")
app.add_typer(keys, name="keys")
app.add_typer(evaluate, name="evaluate")
app.add_typer(bench, name="bench")
app.add_typer(export, name="export")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]
Server = Annotated[str, typer.Option(help="Where the demo server is.")]
T = TypeVar("T")
LOCAL = "http://127.0.0.1:8080"


def main() -> None:
    """Entry point of the console script."""
    app()


def _say(text: str) -> None:
    typer.echo(text)


def _finish(result: Mapping[str, Any], as_json: bool, *, ok: bool = True) -> None:
    """Print the result last and set the exit code."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    if not ok:
        raise typer.Exit(1)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a known error is a line on stderr, Ctrl-C a quiet end."""
    try:
        return asyncio.run(work)
    except CounterError as error:
        typer.echo(words(error), err=True)
        raise typer.Exit(1) from None
    except (httpx.HTTPError, ApiProblem) as error:
        typer.echo(f"The server could not be asked: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def serve(
    demo: Annotated[bool, typer.Option(help="Fictitious subscribers, staff and inbox.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = -1,
    lan: Annotated[bool, typer.Option(help="Also on the network, over HTTPS.")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve the counter until stopped."""
    from vcounter.gateways import SmsUnconfigured, gateway_kind
    from vcounter.serve import serve_counter

    changes: dict[str, Any] = {}
    if demo:
        changes |= {"demo": True}
    if host:
        changes |= {"host": host}
    if port >= 0:
        changes |= {"port": port}
    if sys.stderr.isatty():
        changes |= {"log_format": "console"}
    settings = Settings(**changes)
    logs.configure(
        settings.log_level, settings.log_format, keep_personal=settings.log_personal_data
    )
    try:
        gateway_kind(settings)
    except SmsUnconfigured as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    try:
        _run(serve_counter(settings, lan=lan, as_json=as_json))
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        typer.echo(f"Cannot listen on {where}: {error.strerror}. Try --port 0.", err=True)
        raise typer.Exit(1) from None


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check that this machine can run the counter."""
    from vcounter.doctor import examine

    logs.configure("error", "console")
    checks = examine(Settings())
    if not as_json:
        for check in checks:
            _say(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<15} {check.detail}")
    ok = all(check.ok for check in checks)
    _finish({"checks": [asdict(check) for check in checks]}, as_json, ok=ok)


@app.command()
def actions(as_json: AsJson = False) -> None:
    """List the 31 business actions."""
    from vcounter.actions.registry import catalogue

    if not as_json:
        for entry in catalogue():
            built = "  " if entry.implemented else "- "
            _say(f"{built}{entry.no:>2} {entry.id:<24} {entry.assurance:<4} {entry.zh}")
    rows = [
        {
            "id": e.id,
            "zh": e.zh,
            "en": e.en,
            "assurance": e.assurance,
            "reversible": e.reversible.lower().startswith("yes"),
            "implemented": e.implemented,
        }
        for e in catalogue()
    ]
    _finish({"actions": rows}, as_json)


@simulate.command("customers")
def simulate_customers(
    n: Annotated[int, typer.Option("-n", min=1, help="How many, all at once.")] = 1,
    server: Server = LOCAL,
    case: Annotated[str, typer.Option(help="A demo subscriber's case or number.")] = "",
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    ca: Annotated[str, typer.Option(help="PEM file to trust, for --lan servers.")] = "",
    timeout_s: Annotated[float, typer.Option(help="Longest visit in seconds.")] = 1800.0,
    as_json: AsJson = False,
) -> None:
    """Real WebRTC peers that call in, follow the pushed steps and confirm."""
    from vcounter.simulator.crowd import customers

    logs.configure("info", "console")
    result = _run(
        customers(server, n, case=case, lang=lang, ca=ca or _own_ca(server), timeout_s=timeout_s)
    )
    _finish_simulation(result, as_json)


@simulate.command("agents")
def simulate_agents(
    m: Annotated[int, typer.Option("-n", "-m", min=1, help="How many agents.")] = 1,
    server: Server = LOCAL,
    logins: Annotated[
        str, typer.Option(help="File with lines `login password`; - is stdin.")
    ] = "-",
    visits: Annotated[int, typer.Option(help="Stop after so many visits; 0 never.")] = 0,
    ca: Annotated[str, typer.Option(help="PEM file to trust, for --lan servers.")] = "",
    as_json: AsJson = False,
) -> None:
    """Scripted agents that log in, accept, push the steps and carry an action out."""
    from vcounter.simulator.crowd import agents, read_logins

    logs.configure("info", "console")
    text = sys.stdin.read() if logins == "-" else Path(logins).read_text(encoding="utf-8")
    pairs = read_logins(text)
    if len(pairs) < m:
        typer.echo(f"{m} agents need {m} logins; {len(pairs)} were given.", err=True)
        raise typer.Exit(2)
    result = _run(agents(server, pairs[:m], visits=visits, ca=ca or _own_ca(server)))
    _finish_simulation(result, as_json)


@simulate.command("visits")
def simulate_visits(
    n: Annotated[int, typer.Option("-n", min=1, max=4000, help="How many visits.")] = 6,
    actions: Annotated[str, typer.Option(help="Action ids, comma-separated, or all.")] = "all",
    parallel: Annotated[int, typer.Option(min=1, max=32, help="How many at once.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Whole visits, both ends, on a server of its own."""
    from vcounter.simulator.scripts import ACTIONS
    from vcounter.simulator.visits import Outcome, Run, report

    logs.configure("warning", "console")
    chosen = ACTIONS if actions == "all" else tuple(a.strip() for a in actions.split(","))
    try:
        run = Run(chosen, n, parallel)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None

    def tell(outcome: Outcome) -> None:
        word = f"FAILED {outcome.failure}" if outcome.failure else "served"
        typer.echo(f"{outcome.action_id:<24} {outcome.total_s:6.1f} s  {word}", err=as_json)

    _run(run.go(on_visit=tell))
    _finish_simulation(report(run), as_json)


def _finish_simulation(result: Mapping[str, Any], as_json: bool) -> None:
    if not as_json:
        _say(f"{result.get('served', 0)} served, {result.get('failed', 0)} failed")
        for action_id, row in result.get("by_action", {}).items():
            _say(f"  {action_id:<24} {row['served']:>3} served  p50 {row['p50_s']} s")
    _finish(result, as_json, ok=not result.get("failed"))


def _own_ca(server: str) -> str:
    """The local authority's certificate, for a server that runs with --lan on this machine."""
    path = Settings().data_dir / "lan" / "ca.crt"
    return str(path) if server.startswith("https://") and path.is_file() else ""


@audit.command("verify")
def audit_verify(as_json: AsJson = False) -> None:
    """Check the audit chain and its signed heads from the first line to the last."""
    from vcounter.offline import verify_audit

    logs.configure("warning", "console")
    result = _run(verify_audit(Settings()))
    if not as_json:
        _say(
            f"{result['lines']} lines, sound"
            if result["ok"]
            else f"NOT sound: the first bad line is {result['first_bad']}"
        )
    _finish(result, as_json, ok=bool(result["ok"]))


@audit.command("deletions")
def audit_deletions(
    since: Annotated[
        datetime | None, typer.Option(help="Only those since then (UTC).", formats=["%Y-%m-%d"])
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the proofs of deleted pictures and check each: its bytes and its key must be gone."""
    from vcounter.evidence_file import deletions

    logs.configure("warning", "console")
    result = _run(deletions(Settings(), since.replace(tzinfo=UTC) if since else None))
    if not as_json:
        proofs = cast("list[dict[str, Any]]", result["deletions"])
        if not proofs:
            _say(f"No picture was deleted{f' since {since:%Y-%m-%d}' if since else ' yet'}.")
        for proof in proofs:
            word = "gone" if proof["ok"] else "NOT GONE"
            _say(f"{proof['at']} {proof['image']} {proof['kind']} {proof['sha256'][:16]} {word}")
    _finish(result, as_json, ok=bool(result["ok"]))


@db.command("upgrade")
def db_upgrade(as_json: AsJson = False) -> None:
    """Bring the database's schema up to date. Safe to repeat."""
    from vcounter.adapters.db.migrate import head_revision, upgrade

    logs.configure("warning", "console")
    upgrade(Settings().database)
    _say(f"Schema is at {head_revision()}") if not as_json else None
    _finish({"revision": head_revision()}, as_json)


@keys.command("rotate")
def keys_rotate(as_json: AsJson = False) -> None:
    """Make a new key-encryption key and rewrap every data key. The server may go on running."""
    from vcounter.offline import rotate_keys

    logs.configure("warning", "console")
    result = _run(rotate_keys(Settings()))
    if not as_json:
        _say(f"Version {result['version']}, {result['rewrapped']} data keys rewrapped")
    _finish(result, as_json)


@staff.command("add")
def staff_add(
    login: Annotated[str, typer.Option(help="Name to sign in with.")],
    name: Annotated[str, typer.Option(help="Name that customers see.")],
    badge: Annotated[str, typer.Option(help="Badge number that customers see.")],
    role: Annotated[str, typer.Option(help="agent, team_lead, admin or auditor.")] = "agent",
    groups: Annotated[
        str, typer.Option(help="Skill groups, comma-separated.")
    ] = "general,elder_care",
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from stdin instead of making one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a member of staff. Without --password-stdin a password is made and shown once."""
    from vcounter.offline import new_staff

    logs.configure("warning", "console")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    result = _run(
        new_staff(
            Settings(),
            login=login,
            name=name,
            badge=badge,
            role=role,
            groups=tuple(g.strip() for g in groups.split(",") if g.strip()),
            password=password,
        )
    )
    if not as_json:
        _say(f"{result['staff_id']} {login}")
        if "password" in result:
            _say(f"password: {result['password']}   (shown this once)")
    _finish(result, as_json)
