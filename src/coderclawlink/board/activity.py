"""A task's history for people: what the journal tells of it and of its runs, folded into as few lines as say it.

Above: web. Below: the journal, comments, the ledger. What agents say is not part of it, nor what the hub notes for itself; what
one person did in a row within a few minutes is one entry. Newest first, a page at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor
from coderclawlink.board import comments, tasks
from coderclawlink.board.comments import Comment
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import comments as comments_table
from coderclawlink.db.schema import events as table
from coderclawlink.db.schema import questions as questions_table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.events import (
    AnyEvent,
    AttachmentAdded,
    AttachmentDeleted,
    CommentCreated,
    CommentDeleted,
    ComparisonKept,
    ComparisonStarted,
    PromptQueued,
    QuestionAnswered,
    RunCancelled,
    RunCompleted,
    RunDiscarded,
    RunFailed,
    RunHandedOver,
    RunReviewed,
    RunSubmitted,
    TaskChanged,
    TaskCreated,
    TaskDeleted,
    TaskLabelled,
    TaskLinked,
    TaskRestored,
    TaskUnlinked,
    any_event,
)
from coderclawlink.ids import RunId, TaskId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run

FOLD_SECONDS = 600.0
"""What one person does with less than this between is told as one."""
READ_AT_ONCE = 200
TEXT_AT_MOST = 300
"""Characters of an entry's words that somebody else wrote."""

