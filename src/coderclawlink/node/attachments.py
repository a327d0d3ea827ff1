"""What people attached to a task, beside the agent's work: fetched from the hub once for this machine, read-only for the agent.

    <workspaces>/attachments/<sha256>          fetched, and kept for the next attempt that wants it
    <attempt>/attachments/<name>               as the agent finds it, in no repository and so never in a commit

Above: `execute`. Below: HTTP to the hub, by the key that the node joins with. What has been taken off the task meanwhile is left
out; a hub that is away is waited for, but not long.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from coderclawlink import clock
from coderclawlink.errors import Unavailable
from coderclawlink.ids import new_id
from coderclawlink.link.protocol import Attached
from coderclawlink.node.dial import HubAddress

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
SILENCE_SECONDS = 30.0
CACHE_BYTES = 2 * 1024**3
_PIECE = 1024 * 1024


class CannotFetch(Unavailable):
    """The task's attachments could not be fetched from the hub."""


class _Gone(Exception):
    """No task has this file any more."""


@dataclass(frozen=True)
class Attachments:
    """`find`: where the hub is now. `cache`: the folder of what was fetched. `patience_seconds`: so long the hub may be away."""

    find: Callable[[], HubAddress | None]
    cache: Path
    patience_seconds: float = 30.0

    async def lay_out(self, wanted: Sequence[Attached], folder: Path) -> None:
        """Put the files into a new folder that only we can write. Raises `CannotFetch`."""
        os.mkdir(folder, 0o700)
        for one in wanted:
            try:
                await self._lay(one, folder / one.name)
            except _Gone:
                logger.info("%s has been taken off its task", one.name)
            except OSError as error:
                raise CannotFetch(f"{one.name} cannot be kept: {error.strerror}.") from error
        os.chmod(folder, 0o500)
        await asyncio.to_thread(_make_room, self.cache)

    async def _lay(self, one: Attached, place: Path) -> None:
        kept = self.cache / one.sha256
        if not await asyncio.to_thread(_copy, kept, place, one.sha256):
            await self._fetch(one, kept)
            if not await asyncio.to_thread(_copy, kept, place, one.sha256):
                raise CannotFetch(f"The hub sent something else for {one.name}.")

    async def _fetch(self, one: Attached, kept: Path) -> None:
        """Try as long as there is patience. Raises `CannotFetch`, `_Gone`."""
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        why = "no hub is known"
        try:
            async with clock.timeout(self.patience_seconds) as patience:
                while True:
                    try:
                        if (hub := self.find()) is not None:
                            await self._stream(hub, one, kept, patience)
                            return
                    except httpx2.HTTPError as error:
                        why = f"{type(error).__name__}: {error}"
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError:
            raise CannotFetch(f"{one.name} could not be fetched from the hub: {why}.") from None

    async def _stream(self, hub: HubAddress, one: Attached, kept: Path, patience: asyncio.Timeout) -> None:
        arriving = kept.with_name(f"{new_id()}.new")
        url = f"{hub.url.rstrip('/')}/api/link/attachments/{one.sha256}"
        headers = {"Authorization": f"Bearer {hub.key}"}
        now = asyncio.get_running_loop().time
        try:
            async with (
                httpx2.AsyncClient(trust_env=False, timeout=SILENCE_SECONDS) as http,
                http.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code == 404:
                    raise _Gone
                if answer.status_code != 200:
                    raise httpx2.HTTPError(f"the hub answers {answer.status_code}")
                with arriving.open("xb") as file:
                    async for piece in answer.aiter_bytes(_PIECE):
                        if file.tell() + len(piece) > one.size:
                            raise CannotFetch(f"The hub sent more than {one.name} has.")
                        file.write(piece)
                        patience.reschedule(now() + self.patience_seconds)  # a long file is no hub that is away
            arriving.replace(kept)
        finally:
            arriving.unlink(missing_ok=True)


def _copy(kept: Path, place: Path, sha256: str) -> bool:
    """Whether the file was there, was what it should be, and has been copied. An agent without a sandbox can write to what was
    fetched, so that it is looked at each time."""
    digest = hashlib.sha256()
    try:
        with kept.open("rb") as source, place.open("xb") as target:
            while piece := source.read(_PIECE):
                digest.update(piece)
                target.write(piece)
    except FileNotFoundError:
        return False
    if digest.hexdigest() != sha256:
        place.unlink()
        kept.unlink()
        return False
    place.chmod(0o444)
    os.utime(kept)  # the time that it was last wanted
    return True


def _make_room(cache: Path) -> None:
    """Forget what was wanted longest ago, when all of it is too much."""
    if not cache.is_dir():
        return
    files = sorted(((entry.stat(), entry) for entry in os.scandir(cache)), key=lambda each: each[0].st_mtime)
    size = sum(stat.st_size for stat, _ in files)
    for stat, entry in files:
        if size <= CACHE_BYTES:
            return
        Path(entry).unlink(missing_ok=True)
        size -= stat.st_size
