"""Policies in Rego: what their text may say, and that nothing they do is ever a yes by accident."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from coderclawlink.access import rego_text
from coderclawlink.access.rego import Bundle, Rego, RegoMissing
from coderclawlink.access.rego_text import PolicyRefused

pytestmark = pytest.mark.anyio

HEAD = "package clawlink\nimport rego.v1\n"
SLOW = HEAD + (
    "allow if { n := numbers.range(1, 400)\n  count({[x, y, z] | some x in n; some y in n; some z in n}) > 5 }"
)
PATIENT = 5.0
"""The machine that runs the tests is a busy one."""


@pytest.fixture
async def rego() -> AsyncIterator[Rego]:
    made = Rego(deadline_seconds=PATIENT)
    yield made
    await made.close()


def bundle(text: str) -> Bundle:
    return Bundle({"main.rego": text})


@pytest.mark.parametrize(
    "text",
    [
        "x := opa.runtime()",
        'x := opa["runtime"]()',
        "x := opa # a remark\n  . runtime()",
        'x := http.send({"method": "get", "url": "http://127.0.0.1"})',
        'x := net.lookup_ip_addr("localhost")',
        'x := rego.parse_module("a", "b")',
        'x := $"{opa.runtime()}"',
        "x := $`{opa.runtime()}`",
        'x := regex.match("(a+)+$", input.actor.name)',
        "x := time.now_ns()",
        'x := time["now_ns"]()',
        "# a remark\r x := opa.runtime()",
        "x := 1 with input.a as opa.runtime()",
        "x if { input.a with input as {} }",
        "x := 1opa.runtime()",
        'x := rand.intn("a", 5)',
        "x := “a”",
        'x := "unclosed',
        "x := `unclosed",
        "x := \x00",
    ],
)
def test_what_reaches_beyond_the_input_is_refused_however_it_is_written(text: str) -> None:
    with pytest.raises(PolicyRefused):
        rego_text.check({"main.rego": HEAD + text})


@pytest.mark.parametrize(
    "text",
    [
        "x := input.http.send",
        "x := data.clawlink.opa",
        'x := "opa.runtime()"',
        "x := `http.send`",
        "# opa.runtime()",
        'x := time.parse_rfc3339_ns("2026-01-31T12:00:00Z")',
        "net := 1\nx := net",
        'x := "é"',
    ],
)
def test_what_only_looks_so_is_accepted(text: str) -> None:
    rego_text.check({"main.rego": HEAD + text})


@pytest.mark.parametrize(
    "modules",
    [
        {},
        {"main.txt": HEAD},
        {"../main.rego": HEAD},
        {"/etc/main.rego": HEAD},
        {"main.rego": "package other"},
        {"main_test.rego": HEAD},
        {"main.rego": HEAD + "#" * rego_text.CHARACTERS_AT_MOST},
        {f"{n}.rego": HEAD for n in range(rego_text.MODULES_AT_MOST + 1)},
    ],
)
def test_a_bundle_has_sound_names_a_limit_and_something_that_decides(modules: dict[str, str]) -> None:
    with pytest.raises(PolicyRefused):
        rego_text.check(modules)


async def test_one_that_is_refused_is_told_by_file_and_line(rego: Rego) -> None:
    with pytest.raises(PolicyRefused, match=r"main\.rego:4: opa\.\* is refused"):
        await rego.check({"main.rego": HEAD + "\nx := opa.runtime()"})
    with pytest.raises(PolicyRefused, match=r"does not compile: main\.rego:3: "):
        await rego.check({"main.rego": HEAD + "x := := 1"})


async def test_tests_are_cases_asked_as_decisions_are(rego: Rego) -> None:
    tests = """package clawlink_test
