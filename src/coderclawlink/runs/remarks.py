"""Remarks: comments on lines of a run's result. Written as drafts, sent together as one prompt, and followed from commit to commit.

    draft ──send──► sent ──the next commit changes its lines──► addressed
      └─ a commit changes its lines before it is sent ─► stale (it can still be sent, with the lines as they were)

Above: the runtime, which gives them to the agent; `recording`, which has each new commit laid beside them; the routes. Below:
`revisions`. A remark belongs to the run that is to heed it: sent to one that has ended, it goes along to the run that goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import remarks
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import RemarksJudged, RemarksSent
from coderclawlink.ids import RunId, new_id
from coderclawlink.journal import log
from coderclawlink.runs import ledger, places, revisions
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.patches import Side
from coderclawlink.runs.places import Place

TEXT_AT_MOST = 20_000
DRAFTS_AT_MOST = 500
LINES_AT_MOST = 200
"""Of one remark's range."""
SHOWN_AT_MOST = 2_000
"""Characters of one remark's snippet in a prompt."""
PROMPT_AT_MOST = 150_000
"""Characters of all remarks in a prompt: it leaves room for words beside them."""
State = Literal["draft", "sent", "addressed", "stale"]


class RemarkNotFound(NotFound):
    """The run has no such comment of yours."""


class NothingToSend(Conflict):
    """There is nothing to send: write a comment first."""


class AlreadySent(Conflict):
    """It has been sent and cannot be changed any more."""


@dataclass(frozen=True, slots=True)
class Remark:
    """`first`, `last`: lines of `side` in the diff of `head`, from 1. `made_on`: the run whose result it was made on. `prompt`:
    which of the run's prompts it was sent with. `judged_*`: the commit that addressed it or made it stale."""

    id: str
    run_id: RunId
    made_on: RunId
    owner: str
    author: str
    state: State
    path: str
    side: Side
    first: int
    last: int
    snippet: str
    before: str | None
    after: str | None
    base_line: int | None
    head: str
    text: str
    prompt: int | None
    created_at: float
    changed_at: float
    sent_at: float | None
    judged_at: float | None
    judged_head: str | None

    @property
    def place(self) -> Place:
        return Place(
            self.path,
            self.side,
            self.first,
            self.last,
            tuple(self.snippet.split("\n")),
            self.before,
            self.after,
            self.base_line,
        )


_COLUMNS = [remarks.c[name] for name in Remark.__dataclass_fields__]


# ── writing them ───────────────────────────────────────────────────────────────────────────────────────────────────


def make(
    tx: Tx, actor: Actor, run_id: RunId, *, path: str, side: Side, first: int, last: int, text: str, head: str | None
) -> Remark:
    """A draft on lines that the latest diff shows. `head`: the commit that the actor was looking at, if it is to be made sure.

    Raises `RunNotFound`, `PermissionMissing`, `NothingToReview`, `FileNotFound`, `Invalid`, and `Conflict` when the result is
    another one by now.
    """
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    _require_words(text)
    revision = revisions.latest(tx, run)
    if head is not None and head != revision.head:
        raise Conflict("The result has changed meanwhile; look at it again.")
    if not 0 < first <= last or last - first >= LINES_AT_MOST:
        raise Invalid(f"A comment is on 1 to {LINES_AT_MOST} lines.")
    place = places.take(revisions.find_file(revisions.patch(tx, revision), path), side, first, last)
    if len(_drafts(tx, actor, run_id)) >= DRAFTS_AT_MOST:
        raise Invalid(f"There are {DRAFTS_AT_MOST} comments waiting to be sent; send them first.")
    now, remark = tx.now(), new_id()
    tx.change(
        remarks.insert().values(
            id=remark,
            run_id=run_id,
            made_on=run_id,
            owner=actor.key,
            author=actor.name,
            state="draft",
            **_columns(place),
            head=revision.head,
            text=text,
            created_at=now,
            changed_at=now,
        )
    )
    return _own(tx, actor, run_id, remark)


def edit(tx: Tx, actor: Actor, run_id: RunId, remark: str, text: str) -> Remark:
    """Other words for one that has not been sent. Raises `RunNotFound`, `RemarkNotFound`, `AlreadySent`, `Invalid`."""
    _unsent(tx, actor, run_id, remark)
    _require_words(text)
    tx.change(remarks.update().where(remarks.c.id == remark).values(text=text, changed_at=tx.now()))
    return _own(tx, actor, run_id, remark)


def delete(tx: Tx, actor: Actor, run_id: RunId, remark: str) -> None:
    """Take back one that has not been sent. Raises `RunNotFound`, `RemarkNotFound`, `AlreadySent`."""
    _unsent(tx, actor, run_id, remark)
    tx.change(remarks.delete().where(remarks.c.id == remark))


def _require_words(text: str) -> None:
    if not text.strip():
        raise Invalid("A comment needs words.")
    if len(text) > TEXT_AT_MOST:
        raise Invalid(f"A comment has at most {TEXT_AT_MOST:,} characters; this one has {len(text):,}.")


def _own(look: Look, actor: Actor, run_id: RunId, remark: str) -> Remark:
    here = sa.and_(remarks.c.id == remark, remarks.c.run_id == run_id, remarks.c.owner == actor.key)
    row = look.row(sa.select(*_COLUMNS).where(here))
    if row is None:
        raise RemarkNotFound
    return Remark(**row)


def _unsent(tx: Tx, actor: Actor, run_id: RunId, remark: str) -> Remark:
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    found = _own(tx, actor, run_id, remark)
    if found.sent_at is not None:
        raise AlreadySent
    return found


