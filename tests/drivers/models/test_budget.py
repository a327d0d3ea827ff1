"""What may be spent is never overspent, whatever order calls begin and end in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.drivers.models.budget import NO_CAP, Budget, Demand, Purse, Short
from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.prices import Price, Rates

PRICE = Price(input=3, output=15, cached=0.3, written=3.75, over=50_000, long=Rates(input=6, output=22.5))
DEMANDS = st.builds(
    lambda asks, answer, least: Demand(asks, answer, min(answer, least)),
    st.integers(1, 120_000),
    st.integers(0, 40_000),
    st.integers(0, 2_000),
)
BUDGETS = st.builds(
    Budget,
    usd=st.none() | st.floats(0, 5),
    tokens=st.none() | st.integers(0, 500_000),
)


@given(BUDGETS, st.lists(st.tuples(DEMANDS, st.floats(0, 1), st.floats(0, 1), st.booleans()), max_size=30))
def test_whatever_calls_begin_and_end_the_cap_holds(
    budget: Budget, calls: list[tuple[Demand, float, float, bool]]
) -> None:
    purse = Purse(budget)
    under_way: list[tuple[int, int, int, float, float]] = []
    for number, (demand, asks, answers, ends) in enumerate(calls):
        room = purse.reserve(number, demand, "m", PRICE)
        if isinstance(room, Short):
            assert not room.waits or under_way
        else:
            assert demand.least <= room <= demand.output
            under_way.append((number, demand.input, room, asks, answers))
        if ends and under_way:
            ended, asked, answered, part, share = under_way.pop(0)
            usage = Usage(int(asked * part), int(answered * share))
            purse.settle(ended, usage, PRICE.cost(usage))
        assert purse.calls_under_way == len(under_way)
        if budget.tokens is not None:
            reserved = sum(asked + answered for _, asked, answered, _, _ in under_way)
            assert purse.spent_tokens + reserved <= budget.tokens
        if budget.usd is not None:
            worst = sum(PRICE.worst(asked, answered) for _, asked, answered, _, _ in under_way)
            assert purse.spent_usd + worst <= budget.usd + 1e-9


def test_a_call_waits_only_for_what_others_have_put_aside() -> None:
    purse = Purse(Budget(tokens=1_000))
    assert purse.reserve(1, Demand(100, 700, 500), "m", None) == 700
    in_the_way = purse.reserve(2, Demand(100, 700, 500), "m", None)
    assert isinstance(in_the_way, Short)
    assert in_the_way.waits
    purse.settle(1, Usage(100, 50), None)
    assert purse.reserve(2, Demand(100, 700, 500), "m", None) == 700
    too_much = purse.reserve(3, Demand(100, 900, 800), "m", None)
    assert isinstance(too_much, Short)
    assert not too_much.waits
    assert "150 of 1000 tokens are spent" in too_much.why


def test_an_answer_is_shortened_to_what_is_left_of_either_cap() -> None:
    purse = Purse(Budget(usd=0.1, tokens=9_000))
    assert purse.reserve(1, Demand(1_000, 64_000, 1_024), "m", PRICE) == int((0.1 - 1_000 * 3.75e-6) / 15e-6)
    purse.settle(1, Usage(0, 6_000), 0.0)
    assert purse.reserve(2, Demand(1_000, 64_000, 1_024), "m", PRICE) == 2_000


def test_a_cap_in_dollars_refuses_a_model_without_a_price_and_says_what_to_do() -> None:
    short = Purse(Budget(usd=1.0)).reserve(1, Demand(1, 1, 1), "mystery", None)
    assert isinstance(short, Short)
    assert "'mystery'" in short.why
    assert "prices.toml" in short.why
    assert "cap in tokens" in short.why


def test_without_a_cap_everything_fits_and_is_noted_for_a_cap_that_comes_later() -> None:
    purse = Purse(NO_CAP)
    assert purse.reserve(1, Demand(10**9, 10**9, 1), "m", None) == 10**9
    purse.settle(1, Usage(400, 100), None)
    purse.budget = Budget(tokens=500)
    assert isinstance(purse.reserve(2, Demand(1, 1, 1), "m", None), Short)


def test_a_free_model_fits_into_a_cap_of_nothing() -> None:
    assert Purse(Budget(usd=0)).reserve(1, Demand(10, 20, 20), "m", Price(input=0, output=0)) == 20


@pytest.mark.parametrize("budget", [Budget(usd=0), Budget(tokens=0)])
def test_a_cap_of_nothing_lets_nothing_by(budget: Budget) -> None:
    assert isinstance(Purse(budget).reserve(1, Demand(1, 1, 1), "m", PRICE), Short)
