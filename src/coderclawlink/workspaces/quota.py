"""Quota: old attempts' folders make room, and never at the price of work.

Above: `node`'s housekeeping. Below: `salvage` and `store`. What is in use is left alone (its lock tells), what was never
delivered is saved into the mirror first, and what cannot be saved stays.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.errors import ClawlinkError
from coderclawlink.workspaces import folders, salvage
from coderclawlink.workspaces.salvage import Saved
from coderclawlink.workspaces.store import Store, try_lock


@dataclass(frozen=True)
class Removed:
    """A folder that is gone. `saved`: its unsaved work as it now lies in the mirror, of several repositories the first's."""

    run: str
    attempt: int
    bytes: int
    saved: Saved | None


@dataclass(frozen=True)
class Stays:
    """A folder that would have had to go. `why` is for people."""

    run: str
    attempt: int
    bytes: int
    why: str


@dataclass(frozen=True)
class Collected:
    """What was done. `freed_bytes` is the removed folders' size; `left_bytes` what the attempts' folders still take."""

    removed: tuple[Removed, ...]
    stays: tuple[Stays, ...]
    freed_bytes: int
    left_bytes: int


async def collect(store: Store, *, max_bytes: int, keep: Collection[str] = ()) -> Collected:
    """Remove attempts' folders, those last in use longest ago first, until all take at most `max_bytes`.

    `keep`: runs whose folders stay whatever they take, because they will go on.
    """
    attempts = sorted(store.attempts(), key=lambda each: _last_used(store.folder(*each)))
    sizes = await folders.sizes([store.folder(*each) for each in attempts])
    left = sum(sizes)
    removed: list[Removed] = []
    stays: list[Stays] = []
    for (run, attempt), size in zip(attempts, sizes, strict=True):
        if left <= max_bytes:
            break
        if run in keep:
            stays.append(Stays(run, attempt, size, "its run goes on"))
            continue
        done = await _remove(store, run, attempt, size)
        if isinstance(done, Removed):
            removed.append(done)
            left -= size
        else:
            stays.append(done)
    return Collected(tuple(removed), tuple(stays), sum(each.bytes for each in removed), left)


async def _remove(store: Store, run: str, attempt: int, size: int) -> Removed | Stays:
    folder = store.folder(run, attempt)
    lock = try_lock(folder / "lock")
    if lock is None:
        return Stays(run, attempt, size, "it is in use")
    try:
        saved = None
        found = store.find(run, attempt)
        for checkout in () if found is None else found.all:
            done = await salvage.save(checkout, "its folder makes room")
            if done is not None and done.left_out:
                return Stays(run, attempt, size, f"not all of its files could be saved: {done.left_out}")
            saved = saved or done
        await folders.remove(folder)
    except ClawlinkError as problem:
        return Stays(run, attempt, size, problem.message)
    finally:
        os.close(lock)
    with contextlib.suppress(OSError):  # Other attempts of the run may lie there.
        folder.parent.rmdir()
    return Removed(run, attempt, size, saved)


def _last_used(folder: Path) -> float:
    """When the attempt was last in use, in seconds since the epoch."""
    try:
        return (folder / "lock").stat().st_mtime
    except FileNotFoundError:
        return 0.0
