"""Routes of backups: one is made and sent, and when the last was made. An administrator's, who has just proven who that is.

Above: `api`. Below: `db.snapshot`. The hub's key to its secrets is never in it. What a backup holds is restored on the machine alone, by
`clawlink restore`: a hub that serves does not replace itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from coderclawlink.access import audit, policy
from coderclawlink.access.audit import Question
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.clock import rfc3339
from coderclawlink.db import snapshot
from coderclawlink.db.engine import Look
from coderclawlink.errors import Conflict
from coderclawlink.events import BackupMade
from coderclawlink.journal import log
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/backup", tags=["backup"])

PREFIX = ".backup-sent-"
"""How the folders begin in which a backup is made to be sent. What a killed hub has left of them is removed at the next start."""
PIECE = 1024 * 1024

Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, step_up=True)]


class BeingMade(Conflict):
    """A backup is being made already; ask again when it is done."""


class BackupTold(Told):
    """`size`: bytes of the file. `by`: who made it."""

    made_at: Stamp
    by: str
    size: int


@router.get("")
async def show_last_backup(actor: Admin, here: Here) -> BackupTold | None:
    """The last backup that was made, here or on the machine; null where the audit chain tells of none."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    return await here.db.read(_last)


def _last(look: Look) -> BackupTold | None:
    for row in audit.read(look, Question(types=("backup.made",)), 1):
        size = int(json.loads(row.details)["size"])
        return BackupTold(made_at=rfc3339(row.at), by=row.actor or "owner", size=size)
    return None


@router.post("", response_class=Response, responses={200: {"content": {"application/gzip": {}}}})
async def make_backup(actor: FreshAdmin, here: Here) -> StreamingResponse:
    """All that the hub knows, as one file, as it is at one moment; `clawlink restore` makes a hub of it. The hub's secrets are in it only
    sealed, and the key to them is not."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    if here.is_backing_up:
        raise BeingMade
    here.is_backing_up = True
    try:
        file, size = await asyncio.to_thread(_made, here.home, here.store)
    finally:
        here.is_backing_up = False
    await here.db.write(log.append, BackupMade(size=size), log.NOTHING, actor=actor)
    name = datetime.now(UTC).strftime("hub-%Y-%m-%dT%H%MZ.backup")
    headers = {"content-disposition": f'attachment; filename="{name}"', "content-length": str(size)}
    return StreamingResponse(_pieces(file), media_type="application/gzip", headers=headers)


def tidy(home: Path) -> None:
    """Remove what a killed hub has left. Blocks."""
    for folder in home.glob(f"{PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _made(home: Path, store: str) -> tuple[BinaryIO, int]:
    """The backup, open for reading, and its size. It has no name any more: it is gone once it is closed, however that comes."""
    with tempfile.TemporaryDirectory(dir=home, prefix=PREFIX) as folder:
        path = Path(folder) / "hub.backup"
        snapshot.make(path, home, store, prefix=PREFIX)
        file = path.open("rb")
    return file, os.fstat(file.fileno()).st_size


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with contextlib.closing(file):
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
