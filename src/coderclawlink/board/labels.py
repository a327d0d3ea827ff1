"""Labels: a project's own words for its tasks, each with a colour of one palette.

Above: web, and whoever lists tasks (`carrying`, `of_tasks`). Below: projects, tasks, the journal. A project has a name once,
whatever its case. Who puts a label on a task that the project does not know yet makes it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects, tasks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import labels as table
from coderclawlink.db.schema import task_labels
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import LabelChanged, LabelCreated, LabelDeleted, TaskLabelled
from coderclawlink.ids import LabelId, ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line

NAME = re.compile(r"[^\s+\-,\x00-\x1f\x7f-\x9f][^,\x00-\x1f\x7f-\x9f]{0,49}")
IN_A_PROJECT = 200
ON_A_TASK = 50
_AT_ONCE = 500


class Colour(StrEnum):
    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"
    BROWN = "brown"


class LabelNotFound(NotFound):
    """Label not found."""


class LabelTaken(Conflict):
    """The project has a label of this name already."""


class BadLabel(Invalid):
    """A label has 1 to 50 characters, no comma, and does not begin with + or -."""


class TooManyLabels(Invalid):
    """There are too many labels."""


@dataclass(frozen=True, slots=True)
class Label:
    id: LabelId
    project_id: ProjectId
    name: str
    colour: Colour


_COLUMNS = [table.c[name] for name in Label.__dataclass_fields__]


# ── a project's ────────────────────────────────────────────────────────────────────────────────────────────────────


def create(tx: Tx, actor: Actor, project: ProjectId, name: str, colour: Colour | None = None) -> Label:
    """Without a colour it gets one that its name decides. Raises `ProjectNotFound`, `BadLabel`, `LabelTaken`,
    `TooManyLabels`, `PermissionMissing`."""
    projects.find_for(tx, actor, project, Permission.PROJECT_WRITE)
    name = _fitting(name)
    if _named(tx, project, name) is not None:
        raise LabelTaken(f"The project has a label {name} already.")
    if len(of_project(tx, project)) >= IN_A_PROJECT:
        raise TooManyLabels(f"A project has at most {IN_A_PROJECT} labels.")
    colour = colour or _colour_for(name)
    row = {"project_id": project, "name": name, "folded": name.casefold(), "colour": colour}
    made = Label(LabelId(tx.insert(table.insert().values(**row))), project, name, colour)
    log.append(tx, LabelCreated(label=made.id, name=name, colour=colour), About(project), actor=actor)
    return made


def change(tx: Tx, actor: Actor, label: LabelId, *, name: str | None = None, colour: Colour | None = None) -> Label:
    """Of all tasks that carry it. Raises `LabelNotFound`, `BadLabel`, `LabelTaken`, `PermissionMissing`."""
    found = find(tx, label)
    visibility.require(tx, actor, Permission.PROJECT_WRITE, found.project_id, LabelNotFound)
    name = found.name if name is None else _fitting(name)
    colour = colour or found.colour
    same = _named(tx, found.project_id, name)
    if same is not None and same.id != label:
        raise LabelTaken(f"The project has a label {name} already.")
    made = Label(label, found.project_id, name, colour)
    if made != found:
        tx.change(table.update().where(table.c.id == label).values(name=name, folded=name.casefold(), colour=colour))
        told = LabelChanged(label=label, before=found.name, name=name, colour=colour)
        log.append(tx, told, About(found.project_id), actor=actor)
    return made


def delete(tx: Tx, actor: Actor, label: LabelId) -> None:
    """From all tasks too. Raises `LabelNotFound`, `PermissionMissing`."""
    found = find(tx, label)
    visibility.require(tx, actor, Permission.PROJECT_WRITE, found.project_id, LabelNotFound)
    tx.change(table.delete().where(table.c.id == label))
    log.append(tx, LabelDeleted(label=label, name=found.name), About(found.project_id), actor=actor)


def find(look: Look, label: LabelId) -> Label:
    """Raises `LabelNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(table.c.id == label))
    if row is None:
        raise LabelNotFound
    return _label(row)


def of_project(look: Look, project: ProjectId) -> list[Label]:
    """By name. Raises `ProjectNotFound`."""
    projects.find(look, project)
    return _labels(look, sa.select(*_COLUMNS).where(table.c.project_id == project).order_by(table.c.folded))


# ── a task's ───────────────────────────────────────────────────────────────────────────────────────────────────────


def put(tx: Tx, actor: Actor, task: TaskId, add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[Label]:
    """Put labels on a task and take others off, by name. Returns those it has now. What is added and unknown is made; what is
    removed and not there is passed over. Raises `TaskNotFound`, `BadLabel`, `TooManyLabels`, `PermissionMissing`."""
    found = tasks.find_for(tx, actor, task, Permission.PROJECT_WRITE)
    before = of_task(tx, task)
    off = {name.strip().casefold() for name in remove}
    after = {label.id: label for label in before if label.name.casefold() not in off}
    for name in dict.fromkeys(map(_fitting, add)):
        label = _named(tx, found.project_id, name) or create(tx, actor, found.project_id, name)
        after[label.id] = label
    if len(after) > ON_A_TASK:
        raise TooManyLabels(f"A task has at most {ON_A_TASK} labels.")
    had = {label.id: label for label in before}
    gone = [label for id, label in had.items() if id not in after]
    new = [label for id, label in after.items() if id not in had]
    if gone:
        which = task_labels.c.label_id.in_([label.id for label in gone])
        tx.change(task_labels.delete().where(task_labels.c.task_id == task, which))
    for label in new:
        tx.change(task_labels.insert().values(task_id=task, label_id=label.id))
    now = sorted(after.values(), key=lambda label: label.name.casefold())
    if gone or new:
        told = TaskLabelled(labels=_names(now), added=_names(new), removed=_names(gone))
        log.append(tx, told, found.about, actor=actor)
    return now


def put_on_new(tx: Tx, actor: Actor, wanted: Sequence[tuple[Task, Sequence[str]]]) -> None:
    """`put` for many tasks of one project that have none yet, at once. Raises `BadLabel`, `TooManyLabels`, `PermissionMissing`."""
    for project in {task.project_id for task, _ in wanted}:
        projects.find_for(tx, actor, project, Permission.PROJECT_WRITE)
    known = {label.name.casefold(): label for label in of_project(tx, wanted[0][0].project_id)} if wanted else {}
    rows: list[tuple[TaskId, LabelId]] = []
    lines: list[Line] = []
    for task, names in wanted:
        put_on: dict[LabelId, Label] = {}
        for name in map(_fitting, names):
            label = known.get(name.casefold()) or create(tx, actor, task.project_id, name)
            put_on[label.id] = known[name.casefold()] = label
        if len(put_on) > ON_A_TASK:
            raise TooManyLabels(f"A task has at most {ON_A_TASK} labels.")
        rows += [(task.id, label) for label in put_on]
        now = _names(sorted(put_on.values(), key=lambda label: label.name.casefold()))
        if now:
            lines.append(Line(TaskLabelled(labels=now, added=now), task.about))
    if rows:
        tx.append(task_labels, rows)
        log.append_all(tx, lines, actor=actor)


def of_task(look: Look, task: TaskId) -> list[Label]:
    """By name."""
    return of_tasks(look, [task]).get(task, [])


def of_tasks(look: Look, some: Iterable[TaskId]) -> dict[TaskId, list[Label]]:
    """The labels of each, by name; tasks without any are not among them."""
    found: dict[TaskId, list[Label]] = {}
    wanted = list(some)
    for first in range(0, len(wanted), _AT_ONCE):
        statement = (
            sa.select(task_labels.c.task_id, *_COLUMNS)
            .join(table, table.c.id == task_labels.c.label_id)
            .where(task_labels.c.task_id.in_(wanted[first : first + _AT_ONCE]))
            .order_by(table.c.folded)
        )
        for row in look.rows(statement):
            found.setdefault(row["task_id"], []).append(_label(row))
    return found


def carrying(names: Collection[str]) -> sa.ColumnElement[bool]:
    """The condition on `tasks` that one carries all of these labels."""
    return sa.and_(
        sa.true(),
        *(
            tasks_table.c.id.in_(
                sa.select(task_labels.c.task_id)
                .join(table, table.c.id == task_labels.c.label_id)
                .where(table.c.folded == name.strip().casefold())
            )
            for name in names
        ),
    )


def _named(look: Look, project: ProjectId, name: str) -> Label | None:
    row = look.row(sa.select(*_COLUMNS).where(table.c.project_id == project, table.c.folded == name.casefold()))
    return None if row is None else _label(row)


def _labels(look: Look, statement: sa.Select[tuple[object, ...]]) -> list[Label]:
    return [_label(row) for row in look.rows(statement)]


def _label(row: sa.RowMapping) -> Label:
    return Label(row["id"], row["project_id"], row["name"], Colour(row["colour"]))


def _names(some: Iterable[Label]) -> tuple[str, ...]:
    return tuple(label.name for label in some)


def _fitting(name: str) -> str:
    name = " ".join(name.split())
    if not NAME.fullmatch(name):
        raise BadLabel
    return name


def _colour_for(name: str) -> Colour:
    """The same for the same name in every project."""
    palette = [colour for colour in Colour if colour is not Colour.GRAY]
    return palette[zlib.crc32(name.casefold().encode()) % len(palette)]
