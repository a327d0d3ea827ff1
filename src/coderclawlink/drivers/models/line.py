"""An attempt's way to its models: what it may spend, what it has used, how the last call went.

Above: the proxy, which asks the line before each call and tells it afterwards, and `node`, which reads it and can lower its
budget or close it for further calls while the agent works. Below: the budget, the prices.

The totals are what the providers counted. A call that was broken off before its count came, as by a cancel, is counted all the
same, since it is paid: its input as far as the provider told it, else by the estimate of `asked`, its output by the bytes that
had come. `estimated_calls` says of how many calls that holds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from coderclawlink.drivers.base import ModelAccess
from coderclawlink.drivers.models import asked
from coderclawlink.drivers.models.asked import Request
from coderclawlink.drivers.models.budget import NO_CAP, Budget, Purse
from coderclawlink.drivers.models.failure import ModelFailure
from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.prices import Prices
from coderclawlink.drivers.models.wires import Upstreams
from coderclawlink.events import AgentUsage

OnUsage = Callable[[AgentUsage], None]
MEASURED_FROM = 10_000
"""Bytes of a request. Of smaller ones, what the provider adds by itself is too large a part to learn from."""


@dataclass
class Call:
    """One request under way. `number` is its place among the line's calls. `input_tokens`: estimated. `longest`: the model's
    longest answer, where the price list says it."""

    request: Request
    number: int
    account: str
    input_tokens: int = 0
    longest: int | None = None
    settled: bool = False

    @property
    def model(self) -> str:
        return self.request.asked.model

    @property
    def works(self) -> bool:
        """It offers tools, so it is about the task and not about a title at the side."""
        return bool(self.request.asked.tools)


class Line:
    """`access` goes into the agent's environment.

    `usage`: totals so far, None before the first call that took tokens. `failure`: why the last call of the model failed, None
    when it went well or there was none. *Last* is by the order in which calls began, and calls that offer tools come before
    those that do not: a title that was made at the side does not make up for failed work.
    """

    def __init__(
        self,
        name: str,
        access: ModelAccess,
        upstreams: Upstreams,
        on_usage: OnUsage,
        prices: Prices,
        budget: Budget = NO_CAP,
    ) -> None:
        self.name = name
        self.access = replace(access, busy=lambda: bool(self._under_way))
        self.upstreams = upstreams
        self.usage: AgentUsage | None = None
        self.estimated_calls = 0
        self.failure: ModelFailure | None = None
        self.calls = 0
        """Calls begun so far, also those that were refused."""
        self.closed = False
        self._on_usage = on_usage
        self._prices = prices
        self._purse = Purse(budget)
        self._refusal: str | None = None
        self._news = asyncio.Event()
        self._judged: tuple[bool, int] = (False, 0)
        self._per_byte = 0.0
        self._largest = 0
        self._under_way: set[asyncio.Task[Any]] = set()

    # ── for the node ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def budget(self) -> Budget:
        return self._purse.budget

    def set_budget(self, budget: Budget) -> None:
        """What the attempt may spend in all, from now on. Calls under way are not broken off."""
        self._purse.budget = budget
        self._ring()

    def refuse(self, why: str) -> None:
        """Refuse every further call with this sentence; `failure` is then of the kind `paused`. Calls under way go on."""
        self._refusal = why
        self._ring()

    @property
    def calls_under_way(self) -> int:
        """Calls that are with a provider now."""
        return self._purse.calls_under_way

    # ── for the proxy ──────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, request: Request, account: str) -> Call:
        self.calls += 1
        return Call(request, self.calls, account)

    async def admit(self, call: Call) -> int | ModelFailure | None:
        """Reserve what the call may cost; waits for calls under way where only they are in the way.

        Returns how many tokens its answer may have, None: as the request says; or why it may not be made.
        """
        request = call.request
        if not request.endpoint.costs:
            return None
        price = self._prices.find(call.model)
        call.longest = price.most if price is not None else None
        while True:
            if self._refusal is not None:
                return ModelFailure(self._refusal, "paused")
            capped = self.budget != NO_CAP
            if capped and not request.understood:
                return ModelFailure("The request is not understood, so its cost cannot be capped.", "refused")
            wanted = asked.demand(
                request,
                longest=call.longest,
                per_byte=self._per_byte,
                before=self._largest,
            )
            call.input_tokens = wanted.input
            found = self._purse.reserve(call.number, wanted, call.model, price)
            if isinstance(found, int):
                return found if capped else None
            if not found.waits:
                return ModelFailure(found.why, "budget")
            await self._news.wait()

    def settle(self, call: Call, usage: Usage | None, model: str | None = None) -> None:
        """The call is over and took this. Only the first word counts."""
        if call.settled:
            return
        call.settled = True
        cost = None
        if usage is not None:
            cost = self._cost(call, usage, model)
        self._purse.settle(call.number, usage, cost)
        self._ring()
        if usage is not None:
            self._learn(call, usage)
            self._count(call, usage, model or call.model, cost)

    def judge(self, call: Call, failure: ModelFailure | None) -> None:
        """How the call went."""
        if call.request.endpoint.generates and (call.works, call.number) >= self._judged:
            self._judged = (call.works, call.number)
            self.failure = failure and replace(failure, account=call.account, model=call.model)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """The running task is a call of this line, and ends with it."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  an ASGI app runs in a task
        self._under_way.add(task)
        try:
            yield
        finally:
            self._under_way.discard(task)

    async def close(self) -> None:
        self.closed = True
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)

    def _ring(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _cost(self, call: Call, usage: Usage, model: str | None) -> float | None:
        cost = self._prices.cost(model, usage) if model else None
        return cost if cost is not None else self._prices.cost(call.model, usage)

    def _learn(self, call: Call, usage: Usage) -> None:
        text, images = asked.size(call.request)
        if not usage.estimated and not images and not call.request.goes_on and text >= MEASURED_FROM:
            self._per_byte = max(self._per_byte, min(1.0, usage.input / text))
        self._largest = max(self._largest, usage.input + usage.output)

    def _count(self, call: Call, usage: Usage, model: str, cost: float | None) -> None:
        before = self.usage or AgentUsage(model=model, calls=0, input_tokens=0, output_tokens=0, cost_usd=0.0)
        self.estimated_calls += usage.estimated
        names = call.request.endpoint.generates and (call.works or before.calls == 0)
        self.usage = AgentUsage(
            model=model if names else before.model,
            calls=before.calls + 1,
            input_tokens=before.input_tokens + usage.input,
            output_tokens=before.output_tokens + usage.output,
            cached_tokens=before.cached_tokens + usage.cached,
            cost_usd=None if cost is None or before.cost_usd is None else before.cost_usd + cost,
        )
        self._on_usage(self.usage)
