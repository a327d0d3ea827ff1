"""Tasks of other programs put on the board: all of a file in one transaction, each once however often it is imported.

Above: web, which has the file read (`board.imports`). Below: `external`, tasks, labels, links, comments. What is on the board already is
left as it is: an import brings in, and changes nothing that people have done since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.board import comments, labels, links, projects, tasks
from coderclawlink.board.imports import foreign
from coderclawlink.board.imports.foreign import ForeignTask, Reading, Told
from coderclawlink.board.links import Link, TooDeep, TooManyLinks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Look, Tx
from coderclawlink.events import TasksImported
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.pulls import external


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file, or would. `made`: keys of the tasks, those to be made by their names there. `known`: how many stand on the
    board already. `labels`: names of labels that the project had not."""

    made: tuple[str, ...]
    known: int
    labels: tuple[str, ...]
    notes: tuple[Told, ...]


def plan(look: Look, actor: Actor, project: ProjectId, source: str, reading: Reading) -> Imported:
    """What `bring_in` would do; nothing is done. Raises `ProjectNotFound`, `PermissionMissing`."""
    projects.find_for(look, actor, project, Permission.PROJECT_WRITE)
    there = external.known(look, project, source)
    new = [task for task in reading.tasks if (task.place, task.external) not in there]
    kept, left_out = _labels(look, project, new)
    names = [name for name, is_new in kept.values() if is_new]
    _, deep = foreign.one_level(reading.tasks)
    return Imported(
        tuple(task.external for task in new), len(reading.tasks) - len(new), tuple(names), (*left_out, *deep)
    )


def bring_in(tx: Tx, actor: Actor, project: ProjectId, source: str, reading: Reading) -> Imported:
    """Make what is not known yet, with labels, comments and parents. Raises `ProjectNotFound`, `PermissionMissing`."""
    planned = plan(tx, actor, project, source, reading)
    there = dict(external.known(tx, project, source))
    new = [task for task in reading.tasks if (task.place, task.external) not in there]
    kept, _ = _labels(tx, project, new)
    made = [(_make(tx, actor, project, task), task) for task in new]
    external.link_new(tx, source, [(one, task.place, task.external) for one, task in made], by=actor.name)
    labels.put_on_new(
        tx, actor, [(one, [name for name in task.labels if name.casefold() in kept]) for one, task in made]
    )
    for one, task in made:
        there[task.place, task.external] = one.id
        for comment in task.comments:
            comments.create(tx, stranger(source, comment.author, project), one.id, comment.text)
    notes = [*planned.notes, *_tie(tx, actor, new, there, reading.tasks)]
    if made:
        told = TasksImported(source=source, made=len(made), known=planned.known)
        log.append(tx, told, About(project), actor=actor)
    return Imported(tuple(one.key for one, _ in made), planned.known, planned.labels, tuple(notes))


def _make(tx: Tx, actor: Actor, project: ProjectId, task: ForeignTask) -> Task:
    return tasks.create(
        tx,
        actor,
        project_id=project,
        title=task.title,
        description=task.description,
        status=task.status,
        priority=task.priority,
        assignee=task.assignee,
        created_at=task.created_at,
    )


def stranger(source: str, name: str, project: ProjectId) -> Actor:
    """Who wrote something in another program: nobody who can sign in here, so that nobody passes for them or they for anybody."""
    return Actor(Role.DEVELOPER, f"{source}:{name}"[:100], source, memberships={project: Role.DEVELOPER})


def _labels(
    look: Look, project: ProjectId, new: Sequence[ForeignTask]
) -> tuple[dict[str, tuple[str, bool]], list[Told]]:
    """The labels that are put on, by their folded names, and whether each is new; and what is said of those for which the project has
    no room. Those on most tasks come first."""
    there = {label.name.casefold() for label in labels.of_project(look, project)}
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for task in new:
        for name in task.labels:
            counts[name.casefold()] = counts.get(name.casefold(), 0) + 1
            names.setdefault(name.casefold(), name)
    room = labels.IN_A_PROJECT - len(there)
    fresh = sorted((name for name in names if name not in there), key=lambda name: (-counts[name], name))
    kept = {name: (names[name], name not in there) for name in names if name in there or name in fresh[:room]}
    why = f"The project would have more than {labels.IN_A_PROJECT} labels; this one was left out, of {{}} tasks."
    return kept, [Told(names[name], why.format(counts[name])) for name in fresh[room:]]


def _tie(
    tx: Tx,
    actor: Actor,
    new: Sequence[ForeignTask],
    there: dict[tuple[str, str], TaskId],
    all_of_them: Sequence[ForeignTask],
) -> list[Told]:
    """Make sub-tasks of those that are new. A parent from an earlier file will do."""
    by_name = {name: task for (_, name), task in there.items()}
    wanted, _ = foreign.one_level(all_of_them)
    notes = []
    for task in new:
        parent = by_name.get(wanted.get(task.external, ""))
        if parent is None:
            if task.external in wanted:
                notes.append(Told(task.external, f"Its parent {wanted[task.external]} is not on the board."))
            continue
        try:
            links.add(tx, actor, by_name[task.external], Link.CHILD, parent)
        except (TooDeep, TooManyLinks, tasks.TaskNotFound) as error:
            notes.append(Told(task.external, f"It is no sub-task of {task.parent}: {error.message}"))
    return notes
