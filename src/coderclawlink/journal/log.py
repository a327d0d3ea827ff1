"""Append to the journal, read from it.

Sequence numbers are 1, 2, 3 … without a gap, and a reader that has seen n has seen all before n: transactions stand in a
row (`db.engine`), and `append` counts on from the last row. On PostgreSQL a number taken before a late commit would otherwise
be passed over by every reader for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import events
from coderclawlink.events import AnyEvent, any_event
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import chain
from coderclawlink.journal.chain import Who

_HEAD = "journal's head"

BOARD_KINDS = (
    *("project.", "task.", "comment.", "label.", "attachment.", "run.", "question.", "node."),
    *("agent.configured", "budget."),
)
"""How the kinds begin that every page shows: what moves cards, runs and nodes, what people say of them and how they set agents
and budgets, not what agents say."""


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about; all that apply are given, so that a reader can take its share without looking further."""

    project: ProjectId | None = None
    task: TaskId | None = None
    run: RunId | None = None
    attempt: int | None = None


NOTHING = About()


@dataclass(frozen=True, slots=True)
class Told:
    """One event in the journal. `data` is the event as JSON text, `kind` included."""

    seq: int
    at: float
    kind: str
    about: About
    n: int | None
    actor: str | None
    data: str

    @property
    def event(self) -> AnyEvent:
        return any_event.validate_json(self.data)

    def as_json(self) -> dict[str, object]:
        """The shape that the live stream and the HTTP interface show."""
        return {**self._head(), **json.loads(self.data)}

    @property
    def text(self) -> str:
        """The same as JSON text. The event is put in as it is kept: of long runs a hundred thousand are asked for."""
        return f"{json.dumps(self._head())[:-1]}, {self.data[1:]}"

    def _head(self) -> dict[str, object]:
        return {
            "seq": self.seq,
            "at": rfc3339(self.at),
            "project_id": self.about.project,
            "task_id": self.about.task,
            "run_id": self.about.run,
            "attempt": self.about.attempt,
            "actor": self.actor,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """An event about to be appended. `at` None: now. `n`: the number its node gave it."""

    event: AnyEvent
    about: About = NOTHING
    n: int | None = None
    at: float | None = None


def append(tx: Tx, event: AnyEvent, about: About = NOTHING, *, actor: Who | str | None = None) -> int:
    """Tell one event; returns its sequence number. `actor`: who did it, or the name of what did."""
    return append_all(tx, [Line(event, about)], actor=actor)


def append_all(tx: Tx, lines: Sequence[Line], *, actor: Who | str | None = None) -> int:
    """Tell several at once, in their order; returns the last one's sequence number."""
    head = int(tx.known[_HEAD]) if _HEAD in tx.known else last_seq(tx)
    tx.known[_HEAD] = head + len(lines)
    if not lines:
        return head
    # What a node tells has been through its own redaction, which knows its secrets.
    lines = [line if line.n is not None else replace(line, event=tx.redact(line.event)) for line in lines]
    at = tx.now()
    name = actor if actor is None or isinstance(actor, str) else actor.name
    tx.append(
        events,
        [
            (
                seq,
                at if line.at is None else line.at,
                line.event.kind,
                line.about.project,
                line.about.task,
                line.about.run,
                line.about.attempt,
                line.n,
                name,
                line.event.model_dump_json(),
            )
            for seq, line in enumerate(lines, head + 1)
        ],
    )
    chain.append(tx, ((line.event, line.about) for line in lines), actor)
    tx.topics.add("journal")
    for line in lines:
        tx.topics.add(line.event.kind)
        if line.about.run is not None:
            tx.topics.add(f"run:{line.about.run}")
    return head + len(lines)


def last_seq(look: Look) -> int:
    """The journal's head; 0 when nothing has happened yet."""
    return int(look.scalar(sa.select(sa.func.max(events.c.seq))) or 0)


def read(look: Look, after: int, *, at_most: int = 1000) -> list[Told]:
    """What was told after a sequence number, in order."""
    return _told(look, sa.select(events).where(events.c.seq > after).order_by(events.c.seq).limit(at_most))


def read_about(
    look: Look,
    after: int,
    *,
    runs: Iterable[str] = (),
    tasks: Iterable[int] = (),
    projects: Iterable[int] = (),
    board: bool = False,
    up_to: int | None = None,
    at_most: int = 1000,
) -> list[Told]:
    """What was told after a number about any of these, in order; with `board`, also all that a board shows."""
    # Only what is asked for: with another way to fit, the database would walk through all that was told of others.
    wanted = ((events.c.run_id, list(runs)), (events.c.task_id, list(tasks)), (events.c.project_id, list(projects)))
    about = sa.or_(
        sa.false(),
        *(column.in_(some) for column, some in wanted if some),
        *(events.c.kind.startswith(beginning) for beginning in BOARD_KINDS if board),
    )
    statement = sa.select(events).where(events.c.seq > after, about)
    if up_to is not None:
        statement = statement.where(events.c.seq <= up_to)
    return _told(look, statement.order_by(events.c.seq).limit(at_most))


def _told(look: Look, statement: sa.Select[tuple[object, ...]]) -> list[Told]:
    return [
        Told(seq, at, kind, About(project, task, run, attempt), n, actor, data)
        for seq, at, kind, project, task, run, attempt, n, actor, data in look.tuples(
            statement.with_only_columns(*_COLUMNS)
        )
    ]


_COLUMNS = [
    events.c[name] for name in ("seq", "at", "kind", "project_id", "task_id", "run_id", "attempt", "n", "actor", "data")
]
