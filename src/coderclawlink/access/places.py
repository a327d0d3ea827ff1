"""In which projects the things are that a request names, so that these can be asked: whether they are there for who asks, what the role
there gives, what their policies say. Reads only.

Above: `web.permitting`, `rules`, `decisions`. Below: `visibility`. What names nothing of a project (a list over all projects, say) is asked of the installation's policy alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import (
    attachments,
    chats,
    comments,
    comparisons,
    labels,
    projects,
    questions,
    runs,
    tasks,
    uses,
)
from coderclawlink.errors import NotFound
from coderclawlink.ids import ProjectId

Named = Mapping[str, object]
"""What a request names, as it names it: `project_id`, `task_id`, `ids` of tasks …; one or a list of them, numbers also as text."""
ROW_AT_MOST = 2**31 - 1
_NUMBER = TypeAdapter(int)
NAMED_AT_MOST = 1000
_TASK = tasks.c.id, tasks.c.project_id
_RUN = runs.c.id, runs.c.project_id
_OF_TASK = {"comment_id": comments, "attachment_id": attachments, "comparison_id": comparisons}
_OWN = {"chat_id": chats, "label_id": labels, "use_id": uses}
_BY_TEXT = frozenset({"run_id", "question_id", "comparison_id", "chat_id"})
NAMES = frozenset({"project_id", "task_id", "ids", "other", "run_id", "question_id", *_OF_TASK, *_OWN})


class NotThere(NotFound):
    """What is named was not found."""


@dataclass(frozen=True, slots=True)
class Project:
    id: ProjectId
    key: str


def projects_of(look: Look, named: Named, actor: Actor | None = None) -> list[Project]:
    """Each once, in the order of their numbers; where an actor is given, those that are there for it."""
    ids = {
        project
        for name, value in named.items()
        if name in NAMES
        for project in _found(look, name, _many(value)).values()
        if project is not None
    }
    if not ids:
        return []
    seen = sa.true() if actor is None else visibility.visible(actor)
    statement = sa.select(projects.c.id, projects.c.key).where(projects.c.id.in_(ids), seen)
    return [Project(ProjectId(row["id"]), row["key"]) for row in look.rows(statement.order_by(projects.c.id))]


def there(look: Look, actor: Actor, named: Named) -> list[int]:
    """The projects of all that is named. Raises `NotThere` where one of the things does not exist, lies in a project that is hidden from
    the actor, or is itself not the actor's to see, as others' runs are: nobody can tell the one from the other."""
    ids: set[int] = set()
    for name in NAMES & named.keys():
        values = _many(named[name])
        found = _found(look, name, values, actor)
        texts, rows = _texts(values), _rows(values)
        asked = {one.lower() for one in texts if name in _BY_TEXT or not one.isdigit()} | {
            str(row) for row in rows if name not in _BY_TEXT
        }
        of = {project for project in found.values() if project is not None}
        if asked - {str(key).lower() for key in found} or not _all_seen(look, actor, of):
            raise NotThere(_words(name, several=len(asked) > 1, is_run=bool(texts) and not rows))
        ids |= of
    return sorted(ids)


def _words(name: str, *, several: bool, is_run: bool) -> str:
    """As those say it who look for such a thing."""
    if name == "chat_id":
        return "There is no such conversation of yours."
    if name == "ids" and several:
        return "One of the tasks was not found; nothing was done."
    what = "run" if name == "task_id" and is_run else {"ids": "task", "other": "task"}.get(name, name)
    return f"{what.removesuffix('_id').capitalize()} not found."


def _all_seen(look: Look, actor: Actor, some: set[int]) -> bool:
    if not some:
        return True
    seen = look.tuples(sa.select(projects.c.id).where(projects.c.id.in_(some), visibility.visible(actor)))
    return len(seen) == len(some)


def _many(value: object) -> list[object]:
    return list(value[:NAMED_AT_MOST]) if isinstance(value, list | tuple) else [value]


def _texts(values: Iterable[object]) -> list[str]:
    """Also in small letters: some routes take ids in either."""
    return [one for value in values if isinstance(value, str) for one in {value, value.lower()}]


def _rows(values: Iterable[object]) -> list[int]:
    """Read as the routes read them, who take "7" and 7.0 for 7: or a policy could be got around."""
    found = []
    for value in values:
        with contextlib.suppress(ValidationError):
            found.append(_NUMBER.validate_python(value))
    return [number for number in found if 0 < number <= ROW_AT_MOST]


def _found(look: Look, name: str, values: list[object], actor: Actor | None = None) -> dict[object, int | None]:
    """What there is of what is named: its id, and its project's. Of runs, and what belongs to them, and of conversations only what is there
    for the actor, if there is one."""
    rows, texts = _rows(values), _texts(values)
    seen = sa.true() if actor is None else visibility.run_seen(actor)
    if name == "project_id":
        return _some(look, sa.select(projects.c.id, projects.c.id).where(projects.c.id.in_(rows)))
    if name in ("task_id", "ids", "other"):
        # The runtime contract calls a run a task: its ids are no numbers.
        of_runs = _some(look, sa.select(*_RUN).where(runs.c.id.in_(texts), seen))
        return _some(look, sa.select(*_TASK).where(tasks.c.id.in_(rows))) | of_runs
    if name == "run_id":
        return _some(look, sa.select(*_RUN).where(runs.c.id.in_(texts), seen))
    if name == "question_id":
        joined = sa.select(questions.c.id, runs.c.project_id).join(runs, runs.c.id == questions.c.run_id)
        return _some(look, joined.where(questions.c.id.in_(texts), seen))
    given = texts if name in _BY_TEXT else rows
    table = _OF_TASK.get(name)
    if table is not None:
        statement = sa.select(table.c.id, tasks.c.project_id).join(tasks, tasks.c.id == table.c.task_id)
        if table is comparisons:
            statement = statement.where(table.c.id.in_(sa.select(runs.c.comparison).where(seen)))
        return _some(look, statement.where(table.c.id.in_(given)))
    table = _OWN[name]
    statement = sa.select(table.c.id, table.c.project_id).where(table.c.id.in_(given))
    if table is chats and actor is not None:
        statement = statement.where(table.c.owner == actor.key)
    return _some(look, statement)


def _some(look: Look, statement: sa.Select[tuple[Any, int]]) -> dict[object, int | None]:
    return dict(look.tuples(statement))
