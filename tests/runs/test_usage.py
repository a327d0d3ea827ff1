"""Usage in sums: by everything one may ask for, for what the actor may see, and honest about prices nobody knows."""

from __future__ import annotations

from typing import get_args

import pytest

from coderclawlink.access.policy import OWNER, Actor, Role
from coderclawlink.board import projects, tasks
from coderclawlink.clock import seconds
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import attempts
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.runs import usage
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.usage import By, Total
from tests.runs.played import give, submit

ANN = Actor(Role.DEVELOPER, "ann", "s" * 64)
BEN = Actor(Role.DEVELOPER, "ben", "b" * 64)
ADMIN = Actor(Role.ADMIN, "root", "r" * 64)


def used(
    tx: Tx,
    placed: str,
    cost: float | None,
    *,
    model: str | None = "m",
    actor: Actor = OWNER,
    agent: str = "a",
    project: ProjectId | None = None,
    task: TaskId | None = None,
) -> Run:
    """A run of one attempt, a minute long, with two calls of the model."""
    run = give(tx, submit(tx, actor=actor, agent=agent, project=project, task=task))
    at = seconds(placed)
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run.id)
        .values(
            placed_at=at, started_at=at, ended_at=at + 60, state="ended", model=model,
            calls=2, input_tokens=10, output_tokens=5, cached_tokens=4, cost_usd=cost,
        )
    )  # fmt: skip
    return run


def story(tx: Tx) -> tuple[ProjectId, TaskId]:
    project = projects.create(tx, OWNER, name="Demo", key="DEMO").id
    task = tasks.create(tx, OWNER, project_id=project, title="One").id
    used(tx, "2026-11-23T00:00:00Z", 0.5, project=project, task=task)
    used(tx, "2026-11-23T23:59:59.5Z", 0.25, agent="b", project=project)
    used(tx, "2026-11-24T00:00:00Z", None, model="mystery", actor=ANN, project=project)
    used(tx, "2026-11-24T12:00:00Z", 2.0, actor=BEN)
    submit(tx)  # has not begun
    return project, task


def shown(found: list[Total]) -> list[tuple[str | None, str, int, float | None, int]]:
    return [(one.key, one.label, one.runs, one.cost_usd, one.unpriced_calls) for one in found]


def test_sums_by_everything(db: Database) -> None:
    def ask(tx: Tx) -> dict[By, list[tuple[str | None, str, int, float | None, int]]]:
        project, task = story(tx)
        found = {by: shown(usage.totals(tx, OWNER, by)) for by in get_args(By)}
        found["project"] = [(key and key.replace(str(project), "P"), *rest) for key, *rest in found["project"]]  # type: ignore[misc]
        found["task"] = [(key and key.replace(str(task), "T"), *rest) for key, *rest in found["task"]]  # type: ignore[misc]
        return found

    found = db.write_now(ask)
    assert found["agent"] == [("a", "a", 3, 2.5, 2), ("b", "b", 1, 0.25, 0)]
    assert found["user"] == [("ben", "ben", 1, 2.0, 0), ("owner", "owner", 2, 0.75, 0), ("ann", "ann", 1, None, 2)]
    assert found["model"] == [("m", "m", 3, 2.75, 0), ("mystery", "mystery", 1, None, 2)]
    assert found["day"] == [("2026-11-23", "2026-11-23", 2, 0.75, 0), ("2026-11-24", "2026-11-24", 2, 2.0, 2)]
    assert found["project"] == [(None, "no project", 1, 2.0, 0), ("P", "DEMO", 3, 0.75, 2)]
    assert found["task"] == [(None, "no task", 3, 2.25, 2), ("T", "DEMO-1", 1, 0.5, 0)]
    assert [label.partition(" ")[2] for _, label, *_ in found["run"]] == ["Do it"] * 4
    assert [cost for _, _, _, cost, _ in found["run"]] == [2.0, 0.5, 0.25, None]


def test_tokens_calls_attempts_and_the_time_at_work_are_summed_too(db: Database) -> None:
    db.write_now(story)
    with db.look() as look:
        [one] = usage.totals(look, OWNER, "agent", until=seconds("2026-11-24T00:00:00Z"))[:1]
    assert (one.attempts, one.calls, one.input_tokens, one.output_tokens, one.cached_tokens) == (1, 2, 10, 5, 4)
    assert one.seconds == pytest.approx(60)


def test_a_span_of_time_and_a_project_narrow_it(db: Database) -> None:
    project, _ = db.write_now(story)
    with db.look() as look:
        since, until = seconds("2026-11-23T12:00:00Z"), seconds("2026-11-24T12:00:00Z")
        spanned = usage.totals(look, OWNER, "agent", since=since, until=until)
        assert shown(spanned) == [("b", "b", 1, 0.25, 0), ("a", "a", 1, None, 2)]
        assert sum(one.runs for one in usage.totals(look, OWNER, "day", project=project)) == 3
        assert [one.key for one in usage.totals(look, OWNER, "day", at_most=1)] == ["2026-11-24"]


def test_one_sees_the_usage_of_what_one_may_see(db: Database) -> None:
    db.write_now(story)
    with db.look() as look:
        assert [one.key for one in usage.totals(look, ANN, "user")] == ["owner", "ann"]
        assert [one.key for one in usage.totals(look, BEN, "user")] == ["ben", "owner"]
        assert len(usage.totals(look, ADMIN, "user")) == 3
        guest = Actor(Role.GUEST, None, "g" * 64)
        assert [one.key for one in usage.totals(look, guest, "user")] == ["owner"]


def test_a_run_that_calls_no_model_costs_nothing_and_its_price_is_known(db: Database) -> None:
    def idle(tx: Tx) -> None:
        give(tx, submit(tx))

    db.write_now(idle)
    with db.look() as look:
        [one] = usage.totals(look, OWNER, "agent")
    assert (one.cost_usd, one.unpriced_calls, one.calls) == (0.0, 0, 0)


def test_nothing_used_is_no_row(db: Database) -> None:
    with db.look() as look:
        assert [usage.totals(look, OWNER, by) for by in get_args(By)] == [[]] * 7
