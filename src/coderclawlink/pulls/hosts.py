"""PORT: what a code host is to this house. Two answers, `integrations.github` and `integrations.plain_git`, one conformance suite.

Pure data and one protocol. A host is asked for one repository, with one access. Pushing is not its part: git does that, at the
node where the commit lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from coderclawlink.errors import ClawlinkError, Unavailable

CheckState = Literal["pending", "passed", "failed", "neutral"]
Verdict = Literal["approved", "changes_requested", "commented"]
PullState = Literal["open", "merged", "closed"]
Mergeable = Literal["unknown", "clean", "conflict", "blocked"]
AccessKind = Literal["token", "app"]
MergeMethod = Literal["merge", "squash", "rebase"]


class HostRefused(ClawlinkError):
    """The code host refused."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status that the host answered with; 0 where there was none."""


class HostUnreachable(Unavailable):
    """The code host does not answer."""


class LimitReached(HostUnreachable):
    """The code host wants no more calls for now."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
        """Until it takes calls again."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a host. `server`: its base URL, without a slash at the end."""

    server: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class Given:
    """An access as somebody gives it. `secret`: the token, or the App's private key as PEM."""

    kind: AccessKind
    secret: str = field(repr=False)
    app_id: str | None = None
    installation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What a first look at a repository tells. `as_whom`: whose access it is; `lacks`: what it may not do, in words."""

    as_whom: str
    default_branch: str
    private: bool
    may_push: bool
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request is to say. `base` None: the default branch. `mark`: stands in the body, and finds it again."""

    title: str
    body: str
    branch: str
    head: str
    base: str | None
    draft: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Pull:
    number: int
    url: str
    title: str
    branch: str
    base: str
    head: str
    draft: bool
    state: PullState
    merged_by: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """`found`: it was there already."""

    pull: Pull
    found: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """The host has no pull requests. `command`: how to look at the branch with git."""

    command: str


@dataclass(frozen=True, slots=True)
class Check:
    """`id`: by which its log is asked for; empty: it has none."""

    name: str
    state: CheckState
    url: str | None = None
    summary: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a person wrote there. `trusted`: the host says that the author may write to the repository. `verdict` None: a
    comment that is no review. `path` and `line`: where a comment on code stands. `at`: RFC 3339."""

    id: str
    author: str
    trusted: bool
    text: str
    at: str
    verdict: Verdict | None = None
    path: str | None = None
    line: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How a pull request stands. `etags`: to be shown at the next look, so that it costs nothing if all is as it was."""

    pull: Pull
    mergeable: Mergeable
    checks: tuple[Check, ...]
    remarks: tuple[Remark, ...]
    etags: Mapping[str, str] = field(default_factory=dict)


class CodeHost(Protocol):
    """One repository of a host, reached with one access. Every verb raises `HostRefused` with the host's own reason,
    `HostUnreachable`, and `LimitReached`."""

    @property
    def place(self) -> Place: ...

    @property
    def wait(self) -> float:
        """Seconds for which only people should call with this access: its limit is nearly used up, or reached. 0: everybody may."""
        ...

    async def reach(self) -> Reached:
        """Look whether it is there and what may be done."""
        ...

    async def push_token(self) -> str | None:
        """What git is to show for this repository over https; None: nothing of ours."""
        ...

    async def propose(self, proposal: Proposal) -> Opened | Compare:
        """Open the pull request, or find the one that is there for this branch or bears this mark. Safe to repeat."""
        ...

    async def look(self, number: int, etags: Mapping[str, str]) -> Seen | None:
        """How the pull request stands; None: as it did when these `etags` were told."""
        ...

    async def log_of(self, check: Check) -> str:
        """The last words of a check's log, at most 20,000 characters; "" where there are none to be had."""
        ...

    async def make_ready(self, number: int) -> None:
        """It is a draft no longer."""
        ...

    async def merge(self, number: int, head: str, method: MergeMethod) -> None:
        """Merge exactly this head; `HostRefused` when there is another one meanwhile."""
        ...


class Hosts(Protocol):
    """Finds the host of a repository, and the access to it."""

    async def host_for(self, project: int | None, url: str, owner: str | None = None) -> CodeHost:
        """`url`: as people write it; `owner`: the key of the person who asks. Raises `NoRepository`."""
        ...

    def trial(self, url: str, access: Given) -> CodeHost:
        """With an access that is not kept yet. Raises `NoRepository`."""
        ...

    async def push_token(self, project: int | None, url: str, owner: str | None = None) -> str | None:
        """What git is to show for this repository over https; None: nothing of ours."""
        ...
