"""What a call costs: the table in `prices.toml`, looked up by a model's name. An unknown model has no price, never a guess.

Above: the line and its budget. Below: the data, and a table of the same form that the node's owner may lay over it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.errors import Invalid

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Rates(BaseModel):
    """US dollars per million tokens. `cached` and `written` None: like `input`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: Dollars
    output: Dollars
    cached: Dollars | None = None
    written: Dollars | None = None


class Price(Rates):
    """`long` holds for the whole of a call whose input is larger than `over` tokens. `most`: the longest answer that the model
    gives, in tokens; None: not known, or a request must say how long the answer may be."""

    over: int | None = None
    long: Rates | None = None
    most: int | None = None

    def cost(self, usage: Usage) -> float:
        """US dollars of one call."""
        rates = self._rates(usage.input)
        plain = usage.input - usage.cached - usage.written
        return (
            plain * rates.input
            + usage.cached * (rates.input if rates.cached is None else rates.cached)
            + usage.written * (rates.input if rates.written is None else rates.written)
            + usage.output * rates.output
        ) / 1_000_000

    def worst(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars that a call of this size can cost at most: all that goes in is new, and put into the cache."""
        rates = self._rates(input_tokens)
        return (input_tokens * max(rates.input, rates.written or 0) + output_tokens * rates.output) / 1_000_000

    def answer_for(self, usd: float, input_tokens: int, *, at_most: int) -> int:
        """How long an answer so many dollars pay for at worst, in tokens; -1: not even the question."""
        left = usd - self.worst(input_tokens, 0)
        if left < 0:
            return -1
        each = self._rates(input_tokens).output / 1_000_000
        return at_most if each * at_most <= left else int(left / each)

    def _rates(self, input_tokens: int) -> Rates:
        if self.long is not None and self.over is not None and input_tokens > self.over:
            return self.long
        return self


class Prices(BaseModel):
    """The table. `date`: when it was last right, as far as its keepers know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    date: str
    models: Mapping[str, Price]

    def cost(self, model: str, usage: Usage) -> float | None:
        """US dollars of one call, or None: no price is known."""
        price = self.find(model)
        return None if price is None else price.cost(usage)

    def find(self, model: str) -> Price | None:
        """By the model's name as a request or an answer says it."""
        name = model.lower().rpartition("/")[2]
        known = [prefix for prefix in self.models if name.startswith(prefix) and _SAME.fullmatch(name[len(prefix) :])]
        return self.models[max(known, key=len)] if known else None


_SAME = re.compile(r"(-latest|[-@]\d{8}|-\d{4}-\d\d-\d\d|-\d{4})?")
"""What may follow a known name without making it another model: nothing, `-latest` or a date."""


class _Extra(BaseModel):
    """The owner's own table."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    date: str = ""
    models: Mapping[str, Price] = Field(default_factory=dict)


@cache
def _shipped() -> Prices:
    return Prices.model_validate(tomllib.loads(Path(__file__).with_name("prices.toml").read_text()))


def known_prices(extra: Path | None = None) -> Prices:
    """The table that comes with the package, and over it the file `extra`, if it is there. Raises `Invalid` for a bad one."""
    prices = _shipped()
    if extra is None or not extra.exists():
        return prices
    try:
        added = _Extra.model_validate(tomllib.loads(extra.read_text(encoding="utf-8")))
    except ValidationError as problem:
        first = problem.errors()[0]
        raise Invalid(f"{extra}: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}.") from None
    except ValueError as problem:
        raise Invalid(f"{extra}: {problem}.") from None
    models = {name.lower(): price for name, price in added.models.items()}
    return Prices(date=added.date or prices.date, models={**prices.models, **models})
