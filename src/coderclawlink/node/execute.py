"""One attempt, from its order to its last word: the heart of the node.

    checkout ─► sandbox ─► agent's turn ─► judge ─► commit, diff, deliver ─► AttemptEnded
        │            stop, timeout ┄┄┄┄┄┄┄┄► save ─────────────────────────────►┘

Success is judged by what is there, never by what the agent claims: a failed model call fails the attempt, an answer without a
change is a success with a text. Whatever happens, what the agent left is in the mirror before the last word is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from coderclawlink.drivers.base import Ground, Job, ModelAccess, Process, Session, TurnEnded
from coderclawlink.drivers.catalogue import Agent
from coderclawlink.drivers.models.proxy import Line, Proxy
from coderclawlink.errors import ClawlinkError
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    AttemptStarted,
    QuestionAsked,
    WorkCommitted,
    WorkSaved,
)
from coderclawlink.link.protocol import Answer, Ask, Order, Stop
from coderclawlink.node import supervise
from coderclawlink.node.post import Post
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces import delivery, diff, salvage
from coderclawlink.workspaces.git import identity
from coderclawlink.workspaces.mirror import locate
from coderclawlink.workspaces.sandbox.base import Confinement, Reach, Sandbox
from coderclawlink.workspaces.store import Checkout, Store

logger = logging.getLogger(__name__)

LOGS_TOLD_AT_MOST = 200
"""Lines of the agent's stderr that go into the journal; all of it, up to a size, is kept as the artifact `log`."""
LOG_CHARACTERS = 1 << 20
CLOCK_SECONDS = 0.5
RETRY_KINDS = frozenset({"limit", "overloaded", "unreachable", "broken"})
"""Failures of the model's provider that another attempt may well not meet."""

Why = Literal["cancelled", "timeout", "stale", "interrupted"]


@dataclass(frozen=True)
class Tools:
    """What the node has for making attempts. `author`: whose commits these are when the order names nobody."""

    store: Store
    agents: Mapping[str, Agent]
    proxy: Proxy
    reach: Reach
    sandbox: Sandbox
    author: str
    token: str | None = None
    """For cloning over https."""


@dataclass
class _Attempt:
    """What is known while it is under way."""

    post: Post
    tools: Tools
    agent: Agent
    stopped: Why | None = None
    session: Session | None = None
    open_questions: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    logs: list[str] = field(default_factory=list)
    logged: int = 0
    started: bool = False

    @property
    def order(self) -> Order:
        return self.post.order


async def execute(post: Post, tools: Tools) -> None:
    """Make the attempt. Its last word is always `AttemptEnded`; nothing of the agent is left then. Raises nothing but
    CancelledError, which ends the agent and leaves its work where it lies."""
    order = post.order
    agent = tools.agents.get(order.agent)
    if agent is None:
        post.tell(AttemptEnded(outcome="failed", error=f"This node has no agent {order.agent!r}."))
        return
    attempt = _Attempt(post, tools, agent)
    ended = await _with_ears(attempt)
    if attempt.logs:
        text = "".join(attempt.logs)
        post.tell(ArtifactKept(name="log", size=len(text), text=text))
    post.tell(ended)


