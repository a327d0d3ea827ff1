"""The cards of the board: of each task as little as a board shows, of ten thousand at once, and which tasks a filter means.

Above: web. Below: the tables, labels, search. One query for the tasks and one for each thing that stands on a card, put together here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import dependencies, labels, search
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import (
    attachments,
    comments,
    external_tasks,
    pull_requests,
    runs,
    task_labels,
    task_links,
    tasks,
)
from coderclawlink.db.schema import labels as labels_table
from coderclawlink.ids import ProjectId, RunId, TaskId

NOBODY = "none"
"""As an agent or assignee that is asked for: the tasks without one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tasks: all that meet everything said. Of several words for one thing any will do, but of labels all must be there."""

    id: tuple[TaskId, ...] = ()
    key: tuple[str, ...] = ()
    project: tuple[ProjectId, ...] = ()
    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    q: str = ""
    parent: TaskId | None = None
    blocked: bool | None = None


ALL = Filter()


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The newest run of a task, if the reader may see it."""

    id: RunId
    number: int
    agent: str
    state: str
    wait_reason: str | None
    wait_who: str | None


@dataclass(frozen=True, slots=True)
class CardLabel:
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class CardExternal:
    """What the task is one with in another program. `key`: as people name it."""

    source: str
    key: str
    url: str | None


@dataclass(frozen=True, slots=True)
class CardPull:
    """The newest pull request of a task, as it was seen last. `checks`: none, pending, passed, failed; `review`: none, approved,
    changes_requested; `mergeable`: unknown, clean, conflict, blocked."""

    number: int
    url: str
    state: str
    draft: bool
    checks: str
    review: str
    mergeable: str


@dataclass(frozen=True, slots=True)
class Card:
    """`blocked`: by how many tasks that are not done. `done` of `total` sub-tasks. `updated_at`: RFC 3339, ready to be sent."""

    id: TaskId
    project_id: ProjectId
    key: str
    title: str
    status: str
    priority: str
    agent: str | None
    assignee: str | None
    parent_id: TaskId | None
    position: float
    pr_url: str | None
    pr_number: int | None
    updated_at: str
    run: LiveRun | None
    labels: tuple[CardLabel, ...]
    comments: int
    attachments: int
    blocked: int
    done: int
    total: int
    external: CardExternal | None = None
    pull: CardPull | None = None


_CARD = [
    tasks.c.id,
    tasks.c.project_id,
    tasks.c.key,
    tasks.c.title,
    tasks.c.status,
    tasks.c.priority,
    tasks.c.assigned_agent_type,
    tasks.c.assignee,
    tasks.c.parent_id,
    tasks.c.position,
    tasks.c.github_pr_url,
    tasks.c.github_pr_number,
    tasks.c.updated_at,
]
_HERE = tasks.c.deleted_at.is_(None)
_blocker, _child = tasks.alias(), tasks.alias()


