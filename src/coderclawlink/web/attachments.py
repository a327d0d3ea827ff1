"""Routes of attachments: files of tasks, taken in and sent as a stream.

A file that came from somebody else is never shown as a page of ours: it is a download of a harmless type, and only images, as
their own first bytes show them to be, may be looked at here, with scripts and everything else switched off.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, Response

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import attachments, authorship, files
from coderclawlink.board.attachments import Attachment
from coderclawlink.ids import AttachmentId, TaskId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["attachments"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]

SHOWN = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""The policy of an image that is looked at, should it be opened as a page after all."""
BYTES = {
    "requestBody": {"required": True, "content": {files.BINARY: {"schema": {"type": "string", "format": "binary"}}}}
}


class AttachmentTold(Told):
    """`size`: bytes. `media_type`: as its first bytes show it; one of four kinds of images, text, or application/octet-stream.
    `may_delete`: whether you may."""

    id: int
    task_id: int
    name: str
    sha256: str
    size: int
    media_type: str
    author: str
    created_at: Stamp
    may_delete: bool


def told(actor: Actor, attachment: Attachment) -> AttachmentTold:
    fields = {name: getattr(attachment, name) for name in AttachmentTold.model_fields if name != "may_delete"}
    return AttachmentTold(**fields, may_delete=authorship.may_delete(actor, attachment, attachment.project_id))


@router.get("/api/tasks/{task_id}/attachments")
async def list_attachments(actor: Reader, here: Here, task_id: Id) -> list[AttachmentTold]:
    """Oldest first."""
    return [told(actor, one) for one in await here.db.read(attachments.of_task, TaskId(task_id))]


@router.put("/api/tasks/{task_id}/attachments", status_code=201, openapi_extra=BYTES)
async def add_attachment(
    actor: Writer, here: Here, task_id: Id, request: Request, name: Annotated[str, Query(max_length=1000)]
) -> AttachmentTold:
    """The body is the file itself, of any type, at most 64 MiB. A name that another file has already gets a number."""
    name = attachments.fitting(name)
    await here.db.read(attachments.may_be_there, TaskId(task_id))
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > files.SIZE_AT_MOST:
        raise HTTPException(413, str(files.FileTooLarge()))
    try:
        kept = await here.files.keep(request.stream())
    except files.FileTooLarge as error:
        raise HTTPException(413, error.message) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The file did not come whole.") from error
    return told(actor, await here.db.write(attachments.add, actor, TaskId(task_id), name, kept))


@router.get("/api/attachments/{attachment_id}", response_class=FileResponse)
async def download_attachment(actor: Reader, here: Here, attachment_id: Id, inline: bool = False) -> Response:
    """The file. With `inline` an image may be shown on a page; nothing else is."""
    found = await here.db.read(attachments.find, AttachmentId(attachment_id))
    shown = inline and found.media_type in files.IMAGES
    return FileResponse(
        here.files.path(found.sha256),
        media_type=found.media_type,
        filename=found.name,
        content_disposition_type="inline" if shown else "attachment",
        headers={"Content-Security-Policy": SHOWN, "Cache-Control": "private, max-age=3600"},
    )


@router.delete("/api/attachments/{attachment_id}", status_code=204)
async def delete_attachment(actor: Writer, here: Here, attachment_id: Id) -> None:
    """Its author or an admin may."""
    await here.db.write(attachments.delete, actor, AttachmentId(attachment_id))
