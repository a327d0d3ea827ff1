"""A git remote without pull requests: it answers the port of code hosts by telling how to look at what was pushed.

The hub never runs git: whether the repository is there shows when a node clones it. `owner` of its place is empty, `name` is what git is given.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from coderclawlink.pulls.hosts import Check, Compare, HostRefused, MergeMethod, Opened, Place, Proposal, Reached, Seen

NONE_HERE = "This repository lies on a plain git remote, which has no pull requests: look at the branch with git."


class PlainGit:
    """One repository that git reaches, and nothing else is known of."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        self._token = token

    @property
    def place(self) -> Place:
        return Place("", "", self._url)

    @property
    def wait(self) -> float:
        return 0.0

    async def reach(self) -> Reached:
        return Reached(
            "whoever the node's git is", "", False, True, ("Whether it may be pushed to shows at the first push.",)
        )

    async def push_token(self) -> str | None:
        return self._token

    async def propose(self, proposal: Proposal) -> Opened | Compare:
        if self._url.startswith("/") or self._url.startswith("file://"):
            there = shlex.quote(self._url.removeprefix("file://"))
            return Compare(f"git -C {there} diff HEAD...{shlex.quote(proposal.branch)}")
        branch, url = shlex.quote(proposal.branch), shlex.quote(self._url)
        return Compare(f"git fetch {url} {branch} && git diff HEAD...FETCH_HEAD")

    async def look(self, number: int, etags: Mapping[str, str]) -> Seen | None:
        raise HostRefused(NONE_HERE)

    async def log_of(self, check: Check) -> str:
        return ""

    async def make_ready(self, number: int) -> None:
        raise HostRefused(NONE_HERE)

    async def merge(self, number: int, head: str, method: MergeMethod) -> None:
        raise HostRefused(NONE_HERE)
