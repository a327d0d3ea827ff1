"""What a session remembers: its runs, with what they were asked and answered, and notes. No other session has any of it.

Above: the routes, `runtime.wishing`, which gives it to the agent of a later run that is to be told; `ledger.submit`, by which each run becomes a
memory of the session that asked for it. Below: visibility, the rows. Of a run only its id is kept here: its words stand where they are, and
are told no longer than they may be seen. It ends with the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import memories as table
from coderclawlink.db.schema import prompts, runs, sessions
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.ids import RunId

TOLD_AT_MOST = 16_000
"""Characters that an agent is told of what was before."""
ANSWER_AT_MOST = 4_000
"""Of these, of one answer or one question."""
NOTE_AT_MOST = 4_000
NOTES_AT_MOST = 200
LOOKED_AT_AT_MOST = 200
"""Of the newest, what is looked through for what an agent is told."""
IN_CONTEXT = "session_memory"
"""The name that it has in a run's context."""
CUT = " […]"
OPEN = "(no answer yet)"


@dataclass(frozen=True, slots=True)
class Memory:
    """`asked`: the run's prompt and what it was asked further; `answered`: its result, or why it failed; None: none yet. `text`: a note's.
    Times: seconds since the epoch."""

    id: int
    kind: Literal["run", "note"]
    at: float
    text: str | None = None
    run: RunId | None = None
    agent: str | None = None
    state: str | None = None
    asked: str | None = None
    answered: str | None = None


def keep(tx: Tx, actor: Actor, run: str) -> None:
    """The session has asked for this run. Of who has none, or whose has ended meanwhile, nothing is kept."""
    if actor.login is not None and _is_there(tx, actor.login):
        tx.change(table.insert().values(session=actor.login, run_id=run, at=tx.now()))


def all_of(look: Look, actor: Actor, *, before: int | None = None, limit: int = 100) -> list[Memory]:
    """What the actor's session remembers, as far as the actor may still see it: the newest, the newest last; those before the one with the
    id `before`."""
    mine = sa.and_(
        table.c.session == actor.login,
        sa.or_(table.c.run_id.is_(None), sa.and_(~runs.c.hidden, visibility.run_seen(actor))),
    )
    statement = (
        sa.select(table, runs.c.agent, runs.c.state, runs.c.prompt, runs.c.result, runs.c.error)
        .select_from(table.outerjoin(runs, runs.c.id == table.c.run_id))
        .where(mine)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(table.c.id < before)
    found = look.rows(statement)
    further = _further(look, [row["run_id"] for row in found if row["run_id"] is not None])
    return [_memory(row, further) for row in reversed(found)]


def told(look: Look, actor: Actor) -> str:
    """What an agent is told of it, oldest first, at most 16,000 characters: the newest as far as they fit. Each line of what was said begins with
    `> `, so that nothing of it can pass for what is asked now. Empty where nothing is remembered."""
    parts: list[str] = []
    room = TOLD_AT_MOST
    for memory in reversed(all_of(look, actor, limit=LOOKED_AT_AT_MOST)):
        part = _words(memory)
        room -= len(part) + 2
        if room < 0:
            break
        parts.append(part)
    return "\n\n".join(reversed(parts))


def without(context: Mapping[str, Any]) -> dict[str, Any]:
    """A run's context for who may see the run, which is more than its session: without what that remembered."""
    return {name: value for name, value in context.items() if name != IN_CONTEXT}


def is_to_be_told(look: Look, actor: Actor, wish: object) -> bool:
    """Whether an agent is to be told: what the run's context says of it (`remember`), else what the session is set to."""
    if actor.login is None:
        return False
    if isinstance(wish, bool):
        return wish
    return bool(look.scalar(sa.select(sessions.c.remembers).where(sessions.c.hash == actor.login)))


def remembers(look: Look, actor: Actor) -> bool:
    """Whether all further runs of the session are told."""
    return is_to_be_told(look, actor, None)


# ── changed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def note(tx: Tx, actor: Actor, text: str) -> Memory:
    """Something that later runs of the session are told. Raises `Invalid`, `Conflict`."""
    text = text.strip()
    if not text or len(text) > NOTE_AT_MOST:
        raise Invalid(f"A note has 1 to {NOTE_AT_MOST:,} characters.")
    notes = sa.select(sa.func.count()).where(table.c.session == actor.login, table.c.run_id.is_(None))
    if tx.scalar(notes) >= NOTES_AT_MOST:
        raise Conflict(f"A session has at most {NOTES_AT_MOST} notes. Forget what was before, first.")
    id = tx.insert(table.insert().values(session=actor.login, text=text, at=tx.now()))
    return Memory(id, "note", tx.now(), text)


def set_remembers(tx: Tx, actor: Actor, value: bool) -> None:
    """Whether all further runs of the session are told, without each saying so."""
    tx.change(sessions.update().where(sessions.c.hash == actor.login).values(remembers=value))


def forget(tx: Tx, actor: Actor) -> int:
    """Later runs are told nothing from before now; returns how much was forgotten. The runs themselves stay what they are."""
    return tx.change(table.delete().where(table.c.session == actor.login))


def _is_there(look: Look, session: str) -> bool:
    return look.scalar(sa.select(sessions.c.hash).where(sessions.c.hash == session)) is not None


def _further(look: Look, some: list[str]) -> dict[str, list[str]]:
    """By run, what it was asked after its own prompt."""
    found: dict[str, list[str]] = {}
    asked = sa.select(prompts.c.run_id, prompts.c.text).where(
        prompts.c.run_id.in_(some), prompts.c.state != "withdrawn"
    )
    for run, text in look.tuples(asked.order_by(prompts.c.run_id, prompts.c.number)) if some else ():
        found.setdefault(run, []).append(text)
    return found


def _memory(row: sa.RowMapping, further: dict[str, list[str]]) -> Memory:
    if row["run_id"] is None:
        return Memory(row["id"], "note", row["at"], row["text"])
    asked = "\n\n".join([row["prompt"], *further.get(row["run_id"], ())])
    answered = row["result"] or row["error"]
    return Memory(row["id"], "run", row["at"], None, row["run_id"], row["agent"], row["state"], asked, answered)


def _words(memory: Memory) -> str:
    at = rfc3339(memory.at)[:16] + "Z"
    if memory.kind == "note":
        return f"Note, {at}:\n{_quoted(memory.text or '')}"
    answer = OPEN if memory.answered is None else memory.answered
    return f"Asked, {at}:\n{_quoted(memory.asked or '')}\nAnswered by {memory.agent}:\n{_quoted(answer)}"


def _quoted(text: str) -> str:
    text = text if len(text) <= ANSWER_AT_MOST else text[:ANSWER_AT_MOST] + CUT
    return "\n".join(f"> {line}" for line in text.splitlines())
