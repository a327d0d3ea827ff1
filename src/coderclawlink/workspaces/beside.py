"""Several repositories at once: a checkout of each, side by side in the one folder that is the agent's.

    work/api/…    the first one's files: the project's own repository, under the last part of its address
    work/web/…    a further one's, under its name

Above: `node.execute`. Below: `checkout`, which makes each of them as if it were alone: its own mirror, its own git directory, its own
salvage. With one repository nothing is different from that. None lies inside another: what one holds must never pass for the
files of another.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from coderclawlink.errors import Invalid
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces.store import Checkout, Store


@dataclass(frozen=True)
class Further:
    """A repository beside the first. `name`: of its folder; `branch`: what its result is to be called; `token`: for https."""

    name: str
    repository: str
    branch: str
    token: str | None = field(default=None, repr=False)


@asynccontextmanager
async def prepare(
    store: Store,
    run: str,
    attempt: int,
    *,
    repository: str | None,
    further: Sequence[Further],
    resume: Sequence[int],
    follows: tuple[str, int] | None,
    branch: str,
    author: str,
    token: str | None,
) -> AsyncIterator[Checkout]:
    """As `checkout.prepare`, for all of them; those that are `further` are in `Checkout.beside`, and each is fetched with its own
    token. Raises `Invalid` too when two have one name or are one repository."""
    names = [each.name for each in further]
    places = [each.repository for each in further] + ([repository] if repository is not None else [])
    if len(set(names)) < len(names) or len(set(places)) < len(places):
        raise Invalid("Two of the task's repositories are one and the same, or have one name.")
    space = store.folder(run, attempt) / "work"
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            checkouts.prepare(
                *(store, run, attempt),
                repository=repository,
                resume=resume,
                follows=follows,
                branch=branch,
                author=author,
                token=token,
                place=space / folder_name(repository, names) if further else None,
            )
        )
        beside = [
            await stack.enter_async_context(
                checkouts.prepare(
                    *(store.beside(each.name), run, attempt),
                    repository=each.repository,
                    resume=resume,
                    follows=follows,
                    branch=each.branch,
                    author=author,
                    token=each.token,
                    place=space / each.name,
                )
            )
            for each in further
        ]
        yield replace(first, beside=tuple(beside))


def folder_name(repository: str | None, taken: Collection[str]) -> str:
    """What the first one's folder is called beside the others: the last part of its address, or as much of it as is safe."""
    last = re.split(r"[/:]", (repository or "").rstrip("/"))[-1].removesuffix(".git").lower()
    name = re.sub(r"[^a-z0-9._-]+", "-", last).strip("-._")[:64] or "main"
    numbered = (f"{name}-{n}" for n in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbered if each not in taken)
