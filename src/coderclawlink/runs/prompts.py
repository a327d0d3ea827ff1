"""The further prompts of a run: they wait until its agent is done with the one before, or break in on it (`steer`).

The run's own prompt is number 0 and stands in the run. The others count from 1 and are kept here: queued, then taken by the
agent, or withdrawn before. Who decides whether it is too late to change one is the node alone: what it says the agent was
given counts, even if a change was on its way.

Above: the runtime, `recording`, `reviews`, and the gate, which says them to nodes. Below: the ledger and the table of prompts.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, prompts
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import PromptChanged, PromptQueued, PromptTaken, PromptWithdrawn
from coderclawlink.ids import NodeId, RunId
from coderclawlink.journal import log
from coderclawlink.link.protocol import Ask
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run

TEXT_AT_MOST = 200_000
"""Characters. Longer texts belong into a file of the repository."""
AT_WORK = ("placed", "running")
_SMALL = 2**31 - 1


class PromptNotFound(NotFound):
    """The run has no such prompt."""


class TooLate(Conflict):
    """The agent has it already."""


class RunOver(Conflict):
    """The run has ended: no further prompt reaches its agent. Ask anew, in a run that goes on from this one."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """`state`: queued, taken or withdrawn. `revision`: how often its words were changed. `attempt`: whose agent took it.
    Times are seconds since the epoch."""

    run_id: RunId
    number: int
    text: str
    steer: bool
    state: str
    revision: int
    author: str
    attempt: int | None
    created_at: float
    taken_at: float | None


# ── what people do ─────────────────────────────────────────────────────────────────────────────────────────────────


def queue(tx: Tx, actor: Actor, run: Run, text: str, *, steer: bool = False) -> Prompt:
    """Put a prompt behind those that wait. `steer`: the agent is interrupted for it.

    Raises `RunNotFound`, `PermissionMissing`, `RunOver`, `Invalid`.
    """
    run = _open_run(tx, actor, run.id)
    _require_words(text)
    last = tx.scalar(sa.select(sa.func.max(prompts.c.number)).where(prompts.c.run_id == run.id))
    number = int(last or 0) + 1
    tx.change(
        prompts.insert().values(
            run_id=run.id,
            number=number,
            text=text,
            steer=steer,
            state="queued",
            revision=0,
            author=actor.name,
            created_at=tx.now(),
        )
    )
    event = PromptQueued(number=number, text=text, by=actor.name, steer=steer)
    log.append(tx, event, run.about, actor=actor)
    _ring(tx, run)
    return _find(tx, run.id, number)


def edit(tx: Tx, actor: Actor, run_id: RunId, number: int, text: str) -> Prompt:
    """Other words for a prompt that the agent has not taken yet.

    Raises `RunNotFound`, `PermissionMissing`, `PromptNotFound`, `RunOver`, `TooLate`, `Invalid`.
    """
    run = _open_run(tx, actor, run_id)
    found = _untaken(tx, run_id, number)
    if found.state == "withdrawn":
        raise TooLate("It has been withdrawn.")
    _require_words(text)
    if text == found.text:
        return found
    tx.change(_this(run_id, number).values(text=text, revision=prompts.c.revision + 1))
    log.append(tx, PromptChanged(number=number, text=text, by=actor.name), run.about, actor=actor)
    _ring(tx, run)
    return _find(tx, run_id, number)


def withdraw(tx: Tx, actor: Actor, run_id: RunId, number: int) -> Prompt:
    """The agent is not to be given it after all. Safe to do twice.

    Raises `RunNotFound`, `PermissionMissing`, `PromptNotFound`, `RunOver`, `TooLate`.
    """
    run = _open_run(tx, actor, run_id)
    found = _untaken(tx, run_id, number)
    if found.state == "withdrawn":
        return found
    tx.change(_this(run_id, number).values(state="withdrawn"))
    log.append(tx, PromptWithdrawn(number=number, by=actor.name), run.about, actor=actor)
    _ring(tx, run)
    return _find(tx, run_id, number)


def _open_run(tx: Tx, actor: Actor, run_id: RunId) -> Run:
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    if run.has_ended:
        raise RunOver
    return run


def _require_words(text: str) -> None:
    if not text.strip():
        raise Invalid("A prompt needs words.")
    if len(text) > TEXT_AT_MOST:
        raise Invalid(f"A prompt has at most {TEXT_AT_MOST:,} characters; this one has {len(text):,}.")


def _untaken(look: Look, run_id: RunId, number: int) -> Prompt:
    found = _find(look, run_id, number)
    if found.state == "taken":
        raise TooLate
    return found


def _this(run_id: RunId, number: int) -> sa.Update:
    return prompts.update().where(prompts.c.run_id == run_id, prompts.c.number == number)


def _ring(tx: Tx, run: Run) -> None:
    """Wake the node that has the run's agent, or where there is none the run's workflow."""
    node = tx.scalar(
        sa.select(attempts.c.node).where(
            attempts.c.run_id == run.id, attempts.c.number == run.attempt, attempts.c.state.in_(AT_WORK)
        )
    )
    tx.topics.add(f"over:{run.id}" if node is None else f"node:{node}")


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_run(look: Look, run: Run) -> list[Prompt]:
    """All but the run's own, by number."""
    statement = sa.select(prompts).where(prompts.c.run_id == run.id).order_by(prompts.c.number)
    return [Prompt(**row) for row in look.rows(statement)]


