"""The conversation of one attempt with its agent: prompt after prompt, in one session wherever that can be kept.

    prompt ─► turn ─► further prompts? ─► commit ─► checks ─► passed, or no rounds left ─► over
      ▲        │ steered                    ▲  failed │
      └────────┴────────────────────────────┴─────────┘

Above: `execute`. Below: the drivers' port, the watch, the checks, and `result` for the commit that is checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

from coderclawlink import clock
from coderclawlink.drivers.base import Driver, Ground, Job, Session, TurnEnded
from coderclawlink.drivers.models.failure import ModelFailure
from coderclawlink.drivers.models.proxy import Line
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentSession,
    AgentTool,
    AttemptStarted,
    CheckEnded,
    PromptTaken,
    QuestionAsked,
)
from coderclawlink.node import briefing, checks, result
from coderclawlink.node.attempt import Attempt
from coderclawlink.node.prompts import Prompt, mend, opening
from coderclawlink.node.watch import Circle, Watch
from coderclawlink.workspaces.checkout import Finished
from coderclawlink.workspaces.store import Checkout

LOOK_SECONDS = 0.5
REFUSED_SECONDS = 5.0
"""So long an agent may go on asking a model that refuses it for good, before its turn is broken off."""
LIMITED_SECONDS = 30.0
"""The same at a provider's limit that may end meanwhile."""


@dataclass(frozen=True)
class Verdict:
    """A commit as checked, after so many mendings. `failed`: what it did not pass."""

    finished: Finished
    failed: tuple[CheckEnded, ...]
    mendings: int


@dataclass(frozen=True)
class Talked:
    """How the conversation ended: the last turn, and what else decides what becomes of the attempt.

    `verdict` None: nothing was checked.
    """

    turn: TurnEnded
    failure: ModelFailure | None = None
    circle: Circle | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True)
class _BrokenOff:
    """We broke off a turn. `stayed`: the session can be used for the next."""

    why: Prompt | Circle | ModelFailure
    stayed: bool


