"""A backup as people make it: of a hub at work, as one file; and a hub that goes on from it elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from coderclawlink.access import proof, secrets
from coderclawlink.db import archive, backup
from coderclawlink.db.backup import Damaged, Saved, TooNew
from coderclawlink.db.engine import Look, open_database
from coderclawlink.db.migrate import is_current, migrate
from coderclawlink.db.schema import audit as audited
from coderclawlink.db.schema import events, projects, tasks
from coderclawlink.engine.dbos import make_tables
from coderclawlink.errors import Invalid
from tests import forked
from tests import postgres as postgres_server
from tests.cli.conftest import END_SECONDS, environment
from tests.web.conftest import serving
from tests.web.fuzzing import Known, furnish

WORTH_READING = (
    "/api/projects/{project_id}",
    "/api/tasks?project_id={project_id}",
    "/api/tasks/{task_id}",
    "/api/tasks/{task_id}/comments",
    "/api/tasks/{task_id}/attachments",
    "/api/attachments/{attachment_id}",
    "/api/projects/{project_id}/labels",
    "/api/runs/{run_id}",
    "/api/runs/{run_id}/events",
    "/api/runs/{run_id}/diff",
    "/api/comparisons/{comparison_id}",
    "/api/chat/{chat_id}",
    "/api/views",
    "/api/search?q=another",
)
DAMAGED_AT = 40


@dataclass
class Place:
    """A data directory, and the URL of its database where that is not in it."""

    home: Path
    url: str | None = None

    def run(self, *words: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        url = {} if self.url is None else {"DATABASE_URL": self.url}
        done = forked.run(words, environment(self.home, **url, **env), "", self.home.parent, END_SECONDS)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    @property
    def store(self) -> str:
        return self.url or f"sqlite:///{self.home / 'clawlink.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """Where a hub is, and where it is to be."""
    old, new = Place(tmp_path / "old"), Place(tmp_path / "new")
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres")
            old.url = stack.enter_context(postgres_server.database(server))
            new.url = stack.enter_context(postgres_server.database(server))
        yield old, new


def read(url: str, known: Known) -> dict[str, Any]:
    with httpx2.Client(base_url=url, timeout=20) as client:
        answers = {where: client.get(where.format_map(known)) for where in WORTH_READING}
    assert {answer.status_code for answer in answers.values()} == {200}, answers
    return {where: answer.content for where, answer in answers.items()}


@contextlib.contextmanager
def writing(url: str) -> Iterator[None]:
    """Make tasks as fast as the hub takes them; some stand there before the block begins."""
    enough, stop, failed = threading.Event(), threading.Event(), []

    def work() -> None:
        with httpx2.Client(base_url=url, timeout=20) as client:
            project = client.post("/api/projects", json={"name": "Load", "key": "LOAD"}).json()["id"]
            for number in range(1_000_000):
                made = client.post("/api/tasks", json={"project_id": project, "title": f"Task {number}"})
                failed.extend([made.text] if made.status_code != 201 else [])
                if number == 20:
                    enough.set()
                if stop.is_set():
                    return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert enough.wait(20)
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not failed


def of_the_load(look: Look) -> tuple[int, int, int, int]:
    """What must be the same number: tasks, the last one's number, and what the journal and the audit chain tell of them."""
    project = look.scalar(sa.select(projects.c.id).where(projects.c.key == "LOAD"))
    return (
        look.scalar(sa.select(sa.func.count()).where(tasks.c.project_id == project)),
        look.scalar(sa.select(projects.c.last_task_number).where(projects.c.id == project)),
        look.scalar(sa.select(sa.func.count()).where(events.c.project_id == project, events.c.kind == "task.created")),
        look.scalar(
            sa.select(sa.func.count()).where(audited.c.project_id == project, audited.c.action == "task.created")
        ),
    )


