"""Git's own server, `git http-backend`, over HTTP on loopback: it asks for a token as the password, and takes pushes.

Every request is counted, and it can be told to refuse those to come, or what it is to do after a push.
"""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "s3cret-token"


@dataclass
class GitServer:
    """`url`: without a slash at the end; below it lie the bare repositories of `root`, as `owner/name.git` or any other path."""

    root: Path
    token: str = TOKEN
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """Method and path of what was asked, in order."""
    refuses: int | None = None
    """The status that every request is answered with from now on."""
    after_push: Callable[[Path], None] | None = None
    """Called with the repository after each push, before its answer is sent."""

    def add(self, path: str, source: Path) -> Path:
        """Serve a bare clone of `source` at this path, without `.git`; returns its folder."""
        folder = self.root / f"{path}.git"
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(source), str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "config", "http.receivepack", "true"], check=True)
        return folder

    @property
    def pushes(self) -> int:
        return sum(line.startswith("POST") and line.endswith("git-receive-pack") for line in self.seen)


def ask_git(root: Path, method: str, target: str, headers: Message, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """As little of CGI as git http-backend needs. Returns status, headers and body."""
    path, _, query = target.partition("?")
    env = {
        **{"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1"},
        **{"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method, "REMOTE_USER": "someone"},
        **{"CONTENT_TYPE": headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body))},
        **{"HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", "")},
        **{"GIT_PROTOCOL": headers.get("Git-Protocol", ""), "GIT_CONFIG_NOSYSTEM": "1"},
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return int(fields.pop("Status", "200").split()[0]), fields, content


def password_of(headers: Message) -> str:
    """What was shown by basic authentication; "" where nothing was."""
    return base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")[2]


class Requests(BaseHTTPRequestHandler):
    """Base of small servers: reads bodies however they come, and says nothing."""

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status: int, fields: Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Git(Requests):
    git: GitServer

    def do_GET(self) -> None:
        git = self.git
        git.seen.append(f"{self.command} {self.path}")
        body = self.body()
        if git.refuses is not None:
            return self.answer(git.refuses, {}, b"Not now.\n")
        if password_of(self.headers) != git.token:
            return self.answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        answer = ask_git(git.root, self.command, self.path, self.headers, body)
        path = self.path.partition("?")[0]
        if git.after_push is not None and path.endswith("/git-receive-pack") and self.command == "POST":
            git.after_push(git.root / path.strip("/").removesuffix("/git-receive-pack"))
        return self.answer(*answer)

    do_POST = do_GET


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on a free port of loopback; its base URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def git_serving(root: Path, token: str = TOKEN) -> Iterator[GitServer]:
    """Serve the repositories below a folder, which is made where it is not there."""
    root.mkdir(parents=True, exist_ok=True)
    git = GitServer(root, token)
    with serving(type("Git", (_Git,), {"git": git})) as git.url:
        yield git
