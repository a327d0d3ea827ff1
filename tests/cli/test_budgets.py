"""Budgets and usage from the command line, with real runs that wait for money and go on."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli, read_until


@pytest.fixture(scope="module")
def project(house: Cli) -> str:
    house.say("project", "create", "MONEY", "Money")
    return "MONEY"


def test_a_budget_is_set_listed_and_removed(house: Cli, project: str) -> None:
    assert house.say("budget", "list").startswith("There are no budgets.")
    said = house.say("budget", "set", "project", "money", "--usd", "20", "--run-usd", "1.5", "--period", "month")
    assert said == "The budget of MONEY is $20.00 a month; left: $20.00.\n"
    house.say("budget", "set", "installation", "--tokens", "1000000")
    heads, first, second = house.say("budget", "list").splitlines()
    assert heads.split() == ["SCOPE", "OF", "PERIOD", "CAP", "EACH", "RUN", "SPENT", "HELD", "LEFT"]
    assert first.split() == [
        "installation", "-", "total", "1,000,000", "tokens", "-", "0", "tokens", "0", "tokens", "1,000,000", "tokens"
    ]  # fmt: skip
    assert second.split() == ["project", "MONEY", "month", "$20.00", "$1.50", "$0.00", "$0.00", "$20.00"]
    assert [one["scope"] for one in house.json("budget", "list")] == ["installation", "project"]
    for words in (("project", "MONEY"), ("installation",)):
        assert house.say("budget", "remove", *words) == "The budget is removed.\n"
    assert house.refuse("budget", "remove", "installation") == "There is no such budget."


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["installation"], "A budget says at least one of"),
        (["installation", "--usd", "-1"], "usd: "),
        (["task", "NONE-1", "--usd", "1"], "There is no task 'NONE-1'."),
        (["user", "--usd", "1"], "Say which user the budget is for."),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(house: Cli, words: list[str], complaint: str) -> None:
    assert complaint in house.refuse("budget", "set", *words)


def test_usage_is_a_table_with_a_sum(house: Cli, project: str) -> None:
    for _ in range(2):
        house.say("run", "submit", "steady", "steps=1 pause=0.01", "--project", project, "--follow")
    house.say("run", "submit", "steady", "steps=1 pause=0.01", "--follow")
    heads, *lines = house.say("usage").splitlines()
    assert heads.split() == ["PROJECT", "RUNS", "CALLS", "TOKENS", "IN", "TOKENS", "OUT", "COST", "AT", "WORK"]
    assert {line.split("  ")[0]: line.split()[-6] for line in lines} == {
        "MONEY": "2",
        "no project": "1",
        "all of these": "3",
    }
    [row] = house.json("usage", "--by", "agent", "--project", project, "--since", "1d")
    assert (row["label"], row["runs"], row["cost_usd"]) == ("steady", 2, 0.0)
    assert house.say("usage", "--until", "2020-01-01") == "Nothing was used.\n"
    assert "no time" in house.refuse("usage", "--since", "yesterday")
    for by in ("task", "run", "user", "model", "day"):
        assert house.json("usage", "--by", by)


def test_a_run_without_money_waits_says_so_and_goes_on_once_the_budget_is_raised(house: Cli) -> None:
    house.say("budget", "set", "agent", "steady", "--usd", "0")
    run = house.json("run", "submit", "steady", "steps=1 pause=0.01")["id"]
    following = house.start("run", "follow", run)
    read_until(following, "the budget of steady")
    assert "the budget of steady, $0.00, is spent" in house.say("run", "why", run)
    house.say("budget", "set", "agent", "steady", "--usd", "1")
    said, _ = following.communicate(timeout=60)
    assert said.endswith("completed\n")
    assert following.returncode == 0
    house.say("budget", "remove", "agent", "steady")
