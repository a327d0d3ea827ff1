"""Issues and tasks kept the same: what changed there is written here, what changed here is written there, and labels start agents.

    syncing = Syncing(db, runtime, reach)
    await syncing.run()                # one hub at a time

Above: the composition root. Below: `issues`, which asks the host; `pulls.meeting`, which writes here. Every step is safe to repeat: a hub
that is killed between writing there and noting it finds both sides the same when it looks again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from coderclawlink import clock
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.board import projects, tasks
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.db.engine import Database, StoreUnavailable, Tx
from coderclawlink.errors import ClawlinkError
from coderclawlink.events import TasksImported
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.integrations.github.issues import Issues
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.pulls import issues, meeting
from coderclawlink.pulls.external import GITHUB
from coderclawlink.pulls.hosts import HostRefused, HostUnreachable, LimitReached
from coderclawlink.pulls.issues import BroughtIn, Issue, NoIssues, Put, Standing, Wanted
from coderclawlink.pulls.meeting import Pair
from coderclawlink.runtime.contract import Runtime

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 60.0
CALM_SECONDS = 1.0
"""After a change here, so long until it is written there: what one person does in a row is one change."""
TRIES = 3
REFUSED_SECONDS = 600.0
EDITED_SECONDS = 5.0
"""An issue that was changed so much later than it was labelled may say something else than whoever labelled it has read."""
HERE = (
    *("task.changed", "task.labelled", "task.restored", "run.submitted", "run.completed"),
    *("pull_request.opened", "pull_request.merged"),
)
"""The kinds of events after which something may be to be written there."""

Reach = Callable[[ProjectId, str | None], Awaitable[Issues]]
"""The issues of a project's repository, reached with the project's access or, where that is named by key, a person's. Raises `NoIssues`
and the errors of `pulls.hosts`."""


class Syncing:
    """Of all projects of this installation. `every`: seconds from look to look."""

    def __init__(self, db: Database, runtime: Runtime, reach: Reach, *, every: float = LOOK_AGAIN_SECONDS) -> None:
        self._db = db
        self._runtime = runtime
        self._reach = reach
        self._every = every
        self._turn = asyncio.Lock()
        self._trouble: dict[ProjectId, str] = {}
        self._refused: dict[TaskId, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._read_there())
            loops.create_task(self._write_there())

    async def _read_there(self) -> None:
        """Look when it is time, or when a webhook or a person says so."""
        topics: set[str] = set()
        is_rung = False
        while True:
            with self._db.bell.listen(issues.CHANGED, *topics) as ear:
                try:
                    standings = await self._db.read(issues.all_on)
                    places = {f"issues:{await self._name(one)}" for one in standings}
                    if places != topics:
                        topics = places
                        continue
                    now = await self._db.read(lambda look: look.now())
                    for standing in standings:
                        if is_rung or (standing.look_next_at or 0) <= now:
                            async with self._turn:
                                await self.look(standing)
                except StoreUnavailable as error:
                    logger.warning("issues cannot be looked at: %s", error.message)
                is_rung = await ear.wait(self._every)

    async def _write_there(self) -> None:
        with self._db.bell.listen(*HERE) as ear:
            while True:
                try:
                    for standing in await self._db.read(issues.all_on):
                        async with self._turn:
                            await self.write(standing)
                except StoreUnavailable as error:
                    logger.warning("issues cannot be written: %s", error.message)
                if await ear.wait(self._every):
                    await asyncio.sleep(CALM_SECONDS)

    async def _name(self, standing: Standing) -> str:
        """owner/name of the project's repository; empty where there is none."""
        with suppress(projects.ProjectNotFound):
            project = await self._db.read(projects.find, standing.project_id)
            if project.github_repo_owner is not None:
                return f"{project.github_repo_owner}/{project.github_repo_name}"
        return ""

    async def look(self, standing: Standing) -> None:
        """Take in what has changed there since the last look; what hinders is noted, and tried again."""
        since, etag = standing.since, None
        try:
            there = await self._reach(standing.project_id, None)
            page, is_last = 0, False
            while not is_last:
                page += 1
                listed = await there.page(page, since=standing.since, etag=standing.etag if page == 1 else None)
                if listed is None:
                    etag = standing.etag
                    break
                for issue in listed.issues:
                    await self._meet(standing, there, issue)
                    since = max(since or "", issue.at)
                is_last = listed.is_last
                # The address of the next question holds `since`: only if that stays, its answer can be the same.
                etag = listed.etag if page == 1 and since == standing.since else None
        except LimitReached as limit:
            await self._looked(standing, since, None, limit.seconds, limit.message)
        except ClawlinkError as error:
            await self._looked(standing, since, None, self._every, error.message)
        else:
            await self._looked(standing, since, etag, self._every, self._trouble.pop(standing.project_id, None))

    async def _looked(self, of: Standing, since: str | None, etag: str | None, wait: float, error: str | None) -> None:
        def note(tx: Tx) -> None:
            issues.looked(tx, of, since=since, etag=etag, next_at=tx.now() + wait, error=error)

        await self._db.write(note)

    async def write(self, standing: Standing) -> None:
        """Write there what has changed here. What hinders is left for the next time."""
        wanted = standing.wanted
        with suppress(HostRefused, HostUnreachable, NoIssues):
            found = await self._db.read(meeting.pairs, standing.project_id, await self._name(standing))
            stale = [
                pair
                for pair in found
                if pair.is_stale(closes=wanted.close_when_done, comments=wanted.comment)
                and asyncio.get_running_loop().time() >= self._refused.get(pair.task.id, 0.0)
            ]
            if not stale:
                return
            there = await self._reach(standing.project_id, None)
            for pair in stale:
                issue = await there.one(int(pair.external.external))
                if issue is None:
                    await self._db.write(meeting.lost, pair)
                else:
                    issue = await self._make_same(standing, there, pair, issue)
                    await self._tell(standing, there, issue)

    async def _meet(self, standing: Standing, there: Issues, issue: Issue) -> None:
        pair = await self._db.read(meeting.pair, standing.project_id, str(there.place), issue.number)
        is_new = pair is None
        if pair is None:
            if issue.closed or issue.locked or not standing.wanted.wants(issue):
                return
            with suppress(tasks.TaskNotFound):  # its task was deleted here
                await self._db.write(meeting.bring_in, standing.project_id, str(there.place), issue)
            pair = await self._db.read(meeting.pair, standing.project_id, str(there.place), issue.number)
            if pair is None:
                return
        if not is_new and pair.external.there_at == issue.at and not pair.is_stale(closes=True, comments=False):
            return
        issue = await self._make_same(standing, there, pair, issue)
        if issue.comments:
            await self._db.write(meeting.hear, pair, await there.said(issue.number, pair.external.there_at))
        await self._start(standing, there, issue)
        await self._tell(standing, there, issue)
        await self._db.write(meeting.met, pair, issue)

    async def _make_same(self, standing: Standing, there: Issues, pair: Pair, issue: Issue) -> Issue:
        """First there, then here: what is noted as being on both sides is so. Returns the issue as it is then."""
        for _ in range(TRIES):  # somebody may change the task while the host is asked
            closes = standing.wanted.close_when_done
            later = meeting.later(pair, issue)
            merged = issues.merge(pair.synced, pair.here, issues.there(issue), later=later, closes=closes)
            if merged.there:
                values: dict[str, object] = {str(name): value for name, value in merged.there.items()}
                if "labels" in values:
                    values["labels"] = issues.labels_to_write(issue, merged.both.labels, pair.names)
                try:
                    issue = await there.change(issue.number, values)
                except HostRefused as refused:
                    self._note_refusal(standing, pair, refused)
                    merged = issues.only_here(merged, pair.synced, issues.there(issue))
            if await self._db.write(meeting.take, pair, issue, merged):
                break
            found = await self._db.read(meeting.pair, standing.project_id, str(there.place), issue.number)
            if found is None:
                break
            pair = found
        return issue

    async def _tell(self, standing: Standing, there: Issues, issue: Issue) -> None:
        """Let our one comment there say how the work stands."""
        pair = await self._db.read(meeting.pair, standing.project_id, str(there.place), issue.number)
        if pair is None or issue.locked or not standing.wanted.comment:
            return
        notice = pair.notice
        if notice is None or notice == pair.synced.told:
            return
        try:
            comment = await there.say(issue.number, notice, pair.synced.notice)
        except HostRefused as refused:
            self._note_refusal(standing, pair, refused)
        else:
            await self._db.write(meeting.told, pair, comment, notice)

    def _note_refusal(self, standing: Standing, pair: Pair, refused: HostRefused) -> None:
        """What is refused for one issue holds up no other; it is told, and tried again later."""
        self._trouble[standing.project_id] = f"{pair.external.key} cannot be written: {refused.message}"
        self._refused[pair.task.id] = asyncio.get_running_loop().time() + REFUSED_SECONDS

    # ── starting an agent ──────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, standing: Standing, there: Issues, issue: Issue) -> None:
        """Have the agent begin where somebody who may has said so by the label or the assignee: once for a task."""
        wanted = standing.wanted
        pair = await self._db.read(meeting.pair, standing.project_id, str(there.place), issue.number)
        by_label, by_assignee = wanted.by_label(issue), wanted.by_assignee(issue)
        if pair is None or not wanted.start or wanted.agent is None or not (by_label or by_assignee):
            return
        if issue.closed or issue.locked or pair.synced.started:
            return
        if pair.run is not None or pair.task.status not in (TaskStatus.TODO, TaskStatus.BLOCKED):
            await self._db.write(meeting.started, pair)
            return
        put = await there.put(
            issue, label=wanted.label if by_label else None, assignee=wanted.assignee if by_assignee else None
        )
        why_not = _why_not(issue, put)
        if put is not None and why_not is None:
            actor = Actor(Role.DEVELOPER, f"github:{put.by}")
            prompt = issues.prompt_for(pair.external.key, issue, put.by, pair.task.prompt)
            try:
                await self._runtime.submit(actor, agent=wanted.agent, prompt=prompt, task_id=pair.task.id)
            except ClawlinkError as error:
                why_not = f"No agent was started: {error.message}"
        await self._db.write(meeting.started, pair, why_not or "")

    # ── by hand ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def bring_in(self, actor: Actor, project: ProjectId, wanted: Wanted) -> BroughtIn:
        """Make tasks of issues now. Raises `NoIssues`, `ProjectNotFound`, `PermissionMissing`, and the host's errors."""
        await self._db.read(projects.find_for, actor, project, Permission.PROJECT_WRITE)
        there = await self._reach(project, actor.key)
        made: list[str] = []
        known = 0
        skipped: list[tuple[int, str]] = []
        async for number, issue in _wanted(there, wanted):
            if issue is None or issue.locked:
                skipped.append((number, "It is locked." if issue is not None else "There is no issue of this number."))
                continue
            try:
                task, is_new = await self._db.write(meeting.bring_in, project, str(there.place), issue)
            except tasks.TaskNotFound:
                skipped.append((number, "Its task was deleted here."))
                continue
            if not is_new:
                known += 1
                continue
            made.append(task.key)
            pair = await self._db.read(meeting.pair, project, str(there.place), issue.number)
            if issue.comments and pair is not None:
                await self._db.write(meeting.hear, pair, await there.said(issue.number))
        if made:
            told = TasksImported(source=GITHUB, made=len(made), known=known)
            await self._db.write(log.append, told, About(project), actor=actor.name)
        return BroughtIn(tuple(made), known, tuple(skipped))


async def _wanted(there: Issues, wanted: Wanted) -> AsyncIterator[tuple[int, Issue | None]]:
    if wanted.numbers:
        for number in dict.fromkeys(wanted.numbers):
            yield number, await there.one(number)
        return
    page, is_last = 0, False
    while not is_last:
        page += 1
        listed = await there.page(page, label=wanted.label, state=wanted.state)
        if listed is None:
            return
        for issue in listed.issues:
            yield issue.number, issue
        is_last = listed.is_last


def _why_not(issue: Issue, put: Put | None) -> str | None:
    """For people: why no agent begins by itself. None: one does."""
    by_hand = "no agent was started. Look at the issue, and start one yourself if it is to be done."
    if put is None:
        return f"Who gave the issue its label cannot be told, so {by_hand}"
    if not put.trusted:
        return f"{put.by} may not write to the repository, so {by_hand}"
    if not issue.trusted and clock.seconds(issue.at) - clock.seconds(put.at) > EDITED_SECONDS:
        return f"The issue is from {issue.author}, who may not write to the repository, and was changed after {put.by} released it, so {by_hand}"
    return None
