"""Routes of imports: a file of another program becomes tasks, or with `dry_run` only tells what it would become.

The body is the file itself. It is written to the disk as it comes, read there by a thread, and swept away with the attachments that
nobody wants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.requests import ClientDisconnect

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import files
from coderclawlink.board.imports import jira_csv, vibe_kanban
from coderclawlink.board.imports.foreign import Reading
from coderclawlink.board.tasks import Priority, TaskStatus
from coderclawlink.ids import ProjectId
from coderclawlink.pulls import imports
from coderclawlink.web.attachments import BYTES
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/projects", tags=["imports"])

Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]


class WhyTold(Told):
    """`where`: the task's name there, or its line."""

    where: str
    why: str


class ImportTold(Told):
    """`made`: keys of the tasks that were made, with `dry_run` their names there. `known`: how many were there already. `skipped`: what
    became no task; `notes`: what of one was left out. `labels`: new ones. `unknown`: columns that nothing was made of. `statuses`,
    `priorities`: what their words became."""

    dry_run: bool
    made: list[str]
    known: int
    labels: list[str]
    skipped: list[WhyTold]
    notes: list[WhyTold]
    unknown: list[str]
    statuses: dict[str, TaskStatus]
    priorities: dict[str, Priority]


@router.post("/{project_id}/import/jira", openapi_extra=BYTES)
async def import_jira(actor: Writer, here: Here, project_id: Id, request: Request, dry_run: bool = False) -> ImportTold:
    """Jira's CSV export, at most 64 MiB. All of it or nothing; issues that were imported before are left as they are."""

    def read(path: Path) -> Reading:
        with path.open("rb") as file:
            return jira_csv.read(file)

    return await _import(actor, here, project_id, request, jira_csv.SOURCE, read, dry_run=dry_run)


@router.post("/{project_id}/import/vibe-kanban", openapi_extra=BYTES)
async def import_vibe_kanban(
    actor: Writer,
    here: Here,
    project_id: Id,
    request: Request,
    dry_run: bool = False,
    project: Annotated[str | None, Query(max_length=255, description="Only this one of the file's projects.")] = None,
) -> ImportTold:
    """Vibe Kanban's database file `db.sqlite`, at most 64 MiB. All of it or nothing; what was imported before is left as it is."""

    def read(path: Path) -> Reading:
        return vibe_kanban.read(path, project)

    return await _import(actor, here, project_id, request, vibe_kanban.SOURCE, read, dry_run=dry_run)


async def _import(
    actor: Actor,
    here: Rooms,
    project_id: int,
    request: Request,
    source: str,
    read: Callable[[Path], Reading],
    *,
    dry_run: bool,
) -> ImportTold:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > files.SIZE_AT_MOST:
        raise HTTPException(413, str(files.FileTooLarge()))
    try:
        kept = await here.files.keep(request.stream())
    except files.FileTooLarge as error:
        raise HTTPException(413, error.message) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The file did not come whole.") from error
    reading = await asyncio.to_thread(read, here.files.path(kept.sha256))
    asked = (actor, ProjectId(project_id), source, reading)
    came = await (here.db.read(imports.plan, *asked) if dry_run else here.db.write(imports.bring_in, *asked))
    return ImportTold(
        dry_run=dry_run,
        made=list(came.made),
        known=came.known,
        labels=list(came.labels),
        skipped=[WhyTold.model_validate(each) for each in reading.skipped],
        notes=[WhyTold.model_validate(each) for each in (*reading.notes, *came.notes)],
        unknown=list(reading.unknown),
        statuses=dict(reading.statuses or {}),
        priorities=dict(reading.priorities or {}),
    )
