"""submit · stream · query · cancel · follow up · list_agents · list_skills: one contract for HTTP, WebSocket, the CLI and Python itself.

    async with open_hub(settings) as hub:                                # coderclawlink.app
        run = await hub.runtime.submit(OWNER, agent="claude", prompt="Say hello")
        async for told in hub.runtime.stream(OWNER, run.id):
            print(told.as_json())
        print((await hub.runtime.query(OWNER, run.id)).result)

Every verb is asked by an actor, and is answered for what that actor may.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coderclawlink.access import policy, revocation
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.rules import Rules
from coderclawlink.agents import liberties
from coderclawlink.board import comparisons
from coderclawlink.board.chats import Chat, Proposal
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import handing, lifecycle
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Limits
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId, QuestionId, RunId, TaskId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.feed import Feed, Shown, Watcher
from coderclawlink.journal.log import Told
from coderclawlink.pulls import answering
from coderclawlink.pulls.feedback import Feedback
from coderclawlink.runs import ledger, prompts, questions
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.prompts import Prompt
from coderclawlink.runs.run import WaitReason
from coderclawlink.runtime import agents, chatting, moving, reviewing, wishing
from coderclawlink.runtime.agents import Agent
from coderclawlink.runtime.listening import LOOK_AGAIN_SECONDS, Listener, Who
from coderclawlink.runtime.wishing import Asked, Defaults
from coderclawlink.skills.registry import BUILT_IN, Skill

END_KINDS = frozenset({"run.completed", "run.failed", "run.cancelled"})
CONTENDERS_AT_MOST = 8


class CutOff(Exception):
    """The reader was too slow for the stream; it may come back with the last sequence number it saw."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One of several that do the same task side by side."""

    agent: str
    options: AgentConfiguration = NOTHING_SAID


