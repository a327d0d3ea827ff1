"""What an attempt may spend, and what its calls under way may still cost: how a cap holds before the money is gone. Pure.

    budget ─ spent ─ reserved by calls under way ─ the worst that this call can cost ≥ 0, or the call is not made

Above: the line, which asks before each call. Below: prices. How good the cap is: an answer cannot be longer than reserved where
the provider keeps to the limit that the request carries. What goes in is estimated (see `asked`), so a request of unusual text
may cost more than reserved, and so may what a provider adds by itself (its web search, its priority tier). What was really used
takes the reservation's place as soon as it is known, so such a surprise is that of one call each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.prices import Price


@dataclass(frozen=True)
class Budget:
    """US dollars and tokens (in and out together). None: no cap."""

    usd: float | None = None
    tokens: int | None = None


NO_CAP = Budget()


@dataclass(frozen=True)
class Demand:
    """The most that a call can take, in tokens. With less than `least` for its answer it is not worth making."""

    input: int
    output: int
    least: int


@dataclass(frozen=True)
class Short:
    """The call does not fit. `waits`: it may fit when calls under way have ended and cost less than was reserved for them."""

    why: str
    waits: bool = False


@dataclass(frozen=True)
class _Reserved:
    tokens: int = 0
    usd: float = 0.0


class Purse:
    """One attempt's. `spent_usd` holds what is known: calls of models without a price add nothing to it."""

    def __init__(self, budget: Budget = NO_CAP) -> None:
        self.budget = budget
        self.spent_tokens = 0
        self.spent_usd = 0.0
        self._reserved: dict[int, _Reserved] = {}

    @property
    def calls_under_way(self) -> int:
        return len(self._reserved)

    def reserve(self, call: int, demand: Demand, model: str, price: Price | None) -> int | Short:
        """Put aside what the call can cost at worst. Returns the most tokens that its answer may have."""
        if self.budget.usd is not None and price is None:
            return Short(
                f"No price is known for the model {model!r}, so a cap in dollars cannot be kept. Set a cap in tokens "
                "instead, or add the model's price to prices.toml in the node's data directory."
            )
        output = self._room(demand, price, self._reserved_in_all())
        if output < demand.least:
            return self._short(demand, price)
        usd = price.worst(demand.input, output) if price is not None else 0.0
        self._reserved[call] = _Reserved(demand.input + output, usd)
        return output

    def settle(self, call: int, usage: Usage | None, usd: float | None) -> None:
        """The call has ended: what it used takes the place of what was reserved."""
        self._reserved.pop(call, None)
        if usage is not None:
            self.spent_tokens += usage.input + usage.output
            self.spent_usd += usd or 0.0

    def _reserved_in_all(self) -> _Reserved:
        parts = self._reserved.values()
        return _Reserved(sum(part.tokens for part in parts), math.fsum(part.usd for part in parts))

    def _room(self, demand: Demand, price: Price | None, reserved: _Reserved) -> int:
        """Tokens that an answer may have; below zero: not even the question can be paid."""
        room = demand.output
        if self.budget.tokens is not None:
            room = min(room, self.budget.tokens - self.spent_tokens - reserved.tokens - demand.input)
        if self.budget.usd is not None and price is not None:
            left = self.budget.usd - self.spent_usd - reserved.usd
            room = min(room, price.answer_for(left, demand.input, at_most=demand.output))
        return room

    def _short(self, demand: Demand, price: Price | None) -> Short:
        waits = bool(self._reserved) and self._room(demand, price, _Reserved()) >= demand.least
        gone: list[str] = []
        if self.budget.usd is not None and price is not None:
            needed = price.worst(demand.input, demand.least)
            gone.append(
                f"{_dollars(self.spent_usd)} of {_dollars(self.budget.usd)} are spent, and the next call may cost "
                f"{_dollars(needed)} or more"
            )
        if self.budget.tokens is not None:
            needed_tokens = demand.input + demand.least
            gone.append(
                f"{self.spent_tokens} of {self.budget.tokens} tokens are spent, and the next call may take "
                f"{needed_tokens} or more"
            )
        return Short(f"The budget does not cover another call of the model: {'; '.join(gone)}.", waits)


def _dollars(amount: float) -> str:
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"