class Conversation:
    def __init__(
        self,
        attempt: Attempt,
        checkout: Checkout,
        driver: Driver,
        line: Line,
        ground: Ground,
        watch: Watch,
        demand: checks.Demanded,
    ) -> None:
        self._attempt = attempt
        self._checkout = checkout
        self._driver = driver
        self._line = line
        self._ground = ground
        self._watch = watch
        self._demand = demand
        self._said: list[str] = []
        self._mendings = 0
        self._breaking: asyncio.Event = asyncio.Event()
        self._broken_off: _BrokenOff | None = None

    async def hold(self) -> Talked:
        """Until there is nothing more to say. The agent is gone then. Raises `AgentFailed` when it cannot be started."""
        order = self._attempt.order
        prompt = Prompt(order.number, order.prompt)
        name = order.session if self._checkout.remembers else ""
        while True:
            async with contextlib.AsyncExitStack() as stack:
                job = Job(order.run, order.attempt, prompt.text, order.context, name)
                try:
                    async with self._attempt.until_stopped():
                        session = await stack.enter_async_context(self._driver.open(job, self._ground))
                except TimeoutError:
                    if not self._attempt.is_stopped():
                        raise
                    return Talked(TurnEnded("cancelled"))
                self._attempt.session = session
                try:
                    self._greet(session)
                    talked = await self._talk(session, prompt)
                finally:
                    self._attempt.session = None
            if isinstance(talked, Talked):
                return talked
            # The agent did not survive being interrupted: another process takes its memory up.
            prompt, name = talked, session.id

    def _greet(self, session: Session) -> None:
        post = self._attempt.post
        if not self._said:
            sandbox = self._attempt.tools.sandbox.name
            post.tell(AttemptStarted(agent_version=session.version, sandbox=sandbox, model=self._driver.model or None))
        if session.id:
            post.tell(AgentSession(session=session.id, resumed=session.resumed))

    async def _talk(self, session: Session, prompt: Prompt) -> Talked | Prompt:
        """Turn after turn. Returns a prompt that has been taken when it must be said in another session."""
        attempt = self._attempt
        place = self._checkout
        words = opening(
            *(attempt.order, prompt, self._said),
            briefing=self._briefing(prompt, resumed=session.resumed),
            resumed=session.resumed,
            work=place.space,
            before=place.remembers,
        )
        while True:
            if attempt.is_stopped():
                return Talked(TurnEnded("cancelled"))
            attempt.post.tell(PromptTaken(number=prompt.number, text=prompt.text))
            turn = await self._turn(session, words)
            self._said.append(f"You were asked:\n{prompt.text}\n\nYou answered:\n{turn.result or '(nothing)'}")
            broken = self._broken_off
            if attempt.is_stopped():
                return Talked(turn)
            match broken.why if broken is not None else None:
                case Circle() as circle:
                    return Talked(turn, circle=circle)
                case ModelFailure() as failure:
                    return Talked(turn, failure)
                case Prompt() as steered:
                    if turn.error is not None or not (broken and broken.stayed):
                        return steered
                    prompt = steered
                case None:
                    decided = await self._after(turn)
                    if isinstance(decided, Talked):
                        return decided
                    prompt = decided
            words = prompt.text

    def _briefing(self, prompt: Prompt, *, resumed: bool) -> str:
        """What the agent is told of its task: nothing twice, and nothing in words that its driver tells as data."""
        order, folder = self._attempt.order, self._checkout.attachments
        if not self._driver.needs_checkout:
            return ""
        names = [checkout.work.name for checkout in self._checkout.all] if self._checkout.beside else []
        if resumed:
            return briefing.beside(order.attachments, folder, names)
        return briefing.brief(order, prompt.text, folder, names)

    async def _after(self, turn: TurnEnded) -> Talked | Prompt:
        """The agent has ended its turn by itself: what comes next."""
        attempt = self._attempt
        if self._line.failure is not None or turn.error is not None or turn.reason == "cancelled":
            return Talked(turn, self._line.failure)
        if (further := attempt.prompts.take()) is not None:
            return further
        if not self._demand.checks:
            return Talked(turn)
        finished = await result.commit(attempt, self._checkout)
        if finished is None:
            return attempt.prompts.take() or Talked(turn)
        failed = await checks.carry_out(attempt, self._checkout, finished.head, self._demand, self._mendings)
        if attempt.is_stopped():
            return Talked(turn)
        if failed and self._mendings < self._demand.rounds:
            self._mendings += 1
            return mend(failed)
        # Who saw the checks fail or pass may have had more to say meanwhile.
        verdict = Verdict(finished, tuple(failed), self._mendings)
        return attempt.prompts.take() or Talked(turn, verdict=verdict)

    async def _turn(self, session: Session, words: str) -> TurnEnded:
        attempt = self._attempt
        self._broken_off = None
        self._breaking.clear()
        self._watch.begin_turn()
        turn = TurnEnded("error", error="The agent fell silent without ending its turn.", retry=True)
        async with asyncio.TaskGroup() as tasks:
            minding = tasks.create_task(self._mind(session))
            async for said in session.turn(words):
                match said:
                    case TurnEnded():
                        turn = said
                    case AgentChunk():
                        attempt.post.show(said)
                    case AgentLog():
                        attempt.log(said)
                    case QuestionAsked():
                        attempt.open_questions.add(said.question)
                        attempt.post.tell(said)
                    case _:
                        attempt.post.tell(said)
                        if isinstance(said, AgentTool) and self._watch.see(said):
                            attempt.nudged.set()
            if not self._breaking.is_set():
                minding.cancel()
        attempt.open_questions.clear()  # with its turn, what the agent asked is over too
        return turn

    async def _mind(self, session: Session) -> None:
        """Break off the turn once there is a reason to."""
        refused_since: float | None = None
        now = asyncio.get_running_loop().time
        while True:
            self._attempt.nudged.clear()
            failure = self._line.failure
            patience = None if failure is None else _patience(failure)
            if patience is None:
                refused_since = None
            elif refused_since is None:
                refused_since = now()
            why: Prompt | Circle | ModelFailure | None = await self._watch.circle()
            if not self._attempt.is_stopped() and self._attempt.prompts.steering:
                # Taken, and so too late to be changed, but told as taken only when it is said.
                why = why or self._attempt.prompts.take()
            if patience is not None and refused_since is not None and now() - refused_since >= patience:
                why = why or failure
            if why is not None:
                break
            with contextlib.suppress(TimeoutError):
                async with clock.timeout(LOOK_SECONDS):
                    await self._attempt.nudged.wait()
        self._breaking.set()
        if isinstance(why, Circle):
            self._line.refuse(why.why)
        stayed = isinstance(why, Prompt) and await session.interrupt()
        if not stayed:
            await session.cancel()
        self._broken_off = _BrokenOff(why, stayed)


def _patience(failure: ModelFailure) -> float | None:
    """For how many seconds an agent may try again by itself; None: as long as it likes."""
    match failure.kind:
        case "budget":
            return REFUSED_SECONDS
        case "limit":
            until = failure.limit.resets_at if failure.limit is not None else None
            far = until is not None and until.timestamp() - time.time() > LIMITED_SECONDS
            return REFUSED_SECONDS if far else LIMITED_SECONDS
        case _:
            return None
