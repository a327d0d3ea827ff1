"""Prices are data, and an unknown model has none."""

from __future__ import annotations

import pytest

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.prices import known_prices


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("claude-sonnet-4-5-20250929", Usage(1_000, 100), 0.0045),
        ("claude-sonnet-4-5", Usage(1_000, 0, cached=600, written=200), (200 * 3 + 600 * 0.3 + 200 * 3.75) / 1e6),
        ("claude-sonnet-4-5", Usage(300_000, 1_000), (300_000 * 6 + 1_000 * 22.5) / 1e6),
        ("openai/gpt-4o-mini-2024-07-18", Usage(1_000_000, 0), 0.15),
        ("gpt-4o", Usage(0, 1_000_000), 10.0),
        ("gpt-5-latest", Usage(0, 1_000_000), 10.0),
    ],
)
def test_a_known_model_costs_what_the_table_says(model: str, usage: Usage, cost: float) -> None:
    assert known_prices().cost(model, usage) == pytest.approx(cost)


@pytest.mark.parametrize("model", ["scripted", "gpt-5.9", "gpt-5-ultra", "gpt-5-mini-next", "qwen3", ""])
def test_an_unknown_model_has_no_price_not_even_that_of_a_sibling(model: str) -> None:
    assert known_prices().cost(model, Usage(1, 1)) is None


def test_the_table_holds_together() -> None:
    table = known_prices()
    assert table.date
    for model, price in table.models.items():
        assert price.input >= 0, model
        assert (price.long is None) == (price.over is None), model
        assert price.cached is None or price.cached <= price.input, model
