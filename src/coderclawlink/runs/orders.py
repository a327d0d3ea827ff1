"""What the hub has to say to a node about its attempts, as it follows from the rows: orders and stops.

Above: the gate. Below: `attempts`, `prompts`, `transcript`.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from coderclawlink.db.engine import Look
from coderclawlink.db.schema import attachments
from coderclawlink.db.schema import attempts as table
from coderclawlink.ids import NodeId
from coderclawlink.link.protocol import Attached, Beside, Fence, Order, Stop
from coderclawlink.runs import attempts, beside, ledger, prompts, transcript
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run


def waiting_orders(look: Look, node: NodeId) -> list[Order]:
    """What is placed on the node and has not started."""
    rows = look.rows(
        sa.select(table.c.run_id, table.c.number).where(
            table.c.node == node, table.c.state == "placed", table.c.stop.is_(None)
        )
    )
    return [order_of(look, ledger.find(look, row["run_id"]), row["number"]) for row in rows]


def stops(look: Look, node: NodeId) -> list[Stop]:
    """What the node should end."""
    return [
        Stop(run=run, attempt=number, why=row["stop"])
        for (run, number), row in attempts.at_node(look, node).items()
        if row["stop"]
    ]


def order_of(look: Look, run: Run, number: int) -> Order:
    """All that a node needs to know to make the attempt."""
    made = attempts.of_run(look, run.id)
    this = next(one for one in made if one.number == number)
    earlier = [one for one in reversed(made) if one.number < number]
    asked_for, prompt = _begins_with(look, run, earlier[0] if earlier else None)
    follows = _follows(look, run)
    before = earlier or follows
    return Order(
        run=run.id,
        attempt=number,
        agent=this.agent,
        prompt=prompt,
        number=asked_for,
        context=dict(run.context),
        repository=run.repository,
        branch=run.branch or "",
        author=run.author,
        title=run.title,
        timeout_seconds=this.made_with.timeout_seconds or run.timeout_seconds,
        resume=tuple(one.number for one in earlier),
        follows=Fence(run=follows[0].run_id, attempt=follows[0].number) if follows else None,
        session=_session(before, this),
        transcript=transcript.transcript(look, run) if before else "",
        configuration=this.made_with,
        budget_usd=this.reserved_usd,
        budget_tokens=this.reserved_tokens,
        verification=run.verification,
        attachments=_attached(look, run),
        beside=tuple(
            Beside(name=part.name, repository=part.repository, branch=part.branch or run.branch or "")
            for part in beside.of_run(look, run.id)
        ),
    )


def _attached(look: Look, run: Run) -> tuple[Attached, ...]:
    """The task's files as they are now, oldest first."""
    if run.task_id is None:
        return ()
    columns = (attachments.c.name, attachments.c.sha256, attachments.c.size)
    rows = look.rows(sa.select(*columns).where(attachments.c.task_id == run.task_id).order_by(attachments.c.id))
    return tuple(Attached(**row) for row in rows)


def _begins_with(look: Look, run: Run, before: Attempt | None) -> tuple[int, str]:
    """The prompt of an attempt: the one that the attempt before did not finish, else the next that waits."""
    if before is None:
        return 0, run.prompt
    waiting = prompts.waiting(look, run)
    if waiting and (before.outcome == "completed" or waiting[0].steer):
        return waiting[0].number, waiting[0].text
    return before.prompt, prompts.latest_text(look, run, before.prompt)


def _follows(look: Look, run: Run) -> list[Attempt]:
    """The attempts of the run that this one goes on from, the latest first."""
    if run.continues is None:
        return []
    return [one for one in reversed(attempts.of_run(look, run.continues)) if one.started_at is not None]


def _session(before: Sequence[Attempt], this: Attempt) -> str:
    """The conversation to take up: the latest, if it was this agent's on this node."""
    latest = next((one for one in before if one.started_at is not None), None)
    if latest is None or latest.agent != this.agent or latest.node != this.node:
        return ""
    return latest.session or ""