def test_a_hub_goes_on_elsewhere_from_what_was_backed_up_while_it_worked(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    old, new = places
    file = tmp_path / "hub.backup"
    with serving(old.home, database=old.url) as server:
        known = asyncio.run(furnish(server))
        session = httpx2.post(f"{server.url}/api/runtime/sessions", json={"user_id": "ann"}).json()["session_id"]
        before = read(server.url, known)
        with writing(server.url):
            said = old.run("backup", str(file)).stdout
        assert "1 attachment" in said
        assert httpx2.get(f"{server.url}/api/runs/{known['run_id']}").status_code == 200
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is whole" in old.run("backup", "verify", str(file)).stdout

    new.run("restore", str(file), "--data", str(new.home))
    assert new.home.stat().st_mode & 0o777 == 0o700
    with serving(new.home, database=new.url) as server:
        assert read(server.url, known) == before
        with server.hub.db.look() as look:
            counts = of_the_load(look)
            verified = proof.verify(look)
        assert counts[0] > 20
        assert len(set(counts)) == 1, counts
        assert verified.broken is None
        assert verified.events > 20
        me = httpx2.get(f"{server.url}/api/me", headers={"Authorization": f"Bearer {session}"})
        assert me.json()["user"] == "ann", me.text
        answered = httpx2.post(f"{server.url}/api/questions/{known['question_id']}/answer", json={"option": "y"})
        assert answered.status_code == 200, answered.text
        task = httpx2.post(f"{server.url}/api/tasks", json={"project_id": known["project_id"], "title": "Goes on"})
        assert task.status_code == 201, task.text
        run = httpx2.post(
            f"{server.url}/api/runs", json={"agent": "claude", "prompt": "On", "task_id": known["task_id"]}
        )
        assert run.status_code == 201, run.text


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a hub with one project, made by the command."""
    place = Place(tmp_path_factory.mktemp("small") / "data")
    place.home.mkdir(mode=0o700)
    with open_database(place.store) as db:
        migrate(db)
    file = place.home.parent / "small.backup"
    place.run("backup", str(file))
    return file


def test_what_is_cut_off_or_altered_anywhere_is_refused(small: Path, tmp_path: Path) -> None:
    whole = small.read_bytes()
    other = tmp_path / "other.backup"
    places = [10 + (len(whole) - 11) * n // (DAMAGED_AT - 1) for n in range(DAMAGED_AT)]
    for place in places:
        other.write_bytes(whole[:place])
        with pytest.raises(Damaged):
            archive.read(other)
        other.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(Damaged):
            archive.read(other)
    print(f"{2 * DAMAGED_AT} of {2 * DAMAGED_AT} damaged backups refused")


def test_what_a_damaged_backup_would_make_is_not_made(small: Path, tmp_path: Path) -> None:
    other, place = tmp_path / "other.backup", Place(tmp_path / "data")
    other.write_bytes(small.read_bytes()[:-100])
    assert "damaged or cut off" in place.run("restore", str(other), "--data", str(place.home), code=2).stderr
    assert "no file" in place.run("backup", "verify", str(tmp_path / "none"), code=2).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["other.backup"]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "database/../../evil", "node.key", "manifest.json/x"])
def test_a_part_that_would_lie_elsewhere_is_refused(small: Path, tmp_path: Path, name: str) -> None:
    other, into = tmp_path / "other.backup", tmp_path / "into"
    with tarfile.open(other, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(Damaged, match="no backup holds"):
        archive.read(other, into)
    assert not into.exists()


def test_a_part_that_is_a_link_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.backup"
    with tarfile.open(other, "w:gz") as tar:
        entry = tarfile.TarInfo("agents.toml")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with pytest.raises(Damaged, match="no backup holds"):
        archive.read(other, tmp_path / "into")


def test_nothing_is_overwritten(small: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    place.run("restore", str(small), "--data", str(place.home))
    kept = (place.home / "clawlink.db").read_bytes()
    assert "not empty" in place.run("restore", str(small), "--data", str(place.home), code=2).stderr
    assert (place.home / "clawlink.db").read_bytes() == kept
    content = small.read_bytes()
    assert "overwrites nothing" in place.run("backup", str(small), code=2).stderr
    assert small.read_bytes() == content
    assert "data directory" in Place(tmp_path / "none").run("backup", str(tmp_path / "new.backup"), code=2).stderr
    (empty := Place(tmp_path / "empty")).home.mkdir()
    assert "no database" in empty.run("backup", str(tmp_path / "new.backup"), code=2).stderr
    assert not (tmp_path / "new.backup").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_database_with_something_in_it_is_left_as_it_is(places: tuple[Place, Place], tmp_path: Path) -> None:
    old, new = places
    for place in places:
        place.home.mkdir(mode=0o700)
    with open_database(old.store) as db:
        migrate(db)
    with open_database(new.store) as db:
        migrate(db)
        with db.writing.connect() as connection, connection.begin():
            connection.exec_driver_sql(
                "INSERT INTO users (id, role, state, created_at) VALUES ('ann', 'viewer', 'active', 1)"
            )
    folder = tmp_path / "parts"
    folder.mkdir()
    saved = backup.save(old.store, folder)
    with pytest.raises(backup.NotEmpty):
        backup.load(new.store, folder, saved, make_tables)
    with open_database(new.store) as db, db.look() as look:
        assert look.scalar(sa.text("SELECT id FROM users")) == "ann"  # type: ignore[arg-type]


def test_an_older_backup_is_brought_to_this_version(places: tuple[Place, Place], tmp_path: Path) -> None:
    old, new = places
    with open_database(old.store) as db:
        migrate(db, "0006_pre")
        with db.writing.connect() as connection, connection.begin():
            connection.exec_driver_sql("INSERT INTO users (id, role, created_at) VALUES ('ann', 'viewer', 1)")
    folder = tmp_path / "parts"
    folder.mkdir()
    saved = backup.save(old.store, folder)
    assert saved.revision == "0006_pre"
    backup.load(new.store, folder, saved, make_tables)
    with open_database(new.store) as db:
        assert is_current(db)
        with db.look() as look:
            assert look.scalar(sa.text("SELECT state FROM users WHERE id = 'ann'")) == "active"  # type: ignore[arg-type]


def test_a_backup_of_a_newer_version_and_of_the_other_database_are_refused(tmp_path: Path) -> None:
    newer = Saved(dialect="sqlite", revision="9999_pre", attachments=())
    with pytest.raises(TooNew):
        backup.load(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, newer, make_tables)
    with pytest.raises(Invalid, match="PostgreSQL"):
        backup.load("postgresql://127.0.0.1:9/x", tmp_path, newer, make_tables)
    assert not list(tmp_path.iterdir())


async def test_no_secret_is_in_it(tmp_path: Path, anyio_backend: str) -> None:
    place = Place(tmp_path / "data")
    place.home.mkdir(mode=0o700)
    vault = secrets.Vault(place.home)
    planted = {name: f"planted-{name}-0123456789" for name in ("node", "vault", "token")}
    with open_database(place.store) as db:
        migrate(db)
        await db.write(secrets.put, vault, "host", planted["vault"], "owner")
    (place.home / "secrets").mkdir(mode=0o700)
    (place.home / "secrets" / "API_KEY").write_text(planted["node"])
    (place.home / "node.key").write_text(planted["token"])
    (place.home / "node.db").write_text(planted["token"])
    (place.home / "agents.toml").write_text(f'[agents.mine]\ncommand = ["x"]\nenv = {{ KEY = "{planted["node"]}" }}\n')
    (place.home / "prices.toml").write_text("[models]\n")
    key = (place.home / "secrets.key").read_bytes()

    without, with_key = tmp_path / "without", tmp_path / "with"
    done = place.run("backup", str(without))
    assert "API_KEY in plain" in done.stderr
    assert "secrets.key is not in it" in done.stdout
    content = gzip.decompress(without.read_bytes())
    assert [name for name, value in planted.items() if value.encode() in content] == []
    assert key not in content
    assert [part.name for part in archive.read(without).parts] == ["database/clawlink.db", "prices.toml"]

    (place.home / "agents.toml").write_text('[agents.mine]\ncommand = ["x"]\nenv = { KEY = "{secret:API_KEY}" }\n')
    place.run("backup", str(with_key), "--with-key")
    new = Place(tmp_path / "new")
    new.run("restore", str(with_key), "--data", str(new.home))
    assert sorted(path.name for path in new.home.iterdir()) == [
        "agents.toml",
        "clawlink.db",
        "prices.toml",
        "secrets.key",
    ]
    with open_database(new.store) as db:
        assert await db.read(secrets.get, secrets.Vault(new.home), "host") == planted["vault"]


def test_an_attachment_that_is_gone_or_has_changed_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    with serving(place.home) as server:
        known = asyncio.run(furnish(server))
        second = httpx2.put(
            f"{server.url}/api/tasks/{known['task_id']}/attachments", params={"name": "more.txt"}, content=b"More"
        )
        assert second.status_code == 201, second.text
    one, other = sorted(path for path in (place.home / "attachments").glob("??/*") if len(path.name) == 64)
    one.unlink()
    other.write_bytes(b"altered")
    done = place.run("backup", str(tmp_path / "hub.backup"))
    assert "not in the backup: 1." in done.stderr
    assert "when they were attached: 1." in done.stderr
    assert "1 attachment," in place.run("backup", "verify", str(tmp_path / "hub.backup")).stdout


def test_the_journal_tells_that_a_backup_was_made(small: Path) -> None:
    store = f"sqlite:///{small.parent / 'data' / 'clawlink.db'}"
    with open_database(store) as db, db.look() as look:
        rows = look.rows(sa.select(events.c.kind, events.c.actor).where(events.c.kind == "backup.made"))
    assert [(row["kind"], row["actor"]) for row in rows] == [("backup.made", "owner")]
