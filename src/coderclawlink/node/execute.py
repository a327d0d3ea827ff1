"""One attempt, from its order to its last word: the heart of the node.

    configure ─► checkout ─► sandbox ─► conversation, checks ─► outcome: commit, diff, deliver ─► AttemptEnded
        │            stop, timeout ┄┄┄┄┄┄┄┄┄┄► save ────────────────────────────────────────────────►┘

Here it is put together, and listens to the hub and to the clock meanwhile. Above: the node's composition root. Below:
`conversation` and `outcome`, which do the work, the drivers and the workspaces.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_never

from coderclawlink.drivers.base import Driver, Ground, ModelAccess, Process
from coderclawlink.drivers.catalogue import Agent
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.models.budget import Budget
from coderclawlink.drivers.models.wires import Upstreams
from coderclawlink.errors import ClawlinkError, Invalid
from coderclawlink.events import AgentUsage, AnswerHeard, AttemptEnded
from coderclawlink.link.protocol import Answer, Ask, Order, Stop
from coderclawlink.node import checks, outcome, result, secrets, supervise
from coderclawlink.node.attempt import Attempt, Tools, Why
from coderclawlink.node.conversation import Conversation, Talked
from coderclawlink.node.post import Post
from coderclawlink.node.prompts import Prompts
from coderclawlink.node.watch import Watch
from coderclawlink.workspaces import beside, salvage
from coderclawlink.workspaces.beside import Further
from coderclawlink.workspaces.git import identity
from coderclawlink.workspaces.sandbox.base import Confinement
from coderclawlink.workspaces.store import Checkout, Store

__all__ = ["Tools", "bury", "execute", "machine_author"]
logger = logging.getLogger(__name__)

CLOCK_SECONDS = 0.5


async def execute(post: Post, tools: Tools) -> None:
    """Make the attempt. Its last word is always `AttemptEnded`; nothing of the agent is left then, nor of a check. Raises
    nothing but CancelledError, which ends the agent and leaves its work where it lies."""
    order = post.order
    agent = tools.agents.get(order.agent)
    if agent is None:
        post.tell(AttemptEnded(outcome="failed", error=f"This node has no agent {order.agent!r}."))
        return
    attempt = Attempt(post, tools, agent, Prompts(order.number))
    try:
        ended = await _with_ears(attempt)
    except Exception as error:  # the attempt boundary: one of the three places
        logger.exception("attempt %s/%d failed", order.run, order.attempt)
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        ended = AttemptEnded(outcome="failed", error=f"The node failed: {type(error).__name__}: {error}", retry=True)
    attempt.keep_log()
    post.tell(ended)


async def _with_ears(attempt: Attempt) -> AttemptEnded:
    """Do the work while listening to the hub and to the clock."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(_work(attempt))
        listening = tasks.create_task(_listen(attempt, working))
        clock = tasks.create_task(_watch_clock(attempt, working))
        try:
            await asyncio.wait([working])
        finally:
            listening.cancel()
            clock.cancel()
            working.cancel()  # without effect unless the node itself is being stopped
    return outcome.stopped(attempt) if working.cancelled() else working.result()


async def _listen(attempt: Attempt, working: asyncio.Task[AttemptEnded]) -> None:
    while True:
        word = await attempt.post.heard.get()
        match word:
            case Stop(why=why):
                await _stop(attempt, working, why)
            case Answer(question=question) if attempt.session is not None and question in attempt.open_questions:
                attempt.open_questions.discard(question)
                await attempt.session.answer(question, word.option, word.text)
                attempt.post.tell(AnswerHeard(question=question))
            case Answer():
                pass  # said twice, or too late
            case Ask():
                attempt.prompts.hear(word)
                attempt.nudged.set()
            case _:
                assert_never(word)


async def _watch_clock(attempt: Attempt, working: asyncio.Task[AttemptEnded]) -> None:
    """Count the time that the agent takes, not that which people take to answer it, nor that of the checks."""
    loop = asyncio.get_running_loop()
    left = attempt.timeout_seconds
    last = loop.time()
    while left > 0:
        await asyncio.sleep(min(CLOCK_SECONDS, left))
        now = loop.time()
        if not attempt.open_questions and not attempt.checking:
            left -= now - last
        last = now
    await _stop(attempt, working, "timeout")


