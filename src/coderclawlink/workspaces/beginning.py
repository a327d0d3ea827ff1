"""Beginnings: which commit and which files an attempt starts from.

    an earlier attempt of the run that did something, if it lies here
    else the result of the run that this one follows, if it lies here or in the mirror
    else the repository's branch of that result
    else the head of the default branch

Above: `checkout`. Below: `salvage` and `mirror`. Work that goes on keeps the base of the work before it, so that the diff
is the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.workspaces import mirror, salvage
from coderclawlink.workspaces.git import EMPTY_TREE
from coderclawlink.workspaces.store import Store, locked


@dataclass(frozen=True)
class Beginning:
    """`base`: what the work is compared with. `head`: the commit that the agent stands on, None where nothing was ever
    committed. `files`: the commit whose files lie there. `follows`: the earlier run's result among these, else ""."""

    base: str
    upstream: str
    head: str | None
    files: str | None
    follows: str = ""


async def find(
    store: Store,
    run: str,
    attempts: Sequence[int],
    repository: str | None,
    follows: tuple[str, int] | None,
    branch: str,
    token: str | None,
) -> Beginning:
    """Decide it, and have all it needs in the mirror. `attempts`: of this run, latest first. Raises
    `GitFailed`, `Invalid`."""
    where = store.mirror(repository, run)
    for number in attempts:
        if found := await _goes_on(store, run, number):
            return found
    if repository is None:
        upstream = mirror.Upstream("main", EMPTY_TREE)
        async with locked(where.with_suffix(".lock")):
            await mirror.make(where)
    else:
        upstream = await mirror.refresh(where, repository, token=token)
    if follows is not None:
        if found := await _followed(store, where, *follows, name=f"{run}/{attempts[0]}"):
            return found
        if repository is not None and (found := await _result(where, upstream, repository, follows, branch, token)):
            return found
    head = None if upstream.base == EMPTY_TREE else upstream.base
    return Beginning(upstream.base, upstream.branch, head, head)


async def _goes_on(store: Store, run: str, attempt: int) -> Beginning | None:
    """From the folder of an attempt that did something, its work safe in the mirror."""
    earlier = store.find(run, attempt)
    if earlier is None or (saved := await salvage.secure(earlier, "the next attempt goes on from here")) is None:
        return None
    return Beginning(
        earlier.base,
        earlier.upstream,
        saved.head or (None if earlier.base == EMPTY_TREE else earlier.base),
        saved.commit,
        earlier.follows,
    )


async def _followed(store: Store, where: Path, run: str, attempt: int, name: str) -> Beginning | None:
    """From the folder of another run's attempt: its result, or what it left without one."""
    found = await _goes_on(store, run, attempt)
    earlier = store.find(run, attempt)
    if earlier is not None and found is None and earlier.follows and earlier.mirror == where:
        # It added nothing to what it went on from itself.
        return Beginning(earlier.base, earlier.upstream, earlier.follows, earlier.follows, earlier.follows)
    if found is None or earlier is None or found.files is None:
        return None
    result = await mirror.commit_at(earlier.mirror, earlier.ref)
    if earlier.mirror != where:  # Work in an empty folder has a mirror for each run.
        await mirror.keep(where, earlier.mirror, found.files, f"refs/clawlink/followed/{name}")
    if found.files != result:
        return Beginning(found.base, found.upstream, found.head, found.files, found.follows)
    return Beginning(found.base, found.upstream, result, result, result)


async def _result(
    where: Path, upstream: mirror.Upstream, repository: str, follows: tuple[str, int], branch: str, token: str | None
) -> Beginning | None:
    """From what an attempt whose folder is not here left in the mirror, or in the repository as its branch."""
    run, attempt = follows
    commit = await mirror.commit_at(where, f"refs/clawlink/runs/{run}/{attempt}")
    if commit is None and branch:
        commit = await mirror.branch(where, repository, branch, token=token)
    if commit is None:
        return None
    base = EMPTY_TREE if upstream.base == EMPTY_TREE else await mirror.fork_point(where, commit, upstream.base)
    return Beginning(base, upstream.branch, commit, commit, commit)