def board(look: Look, actor: Actor, which: Filter = ALL, *, limit: int | None = None) -> list[Card]:
    """Of the projects that the actor may read, in the order of their columns. Raises `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_READ)
    read = visibility.allowed(actor, Permission.PROJECT_READ, tasks.c.project_id)
    statement = (
        sa.select(*_CARD).where(_HERE, read, *conditions(look, actor, which)).order_by(tasks.c.position, tasks.c.id)
    )
    rows = look.tuples(statement if limit is None else statement.limit(limit))
    live = _live(look, actor)
    labelled = _labelled(look)
    talked = _count(look, comments.c.task_id, comments)
    attached = _count(look, attachments.c.task_id, attachments)
    blocked, parts = _blocked(look, actor), _parts(look, actor)
    elsewhere, pulls = _elsewhere(look), _pulls(look)
    cards = []
    for task, project, key, title, status, priority, agent, assignee, parent, position, pr, number, changed in rows:
        done, total = parts.get(task, (0, 0))
        on_it = live.get(task), labelled.get(task, ()), talked.get(task, 0), attached.get(task, 0), blocked.get(task, 0)
        cards.append(
            Card(
                task,
                project,
                key,
                title,
                status,
                priority,
                agent,
                assignee,
                parent,
                position,
                pr,
                number,
                rfc3339(changed),
                *on_it,
                done,
                total,
                elsewhere.get(task),
                pulls.get(task),
            )
        )
    return cards


def conditions(look: Look, actor: Actor, which: Filter) -> list[sa.ColumnElement[bool]]:
    """What the filter demands of the table of tasks."""
    demanded: list[sa.ColumnElement[bool]] = []
    if which.id:
        demanded.append(tasks.c.id.in_(which.id))
    if which.key:
        demanded.append(tasks.c.key.in_([key.upper() for key in which.key]))
    if which.project:
        demanded.append(tasks.c.project_id.in_(which.project))
    if which.status:
        demanded.append(tasks.c.status.in_(which.status))
    if which.priority:
        demanded.append(tasks.c.priority.in_(which.priority))
    for column, wanted in ((tasks.c.assigned_agent_type, which.agent), (tasks.c.assignee, which.assignee)):
        if wanted:
            demanded.append(sa.or_(column.in_(wanted), column.is_(None) if NOBODY in wanted else sa.false()))
    if which.label:
        demanded.append(labels.carrying(which.label))
    if which.q:
        demanded.append(search.matching(look, which.q))
    if which.parent is not None:
        demanded.append(tasks.c.parent_id == which.parent)
    if which.blocked is not None:
        is_blocked = tasks.c.id.in_(_blocking(actor).with_only_columns(task_links.c.target).group_by(None))
        demanded.append(is_blocked if which.blocked else ~is_blocked)
    return demanded


# ── what stands on cards ───────────────────────────────────────────────────────────────────────────────────────────


def _blocking(actor: Actor) -> sa.Select[tuple[TaskId, int]]:
    """Of each task, how many block it that are there for the actor."""
    return (
        sa.select(task_links.c.target, sa.func.count())
        .join(_blocker, _blocker.c.id == task_links.c.source)
        .where(
            task_links.c.kind == "blocks",
            _blocker.c.status != dependencies.DONE,
            _blocker.c.deleted_at.is_(None),
            visibility.visible(actor, _blocker.c.project_id),
        )
        .group_by(task_links.c.target)
    )


def _blocked(look: Look, actor: Actor) -> Mapping[TaskId, int]:
    return dict(look.tuples(_blocking(actor)))


def _parts(look: Look, actor: Actor) -> Mapping[TaskId, tuple[int, int]]:
    done = sa.func.count().filter(_child.c.status == dependencies.DONE)
    statement = (
        sa.select(_child.c.parent_id, done, sa.func.count())
        .where(
            _child.c.parent_id.is_not(None),
            _child.c.deleted_at.is_(None),
            visibility.visible(actor, _child.c.project_id),
        )
        .group_by(_child.c.parent_id)
    )
    return {task: (done, total) for task, done, total in look.tuples(statement)}


def _count(look: Look, task: sa.Column[Any], table: sa.Table) -> Mapping[TaskId, int]:
    return dict(look.tuples(sa.select(task, sa.func.count()).select_from(table).group_by(task)))


def _labelled(look: Look) -> Mapping[TaskId, tuple[CardLabel, ...]]:
    known = {
        label: CardLabel(name, colour)
        for label, name, colour in look.tuples(sa.select(labels_table.c.id, labels_table.c.name, labels_table.c.colour))
    }
    found: dict[TaskId, tuple[CardLabel, ...]] = {}
    statement = (
        sa.select(task_labels.c.task_id, task_labels.c.label_id)
        .join(labels_table, labels_table.c.id == task_labels.c.label_id)
        .order_by(labels_table.c.folded)
    )
    for task, label in look.tuples(statement):
        found[task] = (*found.get(task, ()), known[label])
    return found


def _elsewhere(look: Look) -> Mapping[TaskId, CardExternal]:
    of = external_tasks.c
    return {
        task: CardExternal(source, f"{place}#{name}" if source == "github" else name, url)
        for task, source, place, name, url in look.tuples(
            sa.select(of.task_id, of.source, of.place, of.external, of.url)
        )
    }


def _pulls(look: Look) -> Mapping[TaskId, CardPull]:
    of = pull_requests.c
    shown = (of.number, of.url, of.state, of.draft, of.checks, of.review, of.mergeable)
    return {task: CardPull(*told) for task, *told in look.tuples(sa.select(of.task_id, *shown).order_by(of.id))}


def _live(look: Look, actor: Actor) -> Mapping[TaskId, LiveRun]:
    """Of each task the newest run, where the actor may see it."""
    newest = (
        sa.select(sa.func.max(runs.c.number))
        .where(runs.c.task_id.is_not(None), ~runs.c.hidden)
        .group_by(runs.c.task_id)
    )
    statement = sa.select(
        runs.c.task_id,
        runs.c.id,
        runs.c.number,
        runs.c.agent,
        runs.c.state,
        runs.c.wait_reason,
        runs.c.wait_who,
    ).where(runs.c.number.in_(newest), visibility.run_seen(actor))
    return {task: LiveRun(*run) for task, *run in look.tuples(statement)}