async def _with_ears(attempt: _Attempt) -> AttemptEnded:
    """Do the work while listening to the hub and to the clock."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(_work_guarded(attempt))
        listening = tasks.create_task(_listen(attempt, working))
        clock = tasks.create_task(_watch_clock(attempt, working))
        try:
            await asyncio.wait([working])
        finally:
            listening.cancel()
            clock.cancel()
            working.cancel()  # without effect unless the node itself is being stopped
    return _stopped(attempt) if working.cancelled() else working.result()


async def _work_guarded(attempt: _Attempt) -> AttemptEnded:
    order = attempt.order
    try:
        return await _work(attempt)
    except ClawlinkError as error:
        return AttemptEnded(outcome="failed", error=error.message, retry=True)
    except Exception as error:  # the attempt boundary: one of the three places
        logger.exception("attempt %s/%d failed", order.run, order.attempt)
        return AttemptEnded(outcome="failed", error=f"The node failed: {type(error).__name__}: {error}", retry=True)


async def _listen(attempt: _Attempt, working: asyncio.Task[AttemptEnded]) -> None:
    while True:
        word = await attempt.post.heard.get()
        match word:
            case Stop(why=why):
                await _stop(attempt, working, why)
            case Answer():
                if word.question not in attempt.answered and attempt.session is not None:
                    attempt.answered.add(word.question)
                    attempt.open_questions.discard(word.question)
                    await attempt.session.answer(word.question, word.option, word.text)
            case Ask():
                pass
            case _:
                assert_never(word)


async def _watch_clock(attempt: _Attempt, working: asyncio.Task[AttemptEnded]) -> None:
    """Count the time that the agent takes, not that which people take to answer it."""
    loop = asyncio.get_running_loop()
    left = attempt.agent.timeout_seconds or attempt.order.timeout_seconds
    last = loop.time()
    while left > 0:
        await asyncio.sleep(min(CLOCK_SECONDS, left))
        now = loop.time()
        if not attempt.open_questions:
            left -= now - last
        last = now
    await _stop(attempt, working, "timeout")


async def _stop(attempt: _Attempt, working: asyncio.Task[AttemptEnded], why: Why) -> None:
    if attempt.stopped is not None:
        return
    attempt.stopped = why
    if attempt.session is not None:
        await attempt.session.cancel()
    elif not attempt.started:
        working.cancel()


async def _work(attempt: _Attempt) -> AttemptEnded:
    order, tools = attempt.order, attempt.tools
    needs_checkout = attempt.agent.driver.needs_checkout
    author = order.author or tools.author
    async with checkouts.prepare(
        tools.store,
        order.run,
        order.attempt,
        repository=order.repository if needs_checkout else None,
        resume=order.resume,
        author=author,
        token=tools.token,
    ) as checkout:
        turn, failure = await _let_the_agent_work(attempt, checkout)
        return await asyncio.shield(_conclude(attempt, checkout, turn, failure, author))


@dataclass(frozen=True)
class _Failure:
    why: str
    retry: bool


async def _let_the_agent_work(attempt: _Attempt, checkout: Checkout) -> tuple[TurnEnded, _Failure | None]:
    """One turn of the agent in its sandbox. Returns how it ended and, if the model failed, how."""
    order, tools, agent = attempt.order, attempt.tools, attempt.agent

    def count(usage: AgentUsage) -> None:
        attempt.post.tell(usage)

    async with tools.proxy.open(order.run, order.attempt, on_usage=count) as line:
        ground = _ground(attempt, checkout, line.access)
        job = Job(order.run, order.attempt, order.prompt, order.context)
        attempt.started = True  # from here on a stop asks the agent, and does not tear the work
        if attempt.stopped is not None:
            return TurnEnded("cancelled"), None
        async with agent.driver.open(job, ground) as session:
            attempt.session = session
            attempt.post.tell(AttemptStarted(agent_version=session.version, sandbox=tools.sandbox.name))
            turn = TurnEnded("cancelled")
            if attempt.stopped is None:
                turn = await _listen_to_the_agent(attempt, session)
            attempt.session = None
        return turn, _model_failure(line)


async def _listen_to_the_agent(attempt: _Attempt, session: Session) -> TurnEnded:
    turn = TurnEnded("error", error="The agent fell silent without ending its turn.", retry=True)
    async for said in session.turn(attempt.order.prompt):
        match said:
            case TurnEnded():
                turn = said
            case AgentChunk():
                attempt.post.show(said)
            case AgentLog():
                _log(attempt, said)
            case QuestionAsked():
                attempt.open_questions.add(said.question)
                attempt.post.tell(said)
            case _:
                attempt.post.tell(said)
    return turn


def _log(attempt: _Attempt, said: AgentLog) -> None:
    attempt.logged += 1
    if attempt.logged <= LOGS_TOLD_AT_MOST:
        attempt.post.tell(said)
    if sum(map(len, attempt.logs[-1:])) + len(said.text) < LOG_CHARACTERS:
        attempt.logs.append(said.text if said.text.endswith("\n") else said.text + "\n")
        while sum(map(len, attempt.logs)) > LOG_CHARACTERS:
            attempt.logs.pop(0)


def _ground(attempt: _Attempt, checkout: Checkout, models: ModelAccess) -> Ground:
    tools, agent = attempt.tools, attempt.agent
    confinement = Confinement(
        workspace=checkout.work,
        home=checkout.home,
        read_only=(*checkout.read_only, *map(type(checkout.work), agent.paths)),
        reach=(tools.reach,),
        network="none" if agent.network == "model" else "open",
    )

    async def launch(argv: Sequence[str], env: Mapping[str, str]) -> Process:
        return await supervise.start(argv, env, confinement, tools.sandbox)

    return Ground(checkout.work, checkout.home, launch, models)


def _model_failure(line: Line) -> _Failure | None:
    if line.failure is None:
        return None
    return _Failure(line.failure.why, line.failure.kind in RETRY_KINDS)


async def _conclude(
    attempt: _Attempt, checkout: Checkout, turn: TurnEnded, failure: _Failure | None, author: str
) -> AttemptEnded:
    """Judge, and bring the work to where it outlives the folder."""
    if attempt.stopped is not None:
        await _save(attempt, checkout, attempt.stopped)
        return _stopped(attempt)
    if turn.error is not None or failure is not None:
        await _save(attempt, checkout, "the attempt failed")
        error = failure.why if failure is not None else turn.error or ""
        retry = failure.retry if failure is not None else turn.retry
        return AttemptEnded(outcome="failed", result=turn.result, error=error, retry=retry)
    if turn.reason == "cancelled":
        await _save(attempt, checkout, "the agent cancelled its turn")
        return AttemptEnded(outcome="failed", result=turn.result, error="The agent cancelled its own turn.")
    order = attempt.order
    done = await checkouts.finish(checkout, title=order.title, author=author, agent=order.agent)
    if done is None:
        if not turn.result.strip():
            return AttemptEnded(outcome="failed", error="The agent ended its turn without a word and without a change.")
        return AttemptEnded(outcome="completed", result=turn.result)
    if done.left_out:
        attempt.post.tell(AgentLog(text=f"Files that could not be taken: {done.left_out}"))
    await _keep_diff(attempt, checkout, done.head)
    branch, delivered = await _deliver(attempt, checkout, done.head)
    attempt.post.tell(
        WorkCommitted(
            head=done.head,
            base=done.base,
            branch=branch,
            files=done.files,
            additions=done.additions,
            deletions=done.deletions,
            delivered=delivered,
        )
    )
    result = (
        turn.result.strip() or f"{done.files} files changed, {done.additions} lines added, {done.deletions} removed."
    )
    return AttemptEnded(outcome="completed", result=result)


async def _deliver(attempt: _Attempt, checkout: Checkout, head: str) -> tuple[str, bool]:
    """A repository on this machine gets the branch at once; elsewhere it is pushed when somebody asks for it."""
    order = attempt.order
    if not order.branch or checkout.repository is None or locate(checkout.repository).path is None:
        return order.branch, False
    try:
        return await delivery.deliver(checkout, head, order.branch), True
    except ClawlinkError as error:
        # The work is safe in the mirror: a repository that takes no branch now does not undo it.
        attempt.post.tell(AgentLog(text=f"The branch could not be put into the repository: {error.message}"))
        return order.branch, False


async def _save(attempt: _Attempt, checkout: Checkout, reason: str) -> None:
    """Put aside what is there, and show it."""
    saved = await salvage.secure(checkout, reason)
    if saved is None:
        return
    attempt.post.tell(WorkSaved(ref=saved.ref, commit=saved.commit))
    await _keep_diff(attempt, checkout, saved.commit)


async def _keep_diff(attempt: _Attempt, checkout: Checkout, head: str) -> None:
    with contextlib.suppress(ClawlinkError):
        found = await diff.between(checkout, head)
        cut = "\n… the diff is longer than what is kept here\n" if found.cut else ""
        attempt.post.tell(ArtifactKept(name="diff", size=len(found.patch), text=found.patch + cut))


def _stopped(attempt: _Attempt) -> AttemptEnded:
    match attempt.stopped:
        case "timeout":
            seconds = attempt.agent.timeout_seconds or attempt.order.timeout_seconds
            return AttemptEnded(outcome="failed", error=f"The attempt took longer than {seconds:g} seconds.")
        case "interrupted":
            return AttemptEnded(outcome="interrupted", error="Its node was stopped; the work goes on later.")
        case _:
            return AttemptEnded(outcome="cancelled")


async def bury(order: Order, store: Store) -> AttemptEnded:
    """The last word for an attempt that died with an earlier process of this node: its agent is gone, its work is saved."""
    earlier = store.find(order.run, order.attempt)
    if earlier is not None:
        try:
            await salvage.secure(earlier, "its node was killed")
        except ClawlinkError as error:
            logger.warning("the work of %s/%d could not be saved: %s", order.run, order.attempt, error.message)
    return AttemptEnded(
        outcome="interrupted", error="Its node was killed under it; the next attempt goes on from its work."
    )


async def machine_author() -> str:
    """Whose commits a run's are when nobody in particular asked for it: this machine's user, as git knows them."""
    name, mail = await identity()
    name = name or os.environ.get("USER") or "coderClawLink"
    return f"{name} <{mail or name.replace(' ', '.') + '@localhost'}>"
