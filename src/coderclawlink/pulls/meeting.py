"""An issue and its task brought to the same, on this side: made, changed, told what was said there. Plain functions of a transaction.

Above: the integrations, which have asked the host. Below: `issues`, which decides; `external`, tasks, labels, comments, the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink import clock
from coderclawlink.access.policy import Actor, Role
from coderclawlink.board import comments, labels, tasks
from coderclawlink.board.imports import foreign
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import runs as runs_table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.events import IssueSynced
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.pulls import external, issues
from coderclawlink.pulls.external import GITHUB, External
from coderclawlink.pulls.imports import stranger
from coderclawlink.pulls.issues import FieldName, Fields, Issue, Merged, Said, Synced

NAME = "GitHub"
"""Who changes what was changed there: not the owner, whose key is the session's."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A task and its issue. `here`: how the task stands; `at`: when it was changed last, seconds since the epoch. `run`: state of its
    newest run, None if there was none. `is_stale`: it is otherwise than both had it last, or than our comment there says."""

    external: External
    task: Task
    synced: Synced
    here: Fields
    names: tuple[str, ...]
    run: str | None

    @property
    def notice(self) -> str | None:
        """What our comment there is to say; None: as it does."""
        ahead = f"Task {self.task.key}: "
        if self.run is None and self.task.github_pr_url is None:
            return None
        pull = f" in {self.task.github_pr_url}" if self.task.github_pr_url else ""
        if self.task.status is TaskStatus.DONE:
            return f"{ahead}done{pull}."
        if self.task.github_pr_url is not None:
            return f"{ahead}proposed{pull}."
        return f"{ahead}an agent is at work on this." if self.run not in ("failed", "cancelled", "completed") else None

    def is_stale(self, *, closes: bool, comments: bool) -> bool:
        """Whether there is something to write there."""
        merged = issues.merge(self.synced, self.here, self.synced, later="here", closes=closes)
        tells = comments and self.notice is not None and self.notice != self.synced.told
        return bool(merged.there) or tells


def sync(project: ProjectId) -> Actor:
    """Who writes here what is new there: a developer of this project."""
    return Actor(Role.DEVELOPER, NAME, GITHUB, memberships={project: Role.DEVELOPER})


def bring_in(tx: Tx, project: ProjectId, place: str, issue: Issue) -> tuple[Task, bool]:
    """The task of an issue, made if there is none, and whether it was. Its labels come with it. Raises `ProjectNotFound`, and
    `TaskNotFound` where its task was deleted here: nobody wants it."""
    linked = external.find(tx, project, GITHUB, place, str(issue.number))
    if linked is not None:
        return tasks.find(tx, linked.task_id), False
    both = issues.there(issue)
    names = _fitting(tx, project, issue, both)
    task = tasks.create(
        tx,
        sync(project),
        project_id=project,
        title=both.title or f"Issue {issue.number}",
        description=both.body or None,
        status=TaskStatus.DONE if both.closed else TaskStatus.TODO,
    )
    labelled = tuple(sorted(name.casefold() for name in names))
    synced = Synced(**{**both.model_dump(), "labels": labelled}, author=issue.author, trusted=issue.trusted)
    external.link(
        tx,
        task,
        GITHUB,
        place,
        str(issue.number),
        by=NAME,
        url=issue.url,
        synced=synced.model_dump_json(),
    )
    if names:
        labels.put(tx, sync(project), task.id, names)
    return task, True


def _fitting(look: Look, project: ProjectId, issue: Issue, both: Fields) -> list[str]:
    """Those of its labels that this board has room for."""
    there = {label.name.casefold() for label in labels.of_project(look, project)}
    room = labels.IN_A_PROJECT - len(there)
    made: list[str] = []
    for name in issue.labels:
        if name.casefold() not in both.labels or len(made) == labels.ON_A_TASK:
            continue
        if name.casefold() not in there:
            if room == 0:
                continue
            room -= 1
        made.append(name)
    return made


def pair(look: Look, project: ProjectId, place: str, number: int) -> Pair | None:
    """None: the issue has no task here, or none any more."""
    linked = external.find(look, project, GITHUB, place, str(number))
    return None if linked is None else next(iter(_pairs(look, [linked])), None)


def pairs(look: Look, project: ProjectId, place: str) -> list[Pair]:
    """All that the project has with a repository."""
    return _pairs(look, external.all_of(look, project, GITHUB, place))


def _pairs(look: Look, linked: Sequence[External]) -> list[Pair]:
    made = []
    for first in range(0, len(linked), 500):
        some = linked[first : first + 500]
        ids = [one.task_id for one in some]
        found = {task.id: task for task in tasks.all_of_them(look, which=[tasks_table.c.id.in_(ids)])}
        labelled = labels.of_tasks(look, ids)
        newest = sa.select(sa.func.max(runs_table.c.number)).where(runs_table.c.task_id.in_(ids))
        newest = newest.group_by(runs_table.c.task_id)
        state_of = dict(
            look.tuples(sa.select(runs_table.c.task_id, runs_table.c.state).where(runs_table.c.number.in_(newest)))
        )
        for one in some:
            if (task := found.get(one.task_id)) is None:
                continue
            names = tuple(label.name for label in labelled.get(task.id, ()))
            here = issues.fields(task.title, task.description, closed=task.status is TaskStatus.DONE, labels=names)
            synced = Synced.model_validate_json(one.synced)
            made.append(Pair(one, task, synced, here, names, state_of.get(task.id)))
    return made


def later(pair: Pair, issue: Issue) -> Literal["here", "there"]:
    """Which side was changed last."""
    return "there" if clock.seconds(issue.at) >= pair.task.updated_at else "here"


def take(tx: Tx, pair: Pair, issue: Issue, merged: Merged) -> bool:
    """Write here what is new there, and note what both have now; what was to be written there has been. False when the task was changed
    since it was looked at: then only what stands on both sides is noted, and one must look again."""
    found = _again(tx, pair)
    if found is None:
        return False
    if found.here != pair.here or found.synced != pair.synced:
        written: dict[str, object] = {name: getattr(merged.both, name) for name in merged.there}
        _note(tx, found, found.external.there_at, **written)
        return False
    labelled = _write(tx, found, issue, merged)
    for name, (side, value) in merged.overruled.items():
        _keep(tx, found.task, name, side, value)
    to_here = tuple(name for name in merged.here if name != "labels" or labelled != found.here.labels)
    _tell(tx, found, "here", to_here)
    _tell(tx, found, "there", tuple(merged.there))
    # A label for which there is no room here is not one that both have: else it would look as if it had been taken off here.
    missing = {*merged.both.labels} - {*labelled} if "labels" in merged.here else set()
    both = tuple(name for name in merged.both.labels if name not in missing)
    _note(tx, found, found.external.there_at, **{**merged.both.model_dump(), "labels": both})
    return True


def _again(look: Look, pair: Pair) -> Pair | None:
    """The same pair as it is now; None: it is one no more."""
    linked = external.of_task(look, pair.task.id)
    if linked is None or (linked.place, linked.external) != (pair.external.place, pair.external.external):
        return None
    return next(iter(_pairs(look, [linked])), None)


def _write(tx: Tx, pair: Pair, issue: Issue, merged: Merged) -> tuple[str, ...]:
    """Returns the labels that the task has then, folded and in order."""
    changes: dict[str, object] = {}
    if "title" in merged.here:
        changes["title"] = merged.both.title or pair.task.title
    if "body" in merged.here:
        changes["description"] = merged.both.body or None
    if "closed" in merged.here:
        changes["status"] = TaskStatus.DONE if merged.both.closed else TaskStatus.TODO
    if changes:
        tasks.change(tx, sync(pair.task.project_id), pair.task.id, changes)
    if "labels" not in merged.here:
        return pair.here.labels
    wanted = set(merged.both.labels)
    add = [
        name
        for name in _fitting(tx, pair.task.project_id, issue, merged.both)
        if name.casefold() not in pair.here.labels
    ]
    remove = [name for name in pair.names if name.casefold() not in wanted]
    room = labels.ON_A_TASK - len(pair.names) + len(remove)
    now = labels.put(tx, sync(pair.task.project_id), pair.task.id, add[: max(0, room)], remove)
    return tuple(sorted(label.name.casefold() for label in now))


def _keep(tx: Tx, task: Task, name: FieldName, side: Literal["here", "there"], value: str) -> None:
    """The value that gave way stays where people can find it."""
    what = "title" if name == "title" else "description"
    whose, stands = ("this task", "the issue's") if side == "here" else ("the issue", "this task's")
    quoted = "\n".join(f"> {line}" for line in value[: comments.TEXT_AT_MOST // 2].splitlines())
    text = f"The {what} was changed here and in the issue at once: {stands} is later and stands. That of {whose} was:\n\n{quoted}"
    comments.create(tx, sync(task.project_id), task.id, text)


def met(tx: Tx, pair: Pair, issue: Issue) -> None:
    """All that the issue is has been dealt with."""
    if (found := _again(tx, pair)) is not None:
        _note(tx, found, issue.at, author=issue.author, trusted=issue.trusted)


def of_a_stranger(look: Look, task: Task) -> tuple[str, str] | None:
    """What agents are told instead of title and description, where these are words of somebody who may not write to the repository and
    nobody here has written others."""
    linked = external.of_task(look, task.id)
    if linked is None or linked.source != GITHUB:
        return None
    synced = Synced.model_validate_json(linked.synced)
    here = issues.fields(task.title, task.description, closed=False, labels=())
    if synced.trusted or (here.title != synced.title and here.body != synced.body):
        return None
    return f"Issue {linked.key}", issues.as_data(synced.author, here.title, here.body)


def hear(tx: Tx, pair: Pair, said: Sequence[Said]) -> int:
    """Put comments of people who may write to the repository on the task, each once; returns how many. What strangers say stays there."""
    found = _again(tx, pair)
    if found is None:
        return 0
    new = sorted((one for one in said if one.id > found.synced.heard), key=lambda one: one.id)
    wanted = [one for one in new if one.trusted and not one.ours and foreign.clean(one.text).strip()]
    for one in wanted:
        text, _ = foreign.cut(one.text, comments.TEXT_AT_MOST)
        comments.create(tx, stranger(GITHUB, one.author, found.task.project_id), found.task.id, text)
    if new:
        _note(tx, found, found.external.there_at, heard=new[-1].id)
    return len(wanted)


def told(tx: Tx, pair: Pair, comment: int, text: str) -> None:
    """Our comment there says this now."""
    if (found := _again(tx, pair)) is not None:
        _note(tx, found, found.external.there_at, notice=comment, told=text)


def started(tx: Tx, pair: Pair, why_not: str = "") -> None:
    """An agent was started for it, or why none will be until somebody does; that is told once on the task."""
    found = _again(tx, pair)
    if found is None or found.synced.started or (why_not and why_not == found.synced.why_not):
        return
    _note(tx, found, found.external.there_at, started=not why_not, why_not=why_not)
    if why_not:
        comments.create(tx, sync(found.task.project_id), found.task.id, why_not)


def lost(tx: Tx, pair: Pair) -> None:
    """The issue is there no longer, or elsewhere: the task goes on by itself."""
    if (found := _again(tx, pair)) is not None:
        external.forget(tx, found.task.id)
        comments.create(
            tx,
            sync(found.task.project_id),
            found.task.id,
            f"The issue {found.external.key} is there no longer; this task goes on without it.",
        )


def _tell(tx: Tx, pair: Pair, to: Literal["here", "there"], fields: tuple[str, ...]) -> None:
    if fields:
        told = IssueSynced(source=GITHUB, external=pair.external.key, to=to, fields=fields)
        log.append(tx, told, pair.task.about, actor=NAME)


def _note(tx: Tx, pair: Pair, there_at: str | None, **now: object) -> None:
    synced = Synced.model_validate({**pair.synced.model_dump(), **now})
    external.note(tx, pair.task.id, synced=synced.model_dump_json(), there_at=there_at)
