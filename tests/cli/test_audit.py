"""The audit chain and backups of a hub elsewhere, from the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from coderclawlink.access import cuts, keeping, sinks
from coderclawlink.access.secrets import Vault
from coderclawlink.access.sinks import FileSink
from coderclawlink.db import archive
from tests.cli.conftest import Cli
from tests.web.conftest import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub elsewhere, on which something was done."""
    with serving(tmp_path_factory.mktemp("elsewhere") / "data") as running:
        make_project(running, "FIRST")
        yield running


def make_project(server: Server, key: str) -> None:
    made = httpx2.post(f"{server.url}/api/projects", json={"name": "A project", "key": key})
    assert made.status_code == 201, made.text


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Cli:
    """Commands with a data directory of their own."""
    (home := tmp_path / "mine").mkdir(mode=0o700)
    return Cli(home)


def test_what_was_kept_elsewhere_is_laid_beside_the_chain(server: Server, elsewhere: Cli, tmp_path: Path) -> None:
    at = ("--url", server.url)
    elsewhere.run("audit", "checkpoint", *at)
    kept = tmp_path / "checkpoints.jsonl"

    async def tell() -> None:
        one = await server.hub.db.read(sinks.untold, "file")
        assert one is not None
        await FileSink(kept).put(one)

    asyncio.run(tell())
    said = elsewhere.run("audit", "verify", "--checkpoints", str(kept), *at).stdout
    assert "signed checkpoints agree" in said
    assert "It holds. Its head is" in said
    line = json.loads(kept.read_text())
    kept.write_text(json.dumps({**line, "hash": "0" * 64}) + "\n")
    done = elsewhere.run("audit", "verify", "--checkpoints", str(kept), *at, code=1)
    assert "It does not hold: The checkpoint at" in done.stdout
    kept.write_text("nothing of the kind\n")
    assert "does not hold checkpoints" in elsewhere.refuse("audit", "verify", "--checkpoints", str(kept), *at)
    assert "is here, and needs no other" in elsewhere.refuse("audit", "new-key", *at)
    [shown] = elsewhere.json("audit", "checkpoints", *at)
    assert (shown["seq"], shown["sent"]) == (line["seq"], {})


def test_a_file_of_what_was_cut_off_is_reckoned_where_it_lies(server: Server, elsewhere: Cli, tmp_path: Path) -> None:
    at = ("--url", server.url)
    for _ in range(3):
        elsewhere.run("audit", "export", str(tmp_path / "export.jsonl"), *at)
    folder = server.home / cuts.FOLDER
    [made] = asyncio.run(keeping.keep(server.hub.db, Vault(server.home), folder, -1.0, waits=0))
    said = elsewhere.run("audit", "verify", "--files", *at).stdout
    assert f"It begins at row {made.seq + 1}" in said
    assert "It holds." in said
    file = tmp_path / made.file
    (folder / made.file).rename(file)
    said = elsewhere.run("audit", "verify", "--cut-off", str(file), *at).stdout
    assert f"{made.seq} events, which join the chain" in said
    file.write_bytes(file.read_bytes()[:-10])
    done = elsewhere.run("audit", "verify", "--cut-off", str(file), *at, code=1)
    assert "not the file that was written" in done.stdout
    assert "is not named as" in elsewhere.refuse("audit", "verify", "--cut-off", str(tmp_path / "x"), *at)


def test_what_stands_out_is_shown_and_printed_for_a_spreadsheet(server: Server, elsewhere: Cli) -> None:
    at = ("--url", server.url)
    make_project(server, "AUDITED")
    assert "project.created" in elsewhere.run("audit", "analytics", *at).stdout
    lines = elsewhere.run("audit", "analytics", "--by", "day", "--csv", "counts", *at).stdout.splitlines()
    assert lines[0] == "day,success,denied,failure"
    listed = elsewhere.json("audit", "list", "--project", "AUDITED", "--limit", "1", *at)
    assert [one["action"] for one in listed["events"]] == ["project.created"]


def test_a_hub_elsewhere_sends_a_backup_of_itself(server: Server, elsewhere: Cli, tmp_path: Path) -> None:
    at = ("--url", server.url)
    file = tmp_path / "hub.backup"
    said = elsewhere.run("backup", "fetch", str(file), *at).stdout
    assert "secrets.key is not in it" in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert not archive.read(file).has_key
    assert "by owner" in elsewhere.run("backup", "last", *at).stdout
    assert "overwrites nothing" in elsewhere.refuse("backup", "fetch", str(file), *at)
    nowhere = ("--url", "http://127.0.0.1:9")
    assert "did not send the file" in elsewhere.refuse("backup", "fetch", str(tmp_path / "x"), *nowhere)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.backup", "mine"]