def waiting(look: Look, run: Run) -> list[Prompt]:
    """Those that are queued, by number."""
    return [prompt for prompt in of_run(look, run) if prompt.state == "queued"]


def latest_text(look: Look, run: Run, number: int) -> str:
    """The words of one of the run's prompts as they stand; 0 is its own. Raises `PromptNotFound`."""
    return _find(look, run.id, number).text if number else run.prompt


def _find(look: Look, run_id: RunId, number: int) -> Prompt:
    row = None
    if 0 < number <= _SMALL:
        row = look.row(sa.select(prompts).where(prompts.c.run_id == run_id, prompts.c.number == number))
    if row is None:
        raise PromptNotFound(f"The run has no prompt {number}.")
    return Prompt(**row)


# ── what nodes are told, and tell ──────────────────────────────────────────────────────────────────────────────────


def to_say(look: Look, node: NodeId) -> list[Ask]:
    """What the attempts at work on the node are still to be asked, in order; what was withdrawn, as such.

    A node that has never heard of a withdrawn one, or has already given it to the agent, passes over it.
    """
    rows = look.rows(
        sa.select(
            prompts.c.run_id,
            attempts.c.number.label("attempt"),
            prompts.c.number,
            prompts.c.text,
            prompts.c.steer,
            prompts.c.state,
            prompts.c.revision,
        )
        .join(attempts, attempts.c.run_id == prompts.c.run_id)
        .where(attempts.c.node == node, attempts.c.state.in_(AT_WORK), prompts.c.state != "taken")
        .order_by(prompts.c.run_id, prompts.c.number)
    )
    return [
        Ask(
            run=row["run_id"],
            attempt=row["attempt"],
            number=row["number"],
            text=row["text"] if row["state"] == "queued" else None,
            steer=row["steer"],
            revision=row["revision"],
        )
        for row in rows
    ]


def taken(tx: Tx, run_id: RunId, attempt: int, event: PromptTaken) -> None:
    """The agent is at work on it, in the words that the node says, whatever stood here: also if it was withdrawn meanwhile.

    The run's own prompt (0) and the node's own words (None) have no row; a number that nobody gave is passed over.
    """
    number = event.number
    if number is None or not 0 <= number <= _SMALL:
        return
    if number:
        told = {"state": "taken", "text": event.text, "attempt": attempt}
        if not tx.change(_this(run_id, number).values(taken_at=tx.now(), **told)):
            return
    tx.change(attempts.update().where(attempts.c.run_id == run_id, attempts.c.number == attempt).values(prompt=number))
