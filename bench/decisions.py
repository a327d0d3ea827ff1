"""What a decision costs: the built-in table, a policy in Rego, and what keeping it for later adds to a request."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable
from pathlib import Path

from bench.rows import Found, Row, not_run
from coderclawlink.access import policy, rego
from coderclawlink.access.decisions import Decision, Keeper, Verdict
from coderclawlink.access.places import Project
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.access.rego import Bundle, Rego
from coderclawlink.ids import ProjectId

ASKED = 5000
EXAMPLE = Path(__file__).parent.parent / "examples" / "policies" / "office-hours"
ACTOR = Actor(Role.DEVELOPER, "ann", "user:1", proven=True)
NAMED = {"agent": "goose", "task_id": 7}
REQUEST = {"method": "POST", "path": "/api/runs", "address": "127.0.0.1"}
SLOW = """package clawlink
import rego.v1
allow if { n := numbers.range(1, 1000); count({[x, y, z] | some x in n; some y in n; some z in n}) > 5 }
"""


def decision(task: int) -> Decision:
    project = Project(ProjectId(1), "DEMO")
    return Decision(ACTOR, Permission.AGENT_EXECUTE, {**NAMED, "task_id": task}, REQUEST, time.time(), project)


def measure(quick: bool) -> Found:
    asked = 50 if quick else ASKED
    rows = [
        _row(
            "built-in table",
            "≤ 5 µs",
            [_table() for _ in range(asked)],
        ),
        _kept(asked),
    ]
    rows += asyncio.run(_in_rego(asked)) if rego.is_installed() else [not_run("Rego", "regopy is not installed")]
    return Found("Decisions: what asking costs", "one pipe to a process and back, and its two queries.", rows)


def _table() -> float:
    before = time.perf_counter()
    policy.may(ACTOR, Permission.TASK_SUBMIT, 1)
    return (time.perf_counter() - before) * 1e6


async def _taken(answer: Awaitable[object]) -> float:
    """What waits for it costs, in µs."""
    before = time.perf_counter()
    await answer
    return (time.perf_counter() - before) * 1e6


def _kept(asked: int) -> Row:
    keeper = Keeper()

    def keep(task: int) -> float:
        before = time.perf_counter()
        keeper.keep(decision(task), Verdict(True))
        return (time.perf_counter() - before) * 1e6

    return _row("kept for a replay", "≤ 50 µs", [keep(task) for task in range(asked)])


async def _in_rego(asked: int) -> list[Row]:
    bundle = Bundle({path.name: path.read_text() for path in EXAMPLE.glob("*.rego")})
    engine = Rego()
    try:
        begun = await _taken(engine.decide([bundle], decision(0).as_input()))
        each = [await _taken(engine.decide([bundle], decision(n).as_input())) for n in range(asked)]
        slow = [await _taken(engine.decide([Bundle({"main.rego": SLOW})], {"n": n})) / 1000 for n in range(5)]
    finally:
        await engine.close()
    return [
        _row("Rego, the process warm", "≤ 400 µs", each),
        Row("Rego, the first", f"{begun / 1000:.0f} ms", "", "a process is started and the policy compiled"),
        Row(
            "Rego that never ends",
            f"{max(slow):.0f} ms until it is a no",
            "",
            "the longest of five; the deadline is 50 ms from when it is asked",
        ),
    ]


def _row(name: str, aim: str, taken: list[float]) -> Row:
    most = statistics.quantiles(taken, n=100)[98]
    return Row(name, f"{statistics.median(taken):.1f} µs", aim, f"p99 {most:.0f} µs, of {len(taken):,}")
