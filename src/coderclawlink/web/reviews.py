"""Routes of reviewing a result: comments on the lines that it changes, and the verdict. Beside: `changes`, with the lines."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import discards
from coderclawlink.db.engine import Look
from coderclawlink.errors import ClawlinkError
from coderclawlink.ids import RunId
from coderclawlink.runs import beside, ledger, patches, remarks, reviews, revisions
from coderclawlink.runs.patches import Side
from coderclawlink.runs.remarks import Remark
from coderclawlink.runs.reviews import Word
from coderclawlink.runs.revisions import Tick
from coderclawlink.web.changes import NUMBER_AT_MOST, PathText
from coderclawlink.web.prompts import PromptTold
from coderclawlink.web.rooms import Here
from coderclawlink.web.runs import RunTold, told
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/runs/{run_id}", tags=["reviews"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Commit = Annotated[str, Field(max_length=64)]
Words = Annotated[str, Field(max_length=reviews.TEXT_AT_MOST)]
LineNumber = Annotated[int, Field(ge=1, le=NUMBER_AT_MOST)]


# ── comments on lines ──────────────────────────────────────────────────────────────────────────────────────────────


class RemarkTold(Told):
    """`run_id`: the run that is to heed it; `made_on`: on whose result it was made. `first`, `last`: its lines on `side` in the diff
    of `head`, where they stand now; `snippet`: their words. `state`: draft, sent, addressed (its lines have been changed) or
    stale (they changed before it was sent). `prompt`: which of the run's prompts it was sent with."""

    id: str
    run_id: str
    made_on: str
    author: str
    state: remarks.State
    path: str
    side: Side
    first: int
    last: int
    snippet: str
    head: str
    text: str
    prompt: int | None
    created_at: Stamp
    sent_at: Stamp | None
    judged_at: Stamp | None
    judged_head: str | None
    mine: bool


class RemarkWanted(Asked):
    """`last` may be left out for one line. `head`: the commit you look at; if the result is another one by now, 409."""

    path: PathText
    side: Side = "new"
    first: LineNumber
    last: LineNumber | None = None
    text: Annotated[str, Field(min_length=1, max_length=remarks.TEXT_AT_MOST)]
    head: Commit | None = None


class RemarkText(Asked):
    text: Annotated[str, Field(min_length=1, max_length=remarks.TEXT_AT_MOST)]


class Sending(Asked):
    """`text`: what to say before the comments."""

    text: Words = ""


class SentTold(Told):
    """`run`: that which heeds the comments. `prompt`: as it waits there; null when `run` is a new one that begins with it."""

    run: RunTold
    prompt: PromptTold | None
    remarks: list[str]


@router.get("/remarks")
async def list_remarks(actor: Viewer, here: Here, run_id: str) -> list[RemarkTold]:
    """Those made on the run's result and those it is to heed, oldest first; of unsent ones your own."""
    found = await here.db.read(remarks.of_run, actor, RunId(run_id.lower()))
    return [_told(actor, one) for one in found]


@router.post("/remarks", status_code=201)
async def make_remark(actor: Submitter, here: Here, run_id: str, wanted: RemarkWanted) -> RemarkTold:
    """A draft on lines that the latest diff shows: nobody else sees it until it is sent."""
    made = await here.db.write(
        remarks.make,
        actor,
        RunId(run_id.lower()),
        path=wanted.path,
        side=wanted.side,
        first=wanted.first,
        last=wanted.first if wanted.last is None else wanted.last,
        text=wanted.text,
        head=wanted.head,
    )
    return _told(actor, made)


@router.patch("/remarks/{remark_id}")
async def edit_remark(actor: Submitter, here: Here, run_id: str, remark_id: str, wanted: RemarkText) -> RemarkTold:
    """Until it is sent; then 409."""
    edited = await here.db.write(remarks.edit, actor, RunId(run_id.lower()), remark_id.lower(), wanted.text)
    return _told(actor, edited)


@router.delete("/remarks/{remark_id}", status_code=204)
async def delete_remark(actor: Submitter, here: Here, run_id: str, remark_id: str) -> None:
    """Until it is sent; then 409."""
    await here.db.write(remarks.delete, actor, RunId(run_id.lower()), remark_id.lower())


@router.post("/remarks/send")
async def send(actor: Submitter, here: Here, run_id: str, wanted: Sending | None = None) -> SentTold:
    """Give the agent all your unsent comments as one prompt. When the run has ended, a new one goes on from it with them."""
    text = "" if wanted is None else wanted.text
    run, prompt, sent = await here.runtime.send_remarks(actor, RunId(run_id.lower()), text)
    waits = None if prompt is None else PromptTold.model_validate(prompt)
    return SentTold(run=told(actor, run), prompt=waits, remarks=[one.id for one in sent])