import rego.v1
asked(a) := {"a": a}
test_yes := {"input": asked(1), "allow": true}
test_no := {"input": asked(2), "allow": false, "reason": "It is not 1."}
test_wrong := {"input": asked(2), "allow": true}
test_other_reason := {"input": asked(2), "allow": false, "reason": "It is 1."}
test_no_case := {"a": 1}
test_true if { 1 < 2 }
test_undefined if { 1 > 2 }
todo_test_x := false
"""
    decides = HEAD + 'default allow := false\nallow if { is_one }\nis_one if { input.a == 1 }\nreason := "It is not 1."'
    found = await rego.check({"main.rego": decides, "main_test.rego": tests})
    assert {one.name.removeprefix("data.clawlink_test.test_"): one.passed for one in found} == {
        "yes": True,
        "no": True,
        "wrong": False,
        "other_reason": False,
        "no_case": False,
        "true": True,
        "undefined": False,
    }


async def test_what_the_library_breaks_off_at_is_refused_with_a_way_out(rego: Rego) -> None:
    tests = "package clawlink_test\nimport rego.v1\nimport data.clawlink\n"
    tests += 'test_yes if { clawlink.allow with input as {"a": 1} }\n'
    decides = HEAD + "allow if { is_one }\nis_one if { input.a == 1 }"
    with pytest.raises(PolicyRefused, match="Write tests as cases"):
        await rego.check({"main.rego": decides, "main_test.rego": tests})


EXAMPLES = Path(__file__).parents[2] / "examples" / "policies"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
async def test_the_examples_pass_their_tests(rego: Rego, name: str) -> None:
    modules = {path.name: path.read_text() for path in (EXAMPLES / name).glob("*.rego")}
    found = await rego.check(modules)
    assert len(found) >= 5
    assert [one.name for one in found if not one.passed] == []


@pytest.mark.parametrize(
    "text",
    [
        "allow := 1",
        'allow := "true"',
        'allow := {"allow": true}',
        "allow := null",
        "allow if { input.nothing }",
        "other := true",
        "allow := true if { input.a }\nallow := false if { input.b }",
        "allow if { 1 / 0 == 1 }",
        "allow := := true",
    ],
)
async def test_anything_but_a_plain_yes_is_a_no(rego: Rego, text: str) -> None:
    answer = await rego.decide([bundle(HEAD + text)], {"a": 1, "b": 1})
    assert not answer.allow
    assert answer.reason


async def test_all_bundles_must_allow_and_the_first_that_does_not_says_why(rego: Rego) -> None:
    yes, no = bundle(HEAD + "allow := true"), bundle(HEAD + 'allow := false\nreason := "not today"')
    assert (await rego.decide([yes, yes], {})).allow
    answer = await rego.decide([yes, no], {})
    assert (answer.allow, answer.reason) == (False, "not today")


async def test_one_that_takes_too_long_is_a_no_in_time_and_the_next_is_answered(rego: Rego) -> None:
    hasty = Rego(deadline_seconds=0.05)
    try:
        before = time.perf_counter()
        answer = await hasty.decide([bundle(SLOW)], {"a": 1})
        assert (answer.allow, answer.reason) == (False, "The policy took too long: more than 50 ms.")
        assert time.perf_counter() - before < PATIENT
        hasty._deadline = PATIENT
        assert (await hasty.decide([bundle(HEAD + "allow := true")], {})).allow
    finally:
        await hasty.close()


async def test_its_process_knows_nothing_of_the_hub_and_reaches_nothing(rego: Rego) -> None:
    os.environ["CLAWLINK_PLANTED"] = "planted"
    tells = bundle(HEAD + "allow := false\nreason := json.marshal(opa.runtime().env)")
    assert "planted" not in (await rego.decide([tells], {})).reason
    assert "HOME" not in (await rego.decide([tells], {})).reason
    worker = rego._worker
    assert worker is not None
    limits = Path(f"/proc/{worker.process.pid}/limits").read_text()
    opened = {int(name) for name in os.listdir(f"/proc/{worker.process.pid}/fd")}
    most = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max open files"))
    assert opened == set(range(int(most))), "not one more can be opened"


async def test_who_goes_away_while_a_policy_is_asked_leaves_no_answer_to_the_next(rego: Rego) -> None:
    assert (await rego.decide([bundle(HEAD + "allow := true")], {})).allow
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await rego.decide([bundle(SLOW)], {"a": 1})
    assert not (await rego.decide([bundle(HEAD + "allow := false")], {})).allow


async def test_a_process_that_is_killed_is_begun_anew(rego: Rego) -> None:
    yes = bundle(HEAD + "allow if { input.n > 0 }")
    assert (await rego.decide([yes], {"n": 1})).allow
    worker = rego._worker
    assert worker is not None
    worker.process.kill()
    await worker.process.wait()
    answer = await rego.decide([yes], {"n": 2})
    assert (answer.allow, answer.reason) == (False, "The policy's process has ended.")
    assert (await rego.decide([yes], {"n": 3})).allow


async def test_where_no_process_can_be_started_everything_is_a_no() -> None:
    for program in (["/nowhere/python"], [sys.executable, "-c", "pass"]):
        broken = Rego(program=program)
        answer = await broken.decide([bundle(HEAD + "allow := true")], {})
        assert not answer.allow
        assert "process" in answer.reason
        with pytest.raises(RegoMissing):
            await broken.check({"main.rego": HEAD + "allow := true"})


async def test_memory_has_an_end(rego: Rego) -> None:
    eats = HEAD + 'allow if { n := numbers.range(1, 3000000)\n  count([x | some i in n; x := sprintf("%d", [i])]) > 5 }'
    assert not (await rego.decide([bundle(eats)], {"a": 1})).allow
    assert (await rego.decide([bundle(HEAD + "allow := true")], {})).allow


@pytest.mark.parametrize(
    ("text", "timeless"),
    [
        ('allow if { input.actor.role == "admin" }', True),
        ("allow if { input.time.hour > 8 }", False),
        ('allow if { input["time"].hour > 8 }', False),
        ("x := input\nallow if { x.time.hour > 8 }", False),
        ("allow if { walk(input, [_, 9]) }", False),
    ],
)
def test_an_answer_is_kept_only_where_it_cannot_depend_on_the_time(text: str, timeless: bool) -> None:
    assert bundle(HEAD + text).is_timeless is timeless
