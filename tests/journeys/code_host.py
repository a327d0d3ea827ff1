"""A code host for the journeys: git's own server and a GitHub that somebody else wrote, behind one door that can kill a hub as something passes.

What the GitHub stand-in does not refuse, a second pull request of the same branch, is what makes it a strict judge: nothing but the hub's own
care keeps it at one. The door hands on what comes, byte for byte, but for commits that the stand-in makes up; the kill is the only thing
of its own that it does.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.peers.github import emulated

TOKEN = "tok_ada"
API = "/api/v3"
When = Literal["before", "after"]
PASSING = ("push asked", "pushed", "pulls listed", "repository read", "pull opened")
"""What passes between a click and its pull request, in this order."""


class Door(ThreadingHTTPServer):
    """`folder`: of the bare repository's parent. `peer`: the stand-in's base URL."""

    daemon_threads = True

    def __init__(self, folder: Path, peer: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.folder = folder
        self.peer = peer
        self.passed: list[str] = []
        self.killed = threading.Event()
        self.is_away = False
        """Whether the GitHub behind it answers nothing but 503; git's own server goes on."""
        self.stands_for: dict[str, str] = {}
        """By the commits that the stand-in makes up, since it is told of no push: the branches whose heads are told in their place."""
        self._kill: tuple[str, When, int] | None = None
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def kill_at(self, what: str, when: When, pid: int) -> None:
        """Kill that process once, when this passes next."""
        self.killed.clear()
        self._kill = (what, when, pid)

    def passing(self, what: str, when: When) -> bool:
        """Returns whether it killed somebody."""
        with self._turn:
            if self._kill is None or self._kill[:2] != (what, when):
                return False
            pid, self._kill = self._kill[2], None
        os.kill(pid, signal.SIGKILL)
        self.killed.set()
        return True

    def told_right(self, text: bytes, *, asked: bool = False) -> bytes:
        """With the true heads of branches, or, as the stand-in is `asked`, with those that it knows."""
        for made_up, branch in self.stands_for.items():
            where = ["git", "-C", str(self.folder / "ada" / "shop.git"), "rev-parse", branch]
            true = subprocess.run(where, capture_output=True, check=True).stdout.strip()
            text = text.replace(true, made_up.encode()) if asked else text.replace(made_up.encode(), true)
        return text

    def pulls(self, branch: str) -> list[Any]:
        """All pull requests of a branch, open or not, as the stand-in itself tells them."""
        asked = http.client.HTTPConnection(urlsplit(self.peer).netloc, timeout=20)
        with contextlib.closing(asked):
            path = f"/repos/ada/shop/pulls?head=ada:{branch}&state=all&per_page=100"
            asked.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
            found = json.loads(asked.getresponse().read())
        return [one for one in found if one["head"]["ref"] == branch]


class _Passing(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        what = self._what()
        if what:
            self.server.passed.append(what)
        is_git = ".git/" in self.path
        if self.server.passing(what, "before") and not is_git:
            self.close_connection = True  # whoever asked is dead, and nothing came through
            return
        if self.server.is_away and not is_git:
            self.send_error(503)
            return
        answer = self._from_git() if is_git else self._from_peer()
        if self.server.passing(what, "after") and not is_git:
            self.close_connection = True
            return
        status, fields, content = answer
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    do_POST = do_GET
    do_PUT = do_GET
    do_PATCH = do_GET

    def _what(self) -> str:
        path, _, query = self.path.partition("?")
        match self.command, path.removeprefix(API):
            case "GET", "/ada/shop.git/info/refs" if "git-receive-pack" in query:
                return "push asked"
            case "POST", "/ada/shop.git/git-receive-pack":
                return "pushed"
            case "GET", "/repos/ada/shop/pulls":
                return "pulls listed"
            case "GET", "/repos/ada/shop":
                return "repository read"
            case "POST", "/repos/ada/shop/pulls":
                return "pull opened"
        return ""

    def _from_git(self) -> tuple[int, dict[str, str], bytes]:
        body = self._body()
        said = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if said.partition(":")[2] != TOKEN:
            return 401, {"WWW-Authenticate": 'Basic realm="git"'}, b""
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "ada",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return int(fields.pop("Status", "200").split()[0]), fields, content

    def _from_peer(self) -> tuple[int, dict[str, str], bytes]:
        asked = http.client.HTTPConnection(urlsplit(self.server.peer).netloc, timeout=20)
        fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        with contextlib.closing(asked):
            path = self.server.told_right(self.path.removeprefix(API).encode(), asked=True).decode()
            body = self.server.told_right(self._body(), asked=True)
            asked.request(self.command, path, body=body or None, headers=fields)
            answer = asked.getresponse()
            kept = ("content-type", "etag", "link", "location", "retry-after")
            told = {name: value for name, value in answer.getheaders() if name.lower() in kept}
            return answer.status, told, self.server.told_right(answer.read())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def code_host(scratch: Path, repository: Path) -> Iterator[Door]:
    """`repository` is what ada/shop holds. Raises `PeerMissing`."""
    served = scratch / "served" / "ada" / "shop.git"
    served.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(repository), str(served)], check=True)
    subprocess.run(["git", "-C", str(served), "config", "http.receivepack", "true"], check=True)
    with emulated(scratch) as peer, Door(scratch / "served", peer) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()
