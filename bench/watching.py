"""Count the calls that an open pull request costs in an hour, by polling and by webhooks: `python -m bench watching`.

The hub's watcher and its rows are real, as is GitHub's stand-in (npm's `emulate`); a door before it adds the ETags and
commit statuses that GitHub has and it has not.
Only the hour is not waited for: after each look the clock is taken to stand where the next one is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from bench.rows import Found, Row, not_run
from coderclawlink import app
from coderclawlink.access.policy import OWNER
from coderclawlink.app import Hub
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import pull_requests as table
from coderclawlink.integrations.watching import Watcher
from coderclawlink.journal import duty
from coderclawlink.pulls import pull_requests, watched
from coderclawlink.settings import Settings
from tests.journeys.code_host import TOKEN
from tests.peers.github import Peer, PeerMissing, emulated

NO_STATUSES = b'{"state": "pending", "statuses": []}'
HOUR = 3600.0
HOURS = 5
CHANGES = 6
"""Things that happen to the pull request in an hour, where something does."""


@dataclass(frozen=True)
class Case:
    """`changes`: in an hour. `pending`: a check is at work all the time."""

    name: str
    changes: int = 0
    hooked: bool = False
    pending: bool = False
    quiet: bool = False


CASES = (
    Case("polling, a check under way", pending=True),
    Case(f"polling, {CHANGES} changes an hour", changes=CHANGES),
    Case("polling, nothing happens"),
    Case("polling, nothing has happened for a day", quiet=True),
    Case(f"webhooks, {CHANGES} changes an hour", changes=CHANGES, hooked=True),
    Case("webhooks, nothing happens", hooked=True),
)


class Door(ThreadingHTTPServer):
    """Hands on what is asked, answers 304 to a known ETag, and counts."""

    daemon_threads = True

    def __init__(self, peer: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.peer = urlsplit(peer).netloc
        self.calls = 0
        self.counted = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        status, content = (200, NO_STATUSES) if self.path.partition("?")[0].endswith("/status") else self._from_peer()
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        is_known = status == 200 and self.headers.get("If-None-Match") == etag
        self.server.calls += 1
        self.server.counted += not is_known
        self.send_response(304 if is_known else status)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(0 if is_known else len(content)))
        self.end_headers()
        if not is_known:
            self.wfile.write(content)

    def _from_peer(self) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection(self.server.peer, timeout=20)) as asked:
            asked.request("GET", self.path, headers={"Authorization": self.headers.get("Authorization", "")})
            answer = asked.getresponse()
            return answer.status, answer.read()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def _door(peer: str) -> Iterator[Door]:
    with Door(peer) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()


def measure(quick: bool) -> Found:
    with tempfile.TemporaryDirectory(prefix="clawlink-watching-") as folder:
        try:
            with emulated(Path(folder)) as peer, _door(peer) as door:
                rows = asyncio.run(_measure(Path(folder), Peer(peer, peer), door, 1 if quick else HOURS))
        except PeerMissing as missing:
            rows = [not_run("watching", missing)]
    return Found(
        "Watching an open pull request: calls an hour",
        "Hub and rows are real, GitHub is npm's `emulate` with ETags added; the clock is simulated. GitHub allows 5,000 an hour, 304s uncounted.",
        rows,
    )


async def _measure(folder: Path, peer: Peer, door: Door, hours: int) -> list[Row]:
    settings = Settings(
        clawlink_home=folder / "data", github_server_url=door.url, github_api_url=door.url, github_token=TOKEN
    )
    settings.clawlink_home.mkdir()
    with open_database(settings.store_url) as db:
        migrate(db)
        db.write_now(duty.claim, "watch", "the figure", 86_400)  # the hub leaves looking to us
    rows = []
    async with app.open_hub(settings) as hub:
        for number, case in enumerate(CASES):
            rows.append(await _count(hub, peer, door, case, number, 1 if case.pending else hours))
    return rows


async def _count(hub: Hub, peer: Peer, door: Door, case: Case, at: int, hours: int) -> Row:
    name = f"shop-{at}"
    here = f"/repos/{peer.make_repository(name)}"
    main = peer.do("GET", f"{here}/git/ref/heads/main")["object"]["sha"]
    tree = peer.do("GET", f"{here}/git/commits/{main}")["tree"]["sha"]
    made = peer.do("POST", f"{here}/git/commits", message="More", tree=tree, parents=[main])["sha"]
    peer.do("POST", f"{here}/git/refs", ref="refs/heads/work", sha=made)
    there = peer.do("POST", f"{here}/pulls", title="More", head="work", base="main")
    head = there["head"]["sha"]
    if case.pending:
        peer.check(f"ada/{name}", head, "test", None)
    if case.hooked:
        await hub.db.write(watched.heard, f"hook-{at}")
    pull = await hub.db.write(_opened, door.url, name, there["number"], at)
    watcher = Watcher(hub.db, hub.app.state.rooms.hosts, hub.runtime)
    await watcher.look(await hub.db.read(pull_requests.find, pull))
    door.calls = door.counted = 0
    looks, now, due = 0, 0.0, 0.0
    every = HOUR / case.changes if case.changes else None
    happens = every or float("inf")
    while (now := min(due, happens)) < hours * HOUR:
        if now == happens:
            peer.do("POST", f"{here}/issues/{there['number']}/comments", "eve", body=f"At {now:.0f}")
            happens += every or 0.0
            if not case.hooked:
                continue
        if case.quiet:
            await hub.db.write(_long_ago, pull)
        noted = await watcher.look(await hub.db.read(pull_requests.find, pull))
        looks += 1
        due = now + max(1.0, (noted.look_next_at or 0.0) - await hub.db.read(lambda look: look.now()))
    value = f"{door.counted / hours:.0f}"
    return Row(
        case.name, value, "", f"{looks / hours:.1f} looks, {door.calls / hours:.0f} calls with those answered 304"
    )


def _opened(tx: Tx, server: str, name: str, number: int, at: int) -> int:
    project = projects.create(tx, OWNER, name=name, key=f"SHOP{at}")
    task = tasks.create(tx, OWNER, project_id=project.id, title="More")
    words = dict.fromkeys(("name", "title", "branch", "base", "head"), "")
    states = {"state": "open", "checks": "none", "review": "none", "mergeable": "unknown", "draft": False}
    where = {
        "server": server,
        "owner": "ada",
        "repo": name,
        "number": number,
        "url": f"{server}/ada/{name}/pull/{number}",
    }
    times = {"opened_at": tx.now(), "changed_at": tx.now()}
    return tx.insert(table.insert().values(task_id=task.id, project_id=project.id, **words, **states, **where, **times))


def _long_ago(tx: Tx, pull: int) -> None:
    tx.change(table.update().where(table.c.id == pull).values(changed_at=tx.now() - 2 * 86_400))
