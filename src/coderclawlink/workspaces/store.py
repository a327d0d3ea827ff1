"""What lies where on a node: one folder that holds the mirrors of repositories and the attempts of runs.

    mirrors/<hash>.git                bare, one per repository; all work that was saved outlives its attempt here
    mirrors/<hash>.lock               held while the mirror's refs are changed
    runs/<run>/<attempt>/work         what the agent works on: an ordinary repository of its own, `.git` and all; or, for work on
                                      several repositories, the folder that holds one such for each, by its name
    runs/<run>/<attempt>/home         the agent's HOME
    runs/<run>/<attempt>/attachments  what people attached to the task, for the agent to read
    runs/<run>/<attempt>/git          our own git directory for `work`, out of the agent's reach
    runs/<run>/<attempt>/check/…      the same once more, for one check of the result, while it is under way
    runs/<run>/<attempt>/lock         held while the attempt is in use
    runs/<run>/<attempt>/index.lock   held while our git directory's index is in use
    runs/<run>/<attempt>/checkout.json
    runs/<run>/<attempt>/beside/<name>  of each further repository: our git directory, the locks, and checkout.json

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
from dataclasses import dataclass, replace
from pathlib import Path

from coderclawlink.errors import Invalid
from coderclawlink.workspaces.git import Place

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_LOOK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True)
class Store:
    """The folder of one node. `part`: what is found and made in it is of the further repository of that name; "" of the first."""

    root: Path
    part: str = ""

    def beside(self, name: str) -> Store:
        """The same for a further repository. Raises `Invalid` for a name that is not safe."""
        if not _SAFE_NAME.fullmatch(name):
            raise Invalid(f"A repository cannot be named {name!r}.")
        return replace(self, part=name)

    def mirror(self, repository: str | None, run: str) -> Path:
        """The mirror of a repository; a run without one has a mirror of its own."""
        name = hashlib.sha256((repository if repository is not None else f"run:{run}").encode()).hexdigest()[:32]
        return self.root / "mirrors" / f"{name}.git"

    def folder(self, run: str, attempt: int) -> Path:
        """The folder of an attempt. Raises `Invalid` for a run whose id is no safe name."""
        if not _SAFE_NAME.fullmatch(run):
            raise Invalid(f"A run's id cannot be {run!r}.")
        attempts = self.root / "runs" / run / str(attempt)
        return attempts / "beside" / self.part if self.part else attempts

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
        names = () if self.part else sorted(path.name for path in (folder / "beside").glob("*") if path.is_dir())
        beside = [self.beside(name).find(run, attempt) for name in names]
        return Checkout(
            run=run,
            attempt=attempt,
            folder=folder,
            mirror=Path(kept["mirror"]),
            repository=kept["repository"],
            base=kept["base"],
            upstream=kept["upstream"],
            follows=kept.get("follows", ""),
            name=self.part,
            place=Path(kept["place"]) if kept.get("place") else None,
            beside=tuple(found for found in beside if found is not None),
        )


@dataclass(frozen=True)
class Checkout:
    """An attempt's place to work. `base` is the commit its work is compared with, or the empty tree's id.

    `repository` as it was ordered, None for a folder that came from nowhere. `upstream`: the name of its default branch.
    `follows`: the commit of an earlier run's result that this work goes on from, else "". `remembers`: where the work
    lay for the agent whose HOME this is; None for a fresh HOME. `name`: of a further repository, "" for the first, whose
    `beside` are the further ones' checkouts. `place`: where the files lie when it is not `work` in the folder.
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
    name: str = ""
    place: Path | None = None
    beside: tuple[Checkout, ...] = ()

    @property
    def all(self) -> tuple[Checkout, ...]:
        """Itself and the further ones, each of which is worked on alike."""
        return (self, *self.beside)

    @property
    def begun(self) -> str:
        """The commit, or the empty tree, that is no work of this run's."""
        return self.follows or self.base

    @property
    def work(self) -> Path:
        """The files of this repository."""
        return self.place or self.folder / "work"

    @property
    def space(self) -> Path:
        """What the agent's working folder is: the files, or what holds those of all repositories."""
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
        shared = (checkout.mirror / "objects" for checkout in self.all)
        return (*shared, *([self.attachments] if self.attachments.is_dir() else []))

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
            "place": None if self.place is None else str(self.place),
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
