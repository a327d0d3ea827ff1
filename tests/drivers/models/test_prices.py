"""Prices are data, and an unknown model has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.prices import Price, Rates, known_prices
from coderclawlink.errors import Invalid


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


def test_a_nodes_own_table_adds_and_changes_prices(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    assert known_prices(own) is known_prices()
    own.write_text('[models]\n"Qwen3:8b" = { input = 0, output = 0 }\n"gpt-4o" = { input = 1, output = 1 }\n')
    assert known_prices(own).cost("qwen3:8b", Usage(10, 10)) == 0.0
    assert known_prices(own).cost("gpt-4o", Usage(1_000_000, 0)) == 1.0
    assert known_prices(own).cost("gpt-4o-mini", Usage(1_000_000, 0)) == 0.15
    assert known_prices().cost("gpt-4o", Usage(1_000_000, 0)) == 2.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[models", "prices.toml"),
        ('[models]\n"m" = { input = 1 }', "models.m.output"),
        ('[models]\n"m" = { input = -1, output = 1 }', "models.m.input"),
        ('[models]\n"m" = { input = nan, output = 1 }', "models.m.input"),
        ("[modells]", "modells"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(Invalid) as raised:
        known_prices(own)
    assert words in raised.value.message


def test_the_worst_that_a_call_can_cost_is_never_less_than_what_it_costs() -> None:
    price = Price(input=3, output=15, cached=0.3, written=3.75, over=1_000, long=Rates(input=6, output=20))
    for usage in (Usage(1_000, 10), Usage(1_000, 10, 500, 200), Usage(1_001, 10, written=1_001), Usage(0, 0)):
        assert price.worst(usage.input, usage.output) >= price.cost(usage)
    assert price.answer_for(price.worst(900, 70), 900, at_most=1_000) in (69, 70)
    assert price.answer_for(0.0, 900, at_most=1_000) == -1
