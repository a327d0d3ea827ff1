"""What lies where on a node: one folder that holds the mirrors of repositories and the attempts of runs.

    mirrors/<hash>.git                bare, one per repository; all work that was saved outlives its attempt here
    mirrors/<hash>.lock               held while the mirror's refs are changed
    runs/<run>/<attempt>/work         what the agent works on: an ordinary repository of its own, `.git` and all
    runs/<run>/<attempt>/home         the agent's HOME
    runs/<run>/<attempt>/attachments  what people attached to the task, for the agent to read
    runs/<run>/<attempt>/git          our own git directory for `work`, out of the agent's reach
    runs/<run>/<attempt>/check/…      the same once more, for one check of the result, while it is under way
    runs/<run>/<attempt>/lock         held while the attempt is in use
    runs/<run>/<attempt>/index.lock   held while our git directory's index is in use
    runs/<run>/<attempt>/checkout.json

Above: the verbs of `workspaces`. Below: the file system. Locks are flock(2): they end with the process that held them.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.errors import Invalid
from coderclawlink.workspaces.git import Place

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_LOOK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True)
class Store:
    """The folder of one node."""

    root: Path

    def mirror(self, repository: str | None, run: str) -> Path:
        """The mirror of a repository; a run without one has a mirror of its own."""
        name = hashlib.sha256((repository if repository is not None else f"run:{run}").encode()).hexdigest()[:32]
        return self.root / "mirrors" / f"{name}.git"

    def folder(self, run: str, attempt: int) -> Path:
        """The folder of an attempt. Raises `Invalid` for a run whose id is no safe name."""
        if not _SAFE_NAME.fullmatch(run):
            raise Invalid(f"A run's id cannot be {run!r}.")
        return self.root / "runs" / run / str(attempt)

    def attempts(self) -> list[tuple[str, int]]:
        """All attempts that have a folder here."""
        return [
            (folder.parent.name, int(folder.name))
            for folder in sorted((self.root / "runs").glob("*/*"))
            if folder.name.isdecimal() and folder.is_dir()
        ]

    def find(self, run: str, attempt: int) -> Checkout | None:
        """The checkout of an attempt, when it was made completely and still lies here."""
        folder = self.folder(run, attempt)
        try:
            kept = json.loads((folder / "checkout.json").read_text())
        except FileNotFoundError:
            return None
        return Checkout(
            run=run,
            attempt=attempt,
            folder=folder,
            mirror=Path(kept["mirror"]),
            repository=kept["repository"],
            base=kept["base"],
            upstream=kept["upstream"],
            follows=kept.get("follows", ""),
        )


@dataclass(frozen=True)
class Checkout:
    """An attempt's place to work. `base` is the commit its work is compared with, or the empty tree's id.

    `repository` as it was ordered, None for a folder that came from nowhere. `upstream`: the name of its default branch.
    `follows`: the commit of an earlier run's result that this work goes on from, else "". `remembers`: where the work
    lay for the agent whose HOME this is; None for a fresh HOME.
    """

    run: str
    attempt: int
    folder: Path
    mirror: Path
    repository: str | None
    base: str
    upstream: str
    follows: str = ""
    remembers: Path | None = None

    @property
    def begun(self) -> str:
        """The commit, or the empty tree, that is no work of this run's."""
        return self.follows or self.base

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def attachments(self) -> Path:
        """What people attached to the task; there only where there is something."""
        return self.folder / "attachments"

    @property
    def read_only(self) -> tuple[Path, ...]:
        """What else the agent must be able to read: the objects that its repository shares with the mirror, for its own git,
        and the attachments."""
        return (self.mirror / "objects", *([self.attachments] if self.attachments.is_dir() else []))

    @property
    def ref(self) -> str:
        """Where the mirror keeps the attempt's result."""
        return f"refs/clawlink/runs/{self.run}/{self.attempt}"

    @property
    def salvage_ref(self) -> str:
        """Where the mirror keeps saved work, up to the `-<k>` of each save."""
        return f"refs/clawlink/salvage/{self.run}/{self.attempt}"

    @property
    def ours(self) -> Place:
        """Our git directory over the agent's files."""
        return Place(self.folder / "git", self.work)

    @property
    def data(self) -> Place:
        """Our git directory without any files: commits and trees alone.

        Without the index too, in which git would find the agent's attributes, that can hide a change from a diff.
        """
        return Place(self.folder / "git", index=self.folder / "git" / "no-index")

    @property
    def agents(self) -> Place:
        """The repository the agent sees, for reading its refs. It is the agent's to write: hostile."""
        return Place(self.work / ".git", self.work)

    def write(self) -> None:
        """Say on disk that the checkout is complete."""
        kept = {
            "mirror": str(self.mirror),
            "repository": self.repository,
            "base": self.base,
            "upstream": self.upstream,
            "follows": self.follows,
        }
        (self.folder / "checkout.json").write_text(json.dumps(kept))


def try_lock(path: Path) -> int | None:
    """Take the lock and return its descriptor, to be closed; None when somebody holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold the lock, waiting for it as long as it takes. Tasks of one process exclude each other too."""
    while (descriptor := try_lock(path)) is None:  # noqa: ASYNC110  another process gives it back: no event tells of it
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)
