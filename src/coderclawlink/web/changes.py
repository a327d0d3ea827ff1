"""Routes of what a run has changed, as data: files, hunks, numbered lines; and which files a reviewer has looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger, patches, revisions
from coderclawlink.runs.patches import File, Kind, Status
from coderclawlink.runs.revisions import Since, Tick
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/runs/{run_id}", tags=["reviews"])

LINE_AT_MOST = 2_000
"""Characters of one line; the rest is left out, and the line says so."""
LINES = 5_000
NUMBER_AT_MOST = 10**9
PATH_AT_MOST = 5_000

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
PathText = Annotated[str, Field(min_length=1, max_length=PATH_AT_MOST)]


class LineTold(Told):
    """`old`, `new`: the line's number on each side. `cut`: its end is left out. `ended` false: no newline follows it."""

    kind: Kind
    old: int | None
    new: int | None
    text: str
    cut: bool
    ended: bool


class HunkTold(Told):
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    heading: str
    lines: list[LineTold]


class FileTold(Told):
    """`next_line`: what to give as `from_line`, with `path`, for the file's other lines; null when these are all. `cut`: of the
    diff no more was kept. `viewed`: you have looked at it as it is; `viewed_head`: the commit as of which you did, also when
    it has changed since. `since`: against the commit that was asked for; null: as it was there."""

    path: str
    old_path: str | None
    status: Status
    binary: bool
    old_mode: str | None
    new_mode: str | None
    additions: int
    deletions: int
    hunks: list[HunkTold]
    next_line: int | None
    cut: bool
    viewed: bool
    viewed_head: str | None
    since: Since | None


class FilesTold(Told):
    """`head`, `base`: the commits between which the changes lie. `total`: files of the whole diff; `next`: what to give as `after`
    for those that follow, null when these are all. `gone`: changed at the commit `since` which it was asked, and no more."""

    run_id: str
    head: str
    base: str | None
    total: int
    next: int | None
    cut: bool
    gone: list[str]
    files: list[FileTold]


@router.get("/files")
async def list_files(
    actor: Viewer,
    here: Here,
    run_id: str,
    path: Annotated[str | None, Query(max_length=PATH_AT_MOST)] = None,
    from_line: Annotated[int, Query(ge=0, le=NUMBER_AT_MOST)] = 0,
    after: Annotated[int, Query(ge=0, le=NUMBER_AT_MOST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    lines: Annotated[int, Query(ge=1, le=20_000)] = LINES,
    head: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[str | None, Query(max_length=64)] = None,
) -> FilesTold:
    """The files of the latest result, or of that at the commit `head`: at most `limit` of them and about `lines` lines. With `path`
    that file alone, from its `from_line`th line. With `since` only those that are otherwise than at that commit."""
    return await here.db.read(
        _files,
        actor,
        RunId(run_id.lower()),
        _Page(path, from_line, after, limit, lines),
        head=head,
        since=since,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """Which part of the files is asked for."""

    path: str | None
    from_line: int
    after: int
    limit: int
    lines: int


def _files(look: Look, actor: Actor, run_id: RunId, page: _Page, *, head: str | None, since: str | None) -> FilesTold:
    run = ledger.find_for(look, actor, run_id)
    revision = revisions.latest(look, run) if head is None else revisions.find(look, run, head)
    patch = revisions.patch(look, revision)
    changed: dict[str, Since] | None = None
    if since is not None:
        then = revisions.patch(look, revisions.find(look, run, since))
        changed = revisions.differences(then, patch)
    seen = revisions.ticks_of(look, actor, [one.id for one in revisions.before(look, run)])
    wanted = [revisions.find_file(patch, page.path)] if page.path is not None else list(patch.files)
    if changed is not None:
        wanted = [file for file in wanted if file.path in changed]
    files, rest = _some(wanted, page, seen, changed or {})
    return FilesTold(
        run_id=run.id,
        head=revision.head,
        base=revision.base,
        total=len(wanted),
        next=rest,
        cut=patch.cut,
        gone=[path for path, how in (changed or {}).items() if how == "gone"],
        files=files,
    )


def _some(
    wanted: list[File], page: _Page, seen: dict[str, Tick], changed: dict[str, Since]
) -> tuple[list[FileTold], int | None]:
    """A page of the files, at least one, and where the next begins."""
    files: list[FileTold] = []
    left = page.lines
    for at, file in enumerate(wanted[page.after :], page.after):
        if len(files) == page.limit or left <= 0:
            return files, at
        part, more = patches.portion(file, page.from_line if page.path is not None else 0, left)
        left -= max(1, sum(len(hunk.lines) for hunk in part.hunks))
        tick = seen.get(revisions.name_of(file.path))
        files.append(
            FileTold(
                **{name: getattr(file, name) for name in _PLAIN},
                hunks=[_hunk(hunk) for hunk in part.hunks],
                next_line=more,
                viewed=tick is not None and tick.digest == file.digest,
                viewed_head=None if tick is None else tick.head,
                since=changed.get(file.path),
            )
        )
    return files, None


_PLAIN = ("path", "old_path", "status", "binary", "old_mode", "new_mode", "additions", "deletions", "cut")


def _hunk(hunk: patches.Hunk) -> HunkTold:
    lines = [
        LineTold.model_construct(
            kind=line.kind,
            old=line.old,
            new=line.new,
            text=line.text[:LINE_AT_MOST],
            cut=len(line.text) > LINE_AT_MOST,
            ended=line.ended,
        )
        for line in hunk.lines
    ]
    return HunkTold.model_construct(
        old_start=hunk.old_start,
        old_lines=hunk.old_lines,
        new_start=hunk.new_start,
        new_lines=hunk.new_lines,
        heading=hunk.heading[:LINE_AT_MOST],
        lines=lines,
    )


class Viewed(Asked):
    path: PathText
    viewed: bool = True


@router.put("/viewed", status_code=204)
async def tick(actor: Submitter, here: Here, run_id: str, wanted: Viewed) -> None:
    """Note that you have looked at a file as it is now, or take that back. It holds until the file is changed again."""
    await here.db.write(revisions.tick, actor, RunId(run_id.lower()), wanted.path, viewed=wanted.viewed)
