"""Taking in what nodes tell of their attempts: doubles dropped, strangers refused, the rest kept, and the rows follow from it.

Above: the gate. Below: the journal and the rooms' own tables (`attempts`, `ledger`, `questions`, `prompts`, `checks`, `artifacts`,
`revisions`, `remarks`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import ValidationError

from coderclawlink.clock import seconds
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts as table
from coderclawlink.db.schema import runs
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentSession,
    AgentUsage,
    AnswerHeard,
    ArtifactKept,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    CheckEnded,
    ChecksDemanded,
    Pause,
    PromptTaken,
    QuestionAsked,
    WorkCommitted,
    WorkSaved,
    attempt_event,
)
from coderclawlink.ids import NodeId
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line
from coderclawlink.link.protocol import Entry, Fence, Kept, storable
from coderclawlink.runs import artifacts, beside, budgets, checks, ledger, prompts, remarks, revisions
from coderclawlink.runs import questions as asked
from coderclawlink.runs.attempts import AT_WORK, COLUMNS, Attempt

TEXT_AT_MOST = 16 * 1024 * 1024
"""Characters of one text: as much as one word on the wire can hold."""
SMALL = 2**31 - 1
BIG = 2**63 - 1
QUESTION_AT_MOST = COMMIT_AT_MOST = 64
SESSION_AT_MOST = 500
ARTIFACT_NAME_AT_MOST = 100
"""Characters; what the columns hold."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a node's entries: what it may forget, and what it must end because it is stale."""

    kept: tuple[Kept, ...]
    stale: tuple[Fence, ...]


