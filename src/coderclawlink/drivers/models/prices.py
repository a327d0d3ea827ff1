"""What a call cost: the table in `prices.toml`, looked up by a model's name. An unknown model has no price, never a guess.

Above: the proxy. Below: the data.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from coderclawlink.drivers.models.meter import Usage


class Rates(BaseModel):
    """US dollars per million tokens. `cached` and `written` None: like `input`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: float
    output: float
    cached: float | None = None
    written: float | None = None


class Price(Rates):
    """`long` holds for the whole of a call whose input is larger than `over` tokens."""

    over: int | None = None
    long: Rates | None = None

    def cost(self, usage: Usage) -> float:
        """US dollars of one call."""
        rates: Rates = self
        if self.long is not None and self.over is not None and usage.input > self.over:
            rates = self.long
        plain = usage.input - usage.cached - usage.written
        return (
            plain * rates.input
            + usage.cached * (rates.input if rates.cached is None else rates.cached)
            + usage.written * (rates.input if rates.written is None else rates.written)
            + usage.output * rates.output
        ) / 1_000_000


class Prices(BaseModel):
    """The table. `date`: when it was last right, as far as its keepers know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    date: str
    models: Mapping[str, Price]

    def cost(self, model: str, usage: Usage) -> float | None:
        """US dollars of one call, or None: no price is known."""
        price = self._price(model)
        return None if price is None else price.cost(usage)

    def _price(self, model: str) -> Price | None:
        name = model.lower().rpartition("/")[2]
        known = [prefix for prefix in self.models if name.startswith(prefix) and _SAME.fullmatch(name[len(prefix) :])]
        return self.models[max(known, key=len)] if known else None


_SAME = re.compile(r"(-latest|[-@]\d{8}|-\d{4}-\d\d-\d\d|-\d{4})?")
"""What may follow a known name without making it another model: nothing, `-latest` or a date."""


@cache
def known_prices() -> Prices:
    """The table that comes with the package."""
    return Prices.model_validate(tomllib.loads(Path(__file__).with_name("prices.toml").read_text()))
