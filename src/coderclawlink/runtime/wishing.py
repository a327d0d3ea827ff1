"""From what is asked for to a run's wish: names looked up, repository, branch and settings filled in.

Above: the contract. Below: the board, the agents' configuration, the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from coderclawlink.access import policy, uses
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.agents import liberties, literals
from coderclawlink.board import projects, repositories, repository, tasks, verification
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.link.protocol import Beside
from coderclawlink.runs import beside, ledger, memory
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runtime import agents, knowing

PROMPT_AT_MOST = 200_000
"""Characters. Longer texts belong into a file of the repository or an attachment."""


class PromptTooLong(Invalid):
    """The prompt is too long."""


@dataclass(frozen=True)
class Defaults:
    """What a run gets that its submitter does not say, and where the hub is reached: for links to it."""

    timeout_seconds: float = 3600.0
    tries: int = 3
    server: str = "https://github.com"
    public_url: str = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a submitter says; what it does not say is filled in."""

    agent: str
    prompt: str
    context: Mapping[str, Any]
    project_id: ProjectId | None = None
    task_id: TaskId | None = None
    tries: int | None = None
    timeout_seconds: float | None = None
    options: AgentConfiguration = NOTHING_SAID


def wish_for(tx: Tx, actor: Actor, asked: Asked, defaults: Defaults) -> Wish:
    """Raises `UnknownAgent`, `TaskNotFound`, `ProjectNotFound`, `PermissionMissing`, `UseDenied`, `PromptTooLong`, `SecretInPlain`, `Invalid`."""
    policy.require_somewhere(actor, Permission.TASK_SUBMIT)
    _fits(asked.prompt)
    literals.refuse(asked.options)
    agent = agents.named(tx, asked.agent)
    title, branch, project, project_id = _title(asked.prompt), None, None, asked.project_id
    priority = tasks.Priority.MEDIUM
    known: dict[str, Any] = {}
    if asked.task_id is not None:
        task = tasks.find_for(tx, actor, asked.task_id, Permission.TASK_SUBMIT)
        if project_id is not None and project_id != task.project_id:
            raise Invalid("The task belongs to another project.")
        project_id, priority = task.project_id, task.priority
        title = f"{task.key} {task.title}"[:TITLE_AT_MOST]
        branch = _free_branch(task.branch, ledger.branches_of(tx, asked.task_id))
        known["task"] = knowing.of_task(tx, actor, task)
    if project_id is not None:
        project = projects.find_for(tx, actor, project_id, Permission.TASK_SUBMIT)
        known["project"] = knowing.of_project(project)
    else:
        policy.require(actor, Permission.TASK_SUBMIT)
    uses.require(tx, actor, "agent", agent, project_id)
    if memory.is_to_be_told(tx, actor, asked.context.get("remember")) and (told := memory.told(tx, actor)):
        known[memory.IN_CONTEXT] = told
    # What a person says of one run counts more than what is configured for all.
    timeout = {} if asked.timeout_seconds is None else {"timeout_seconds": asked.timeout_seconds}
    clone = None
    if project is not None and project.github_repo_url:
        clone = repository.parse(project.github_repo_url, defaults.server).clone
    return Wish(
        agent=agent,
        prompt=asked.prompt,
        context={**known, **asked.context},
        title=title,
        project_id=project_id,
        task_id=asked.task_id,
        repository=clone,
        branch=branch,
        author=_author(actor),
        tries=asked.tries or defaults.tries,
        timeout_seconds=asked.timeout_seconds or defaults.timeout_seconds,
        priority=priority.rank,
        options=asked.options.model_copy(update=timeout),
        verification=None if project is None else verification.of_project(tx, project.id),
        beside=() if asked.task_id is None else _beside(tx, asked.task_id, branch or "", defaults),
    )


def wish_to_continue(
    tx: Tx, actor: Actor, run: Run, agent: str, text: str, options: AgentConfiguration, defaults: Defaults
) -> Wish:
    """A wish that goes on with a run that has ended: on its branch if it has made a commit, else on a free one."""
    # What the one session remembers is not for the other that may go on with its run.
    context = memory.without(run.context)
    context.pop("remember", None)
    before = liberties.of(actor, run.options)
    if run.task_id is not None:
        context.pop("task", None)  # what is known of it now is told
    asked = Asked(agent, text, context, run.project_id, run.task_id, run.tries, None, before.under(options))
    if agent != run.agent:
        asked = replace(asked, options=options)
    wish = wish_for(tx, actor, asked, defaults)
    parts = beside.of_run(tx, run.id)
    branch = run.branch if beside.result(tx, run) else wish.branch
    return replace(
        wish,
        continues=run.id,
        repository=run.repository,
        branch=branch,
        beside=tuple(
            Beside(
                name=part.name,
                repository=part.repository,
                branch=(part.branch if part.head else branch) or "",
            )
            for part in parts
        ),
        title=run.title if run.task_id is not None else wish.title,
    )


def _beside(look: Look, task: TaskId, branch: str, defaults: Defaults) -> tuple[Beside, ...]:
    return tuple(
        Beside(name=one.name, repository=repository.parse(one.url, defaults.server).clone, branch=branch)
        for one in repositories.of_task(look, task)
    )


TITLE_AT_MOST = 72
"""Characters: it becomes the first line of a commit."""


def _fits(prompt: str) -> None:
    if len(prompt) > PROMPT_AT_MOST:
        raise PromptTooLong(f"A prompt has at most {PROMPT_AT_MOST:,} characters; this one has {len(prompt):,}.")


def _title(prompt: str) -> str:
    return next((line.strip() for line in prompt.splitlines() if line.strip()), "Work")[:TITLE_AT_MOST]


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