async def _stop(attempt: Attempt, working: asyncio.Task[AttemptEnded], why: Why) -> None:
    if attempt.stopped is not None:
        return
    attempt.stopped = why
    attempt.wake()
    if attempt.session is not None:
        await attempt.session.cancel()
    elif not attempt.started:
        working.cancel()


async def _work(attempt: Attempt) -> AttemptEnded:
    try:
        return await _make(attempt)
    except Invalid as error:  # the order makes no sense here, and would make none when made again
        return AttemptEnded(outcome="failed", error=error.message)
    except ClawlinkError as error:
        return AttemptEnded(outcome="failed", error=error.message, retry=True)


async def _make(attempt: Attempt) -> AttemptEnded:
    order, tools = attempt.order, attempt.tools
    known_driver, upstreams = _on(attempt.agent, order.configuration.account)
    known = tools.secrets()
    configuration = secrets.fill(order.configuration, known)
    for name in order.configuration.secrets():
        attempt.post.redactor.learn(name, known[name])
    if order.token is not None:
        attempt.post.redactor.learn("the access to the repository", order.token)
    driver = known_driver.configured(configuration)
    for further in order.beside:
        if further.token is not None:
            attempt.post.redactor.learn(f"the access to {further.name}", further.token)
    async with beside.prepare(
        *(tools.store, order.run, order.attempt),
        repository=order.repository if driver.needs_checkout else None,
        further=[
            Further(each.name, each.repository, each.branch, each.token or tools.token_for(each.repository))
            for each in order.beside
        ]
        if driver.needs_checkout
        else (),
        resume=order.resume,
        follows=None if order.follows is None else (order.follows.run, order.follows.attempt),
        branch=order.branch,
        author=order.author or tools.author,
        token=order.token or tools.token_for(order.repository),
    ) as checkout:
        if order.attachments and driver.needs_checkout and tools.attachments is not None:
            await tools.attachments.lay_out(order.attachments, checkout.attachments)
        demand = await checks.demanded(order, checkout)
        if demand.checks:
            attempt.post.tell(demand.told())
        watch = Watch(configuration, (lambda: result.fingerprint(checkout)) if driver.needs_checkout else None)

        def count(usage: AgentUsage) -> None:
            attempt.post.tell(usage)
            watch.count(usage)

        async with tools.proxy.open(
            *(order.run, order.attempt),
            on_usage=count,
            upstreams=upstreams,
            budget=Budget(order.budget_usd, order.budget_tokens),
        ) as line:
            attempt.post.redactor.learn("the key of the model proxy", line.access.key)
            ground = _ground(attempt, checkout, line.access)
            attempt.started = True  # from here on a stop asks the agent, and does not tear the work
            talked: Talked = await Conversation(attempt, checkout, driver, line, ground, watch, demand).hold()
        return await asyncio.shield(outcome.judge(attempt, checkout, talked))


def _on(agent: Agent, account: str | None) -> tuple[Driver, Upstreams | None]:
    """The driver and what pays for its models; None: the agent's program knows itself. Raises `Invalid`."""
    try:
        driver, pays = agent.on(account)
    except AgentFailed as unknown:
        raise Invalid(unknown.message) from None
    return driver, None if pays is None else {pays.wire: pays.upstream}


def _ground(attempt: Attempt, checkout: Checkout, models: ModelAccess) -> Ground:
    tools, agent = attempt.tools, attempt.agent
    confinement = Confinement(
        workspace=checkout.space,
        home=checkout.home,
        read_only=(*checkout.read_only, *map(Path, agent.paths)),
        reach=(tools.reach,),
        network="none" if agent.network == "model" else "open",
        repositories=tuple(each.work for each in checkout.all) if checkout.beside else (),
    )

    async def launch(argv: Sequence[str], env: Mapping[str, str]) -> Process:
        return await supervise.start(argv, env, confinement, tools.sandbox)

    return Ground(checkout.space, checkout.home, launch, models)


async def bury(order: Order, store: Store) -> AttemptEnded:
    """The last word for an attempt that died with an earlier process of this node: its agent is gone, its work is saved."""
    earlier = store.find(order.run, order.attempt)
    for checkout in () if earlier is None else earlier.all:
        try:
            await salvage.secure(checkout, "its node was killed")
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