_TOLD: tuple[type[AnyEvent], ...] = (
    TaskCreated, TaskChanged, TaskLabelled, CommentCreated, CommentDeleted, AttachmentAdded, AttachmentDeleted,
    RunSubmitted, RunCompleted, RunFailed, RunCancelled, RunHandedOver, RunReviewed, PromptQueued, QuestionAnswered,
    ComparisonStarted, ComparisonKept, TaskDeleted, TaskRestored, TaskLinked, TaskUnlinked, RunDiscarded,
)  # fmt: skip
KINDS = tuple(str(event.model_fields["kind"].default) for event in _TOLD)
_FOLDED = ("task.changed", "task.labelled", "attachment.added", "attachment.deleted", "comment.deleted")
_NOTES = frozenset({"agent_execution_status", "github_branch_name", "position"})
"""Fields that nobody needs to be told of: the run's own entry says it, or it is but the order of cards."""
_FIELDS = {
    "title": "changed the title to {}",
    "priority": "set the priority to {}",
    "status": "moved it to {}",
    "assigned_agent_type": "meant it for {}",
    "assignee": "assigned it to {}",
}
_LINKED = {
    "blocks": "made it block {}",
    "blocked_by": "made it wait for {}",
    "relates": "related it to {}",
    "child": "made it a sub-task of {}",
    "parent": "made {} a sub-task of it",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` goes on after the actor's name: "moved it to done". `seq`: of its newest event; `kind`: that one's. `run` and
    `comment`: as they are now."""

    seq: int
    at: float
    actor: str
    kind: str
    text: str
    run: Run | None
    comment: Comment | None


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: what to give as `before` for the next page; None: there is none."""

    entries: list[Entry]
    next: int | None


@dataclass(frozen=True, slots=True)
class _Line:
    seq: int
    at: float
    actor: str | None
    run: RunId | None
    event: AnyEvent


def of_task(look: Look, actor: Actor, task: TaskId, *, before: int | None = None, limit: int = 50) -> Page:
    """What has happened, from before a sequence number on backwards, as far as the actor may see. Raises `TaskNotFound`."""
    tasks.find_for(look, actor, task)
    groups: list[list[_Line]] = []
    for line in _backwards(look, actor, task, before):
        if groups and _belongs(groups[-1], line):
            groups[-1].append(line)
        elif len(groups) == limit:
            return Page(_entries(look, groups), groups[-1][-1].seq)
        else:
            groups.append([line])
    return Page(_entries(look, groups), None)


def _backwards(look: Look, actor: Actor, task: TaskId, before: int | None) -> Iterator[_Line]:
    """What is told, newest first. Comments that are gone, and changes that only a run noted, are left out."""
    columns = (table.c.seq, table.c.at, table.c.actor, table.c.run_id, table.c.data)
    own = sa.select(*columns).where(table.c.task_id == task, table.c.n.is_(None), table.c.kind.in_(KINDS))
    while True:
        page = own if before is None else own.where(table.c.seq < before)
        rows = look.rows(page.order_by(table.c.seq.desc()).limit(READ_AT_ONCE))
        seen = ledger.seen_among(look, actor, {row["run_id"] for row in rows if row["run_id"] is not None})
        lines = [
            _Line(row["seq"], row["at"], row["actor"], row["run_id"], any_event.validate_json(row["data"]))
            for row in rows
            if row["run_id"] is None or row["run_id"] in seen
        ]
        lines = _without_hidden(look, actor, lines)
        there = _comments(look, lines)
        yield from (line for line in lines if _is_worth_telling(line, there))
        if len(rows) < READ_AT_ONCE:
            return
        before = rows[-1]["seq"]


def _without_hidden(look: Look, actor: Actor, lines: list[_Line]) -> list[_Line]:
    """Links with tasks that are hidden from the actor are left out: they would tell their keys."""
    others = {line.event.other_id for line in lines if isinstance(line.event, TaskLinked | TaskUnlinked)}
    if not others or actor.sees_all:
        return lines
    seen = visibility.visible(actor, tasks_table.c.project_id)
    there = {task for (task,) in look.tuples(sa.select(tasks_table.c.id).where(tasks_table.c.id.in_(others), seen))}
    return [
        line for line in lines if not isinstance(line.event, TaskLinked | TaskUnlinked) or line.event.other_id in there
    ]


def _is_worth_telling(line: _Line, there: Mapping[int, Comment]) -> bool:
    match line.event:
        case CommentCreated(comment=comment):
            return comment in there
        case TaskChanged(changes=changes):
            return bool(_of_people(changes, line.actor))
        case QuestionAnswered(option=option, text=text):
            return option is not None or text is not None
        case _:
            return True


def _belongs(group: Sequence[_Line], line: _Line) -> bool:
    """Whether the older line is told with those after it."""
    last = group[-1]
    return (
        line.event.kind in _FOLDED
        and line.event.kind == last.event.kind
        and line.actor == last.actor
        and last.at - line.at <= FOLD_SECONDS
    )


# ── into words ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _entries(look: Look, groups: Sequence[Sequence[_Line]]) -> list[Entry]:
    lines = [line for group in groups for line in group]
    comments = _comments(look, lines)
    runs = {run: ledger.find(look, run) for run in {line.run for line in lines} if run is not None}
    questions = _questions(look, [line.event.question for line in lines if isinstance(line.event, QuestionAnswered)])
    made = []
    for group in groups:
        newest = group[0]
        run = None if newest.run is None else runs[newest.run]
        comment = comments.get(newest.event.comment) if isinstance(newest.event, CommentCreated) else None
        who = newest.actor or (run.agent if run is not None else "hub")
        text = _said(group[::-1], run, questions)
        made.append(Entry(newest.seq, newest.at, who, newest.event.kind, text, run, comment))
    return made


def _said(lines: Sequence[_Line], run: Run | None, questions: Mapping[str, _Asked]) -> str:
    """One sentence for events of one kind, oldest first."""
    events = [line.event for line in lines]
    match events[-1]:
        case TaskCreated():
            return "created it"
        case TaskChanged():
            changed = [
                _of_people(line.event.changes, line.actor) for line in lines if isinstance(line.event, TaskChanged)
            ]
            return _changed({name: value for changes in changed for name, value in changes.items()})
        case TaskDeleted():
            return "deleted it"
        case TaskRestored():
            return "brought it back"
        case TaskLinked(link=link, other=other):
            return _LINKED.get(link, "linked it with {}").format(other)
        case TaskUnlinked(other=other):
            return f"took away a link with {other}"
        case TaskLabelled():
            return _labelled([event for event in events if isinstance(event, TaskLabelled)])
        case CommentCreated():
            return "commented"
        case CommentDeleted():
            return "deleted a comment" if len(events) == 1 else f"deleted {len(events)} comments"
        case AttachmentAdded() | AttachmentDeleted() as last:
            verb = "attached" if isinstance(last, AttachmentAdded) else "deleted the attachment"
            return f"{verb} {', '.join(event.name for event in events if isinstance(event, AttachmentAdded | AttachmentDeleted))}"
        case RunSubmitted(agent=agent):
            return f"gave it to {agent}"
        case RunCompleted():
            return _completed(run)
        case RunFailed(error=error):
            return f"failed: {_short(error)}"
        case RunCancelled():
            return "cancelled the run"
        case RunDiscarded():
            return "discarded the result"
        case RunHandedOver(before=before, agent=agent):
            return f"handed it over from {before} to {agent}"
        case RunReviewed(approved=approved, text=text):
            verdict = "approved the result" if approved else "asked for changes"
            return f"{verdict}: {_short(text)}" if text else verdict
        case PromptQueued(text=text):
            return f"said: {_short(text)}"
        case QuestionAnswered(question=question, option=option, text=text):
            asked = questions.get(question, _Asked("a question", {}))
            return (
                f"answered “{_short(asked.title)}” with {_short(text or asked.labels.get(option or '', option or ''))}"
            )
        case ComparisonStarted(runs=runs):
            return f"gave it to {len(runs)} agents side by side"
        case ComparisonKept():
            return "kept one of the results"
        case other:
            return other.kind


def _of_people(changes: Mapping[str, object], actor: str | None) -> Mapping[str, object]:
    """What of a task's changes is for people. Which agent the hub notes with a run, the run's entry says too."""
    left_out = _NOTES | {"assigned_agent_type"} if actor == "hub" else _NOTES
    return {name: value for name, value in changes.items() if name not in left_out}


def _changed(changes: Mapping[str, object]) -> str:
    said = [_FIELDS[name].format(_short(str(changes[name]).replace("_", " "))) for name in _FIELDS if changes.get(name)]
    said += ["changed the description"] if "description" in changes else []
    others = set(changes) - set(_FIELDS) - {"description"}
    said += [f"changed {', '.join(sorted(others)).replace('_', ' ')}"] if others else []
    return ", ".join(said) or "changed it"


def _labelled(events: Sequence[TaskLabelled]) -> str:
    put, off = dict.fromkeys(events[0].added), dict.fromkeys(events[0].removed)
    for event in events[1:]:
        for name in event.added:
            off.pop(name) if name in off else put.update({name: None})
        for name in event.removed:
            put.pop(name) if name in put else off.update({name: None})
    said = [f"put on {', '.join(put)}"] if put else []
    said += [f"took off {', '.join(off)}"] if off else []
    return ", ".join(said) or "put labels on and took them off again"


def _completed(run: Run | None) -> str:
    if run is None or run.files is None or not run.head:
        return "finished, and changed nothing"
    files = "1 file" if run.files == 1 else f"{run.files} files"
    return f"finished: {files}, +{run.additions or 0} −{run.deletions or 0}" + (
        f" on {run.branch}" if run.branch else ""
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_AT_MOST else f"{line[:TEXT_AT_MOST]}…"


# ── what stands in other rows ──────────────────────────────────────────────────────────────────────────────────────


def _comments(look: Look, lines: Sequence[_Line]) -> Mapping[int, Comment]:
    ids = [line.event.comment for line in lines if isinstance(line.event, CommentCreated)]
    if not ids:
        return {}
    rows = look.rows(comments.SELECT.where(comments_table.c.id.in_(ids)))
    return {row["id"]: Comment(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class _Asked:
    """`labels`: what each option is called."""

    title: str
    labels: Mapping[str, str]


def _questions(look: Look, ids: Sequence[str]) -> Mapping[str, _Asked]:
    if not ids:
        return {}
    columns = (questions_table.c.id, questions_table.c.title, questions_table.c.options)
    rows = look.rows(sa.select(*columns).where(questions_table.c.id.in_(ids)))
    return {
        row["id"]: _Asked(row["title"], {each["id"]: each["label"] for each in json.loads(row["options"])})
        for row in rows
    }
