"""Runs and nodes as the test plays them, straight on the rooms: no engine, no wire. Each function is part of a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coderclawlink.access.policy import OWNER, Actor
from coderclawlink.db.engine import Look, Tx
from coderclawlink.events import AttemptEvent
from coderclawlink.ids import NodeId, ProjectId, RunId, TaskId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.log import Told
from coderclawlink.link.protocol import AgentOffer, Entry, Fence, Hello
from coderclawlink.runs import attempts, ledger, nodes
from coderclawlink.runs.ledger import Run, Wish

NODE = NodeId("n1")
AT = "2026-11-05T10:00:00Z"


def hello(
    name: str = NODE,
    *,
    slots: int = 4,
    agents: Sequence[str | AgentOffer] = ("a",),
    held: Iterable[Fence] = (),
    boot: str | None = None,
) -> Hello:
    offers = [AgentOffer(name=one, available=True) if isinstance(one, str) else one for one in agents]
    return Hello(node=name, boot=boot or new_id(), slots=slots, agents=tuple(offers), held=tuple(held))


def join(tx: Tx, name: str = NODE, *, slots: int = 4, agents: Sequence[str | AgentOffer] = ("a",)) -> NodeId:
    nodes.join(tx, hello(name, slots=slots, agents=agents))
    return NodeId(name)


def submit(
    tx: Tx,
    *,
    actor: Actor = OWNER,
    agent: str = "a",
    project: ProjectId | None = None,
    task: TaskId | None = None,
    tries: int = 3,
    priority: int = 2,
    timeout_seconds: float = 3600.0,
) -> Run:
    """A run with its first attempt in the queue."""
    wish = Wish(
        agent,
        "Do it",
        {},
        "Do it",
        project_id=project,
        task_id=task,
        tries=tries,
        priority=priority,
        timeout_seconds=timeout_seconds,
    )
    run = attempts.submit(tx, actor, wish)
    attempts.offer(tx, run)
    return ledger.find(tx, run.id)


def give(tx: Tx, run: Run, node: NodeId = NODE) -> Run:
    """The run's latest attempt has a place."""
    attempts.place(tx, run, run.attempt, node)
    return ledger.find(tx, run.id)


def at_node(tx: Tx, node: NodeId = NODE, *, actor: Actor = OWNER, task: TaskId | None = None) -> Run:
    """A run whose first attempt is placed."""
    return give(tx, submit(tx, actor=actor, task=task), node)


def said(run: Run | RunId, *events: AttemptEvent, first: int = 1, attempt: int = 1) -> list[Entry]:
    """Entries as a node makes them, numbered from `first`."""
    run_id = run.id if isinstance(run, Run) else run
    return [
        Entry(run=run_id, attempt=attempt, n=n, at=AT, event=event.model_dump(mode="json"))
        for n, event in enumerate(events, first)
    ]


def told(look: Look, run: RunId) -> list[Told]:
    """The run's part of the journal."""
    return log.read_about(look, 0, runs=[run], at_most=100_000)


def kinds(look: Look, run: RunId) -> list[str]:
    return [one.kind for one in told(look, run)]