class Runtime:
    """The contract over this hub."""

    def __init__(
        self, db: Database, rules: Rules, durable: Durable, feed: Feed, limits: Limits, defaults: Defaults
    ) -> None:
        self._db = db
        self._rules = rules
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
        options: AgentConfiguration = NOTHING_SAID,
    ) -> Run:
        """Ask for a run; it is on disk when this returns. With a task it works in the project's repository. `options`: what
        is to be otherwise than configured, for this run alone.

        Raises `UnknownAgent`, `TaskNotFound`, `ProjectNotFound`, `PermissionMissing`, `PolicyDenied`, `PromptTooLong`.
        """
        asked = Asked(agent, prompt, context or {}, project_id, task_id, tries, timeout_seconds, options)
        await self._permit(actor, agent, project_id=project_id, task_id=task_id)
        return await self._db.write(self._submit, actor, asked)

    async def _permit(self, actor: Actor, agent: str, **named: object) -> None:
        """What the policies say of having an agent work, before the transaction in which it begins to. Raises `PolicyDenied`."""
        told = {"agent": agent, **{name: value for name, value in named.items() if value is not None}}
        await self._rules.require(actor, Permission.AGENT_EXECUTE, told)

    async def _permit_more(self, actor: Actor, run: RunId, agent: str | None = None) -> None:
        """The same of having more done in a run, by its agent or another. What is not the actor's to see is not asked about."""
        if agent is None and self._rules.are_asked:
            agent = (await self.query(actor, run)).agent
        await self._permit(actor, agent or "", run_id=run)

    def _submit(self, tx: Tx, actor: Actor, asked: Asked, comparison: str | None = None) -> Run:
        liberties.require(actor, asked.options)
        wish = wishing.wish_for(tx, actor, asked, self._defaults)
        if comparison is not None:
            wish = replace(wish, comparison=comparison)
        return lifecycle.submit(tx, self._durable, self._limits, actor, wish)

    async def move(self, actor: Actor, wanted: moving.Move) -> moving.Moved:
        """Put a card into its place, and have an agent begin with it, in one commit. As `moving.move`."""
        if wanted.agent is not None:
            await self._permit(actor, wanted.agent, task_id=wanted.task)
        return await self._db.write(moving.move, actor, wanted, self._submit)

    async def compare(
        self, actor: Actor, task_id: TaskId, prompt: str, contenders: Sequence[Contender]
    ) -> tuple[str, list[Run]]:
        """Have several agents or models do one task side by side, each on a branch of its own. Returns the comparison's id
        and the runs, in order. Raises as `submit` does, and `Invalid` for fewer than two or more than eight."""
        if not 2 <= len(contenders) <= CONTENDERS_AT_MOST:
            raise Invalid(f"A comparison is between 2 and {CONTENDERS_AT_MOST} contenders.")
        for contender in contenders:
            await self._permit(actor, contender.agent, task_id=task_id)
        return await self._db.write(self._compare, actor, task_id, prompt, contenders)

    def _compare(
        self, tx: Tx, actor: Actor, task_id: TaskId, prompt: str, contenders: Sequence[Contender]
    ) -> tuple[str, list[Run]]:
        comparison = new_id()
        made = [
            self._submit(
                tx, actor, Asked(one.agent, prompt, {}, task_id=task_id, options=one.options), comparison=comparison
            )
            for one in contenders
        ]
        comparisons.start(tx, actor, comparison, task_id, prompt, made)
        return comparison, made

    async def follow_up(
        self,
        actor: Actor,
        run: RunId,
        text: str,
        *,
        steer: bool = False,
        agent: str | None = None,
        options: AgentConfiguration = NOTHING_SAID,
    ) -> tuple[Run, Prompt | None]:
        """Say more to an agent. A run that has not ended gets the prompt queued (with `steer`: at once); one that has ended is
        gone on with by a new run, on its work and its conversation. Another agent takes the run over.

        Raises `RunNotFound`, `UnknownAgent`, `PermissionMissing`, `PromptTooLong`.
        """
        await self._permit_more(actor, run, agent)
        return await self._db.write(self._follow_up, actor, run, text, steer, agent, options)

    def _follow_up(
        self,
        tx: Tx,
        actor: Actor,
        run_id: RunId,
        text: str,
        steer: bool,
        agent: str | None,
        options: AgentConfiguration,
    ) -> tuple[Run, Prompt | None]:
        run = ledger.find_for(tx, actor, run_id)
        policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
        liberties.require(actor, options)
        name = run.agent if agent is None else agents.named(tx, agent)
        if run.has_ended:
            wish = wishing.wish_to_continue(tx, actor, run, name, text, options, self._defaults)
            return lifecycle.submit(tx, self._durable, self._limits, actor, wish), None
        if name != run.agent or options != NOTHING_SAID:
            handing.hand_over(tx, actor, run, name, options)
            run, steer = ledger.find(tx, run_id), True
        return run, prompts.queue(tx, actor, run, text, steer=steer)

    async def send_remarks(self, actor: Actor, run: RunId, text: str = "") -> reviewing.Sent:
        """Give the agent all of the actor's comments that were not sent yet, and `text`, as one prompt. As `reviewing.send`."""
        await self._permit_more(actor, run)
        return await self._db.write(reviewing.send, actor, run, text, self._say_more)

    async def request_changes(self, actor: Actor, run: RunId, text: str = "") -> reviewing.Sent:
        """Send a result back, with the actor's unsent comments and `text` as one prompt. As `reviewing.request_changes`."""
        await self._permit_more(actor, run)
        return await self._db.write(reviewing.request_changes, actor, run, text, self._say_more)

    def _say_more(self, tx: Tx, actor: Actor, run: RunId, text: str) -> tuple[Run, Prompt | None]:
        return self._follow_up(tx, actor, run, text, False, None, NOTHING_SAID)

    async def answer_pull(self, actor: Actor | None, pull: int, told: Feedback, logs: Mapping[str, str]) -> Run | None:
        """Have the agent answer what the code host tells of a pull request. As `answering.answer`."""
        if self._rules.are_asked:
            asker = actor or await self._db.read(answering.asked_by, pull)
            run = await self._db.read(answering.heeded_by, pull)
            if asker is not None and run is not None:
                await self._permit_more(asker, run)
        return await self._db.write(answering.answer, actor, pull, told, logs, self._say_more)

    async def ask(self, actor: Actor, message: chatting.Message, *, project: ProjectId | None, chat: str = "") -> Chat:
        """Write to a project in a new conversation, else further in the `chat`. As `chatting.start` and `say`."""
        if self._rules.are_asked:
            answers = await self._db.read(
                chatting.who_answers, actor, project, "" if project is not None else chat, message
            )
            await self._permit(actor, answers, project_id=project, chat_id=chat or None)
        if project is not None:
            return await self._db.write(chatting.start, actor, project, message, self._defaults, self._start)
        return await self._db.write(chatting.say, actor, chat, message, self._defaults, self._start)

    async def confirm(self, actor: Actor, chat: str, proposal: int) -> Proposal:
        """Do what an agent has proposed in a conversation, as the actor. As `chatting.confirm`."""
        if self._rules.are_asked:
            begins = await self._db.read(chatting.who_begins, actor, chat, proposal)
            if begins is not None:
                await self._permit(actor, begins, chat_id=chat)
        return await self._db.write(chatting.confirm, actor, chat, proposal, self._defaults, self._start)

    def _start(self, tx: Tx, actor: Actor, wish: Wish) -> Run:
        return lifecycle.submit(tx, self._durable, self._limits, actor, wish)

    async def hand_over(
        self,
        actor: Actor,
        run: RunId,
        agent: str,
        options: AgentConfiguration = NOTHING_SAID,
        text: str | None = None,
    ) -> Run:
        """Let another agent go on in the middle of a run, from the work and with all that was said. `text`: what to tell it.
        Raises as `follow_up` does, and `IllegalStep` for a run that has ended."""
        await self._permit_more(actor, run, agent)
        return await self._db.write(self._hand_over, actor, run, agent, options, text)

    def _hand_over(
        self, tx: Tx, actor: Actor, run_id: RunId, agent: str, options: AgentConfiguration, text: str | None
    ) -> Run:
        run = ledger.find_for(tx, actor, run_id)
        policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
        liberties.require(actor, options)
        if not text and run.wait_reason is WaitReason.REVIEW:
            raise Invalid("The run is done and waits for a review: say what the other agent is to do.")
        handing.hand_over(tx, actor, run, agents.named(tx, agent), options)
        if text:
            # Of what was asked before, the other agent knows from the transcript; these words are what it begins with.
            prompts.queue(tx, actor, ledger.find(tx, run_id), text, steer=True)
        return ledger.find(tx, run_id)

    async def resume(self, actor: Actor, run: RunId, options: AgentConfiguration = NOTHING_SAID) -> Run:
        """Let a run go on now that waits for its quota or its budget; `options` may raise its own cap.

        Raises `RunNotFound`, `PermissionMissing`, and `Conflict` when it waits for something else, or its budget is still used up.
        """
        return await self._db.write(handing.resume, actor, run, options)

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

    async def stream(
        self, actor: Actor, run: RunId, after: int = 0, who: Who | None = None
    ) -> AsyncIterator[Told | Shown]:
        """What happens in the run, from after a sequence number until its end. `who`: says who listens as of now, and is asked whenever
        somebody's right is taken away. Raises `RunNotFound`, `CutOff`, `listening.OtherRights`, and what `who` raises."""
        with (
            self._db.bell.listen(*revocation.topics_of(actor)) as ear,
            self._feed.watch(Watcher(runs={run})) as watcher,
        ):
            listener = Listener(actor, ear, who)
            ended, silent, seen = False, True, after
            while not ended:
                if silent:  # at first, and when nothing has come for a while: what is on disk decides
                    ended = (await self.query(actor, run)).has_ended
                    while batch := await self._db.read(log.read_about, seen, runs=[run]):
                        for told in batch:
                            await listener.was_looked_at()
                            seen = told.seq
                            ended = ended or told.kind in END_KINDS
                            yield told
                    silent = False
                    continue
                if watcher.behind:
                    raise CutOff
                item = await listener.next_of(watcher)
                if await listener.was_looked_at():
                    await self.query(actor, run)  # its project may have been made private, say
                if item is None:
                    silent = True
                    continue
                if isinstance(item, Told):
                    if item.seq <= seen:
                        continue
                    seen = item.seq
                    ended = item.kind in END_KINDS
                yield item

    async def list_agents(self, actor: Actor, project: ProjectId | None = None) -> list[Agent]:
        """Each with why the actor may not use it in the project (None: in none), if so. Raises `PermissionMissing`, `ProjectHidden`."""
        policy.require_somewhere(actor, Permission.AGENT_LIST)
        return await self._db.read(agents.listed, actor, project)

    async def list_skills(self, actor: Actor) -> list[Skill]:
        """Raises `PermissionMissing`."""
        policy.require_somewhere(actor, Permission.SKILL_LIST)
        return list(BUILT_IN)
