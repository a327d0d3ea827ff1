"""A GitHub that somebody else wrote: `emulate`, a stand-in with a memory, behind `prism`, which holds each request to GitHub's own description.

scripts/peers/github.sh installs both. What emulate lacks: git over HTTP, ETags, commit statuses, GraphQL, transferred issues, and refusals: a token
that it does not know is ada's, and everybody may write everywhere. Names of objects are git's, so that `tell_of_push` makes it know a pushed
branch by its true commits; but the head of a pull request that is open stays where it was when it was opened.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SCRIPT = Path(__file__).parents[2] / "scripts" / "peers" / "github.sh"
APP, INSTALLATION = "4242", "777"
SEED = """\
tokens:
  tok_ada: {{login: ada, scopes: [repo, user]}}
  tok_eve: {{login: eve, scopes: [repo, user]}}
github:
  users: [{{login: ada, name: Ada}}, {{login: eve, name: Eve}}]
  repos: [{{owner: ada, name: shop, description: A shop, auto_init: true}}]
  apps:
    - app_id: {app}
      slug: our-app
      name: Our app
      private_key: {key}
      permissions: {{contents: write, pull_requests: write, issues: write, metadata: read, checks: write}}
      installations: [{{installation_id: {installation}, account: ada, repository_selection: all}}]
"""


class PeerMissing(Exception):
    """It cannot be installed here; the text says why."""


@cache
def folder() -> Path:
    """Where all of it is installed. Raises `PeerMissing`."""
    if shutil.which("npm") is None:
        raise PeerMissing("npm is not installed")
    done = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, timeout=500, check=False)
    if done.returncode:
        raise PeerMissing(f"{SCRIPT.name} failed: {done.stderr[-300:]}")
    return Path(done.stdout.strip())


@cache
def app_key() -> str:
    """The private key of the App that is installed at ada's, PEM."""
    made = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@dataclass(frozen=True)
class Peer:
    """`url`: what is under test talks to, every request held to the description. `direct`: for what people do there."""

    url: str
    direct: str

    def do(self, method: str, path: str, who: str = "ada", /, **body: object) -> Any:
        """What a person does there; the answer's JSON."""
        headers = {"Authorization": f"Bearer tok_{who}", "Content-Type": "application/json"}
        asked = http.client.HTTPConnection(urlsplit(self.direct).netloc, timeout=30)
        with contextlib.closing(asked):
            asked.request(method, path, body=json.dumps(body) if body else None, headers=headers)
            answer = asked.getresponse()
            said = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {said.decode()}"
        return json.loads(said) if said else None

    def make_repository(self, name: str) -> str:
        """One of ada's with a first commit on `main`; returns `ada/name`."""
        self.do("POST", "/user/repos", name=name, auto_init=True)
        return f"ada/{name}"

    def tell_of_push(self, repository: str, source: Path, branch: str) -> str:
        """As git would if emulate spoke it: the branch of `source` with all of its commits, forced. Returns its head."""

        def git(*words: str) -> bytes:
            return subprocess.run(["git", "-C", str(source), *words], check=True, capture_output=True).stdout

        at = f"/repos/{repository}/git"
        commits = git("rev-list", "--reverse", "--topo-order", branch).decode().split()
        for commit in commits:
            entries = []
            for line in filter(None, git("ls-tree", "-r", "-z", commit).decode().split("\0")):
                mode, kind, name = line.partition("\t")[0].split()
                if kind == "blob":
                    content = base64.b64encode(git("cat-file", "blob", name)).decode()
                    self.do("POST", f"{at}/blobs", content=content, encoding="base64")
                entries.append({"path": line.partition("\t")[2], "mode": mode, "type": kind, "sha": name})
            tree = self.do("POST", f"{at}/trees", tree=entries)["sha"]
            form = "%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
            parents, an, ae, ad, cn, ce, cd, message = git("log", "-1", f"--format={form}", commit).decode().split("\0")
            made = self.do(
                "POST",
                f"{at}/commits",
                message=message.rstrip("\n") + "\n",
                tree=tree,
                parents=parents.split(),
                author={"name": an, "email": ae, "date": ad},
                committer={"name": cn, "email": ce, "date": cd},
            )
            assert made["sha"] == commit, f"emulate names {commit} {made['sha']}"
        known = {one["ref"] for one in self.do("GET", f"{at}/matching-refs/heads/{branch}")}
        if f"refs/heads/{branch}" in known:
            self.do("PATCH", f"{at}/refs/heads/{branch}", sha=commits[-1], force=True)
        else:
            self.do("POST", f"{at}/refs", ref=f"refs/heads/{branch}", sha=commits[-1])
        return commits[-1]

    def check(self, repository: str, head: str, name: str, conclusion: str | None, summary: str = "") -> Any:
        """A check run on a commit; `conclusion` None: it is at work."""
        said: dict[str, Any] = {"status": "in_progress"}
        if conclusion is not None:
            said = {"status": "completed", "conclusion": conclusion}
        if summary:
            said["output"] = {"title": name, "summary": summary}
        return self.do("POST", f"/repos/{repository}/check-runs", name=name, head_sha=head, **said)