def _columns(place: Place) -> dict[str, object]:
    return {
        "path": place.path,
        "side": place.side,
        "first": place.first,
        "last": place.last,
        "snippet": "\n".join(place.snippet),
        "before": place.before,
        "after": place.after,
        "base_line": place.base_line,
    }


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_run(look: Look, actor: Actor, run_id: RunId) -> list[Remark]:
    """Those that the run is to heed and those made on its result, oldest first; of unsent ones the actor's own.

    Raises `RunNotFound`.
    """
    ledger.find_for(look, actor, run_id)
    mine = sa.or_(remarks.c.sent_at.is_not(None), remarks.c.owner == actor.key)
    here = sa.or_(remarks.c.run_id == run_id, remarks.c.made_on == run_id)
    statement = sa.select(*_COLUMNS).where(here, mine).order_by(remarks.c.created_at, remarks.c.id)
    return [Remark(**row) for row in look.rows(statement)]


def _drafts(look: Look, actor: Actor, run_id: RunId) -> list[Remark]:
    """What the actor has not sent yet, in the order of files and lines."""
    here = sa.and_(remarks.c.run_id == run_id, remarks.c.owner == actor.key, remarks.c.sent_at.is_(None))
    statement = sa.select(*_COLUMNS).where(here).order_by(remarks.c.path, remarks.c.first, remarks.c.created_at)
    return [Remark(**row) for row in look.rows(statement)]


# ── giving them to the agent ───────────────────────────────────────────────────────────────────────────────────────


def to_send(look: Look, actor: Actor, run: Run, text: str) -> tuple[list[Remark], str]:
    """What the actor has not sent yet, and the one prompt that it becomes, with `text` before it. Raises `NothingToSend`."""
    drafts = _drafts(look, actor, run.id)
    if not drafts and not text.strip():
        raise NothingToSend
    parts = [text.strip()] if text.strip() else []
    if drafts:
        parts.append("These are comments on your work, each on lines of it. Heed every one of them.")
    for number, remark in enumerate(drafts, 1):
        parts.append(f"{number}. {_heading(remark)}\n\n{_fenced(remark.snippet)}\n\n{remark.text.strip()}")
    prompt = "\n\n".join(parts)
    if len(prompt) > PROMPT_AT_MOST + TEXT_AT_MOST:
        raise Invalid("The comments are too long for one prompt; delete some, and send them later.")
    return drafts, prompt


def _heading(remark: Remark) -> str:
    lines = str(remark.first) if remark.first == remark.last else f"{remark.first}-{remark.last}"
    told = [f"`{' '.join(remark.path.split())}:{lines}`"]
    if remark.side == "old":
        told.append("as it was before your change")
    if remark.state == "stale":
        told.append(f"as of {remark.head[:12]}, changed since")
    return ", ".join(told)


def _fenced(snippet: str) -> str:
    """In a fence that no line of the snippet can close."""
    shown = snippet if len(snippet) <= SHOWN_AT_MOST else snippet[:SHOWN_AT_MOST] + "…"
    ticks = "```"
    while ticks in shown:
        ticks += "`"
    return f"{ticks}\n{shown}\n{ticks}"


def sent(tx: Tx, actor: Actor, drafts: Sequence[Remark], to: Run, prompt: int) -> None:
    """They were given to the agent of `to` as its prompt of that number; they belong to that run from now on."""
    if not drafts:
        return
    ids = [remark.id for remark in drafts]
    values = {"run_id": to.id, "state": "sent", "prompt": prompt, "sent_at": tx.now()}
    tx.change(remarks.update().where(remarks.c.id.in_(ids)).values(judged_at=None, judged_head=None, **values))
    told = RemarksSent(remarks=tuple(ids), prompt=prompt, by=actor.name)
    log.append(tx, told, to.about, actor=actor)


# ── following them ─────────────────────────────────────────────────────────────────────────────────────────────────


def judge(tx: Tx, run: Run) -> None:
    """Lay the run's latest diff beside what is still open: lines that have changed are addressed, or stale where nothing was
    sent; others are found where they stand now. What the run before left open goes along to this one."""
    if run.continues is not None:
        left = sa.and_(remarks.c.run_id == run.continues, remarks.c.state == "sent")
        tx.change(remarks.update().where(left).values(run_id=run.id))
    is_open = sa.and_(remarks.c.run_id == run.id, remarks.c.state.in_(("draft", "sent")))
    waiting = [Remark(**row) for row in tx.rows(sa.select(*_COLUMNS).where(is_open).order_by(remarks.c.created_at))]
    made = revisions.of_run(tx, run.id)
    if not waiting or not made:
        return
    revision = made[-1]
    patch = revisions.patch(tx, revision)
    bases = {each.head: each.base for one in revisions.before(tx, run) for each in revisions.of_run(tx, one.id)}
    addressed: list[str] = []
    still_open: list[str] = []
    for remark in waiting:
        known = {bases.get(remark.head), revision.base} - {None}
        found = places.find(patch, remark.place, same_base=len(known) < 2)
        here = remarks.update().where(remarks.c.id == remark.id)
        if found == "unknown":
            continue
        if found == "changed":
            state = "addressed" if remark.state == "sent" else "stale"
            tx.change(here.values(state=state, judged_at=tx.now(), judged_head=revision.head))
        else:
            tx.change(here.values(**_columns(found), head=revision.head))
        if remark.state == "sent":
            (addressed if found == "changed" else still_open).append(remark.id)
    if addressed or still_open:
        told = RemarksJudged(head=revision.head, addressed=tuple(addressed), still_open=tuple(still_open))
        log.append(tx, told, run.about)
