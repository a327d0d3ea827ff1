"""Rules learnt from people's answers: who has answered "always" is not asked the same again on that task.

They hold for one agent and one task, and without a task for the run alone: what is right here may be wrong elsewhere.

Above: `runs`, which learns from an answer and joins the rules to an attempt's configuration. Below: `rules`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import learnt_rules, runs, tasks
from coderclawlink.errors import NotFound
from coderclawlink.ids import RunId, TaskId
from coderclawlink.rules import Rule

SHOWN_AT_MOST = 500


class LearntNotFound(NotFound):
    """There is no such learnt rule."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """`by`: who answered. `at`: seconds since the epoch. `task` None: it holds for the run alone."""

    id: int
    agent: str
    task: TaskId | None
    run: RunId | None
    rule: Rule
    by: str
    at: float


_FOR = (
    sa.select(learnt_rules.c.rule)
    .where(
        learnt_rules.c.agent == sa.bindparam("agent"),
        sa.or_(
            learnt_rules.c.task_id == sa.bindparam("task", type_=sa.Integer),
            learnt_rules.c.run_id == sa.bindparam("run"),
        ),
    )
    .order_by(learnt_rules.c.id)
)


def rules_for(look: Look, agent: str, task: TaskId | None, run: RunId) -> tuple[Rule, ...]:
    """What the agent has learnt on this task, or in this run."""
    rows = look.rows(_FOR.params(agent=agent, task=task, run=run))
    return tuple(Rule.model_validate_json(row["rule"]) for row in rows)


def learn(tx: Tx, agent: str, task: TaskId | None, run: RunId, rules: Iterable[Rule], by: str) -> None:
    """Keep the rules for the task, or without one for the run. What is known already is not kept twice."""
    known = set(rules_for(tx, agent, task, run))
    for rule in rules:
        if rule in known:
            continue
        known.add(rule)
        tx.change(
            learnt_rules.insert().values(
                task_id=task,
                run_id=run if task is None else None,
                agent=agent,
                rule=rule.model_dump_json(exclude_defaults=True),
                learnt_by=by,
                learnt_at=tx.now(),
            )
        )


def forget(tx: Tx, actor: Actor, id: int) -> Learnt:
    """From the next attempt on it is asked about again. Who may answer may forget. Raises `LearntNotFound`, also for what was learnt
    in a run that the actor may not see, and `PermissionMissing`."""
    row = tx.row(_SEEN.where(learnt_rules.c.id == id, _seen_by(actor)))
    if row is None:
        raise LearntNotFound
    policy.require(actor, Permission.TASK_SUBMIT, row["project_id"])
    tx.change(learnt_rules.delete().where(learnt_rules.c.id == id))
    return _learnt(row)


def all_of(look: Look, task: TaskId) -> list[Learnt]:
    """What was learnt on the task, by every agent, oldest first."""
    rows = look.rows(sa.select(learnt_rules).where(learnt_rules.c.task_id == task).order_by(learnt_rules.c.id))
    return [_learnt(row) for row in rows]


def of_agent(look: Look, actor: Actor, agent: str) -> list[tuple[Learnt, str | None]]:
    """What the agent has learnt on tasks, and in runs that the actor may see, newest first, each with its task's key. Of deleted
    tasks nothing."""
    seen = _SEEN.where(learnt_rules.c.agent == agent, _seen_by(actor))
    rows = look.rows(seen.order_by(learnt_rules.c.id.desc()).limit(SHOWN_AT_MOST))
    return [(_learnt(row), row["key"]) for row in rows]


_SEEN = (
    sa.select(learnt_rules, tasks.c.key, sa.func.coalesce(tasks.c.project_id, runs.c.project_id).label("project_id"))
    .outerjoin(tasks, tasks.c.id == learnt_rules.c.task_id)
    .outerjoin(runs, runs.c.id == learnt_rules.c.run_id)
    .where(tasks.c.deleted_at.is_(None))
)


def _seen_by(actor: Actor) -> sa.ColumnElement[bool]:
    """What was learnt on a task holds for all who work on it; what was learnt in a run alone is as private as the run."""
    on_task = sa.and_(learnt_rules.c.task_id.is_not(None), visibility.visible(actor, tasks.c.project_id))
    return sa.or_(on_task, sa.and_(learnt_rules.c.task_id.is_(None), visibility.run_seen(actor)))


def _learnt(row: sa.RowMapping) -> Learnt:
    return Learnt(
        row["id"],
        row["agent"],
        row["task_id"],
        row["run_id"],
        Rule.model_validate_json(row["rule"]),
        row["learnt_by"],
        row["learnt_at"],
    )