def _told(actor: Actor, remark: Remark) -> RemarkTold:
    values = {name: getattr(remark, name) for name in RemarkTold.model_fields if name != "mine"}
    return RemarkTold(**values, mine=remark.owner == actor.key)


# ── the verdict ────────────────────────────────────────────────────────────────────────────────────────────────────


class VerdictTold(Told):
    """`head`: the result that it is about."""

    verdict: Word
    author: str
    text: str
    head: str | None
    at: Stamp


class RevisionTold(Told):
    """`base` null: work that was put aside unfinished."""

    run_id: str
    attempt: int
    head: str
    base: str | None
    at: Stamp


class ReviewTold(Told):
    """How a result stands. `verdict`: the latest on exactly this result. `last_seen`: the commit you reviewed last, for `since`.
    `why_not`: why you cannot approve it now, null when you can. `viewed`: how many of its `files` you have looked at."""

    run_id: str
    head: str | None
    verdict: Word | None
    verdicts: list[VerdictTold]
    revisions: list[RevisionTold]
    last_seen: str | None
    why_not: str | None
    files: int
    viewed: int
    drafts: int
    open: int
    addressed: int


class Review(Asked):
    """`text`: what is to be changed, when it is not approved."""

    approve: bool
    text: Words = ""


@router.get("/review")
async def show_review(actor: Viewer, here: Here, run_id: str) -> ReviewTold:
    return await here.db.read(_review, actor, RunId(run_id.lower()))


def _review(look: Look, actor: Actor, run_id: RunId) -> ReviewTold:
    run = ledger.find_for(look, actor, run_id)
    line = [one.id for one in revisions.before(look, run)]
    made = revisions.of_run(look, run_id)
    patch = revisions.patch(look, made[-1]) if made else patches.NOTHING
    said = reviews.of_run(look, run_id)
    seen = revisions.ticks_of(look, actor, line)
    notes = remarks.of_run(look, actor, run_id)
    latest = said[-1] if said and said[-1].head == beside.result(look, run) else None
    return ReviewTold(
        run_id=run_id,
        head=made[-1].head if made else None,
        verdict=None if latest is None else latest.verdict,
        verdicts=[VerdictTold.model_validate(one) for one in said],
        revisions=[RevisionTold.model_validate(one) for one in made],
        last_seen=_last_seen(look, actor, line, seen, notes),
        why_not=_why_not(look, actor, run_id),
        files=len(patch.files),
        viewed=sum(
            (tick := seen.get(revisions.name_of(file.path))) is not None and tick.digest == file.digest
            for file in patch.files
        ),
        drafts=sum(one.sent_at is None for one in notes),
        open=sum(one.state == "sent" for one in notes),
        addressed=sum(one.state == "addressed" for one in notes),
    )


def _last_seen(look: Look, actor: Actor, line: list[RunId], seen: dict[str, Tick], notes: list[Remark]) -> str | None:
    """The commit that the actor's latest verdict, tick or sent comment is about."""
    acts = [(tick.at, tick.head) for tick in seen.values()]
    acts += [
        (one.at, one.head) for run in line for one in reviews.of_run(look, run) if one.owner == actor.key and one.head
    ]
    acts += [(one.created_at, one.head) for one in notes if one.owner == actor.key and one.state == "addressed"]
    return max(acts)[1] if acts else None


def _why_not(look: Look, actor: Actor, run_id: RunId) -> str | None:
    try:
        run = reviews.reviewable(look, actor, run_id)
    except ClawlinkError as refused:
        return refused.message
    return reviews.OwnResult().message if reviews.may_not_approve(actor, run) else None


@router.post("/review")
async def review(actor: Submitter, here: Here, run_id: str, given: Review) -> RunTold:
    """Approve a result, or send it back with your unsent comments and the text as one prompt. Nobody approves what they have asked
    for, but the machine's owner. Told is the run that goes on: of a run that had completed a new one, when it is sent back."""
    run = RunId(run_id.lower())
    if given.approve:
        return told(actor, await here.db.write(reviews.approve, actor, run, given.text))
    after, _, _ = await here.runtime.request_changes(actor, run, given.text)
    return told(actor, after)


class Discarding(Asked):
    text: Words = ""


@router.post("/discard")
async def discard(actor: Submitter, here: Here, run_id: str, given: Discarding | None = None) -> RunTold:
    """The result is not wanted: its task is to be done anew. Its branch stays."""
    text = "" if given is None else given.text
    return told(actor, await here.db.write(discards.discard, actor, RunId(run_id.lower()), text))