@contextlib.contextmanager
def emulated(scratch: Path, more: str = "") -> Iterator[str]:
    """emulate alone: its base URL. `more`: further lines of what it begins with. Raises `PeerMissing`."""
    port = _free_port()
    seed = scratch / "seed.yaml"
    seed.write_text(SEED.format(app=APP, installation=INSTALLATION, key=json.dumps(app_key())) + more)
    program = folder() / "node_modules" / "emulate" / "dist" / "index.js"
    words = [str(program), "start", "-p", str(port), "-s", "github", "--seed", str(seed)]
    with _running(words, scratch, "Ready"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def github(scratch: Path) -> Iterator[Peer]:
    """emulate behind prism; at the end every request must have been one that GitHub describes. Raises `PeerMissing`."""
    port = _free_port()
    with emulated(scratch) as direct:
        program = folder() / "node_modules" / ".bin" / "prism"
        words = [str(program), "proxy", "-h", "127.0.0.1", "-p", str(port), str(folder() / "github.json"), direct]
        with _running(words, scratch, "Prism is listening") as said:
            peer = Peer(f"http://127.0.0.1:{port}", direct)
            yield peer
            # It writes its log a little later: what came before this question is there when the answer to it is.
            Peer(peer.url, peer.url).do("GET", "/rate_limit?the=last")
            said.wait_for("/rate_limit?the=last...")
    found = violations(said.lines)
    assert not found, "\n".join(found)


def violations(lines: Iterable[str]) -> list[str]:
    """What prism found wrong with requests, each behind the request that it found it in. Answers are emulate's, and not ours to mend."""
    found, asked = [], ""
    for line in (re.sub(r"\x1b\[[0-9;]*m", "", one).rstrip() for one in lines):
        if "[PROXY]" in line and "> Forwarding" in line:
            asked = line.partition("Forwarding ")[2].removesuffix("...")
        if "Violation: request" in line:
            found.append(f"{asked}: {line.partition('Violation: ')[2]}")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class _Said:
    """The lines that a program writes, as they come."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines: list[str] = []
        self._stream = stream
        self._news = threading.Condition()
        self._over = False

    def read(self) -> None:
        for line in self._stream:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()

    def wait_for(self, words: str, seconds: float = 60) -> None:
        def said() -> bool:
            return any(words in line for line in self.lines)

        with self._news:
            self._news.wait_for(lambda: self._over or said(), seconds)
        assert said(), "".join(self.lines)


@contextlib.contextmanager
def _running(words: list[str], scratch: Path, ready: str) -> Iterator[_Said]:
    """One of them from when it says that it is ready until it has ended."""
    node = folder().parent / "node" / "node_modules" / ".bin" / "node"
    process = subprocess.Popen(
        [str(node), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=scratch
    )
    assert process.stdout is not None
    said = _Said(process.stdout)
    reader = threading.Thread(target=said.read)
    reader.start()
    try:
        said.wait_for(ready)
        yield said
    finally:
        process.terminate()
        process.wait(20)
        reader.join(20)
        process.stdout.close()
