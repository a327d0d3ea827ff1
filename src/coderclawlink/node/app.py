"""The composition root of the node: one process a machine, holding the lock of its data directory.

It goes on without a hub and finishes what it has; when nothing is left and no hub has come for ten minutes, it exits. SIGTERM
and SIGINT, like the hub's Drain, stop it politely: agents are stopped, their work is saved, the rest is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from coderclawlink.drivers import accounts, catalogue
from coderclawlink.drivers.accounts import Account
from coderclawlink.drivers.base import Probe
from coderclawlink.drivers.catalogue import Agent, AgentSettings
from coderclawlink.drivers.models import proxy, script, wires
from coderclawlink.drivers.models.prices import known_prices
from coderclawlink.errors import Conflict
from coderclawlink.ids import new_id
from coderclawlink.link.protocol import AgentOffer, Answer, Ask, Assign, Drain, Hello, Push, Stop
from coderclawlink.link.redaction import RedactedLog, Redactor
from coderclawlink.node import pushes, secrets
from coderclawlink.node.attachments import Attachments
from coderclawlink.node.dial import Dialer, find_hub
from coderclawlink.node.execute import Tools, bury, execute, machine_author
from coderclawlink.node.post import SpooledPost
from coderclawlink.node.spool import Spool
from coderclawlink.settings import Settings
from coderclawlink.workspaces import quota
from coderclawlink.workspaces.sandbox import choice
from coderclawlink.workspaces.sandbox.base import Reach
from coderclawlink.workspaces.store import Store

logger = logging.getLogger(__name__)

IDLE_SECONDS = 600.0
"""Without a hub and without work for so long, the node exits."""
PROBE_SECONDS = 60.0
GOODBYE_SECONDS = 5.0
COLLECT_SECONDS = 600.0
WORKSPACES_AT_MOST = 20 * 1024**3
"""Bytes that checkouts may take before the oldest saved ones are removed."""


class NodeRunning(Conflict):
    """Another node already runs on this data directory."""


class Node:
    """A running node."""

    def __init__(
        self,
        name: str,
        slots: int,
        spool: Spool,
        tools: Tools,
        offers: tuple[AgentOffer, ...],
        home: Path,
        redactor: Callable[[], Redactor],
    ) -> None:
        self._name = name
        self._slots = slots
        self._boot = new_id()
        self._spool = spool
        self._tools = tools
        self._offers = offers
        self._redactor = redactor
        self._posts: dict[tuple[str, int], SpooledPost] = {}
        self._pushing: set[str] = set()
        self._group = asyncio.TaskGroup()
        self._draining = False
        self._drained = asyncio.Event()
        self.dialer = Dialer(spool, find=lambda: find_hub(home), hello=self._hello, do=self._do)

    def _hello(self) -> Hello:
        return Hello(
            node=self._name,
            boot=self._boot,
            slots=self._slots,
            labels={"host": socket.gethostname()},
            agents=self._offers,
            sandbox=self._tools.sandbox.name,
            held=tuple(self._spool.held()),
        )

    def _do(self, word: Assign | Stop | Answer | Ask | Push | Drain) -> None:
        match word:
            case Assign(order=order):
                if not self._draining and self._spool.take(order):
                    post = SpooledPost(order, self._spool, self.dialer.show, self._redactor())
                    self._posts[order.run, order.attempt] = post
                    self._group.create_task(self._make(post))
            case Stop() | Answer() | Ask():
                post_of = self._posts.get((word.run, word.attempt))
                if post_of is not None:
                    post_of.heard.put_nowait(word)
            case Push():
                if word.delivery not in self._pushing:
                    self._pushing.add(word.delivery)
                    self._group.create_task(self._push(word))
            case Drain():
                self.drain()

    async def _push(self, word: Push) -> None:
        try:
            self.dialer.answer(await pushes.push(word, self._tools.store, self._tools.token_for(word.repository)))
        finally:
            self._pushing.discard(word.delivery)

    async def _make(self, post: SpooledPost) -> None:
        order = post.order
        logger.info("attempt %s/%d: %s begins", order.run, order.attempt, order.agent)
        try:
            await execute(post, self._tools)
        finally:
            del self._posts[order.run, order.attempt]
            logger.info("attempt %s/%d is over", order.run, order.attempt)
            self._leave_when_drained()

    def drain(self) -> None:
        """Stop politely: every attempt is interrupted, and once all are over the goodbye is said."""
        if self._draining:
            return
        self._draining = True
        logger.info("stopping: saving the work of %d agents", len(self._posts))
        for post in self._posts.values():
            post.heard.put_nowait(Stop(run=post.order.run, attempt=post.order.attempt, why="interrupted"))
        self._leave_when_drained()

    def _leave_when_drained(self) -> None:
        if self._draining and not self._posts:
            self.dialer.say_goodbye()
            self._drained.set()

    async def run(self) -> None:
        """Until drained, or idle for too long."""
        async with self._group as group:
            loops = [
                group.create_task(self.dialer.run()),
                group.create_task(self._look_again()),
                group.create_task(self._collect()),
                group.create_task(self._leave_when_idle()),
                group.create_task(self._leave_anyway()),
            ]
            await self.dialer.left.wait()
            for loop in loops:
                loop.cancel()

    async def _look_again(self) -> None:
        """Agents come and go: a key that was set, a program that was installed."""
        while True:
            offers = await offers_of(self._tools.agents)
            if offers != self._offers:
                self._offers = offers
                self._spool.remember_offers(offers)
                self.dialer.offer(offers)
            await asyncio.sleep(PROBE_SECONDS)

    async def _collect(self) -> None:
        while True:
            await asyncio.sleep(COLLECT_SECONDS)
            going_on = {run for run, _ in self._posts}
            done = await quota.collect(self._tools.store, max_bytes=WORKSPACES_AT_MOST, keep=going_on)
            if done.removed:
                logger.info("removed %d old checkouts, %d bytes", len(done.removed), done.freed_bytes)

    async def _leave_when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while loop.time() - last < IDLE_SECONDS:
            await asyncio.sleep(1.0)
            if self.dialer.connected or self._posts:
                last = loop.time()
        logger.info("no hub and no work for %d seconds: leaving", IDLE_SECONDS)
        self.dialer.left.set()

    async def _leave_anyway(self) -> None:
        """Drained, but no hub is there to hear the goodbye: what is spooled waits on the disk."""
        await self._drained.wait()
        await asyncio.sleep(GOODBYE_SECONDS)
        self.dialer.left.set()


async def offers_of(agents: Mapping[str, Agent]) -> tuple[AgentOffer, ...]:
    """Look at every agent, side by side."""
    async with asyncio.TaskGroup() as tasks:
        probing = {name: tasks.create_task(agent.driver.probe()) for name, agent in agents.items()}
    return tuple(_offer(name, agents[name], probe.result()) for name, probe in probing.items())


def _offer(name: str, agent: Agent, probe: Probe) -> AgentOffer:
    return AgentOffer(
        name=name,
        description=agent.driver.description,
        available=probe.available,
        version=probe.version,
        why=probe.why,
        capabilities=agent.driver.capabilities,
        models=probe.models,
        driver=type(agent.driver).__name__.removesuffix("Driver").lower(),
        limit=agent.limit,
        reached=agent.driver.reached,
        signed_in=probe.signed_in,
        model=agent.driver.model,
        accounts=tuple(agent.accounts),
    )


async def run_node(settings: Settings, name: str) -> None:
    """Run a node on this data directory until it is stopped. Raises `NodeRunning`, `Invalid` for a bad `agents.toml`,
    `SandboxMissing`."""
    home = settings.clawlink_home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_alone(home))
        chosen = await choice.choose(settings.sandbox)
        logger.info("sandbox: %s", chosen.text)
        upstreams, agent_settings = await _models(settings, stack)
        paid_by = _accounts(agent_settings, home, scripted=settings.model_script is not None)
        agents = catalogue.agents(
            agent_settings,
            home / "agents.toml",
            paid_by=paid_by,
            fill=partial(secrets.fill, secrets=secrets.read(home)),
        )
        redactor = partial(_redactor, settings, home, paid_by)
        for handler in logging.getLogger().handlers:
            handler.addFilter(RedactedLog(redactor))
        prices = known_prices(home / "prices.toml")
        socket_path = home / "run" / "model.sock"
        socket_path.parent.mkdir(exist_ok=True, mode=0o700)
        models = await stack.enter_async_context(proxy.serve(upstreams, socket_path=socket_path, prices=prices))
        tools = Tools(
            store=Store(home / "workspaces"),
            agents=agents,
            proxy=models,
            reach=Reach(models.port, socket_path),
            sandbox=chosen.sandbox,
            author=await machine_author(),
            token=settings.github_token,
            server=settings.github_server_url,
            secrets=partial(secrets.read, home),
            attachments=Attachments(partial(find_hub, home), home / "workspaces" / "attachments"),
        )
        spool = Spool(home / "node.db")
        stack.callback(spool.close)
        for order in list(spool.unfinished()):
            spool.add(order.run, order.attempt, await bury(order, tools.store))
        offers = spool.offers()
        if {offer.name for offer in offers} != set(agents):
            # The first look takes seconds; later starts begin with what the last one found, and look again at once.
            offers = await offers_of(agents)
            spool.remember_offers(offers)
        node = Node(name, settings.slots, spool, tools, offers, home, redactor)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, node.drain)
        await node.run()
    logger.info("the node has stopped")


def _accounts(settings: AgentSettings, home: Path, *, scripted: bool) -> Mapping[str, Account]:
    """The accounts that pay for agents. Raises `Invalid` for a mistake in `agents.toml`."""
    file = home / "agents.toml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    paid_by = accounts.read(settings, text, str(file), secrets.read(home))
    if scripted and settings.ollama_base_url:
        # No account leads anywhere but to the scripted model; keys still tell them apart.
        return {name: replace(account, base_url=settings.ollama_base_url) for name, account in paid_by.items()}
    return paid_by


def _redactor(settings: Settings, home: Path, paid_by: Mapping[str, Account]) -> Redactor:
    """Knows every secret of this machine as it is now."""
    known = {
        "ANTHROPIC_API_KEY": settings.anthropic_api_key,
        "OPENAI_API_KEY": settings.openai_api_key,
        "OPENDEVIN_API_KEY": settings.opendevin_api_key,
        "GOOSE_API_KEY": settings.goose_api_key,
        "GITHUB_TOKEN": settings.github_token,
        **{f"key of {name}": account.key for name, account in paid_by.items() if name not in accounts.WIRES},
        **secrets.read(home),
    }
    if (address := find_hub(home)) is not None:
        known["key of the node"] = address.key
    return Redactor({name: value for name, value in known.items() if value})


async def _models(settings: Settings, stack: contextlib.AsyncExitStack) -> tuple[wires.Upstreams, AgentSettings]:
    """The model providers; all of them the scripted model, if that is asked for."""
    if settings.model_script is not None:
        url = await stack.enter_async_context(script.serve())
        return script.instead(url), AgentSettings(
            anthropic_api_key="scripted",
            anthropic_base_url=url,
            openai_api_key="scripted",
            openai_base_url=url,
            ollama_base_url=url,
            opendevin_api_url=settings.opendevin_api_url,
            opendevin_api_key=settings.opendevin_api_key,
            openhands=settings.openhands,
            goose_api_url=settings.goose_api_url,
            goose_api_key=settings.goose_api_key,
            goose=settings.goose,
        )
    return wires.upstreams(
        anthropic_base_url=settings.anthropic_base_url,
        anthropic_api_key=settings.anthropic_api_key,
        openai_base_url=settings.openai_base_url,
        openai_api_key=settings.openai_api_key,
        ollama_base_url=settings.ollama_base_url,
    ), AgentSettings(
        anthropic_api_key=settings.anthropic_api_key,
        anthropic_base_url=settings.anthropic_base_url,
        openai_api_key=settings.openai_api_key,
        openai_base_url=settings.openai_base_url,
        ollama_base_url=settings.ollama_base_url,
        opendevin_api_url=settings.opendevin_api_url,
        opendevin_api_key=settings.opendevin_api_key,
        openhands=settings.openhands,
        goose_api_url=settings.goose_api_url,
        goose_api_key=settings.goose_api_key,
        goose=settings.goose,
    )


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One node for one data directory. The lock ends with the process, however it ends."""
    with (home / "node.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NodeRunning from error
        pid = home / "node.pid"
        pid.write_text(str(os.getpid()), encoding="ascii")
        try:
            yield
        finally:
            pid.unlink(missing_ok=True)
