"""submit · stream · query · cancel · list_agents · list_skills: one contract for HTTP, WebSocket, the CLI and Python itself.

    async with open_hub(settings) as hub:                                # coderclawlink.app
        run = await hub.runtime.submit(OWNER, agent="claude", prompt="Say hello")
        async for told in hub.runtime.stream(OWNER, run.id):
            print(told.as_json())
        print((await hub.runtime.query(OWNER, run.id)).result)

Every verb is asked by an actor, and is answered for what that actor may.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects, repository, tasks
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import lifecycle
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Limits
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId, QuestionId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.feed import Feed, Shown, Watcher
from coderclawlink.journal.log import Told
from coderclawlink.runs import ledger, questions
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runtime import agents
from coderclawlink.runtime.agents import Agent
from coderclawlink.skills.registry import BUILT_IN, Skill

LOOK_AGAIN_SECONDS = 5.0
END_KINDS = frozenset({"run.completed", "run.failed", "run.cancelled"})
PROMPT_AT_MOST = 200_000
"""Characters. Longer texts belong into a file of the repository or an attachment."""


class PromptTooLong(Invalid):
    """The prompt is too long."""


class CutOff(Exception):
    """The reader was too slow for the stream; it may come back with the last sequence number it saw."""


@dataclass(frozen=True)
class Defaults:
    """What a run gets that its submitter does not say."""

    timeout_seconds: float = 3600.0
    tries: int = 3
    server: str = "https://github.com"


class Runtime:
    """The contract over this hub."""

    def __init__(self, db: Database, durable: Durable, feed: Feed, limits: Limits, defaults: Defaults) -> None:
        self._db = db
        self._durable = durable
        self._feed = feed
        self._limits = limits
        self._defaults = defaults

    async def submit(
        self,
        actor: Actor,
        *,
        agent: str,
        prompt: str,
        context: Mapping[str, Any] | None = None,
        project_id: ProjectId | None = None,
        task_id: TaskId | None = None,
        tries: int | None = None,
        timeout_seconds: float | None = None,
    ) -> Run:
        """Ask for a run; it is on disk when this returns. With a task it works in the project's repository.

        Raises `UnknownAgent`, `TaskNotFound`, `ProjectNotFound`, `PermissionMissing`, `PromptTooLong`.
        """
        if len(prompt) > PROMPT_AT_MOST:
            raise PromptTooLong(f"A prompt has at most {PROMPT_AT_MOST:,} characters; this one has {len(prompt):,}.")
        return await self._db.write(
            self._submit, actor, agent, prompt, context, project_id, task_id, tries, timeout_seconds
        )

    def _submit(
        self,
        tx: Tx,
        actor: Actor,
        agent: str,
        prompt: str,
        context: Mapping[str, Any] | None,
        project_id: ProjectId | None,
        task_id: TaskId | None,
        tries: int | None,
        timeout_seconds: float | None,
    ) -> Run:
        policy.require(actor, Permission.TASK_SUBMIT)
        name = agents.named(tx, agent)
        title = next((line.strip() for line in prompt.splitlines() if line.strip()), "Work")[:72]
        project = branch = None
        priority = tasks.Priority.MEDIUM
        known: dict[str, Any] = {}
        if task_id is not None:
            task = tasks.find(tx, task_id)
            if project_id is not None and project_id != task.project_id:
                raise Invalid("The task belongs to another project.")
            project_id, priority = task.project_id, task.priority
            title = f"{task.key} {task.title}"[:72]
            branch = _free_branch(task.branch, ledger.branches_of(tx, task_id))
            known["task"] = {"key": task.key, "title": task.title, "description": task.description}
        if project_id is not None:
            project = projects.find(tx, project_id)
            known["project"] = {"key": project.key, "name": project.name, "github_repo": project.github_repo_url}
        clone = None
        if project is not None and project.github_repo_url:
            clone = repository.parse(project.github_repo_url, self._defaults.server).clone
        wish = Wish(
            agent=name,
            prompt=prompt,
            context={**known, **(context or {})},
            title=title,
            project_id=project_id,
            task_id=task_id,
            repository=clone,
            branch=branch,
            author=_author(actor),
            tries=tries or self._defaults.tries,
            timeout_seconds=timeout_seconds or self._defaults.timeout_seconds,
            priority=priority.rank,
        )
        return lifecycle.submit(tx, self._durable, self._limits, actor, wish)

    async def query(self, actor: Actor, run: RunId) -> Run:
        """How the run stands. Raises `RunNotFound`, also for a run of others."""
        return await self._db.read(ledger.find_for, actor, run)

    async def cancel(self, actor: Actor, run: RunId) -> Run:
        """End the run: its agent is told to stop at once. Raises `RunNotFound`, `PermissionMissing`, `IllegalStep`."""
        return await self._db.write(ledger.cancel, actor, run)

    async def answer(
        self, actor: Actor, run: RunId, question: QuestionId, option: str, text: str | None = None
    ) -> questions.Question:
        """Answer what the run asks. Raises as `questions.answer` does."""
        return await self._db.write(questions.answer, actor, run, question, option, text)

    async def until_ended(self, actor: Actor, run: RunId) -> Run:
        """Wait for the run's end, however long. Raises `RunNotFound`, also when it is deleted meanwhile."""
        with self._db.bell.listen(f"over:{run}", f"run:{run}") as ear:
            while not (found := await self.query(actor, run)).has_ended:
                await ear.wait(LOOK_AGAIN_SECONDS)
            return found

    async def stream(self, actor: Actor, run: RunId, after: int = 0) -> AsyncIterator[Told | Shown]:
        """What happens in the run, from after a sequence number until its end. Raises `RunNotFound`, `CutOff`."""
        with self._feed.watch(Watcher(runs={run})) as watcher:
            ended, silent, seen = False, True, after
            while not ended:
                if silent:  # at first, and when nothing has come for a while: what is on disk decides
                    ended = (await self.query(actor, run)).has_ended
                    while batch := await self._db.read(log.read_about, seen, runs=[run]):
                        for told in batch:
                            seen = told.seq
                            ended = ended or told.kind in END_KINDS
                            yield told
                    silent = False
                    continue
                if watcher.behind:
                    raise CutOff
                try:
                    async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                        item = await watcher.queue.get()
                except TimeoutError:
                    silent = True
                    continue
                if isinstance(item, Told):
                    if item.seq <= seen:
                        continue
                    seen = item.seq
                    ended = item.kind in END_KINDS
                yield item

    async def list_agents(self, actor: Actor) -> list[Agent]:
        """Raises `PermissionMissing`."""
        policy.require(actor, Permission.AGENT_LIST)
        return await self._db.read(agents.all_of_them)

    async def list_skills(self, actor: Actor) -> list[Skill]:
        """Raises `PermissionMissing`."""
        policy.require(actor, Permission.SKILL_LIST)
        return list(BUILT_IN)


def _free_branch(wanted: str, taken: set[str]) -> str:
    """`task/demo-1`, or with the next number behind it when an earlier run of the task keeps that one."""
    if wanted not in taken:
        return wanted
    return next(name for number in range(2, len(taken) + 3) if (name := f"{wanted}-{number}") not in taken)


def _author(actor: Actor) -> str:
    """`Name <mail>` for the commit; empty for the machine's owner, whose name git knows."""
    if actor.user is None:
        return ""
    clean = "".join(character for character in actor.user if character.isprintable() and character not in "<>")
    return f"{clean} <{clean if '@' in clean else clean + '@localhost'}>"
