"""`clawlink doctor`: everything a run needs, looked at one by one, and what to do about what is missing.

It needs no hub. Below: the settings, the drivers, the sandboxes, git, and the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.text import line
from coderclawlink.errors import ClawlinkError

if TYPE_CHECKING:
    from coderclawlink.settings import Settings

PYTHON_AT_LEAST = (3, 11)
GIT_AT_LEAST = (2, 34)
ROOM_ENOUGH = 5 * 1024**3
ROOM_AT_LEAST = 512 * 1024**2
"""Bytes free on the data directory's disk."""
CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `off`: not there and not needed. `todo`: what to do, for people; empty if nothing."""

    name: str
    level: Literal["ok", "off", "warn", "fail"]
    found: str
    todo: str = ""


def doctor(
    *,
    data: Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME).")] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="", help="Print JSON, for programs.")] = False,
) -> int:
    """Look at everything a run needs on this machine, and say what to do about what is missing.

    Exit code 1 if something fails.
    """
    from coderclawlink.cli import configured

    findings = asyncio.run(_look(configured.settings(data=data)))
    if as_json:
        screen.say(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            level = finding.level.ljust(4)
            colour = {"ok": "green", "warn": "yellow", "fail": "red", "off": "dim"}[finding.level]
            screen.say(f"{screen.paint(level, colour)}  {finding.name.ljust(width)}  {line(finding.found)}")
            if finding.todo:
                screen.say(f"{' ' * (width + 8)}→ {line(finding.todo)}")
    return int(any(finding.level == "fail" for finding in findings))


async def _look(settings: Settings) -> list[Finding]:
    found = [_python(), await _git(), *(await _sandbox(settings))]
    found += [_data(settings), _room(settings), await asyncio.to_thread(_database, settings), _port(settings)]
    found += [await _policies(settings), await asyncio.to_thread(_audit, settings)]
    return [*found, *await _agents(settings)]


# ── the machine ────────────────────────────────────────────────────────────────────────────────────────────────────


def _python() -> Finding:
    version = f"{platform.python_version()}, coderclawlink {metadata.version('coderclawlink')}"
    if sys.version_info < PYTHON_AT_LEAST:
        return Finding("Python", "fail", version, "Use Python 3.11 or later.")
    return Finding("Python", "ok", version)


async def _git() -> Finding:
    from coderclawlink.workspaces.git import GitFailed, Place, git

    todo = f"Install git {'.'.join(map(str, GIT_AT_LEAST))} or later."
    try:
        said = (await git("version", at=Place(Path("/nowhere")))).text
    except GitFailed as problem:
        return Finding("git", "fail", problem.message, todo)
    number = re.search(r"(\d+)\.(\d+)", said)
    if number is None or (int(number[1]), int(number[2])) < GIT_AT_LEAST:
        return Finding("git", "fail", said, todo)
    return Finding("git", "ok", said.removeprefix("git version "))


async def _sandbox(settings: Settings) -> list[Finding]:
    from coderclawlink.workspaces.sandbox import choice

    try:
        chosen = await choice.choose(settings.sandbox)
    except ClawlinkError as problem:
        return [Finding("Sandbox", "fail", problem.message, "Install it, or set CLAWLINK_SANDBOX=auto.")]
    found = chosen.text
    if chosen.sandbox.name == "none":
        return [Finding("Sandbox", "warn", found, "Install bubblewrap: agents can reach all that you can.")]
    return [Finding("Sandbox", "ok", found)]


def _data(settings: Settings) -> Finding:
    home = settings.clawlink_home
    if not home.exists():
        parent = next(folder for folder in home.parents if folder.exists())
        if not os.access(parent, os.W_OK):
            return Finding(
                "Data", "fail", f"{home} cannot be made in {parent}", "Set CLAWLINK_HOME to a place of yours."
            )
        return Finding("Data", "ok", f"{home} will be made")
    if not home.is_dir() or not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return Finding("Data", "fail", f"{home} cannot be used", "Make it a directory that you may write.")
    status = home.stat()
    if status.st_uid != os.getuid():
        return Finding("Data", "fail", f"{home} belongs to somebody else", f"Take it over: chown -R $(id -u) {home}")
    if status.st_mode & 0o077:
        return Finding("Data", "warn", f"{home} can be read by others", f"Close it: chmod 700 {home}")
    return Finding("Data", "ok", str(home))


def _room(settings: Settings) -> Finding:
    home = settings.clawlink_home
    free = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists())).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < ROOM_AT_LEAST:
        return Finding("Disk", "fail", found, "Make room: a checkout for each run has to fit.")
    if free < ROOM_ENOUGH:
        return Finding("Disk", "warn", found, "Make room soon: a checkout for each run has to fit.")
    return Finding("Disk", "ok", found)


# ── the hub's own ──────────────────────────────────────────────────────────────────────────────────────────────────


def _database(settings: Settings) -> Finding:
    import sqlalchemy as sa

    from coderclawlink.db.engine import store_url

    try:
        url = store_url(settings.store_url)
    except ClawlinkError as problem:
        return Finding("Database", "fail", problem.message, "Correct DATABASE_URL.")
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not Path(str(url.database)).exists():
        return Finding("Database", "ok", f"SQLite, {url.database} will be made")
    shown = str(url.database) if is_sqlite else url.set(drivername="postgresql").render_as_string()
    arguments = {"timeout": CONNECT_SECONDS} if is_sqlite else {"connect_timeout": CONNECT_SECONDS}
    engine = sa.create_engine(url, connect_args=arguments)
    try:
        with engine.connect() as connection:
            asked = "SELECT sqlite_version()" if is_sqlite else "SHOW server_version"
            version = connection.execute(sa.text(asked)).scalar()
            connection.rollback()
            with contextlib.suppress(sa.exc.DBAPIError):
                revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
                version = f"{version}, tables of {revision}"
    except sa.exc.DBAPIError as problem:
        words = str(problem.orig).splitlines()[0]
        return Finding("Database", "fail", f"{shown}: {words}", "Start it, or correct DATABASE_URL.")
    finally:
        engine.dispose()
    return Finding("Database", "ok", f"{'SQLite' if is_sqlite else 'PostgreSQL'} {version}, {shown}")


def _port(settings: Settings) -> Finding:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.port import listening, may_go_beyond
    from coderclawlink.cli.reach import Reach

    if (url := hubs.announced(settings.clawlink_home)) is not None:
        try:
            with hubs.reached(Reach(url=url)) as hub:
                hub.get("/health")
            return Finding("Hub", "ok", f"runs at {url}")
        except ClawlinkError as problem:
            return Finding("Hub", "fail", problem.message, "Look at what it printed, then stop it and start it again.")
    where = f"port {settings.api_port} on {settings.api_host}"
    try:
        with listening(settings.api_host, settings.api_port, beyond=may_go_beyond(settings)):
            return Finding("Hub", "ok", f"does not run; {where} is free")
    except ClawlinkError as problem:
        holder = _holder(settings.api_port)
        found = f"{where} is taken by {holder}" if holder else problem.message
        return Finding("Hub", "fail", found, "Stop that, or set API_PORT to another port.")


async def _policies(settings: Settings) -> Finding:
    from coderclawlink.access import rego, rego_text

    if settings.opa_url:
        return Finding("Policies", "ok", f"decided by the Open Policy Agent at {settings.opa_url}")
    if not rego.is_installed():
        todo = "To have policies as code: pip install 'coderclawlink[rego]'. Until then one that is in force allows nothing."
        return Finding("Policies", "off", "Rego is not installed", todo)
    try:
        await rego.Rego().check({"main.rego": f"package {rego_text.PACKAGE}\nallow := true"})
    except ClawlinkError as problem:
        return Finding(
            "Policies", "fail", problem.message, "Until it can be started, a policy that is in force allows nothing."
        )
    return Finding("Policies", "ok", "Rego, in a process of its own")


def _audit(settings: Settings) -> Finding:
    """Whether those who are to be told of signed checkpoints are."""
    from coderclawlink.access import sinks
    from coderclawlink.db.engine import open_database, store_url
    from coderclawlink.db.migrate import is_current

    told = [name for name, given in (("file", settings.audit_file), ("webhook", settings.audit_webhook)) if given]
    if not told:
        todo = "To see later that nothing was cut off, set CLAWLINK_AUDIT_FILE or CLAWLINK_AUDIT_WEBHOOK."
        return Finding("Audit", "off", "signed checkpoints stay in the database alone", todo)
    try:
        url = store_url(settings.store_url)
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            return Finding("Audit", "ok", f"checkpoints will go to the {' and the '.join(told)}")
        with open_database(settings.store_url) as db:
            if not is_current(db):
                return Finding("Audit", "ok", f"checkpoints will go to the {' and the '.join(told)}")
            with db.look() as look:
                away = sinks.away(look)
    except ClawlinkError as problem:
        return Finding("Audit", "warn", problem.message)
    if away:
        found = "; ".join(f"the {name} does not take checkpoints: {why}" for name, why in away.items())
        return Finding("Audit", "warn", found, "It is tried again, and nothing is lost meanwhile.")
    return Finding("Audit", "ok", f"checkpoints go to the {' and the '.join(told)}")


def _holder(port: int) -> str | None:
    """Name and pid of the process that listens on a port, as /proc tells; None where it does not."""
    inodes = set(_listening(port))
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for handle in (folder / "fd").iterdir():
                if os.readlink(handle).removeprefix("socket:[").removesuffix("]") in inodes:
                    return f"{(folder / 'comm').read_text(encoding='utf-8').strip()} (pid {folder.name})"
    return None


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on a port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for row in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                parts = row.split()
                if parts[3] == "0A" and int(parts[1].rpartition(":")[2], 16) == port:
                    yield parts[9]


# ── agents ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _agents(settings: Settings) -> list[Finding]:
    from coderclawlink.drivers import accounts, catalogue
    from coderclawlink.drivers.catalogue import AgentSettings
    from coderclawlink.node import secrets

    given = AgentSettings(**{each.name: getattr(settings, each.name, None) for each in fields(AgentSettings)})
    file = settings.clawlink_home / "agents.toml"
    known = secrets.read(settings.clawlink_home)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        paid_by = accounts.read(given, text, str(file), known)
        agents = catalogue.agents(given, file, paid_by=paid_by, fill=lambda said: secrets.fill(said, known))
    except ClawlinkError as problem:
        return [Finding("Agents", "fail", problem.message, "Correct agents.toml in the data directory.")]
    async with asyncio.TaskGroup() as tasks:
        probing = {name: tasks.create_task(agent.driver.probe()) for name, agent in agents.items()}
    probes = {name: task.result() for name, task in probing.items()}
    able = sum(probe.available for probe in probes.values())
    found = [
        Finding(f"Agent {name}", "ok", probe.version or agents[name].driver.description)
        if probe.available
        else Finding(f"Agent {name}", "off", "not available", probe.why or "")
        for name, probe in probes.items()
    ]
    if not able:
        found.append(Finding("Agents", "warn", "none is available", "Do what one of them needs; or try: clawlink demo"))
    return found