def record(tx: Tx, node: NodeId, entries: Iterable[Entry]) -> Taken:
    """Keep a node's entries, and let the rows follow from them. Doubles are dropped by (run, attempt, n).

    Entries of an attempt that is not the node's any more are stale. An entry that skips a number is left out and everything
    of its attempt after it: the node will send it again from `kept`. What can never be kept as it is must not stand in the
    way of what follows: an event that no node may tell, or that this hub does not know, becomes a line of the agent's log,
    and nothing is taken after the attempt's last word.
    """
    by_fence: defaultdict[tuple[str, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        by_fence[entry.run, entry.attempt].append(entry)
    kept: list[Kept] = []
    stale: list[Fence] = []
    news: list[_News] = []
    known = _behind(tx, by_fence)
    for (run_id, number), own in by_fence.items():
        attempt, about = known.get((run_id, number), (None, log.NOTHING))
        if attempt is not None and attempt.node == node and attempt.state == "ended" and attempt.outcome != "lost":
            kept.append(Kept(run=run_id, attempt=number, n=attempt.kept))  # a double of its last words
        elif attempt is None or attempt.node != node or attempt.state not in AT_WORK:
            stale.append(Fence(run=run_id, attempt=number))
        else:
            new = _sort_out(tx, attempt, about, own)
            kept.append(Kept(run=run_id, attempt=number, n=new.kept))
            news.append(new)
    _keep(tx, [new for new in news if new.told])
    return Taken(tuple(kept), tuple(stale))


def _behind(look: Look, fences: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[Attempt, About]]:
    """The attempts behind the fences, as far as there are any."""
    rows = look.rows(
        sa.select(*COLUMNS, table.c.project_id, runs.c.task_id)
        .join(runs, runs.c.id == table.c.run_id)
        .where(table.c.run_id.in_({run for run, _ in fences}))
    )
    return {
        (row["run_id"], row["number"]): (
            Attempt(**{name: row[name] for name in Attempt.__dataclass_fields__}),
            About(row["project_id"], row["task_id"], row["run_id"], row["number"]),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _News:
    """What is new of what an attempt told. `kept`: the number of its last entry, once this is kept."""

    attempt: Attempt
    about: About
    kept: int
    told: Sequence[AttemptEvent]
    lines: Sequence[Line]


def _keep(tx: Tx, news: Sequence[_News]) -> None:
    """Append what is new, and let the rows follow from it."""
    if not news:
        return
    log.append_all(tx, [line for new in news for line in new.lines])
    tx.change(_KEPT, [{"run": new.about.run, "attempt": new.about.attempt, "so_far": new.kept} for new in news])
    for new in news:
        here = table.update().where(table.c.run_id == new.about.run, table.c.number == new.about.attempt)
        for event in new.told:
            _follow(tx, new.attempt, event, new.about, here)


_KEPT = (
    table.update()
    .where(table.c.run_id == sa.bindparam("run"), table.c.number == sa.bindparam("attempt"))
    .values(kept=sa.bindparam("so_far"))
)


def _sort_out(tx: Tx, attempt: Attempt, about: About, entries: Sequence[Entry]) -> _News:
    """Find what is new, and bring it into a form that is kept."""
    kept = attempt.kept
    lines: list[Line] = []
    told: list[AttemptEvent] = []
    for entry in sorted(entries, key=lambda one: one.n):
        if entry.n <= kept:
            continue
        if entry.n != kept + 1:
            break
        event, at = _understood(entry), _when(entry.at, tx.now())
        kept = entry.n
        told.append(event)
        if isinstance(event, ArtifactKept):
            artifacts.keep(tx, attempt.run_id, attempt.number, event)
            event = event.model_copy(update={"text": ""})
        if isinstance(event, QuestionAsked | AnswerHeard):
            # People know a question by one name, whichever attempt has asked it again.
            event = event.model_copy(update={"question": asked.known_as(tx, attempt.run_id, attempt.number, event)})
        if not isinstance(event, AgentChunk):
            lines.append(Line(event, about, entry.n, at))
        if isinstance(event, AttemptEnded):
            break
    return _News(attempt, about, kept, told, lines)


def _understood(entry: Entry) -> AttemptEvent:
    """The event, in a form that both databases keep."""
    said = storable(entry.event, TEXT_AT_MOST)
    try:
        event = attempt_event.validate_python(said)
    except ValidationError:
        return AgentLog(text=f"The node told something that the hub does not understand: {str(said)[:1000]}")
    match event:
        case QuestionAsked() if len(event.question) > QUESTION_AT_MOST:
            return AgentLog(text=f"A question with an id of {len(event.question)} characters cannot be asked.")
        case ArtifactKept() if len(event.name) > ARTIFACT_NAME_AT_MOST:
            return event.model_copy(update={"name": event.name[:ARTIFACT_NAME_AT_MOST]})
        case _:
            return event


def _when(at: str, now: float) -> float:
    """The node's clock, as far as it makes sense: never after the hub's now, never before the epoch."""
    try:
        return max(0.0, min(seconds(at), now))
    except (ValueError, OverflowError):
        return now


def _until(pause: Pause | None) -> float | None:
    """When the provider says that its limit ends, as far as it makes sense."""
    if pause is None or pause.until is None:
        return None
    try:
        return seconds(pause.until)
    except (ValueError, OverflowError):
        return None


def _follow_beside(tx: Tx, attempt: Attempt, event: WorkCommitted) -> None:
    """A commit of a further repository. It stands for the whole result where the project's own, told first, was not changed."""
    head, base = event.head[:COMMIT_AT_MOST], event.base[:COMMIT_AT_MOST]
    known = beside.committed(
        *(tx, attempt.run_id, event.repository),
        head=head,
        base=base,
        branch=event.branch,
        files=_count(event.files, SMALL),
        additions=_count(event.additions, SMALL),
        deletions=_count(event.deletions, SMALL),
    )
    if not known:
        return
    ledger.note(tx, attempt.run_id, reviewer=None)
    if not revisions.is_noted(tx, attempt.run_id, attempt.number):
        revisions.note(tx, attempt.run_id, attempt.number, head, base)
        remarks.judge(tx, ledger.find(tx, attempt.run_id))


def _count(value: int, most: int) -> int:
    """As much of a number as its column holds: it comes from a program that we do not know."""
    return max(0, min(value, most))


def _follow(tx: Tx, attempt: Attempt, event: AttemptEvent, about: About, here: sa.Update) -> None:
    """Let the rows follow from what the node told. `here` updates the attempt's row."""
    match event:
        case AttemptStarted():
            tx.change(
                here.values(
                    state="running",
                    started_at=tx.now(),
                    sandbox=event.sandbox,
                    agent_version=event.agent_version,
                    model=event.model,
                )
            )
            run = ledger.find(tx, attempt.run_id)
            if not run.has_ended:
                ledger.start(tx, run)
        case AgentUsage():
            tx.change(
                here.values(
                    model=event.model,
                    calls=_count(event.calls, SMALL),
                    input_tokens=_count(event.input_tokens, BIG),
                    output_tokens=_count(event.output_tokens, BIG),
                    cached_tokens=_count(event.cached_tokens, BIG),
                    cost_usd=event.cost_usd if event.cost_usd is not None and math.isfinite(event.cost_usd) else None,
                )
            )
            caps = attempt.made_with.budget_usd, attempt.made_with.budget_tokens
            budgets.note_spending(tx, ledger.find(tx, attempt.run_id), caps)
        case AgentSession():
            tx.change(here.values(session=event.session[:SESSION_AT_MOST], resumed=event.resumed))
        case PromptTaken():
            prompts.taken(tx, attempt.run_id, attempt.number, event)
        case QuestionAsked():
            run = ledger.find(tx, attempt.run_id)
            if asked.ask(tx, run, attempt.number, event, attempt.made_with):
                asked.wait(tx, run)
        case AnswerHeard():
            asked.heard(tx, attempt.run_id, attempt.number, event)
        case ChecksDemanded():
            checks.demand(tx, attempt.run_id, event)
        case CheckEnded():
            checks.end(tx, attempt.run_id, attempt.number, event)
        case WorkSaved():
            if not event.repository or not revisions.is_noted(tx, attempt.run_id, attempt.number):
                revisions.note(tx, attempt.run_id, attempt.number, event.commit[:COMMIT_AT_MOST], None)
        case WorkCommitted() if event.repository:
            _follow_beside(tx, attempt, event)
        case WorkCommitted():
            head, base = event.head[:COMMIT_AT_MOST], event.base[:COMMIT_AT_MOST]
            revisions.note(tx, attempt.run_id, attempt.number, head, base)
            ledger.note(
                tx,
                attempt.run_id,
                head=head,
                base=base,
                reviewer=None,  # what was approved is another commit
                branch=event.branch,
                files=_count(event.files, SMALL),
                additions=_count(event.additions, SMALL),
                deletions=_count(event.deletions, SMALL),
            )
            remarks.judge(tx, ledger.find(tx, attempt.run_id))
        case AttemptEnded():
            tx.change(
                here.values(
                    state="ended",
                    outcome=event.outcome,
                    result=event.result,
                    error=event.error or (event.pause.why if event.pause else None),
                    retry=event.retry,
                    pause_reason=event.pause.reason if event.pause else None,
                    pause_until=_until(event.pause),
                    ended_at=tx.now(),
                )
            )
            asked.dismiss(tx, ledger.find(tx, attempt.run_id), attempt.number, event.outcome)
            tx.topics.add(f"over:{attempt.run_id}")
        case _:
            pass
