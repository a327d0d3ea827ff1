"""Attempts: one agent process on one node, with a lease and a fence.

The fence is (run, attempt): every write that a node asks for is checked against the attempt's row, in the same transaction.
Zero rows mean stale: the hub has given the attempt up, and a node that comes back late is refused, whatever it says.

    queued ──place──► placed ──started──► running ──ended──► ended
       └───────────────┴──────── lost ───────┴──────────────►

The lease is the node's (`nodes.seen_at`): all its attempts live and die by it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from pydantic import ValidationError

from coderclawlink.clock import seconds
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import artifacts, attempts, events, questions, runs
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    AttemptEvent,
    AttemptLost,
    AttemptOffered,
    AttemptPlaced,
    AttemptStarted,
    QuestionAsked,
    WorkCommitted,
    attempt_event,
)
from coderclawlink.ids import NodeId, ProjectId, RunId
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line
from coderclawlink.link.protocol import Entry, Fence, Kept, Order, Stop, storable
from coderclawlink.runs import ledger
from coderclawlink.runs import questions as asked
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import ENDED, State, WaitReason

AT_WORK = ("placed", "running")
TEXT_AT_MOST = 16 * 1024 * 1024
"""Characters of one text: as much as one word on the wire can hold."""
SMALL = 2**31 - 1
BIG = 2**63 - 1
QUESTION_AT_MOST = COMMIT_AT_MOST = 64
ARTIFACT_NAME_AT_MOST = 100
"""Characters; what the columns hold."""


@dataclass(frozen=True, slots=True)
class Attempt:
    run_id: RunId
    number: int
    state: str
    node: NodeId | None
    stop: str | None
    kept: int
    outcome: str | None
    result: str | None
    error: str | None
    retry: bool | None
    settled: bool
    sandbox: str | None
    agent_version: str | None
    model: str | None
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    offered_at: float
    placed_at: float | None
    started_at: float | None
    ended_at: float | None


_COLUMNS = [attempts.c[name] for name in Attempt.__dataclass_fields__]


_BY_NUMBER = sa.select(*_COLUMNS).where(
    attempts.c.run_id == sa.bindparam("run"), attempts.c.number == sa.bindparam("attempt")
)


def find(look: Look, run: RunId, number: int) -> Attempt | None:
    row = look.row(_BY_NUMBER, {"run": run, "attempt": number})
    return None if row is None else Attempt(**row)


_GOING_ON = (
    sa.select(attempts.c.number)
    .join(runs, runs.c.id == attempts.c.run_id)
    .where(
        attempts.c.run_id == sa.bindparam("run"),
        attempts.c.number == sa.bindparam("attempt"),
        attempts.c.state != "ended",
        runs.c.state.not_in(list(ENDED)),
    )
)


def is_over(look: Look, run: RunId, number: int) -> bool:
    """True also when the run itself has ended or is gone: then nobody waits for the attempt."""
    return look.row(_GOING_ON, {"run": run, "attempt": number}) is None


def of_run(look: Look, run: RunId) -> list[Attempt]:
    """In the order they were made."""
    statement = sa.select(*_COLUMNS).where(attempts.c.run_id == run).order_by(attempts.c.number)
    return [Attempt(**row) for row in look.rows(statement)]


# ── offering and placing ───────────────────────────────────────────────────────────────────────────────────────────


def offer(tx: Tx, run: Run) -> int:
    """Make sure that the run has an attempt whose outcome is still to be settled; its number. Safe to do twice."""
    if run.attempt:
        latest = find(tx, run.id, run.attempt)
        if latest is not None and not latest.settled:
            return run.attempt
    number = run.attempt + 1
    ledger.enqueue(tx, replace(run, attempt=number))
    ledger.requeue(tx, run)
    ledger.note(tx, run.id, attempt=number)
    log.append(tx, AttemptOffered(), About(run.project_id, run.task_id, run.id, number))
    return number


def place(tx: Tx, run: Run, number: int, node: NodeId) -> None:
    """Give the attempt to a node."""
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run.id, attempts.c.number == number, attempts.c.state == "queued")
        .values(state="placed", node=node, placed_at=tx.now())
    )
    ledger.place(tx, run)
    log.append(tx, AttemptPlaced(node=node), About(run.project_id, run.task_id, run.id, number))
    tx.topics.add(f"node:{node}")


def settle(tx: Tx, run: RunId, number: int) -> None:
    """The run has drawn its conclusion from the attempt."""
    tx.change(attempts.update().where(attempts.c.run_id == run, attempts.c.number == number).values(settled=True))


def lose(tx: Tx, run_id: RunId, number: int, why: str) -> bool:
    """Give the attempt up: what its node says from now on is refused. False if it is over already."""
    attempt = find(tx, run_id, number)
    if attempt is None or attempt.state == "ended":
        return False
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run_id, attempts.c.number == number)
        .values(state="ended", outcome="lost", error=why, retry=True, ended_at=tx.now())
    )
    asked.dismiss(tx, run_id, number)
    run = ledger.find(tx, run_id)
    log.append(tx, AttemptLost(node=attempt.node), About(run.project_id, run.task_id, run_id, number))
    tx.topics.add(f"over:{run_id}")
    if attempt.node:
        tx.topics.add(f"node:{attempt.node}")
    return True


def order_of(run: Run, number: int) -> Order:
    """All that a node needs to know to make the attempt."""
    return Order(
        run=run.id,
        attempt=number,
        agent=run.agent,
        prompt=run.prompt,
        context=dict(run.context),
        repository=run.repository,
        branch=run.branch or "",
        author=run.author,
        title=run.title,
        timeout_seconds=run.timeout_seconds,
        resume=tuple(range(number - 1, 0, -1)),
    )


# ── what the hub has to say to a node, as it follows from the rows ─────────────────────────────────────────────────


def at_node(look: Look, node: NodeId) -> dict[tuple[str, int], sa.RowMapping]:
    """The attempts that the node should hold: (run, attempt) → state, stop."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.state, attempts.c.stop).where(
            attempts.c.node == node, attempts.c.state.in_(AT_WORK)
        )
    )
    return {(row["run_id"], row["number"]): row for row in rows}


