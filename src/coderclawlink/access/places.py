"""In which projects the things are that a request names, so that their policies can be asked. Reads only.

Above: `rules`, `decisions`. What names nothing of a project (a list over all projects, say) is asked of the installation's policy alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

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
)
from coderclawlink.ids import ProjectId

Named = Mapping[str, object]
"""What a request names, as it names it: `project_id`, `task_id`, `ids` of tasks …; one or a list of them, numbers also as text."""
ROW_AT_MOST = 2**31 - 1
_NUMBER = TypeAdapter(int)
NAMED_AT_MOST = 1000
_RUN = sa.select(runs.c.project_id)
_OF_TASK = {"comment_id": comments, "attachment_id": attachments, "comparison_id": comparisons}
_OWN = {"chat_id": chats, "label_id": labels}
NAMES = frozenset({"project_id", "task_id", "ids", "run_id", "question_id", *_OF_TASK, *_OWN})


@dataclass(frozen=True, slots=True)
class Project:
    id: ProjectId
    key: str


def projects_of(look: Look, named: Named) -> list[Project]:
    """Each once, in the order of their numbers."""
    ids = {found for name, value in named.items() if name in NAMES for found in _ids(look, name, _many(value))}
    if not ids:
        return []
    found = look.rows(sa.select(projects.c.id, projects.c.key).where(projects.c.id.in_(ids)).order_by(projects.c.id))
    return [Project(ProjectId(row["id"]), row["key"]) for row in found]


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


def _ids(look: Look, name: str, values: list[object]) -> Iterable[int]:
    rows = _rows(values)
    if name == "project_id":
        return rows
    if name in ("task_id", "ids"):
        # The runtime contract calls a run a task: its ids are no numbers.
        of_runs = _RUN.where(runs.c.id.in_(_texts(values)))
        return _some(look, sa.select(tasks.c.project_id).where(tasks.c.id.in_(rows)), of_runs)
    if name == "run_id":
        return _some(look, _RUN.where(runs.c.id.in_(_texts(values))))
    if name == "question_id":
        return _some(
            look, _RUN.join(questions, questions.c.run_id == runs.c.id).where(questions.c.id.in_(_texts(values)))
        )
    table = _OF_TASK.get(name)
    given = _texts(values) if name in ("chat_id", "comparison_id") else rows
    if table is not None:
        joined = sa.select(tasks.c.project_id).join(table, table.c.task_id == tasks.c.id)
        return _some(look, joined.where(table.c.id.in_(given)))
    table = _OWN[name]
    return _some(look, sa.select(table.c.project_id).where(table.c.id.in_(given)))


def _some(look: Look, *statements: sa.Select[tuple[int]]) -> Iterable[int]:
    return [row[0] for statement in statements for row in look.tuples(statement.distinct()) if row[0] is not None]