def waiting_orders(look: Look, node: NodeId) -> list[Order]:
    """What is placed on the node and has not started."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number).where(
            attempts.c.node == node, attempts.c.state == "placed", attempts.c.stop.is_(None)
        )
    )
    return [order_of(ledger.find(look, row["run_id"]), row["number"]) for row in rows]


def stops(look: Look, node: NodeId) -> list[Stop]:
    """What the node should end."""
    return [
        Stop(run=run, attempt=number, why=row["stop"])
        for (run, number), row in at_node(look, node).items()
        if row["stop"]
    ]


# ── what a node tells ──────────────────────────────────────────────────────────────────────────────────────────────


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
        sa.select(*_COLUMNS, attempts.c.project_id, runs.c.task_id)
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(attempts.c.run_id.in_({run for run, _ in fences}))
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
        here = attempts.update().where(attempts.c.run_id == new.about.run, attempts.c.number == new.about.attempt)
        for event in new.told:
            _follow(tx, new.attempt, event, new.about, here)


_KEPT = (
    attempts.update()
    .where(attempts.c.run_id == sa.bindparam("run"), attempts.c.number == sa.bindparam("attempt"))
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
            _keep_artifact(tx, attempt, event)
            event = event.model_copy(update={"text": ""})
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
        case QuestionAsked():
            is_new = asked.ask(tx, attempt.run_id, attempt.number, event)
            run = ledger.find(tx, attempt.run_id)
            if run.has_ended:
                asked.dismiss(tx, attempt.run_id, attempt.number)
            elif is_new:
                ledger.wait(tx, run, WaitReason.APPROVAL, "anyone who may submit tasks here")
        case WorkCommitted():
            ledger.note(
                tx,
                attempt.run_id,
                head=event.head[:COMMIT_AT_MOST],
                base=event.base[:COMMIT_AT_MOST],
                branch=event.branch,
                files=_count(event.files, SMALL),
                additions=_count(event.additions, SMALL),
                deletions=_count(event.deletions, SMALL),
            )
        case AttemptEnded():
            tx.change(
                here.values(
                    state="ended",
                    outcome=event.outcome,
                    result=event.result,
                    error=event.error,
                    retry=event.retry,
                    ended_at=tx.now(),
                )
            )
            asked.dismiss(tx, attempt.run_id, attempt.number)
            tx.topics.add(f"over:{attempt.run_id}")
        case _:
            pass


def _keep_artifact(tx: Tx, attempt: Attempt, event: ArtifactKept) -> None:
    here = sa.and_(
        artifacts.c.run_id == attempt.run_id,
        artifacts.c.attempt == attempt.number,
        artifacts.c.name == event.name,
    )
    tx.change(artifacts.delete().where(here))
    tx.change(
        artifacts.insert().values(run_id=attempt.run_id, attempt=attempt.number, name=event.name, text=event.text)
    )


def artifact(look: Look, run: RunId, name: str) -> str | None:
    """The text that the run's latest attempt which has it kept under this name."""
    text = look.scalar(
        sa.select(artifacts.c.text)
        .where(artifacts.c.run_id == run, artifacts.c.name == name)
        .order_by(artifacts.c.attempt.desc())
        .limit(1)
    )
    return None if text is None else str(text)


# ── leases ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def wait_for_node(tx: Tx, node: NodeId, until: float) -> None:
    """The node's lease ran out: its runs wait for it until then."""
    for row in tx.rows(sa.select(attempts.c.run_id).where(attempts.c.node == node, attempts.c.state.in_(AT_WORK))):
        run = ledger.find(tx, row["run_id"])
        if not run.has_ended and run.wait_reason is not WaitReason.NODE_OFFLINE:
            ledger.wait(tx, run, WaitReason.NODE_OFFLINE, f"node {node}", until)


def take_up(tx: Tx, node: NodeId) -> None:
    """The node is back within the grace: its runs go on where they were."""
    rows = tx.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.state)
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(
            attempts.c.node == node,
            attempts.c.state.in_(AT_WORK),
            runs.c.wait_reason == WaitReason.NODE_OFFLINE,
            runs.c.state == State.WAITING,
        )
    )
    for row in rows:
        run = ledger.find(tx, row["run_id"])
        if asked.open_in(tx, run.id):
            ledger.wait(tx, run, WaitReason.APPROVAL, "anyone who may submit tasks here")
        elif row["state"] == "running":
            ledger.resume(tx, run)
        else:
            ledger.requeue(tx, run)
            ledger.place(tx, ledger.find(tx, run.id))


def give_back(tx: Tx, node: NodeId) -> None:
    """The node has left in good order: what it was given and has not begun is offered anew, under the same number."""
    for row in tx.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.stop).where(
            attempts.c.node == node, attempts.c.state == "placed"
        )
    ):
        here = attempts.update().where(attempts.c.run_id == row["run_id"], attempts.c.number == row["number"])
        if row["stop"]:
            tx.change(here.values(state="ended", outcome="cancelled", ended_at=tx.now()))
            tx.topics.add(f"over:{row['run_id']}")
            continue
        tx.change(here.values(state="queued", node=None, placed_at=None))
        run = ledger.find(tx, row["run_id"])
        ledger.requeue(tx, run)
        log.append(tx, AttemptOffered(), About(run.project_id, run.task_id, run.id, row["number"]))


def of_nodes_gone(look: Look, nodes: Iterable[NodeId]) -> list[tuple[RunId, int]]:
    """The attempts that stand on these nodes."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number).where(
            attempts.c.node.in_(list(nodes)), attempts.c.state.in_(AT_WORK)
        )
    )
    return [(row["run_id"], row["number"]) for row in rows]


def overdue(look: Look, margin: float) -> list[tuple[RunId, int]]:
    """Attempts that should have ended `margin` seconds ago: past their run's time since they were placed.

    As at the node, the time in which the run waited for somebody does not count.
    """
    now = look.now()
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.placed_at, runs.c.timeout_seconds)
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(
            attempts.c.state.in_(AT_WORK),
            attempts.c.placed_at + runs.c.timeout_seconds + margin < now,
            runs.c.wait_reason.is_(None),
        )
    )
    return [
        (row["run_id"], row["number"])
        for row in rows
        if row["placed_at"] + row["timeout_seconds"] + margin + _waited(look, row["run_id"], row["placed_at"]) < now
    ]


def _waited(look: Look, run: RunId, since: float) -> float:
    """Seconds that the run has waited since then and does not any more, as the journal tells it."""
    waited, began = 0.0, None
    for row in look.rows(
        sa.select(events.c.kind, events.c.at)
        .where(
            events.c.run_id == run,
            events.c.at >= since,
            events.c.kind.in_(("run.waiting", "run.resumed", "run.started")),
        )
        .order_by(events.c.seq)
    ):
        if row["kind"] == "run.waiting":
            began = row["at"] if began is None else began
        elif began is not None:
            waited += row["at"] - began
            began = None
    return waited


def loads(look: Look) -> list[tuple[NodeId, str, ProjectId | None, int]]:
    """What is at work, counted by (node, agent, project)."""
    rows = look.rows(
        sa.select(attempts.c.node, attempts.c.agent, attempts.c.project_id, sa.func.count().label("count"))
        .where(attempts.c.state.in_(AT_WORK))
        .group_by(attempts.c.node, attempts.c.agent, attempts.c.project_id)
    )
    return [(row["node"], row["agent"], row["project_id"], row["count"]) for row in rows]


_QUEUED = (
    sa.select(attempts.c.number).where(attempts.c.state == "queued", attempts.c.run_id != sa.bindparam("run")).limit(1)
)


def any_queued(look: Look, *, besides: str = "") -> bool:
    """Whether an attempt waits for a place, of any run but that."""
    return look.row(_QUEUED, {"run": besides}) is not None


def queued(
    look: Look, *, but_projects: Iterable[ProjectId] = (), but_agents: Iterable[str] = (), at_most: int = 500
) -> list[sa.RowMapping]:
    """What waits for a place, but for these projects and agents: most urgent first, then oldest first."""
    return list(
        look.rows(
            sa.select(attempts.c.run_id, attempts.c.number, attempts.c.agent, attempts.c.project_id)
            .where(
                attempts.c.state == "queued",
                sa.or_(attempts.c.project_id.is_(None), attempts.c.project_id.not_in(list(but_projects))),
                attempts.c.agent.not_in(list(but_agents)),
            )
            .order_by(attempts.c.priority, attempts.c.offered_at, attempts.c.run_id)
            .limit(at_most)
        )
    )


def question_answers(look: Look, node: NodeId) -> list[sa.RowMapping]:
    """Answers to questions that attempts on this node have asked: the node ignores those it has acted upon."""
    return list(
        look.rows(
            sa.select(questions)
            .join(attempts, sa.and_(attempts.c.run_id == questions.c.run_id, attempts.c.number == questions.c.attempt))
            .where(attempts.c.node == node, attempts.c.state.in_(AT_WORK), questions.c.answered_at.is_not(None))
        )
    )
