"""Done means checked: the project's checks run on exactly the commit, and the agent may mend what they find."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from coderclawlink.configuration import Check, Verification
from coderclawlink.events import CheckEnded, ChecksDemanded, CheckStarted, PromptTaken, WorkCommitted, WorkSaved
from coderclawlink.workspaces.sandbox import choice
from tests.node.conftest import Bench

pytestmark = pytest.mark.anyio


def demanding(*commands: str, rounds: int = 2, seconds: float = 20) -> Verification:
    checks = tuple(
        Check(name=f"check {number}", run=command, timeout_seconds=seconds)
        for number, command in enumerate(commands, start=1)
    )
    return Verification(checks=checks, rounds=rounds)


def put(bench: Bench, name: str, text: str) -> str:
    """Commit a file to the repository's default branch. Returns the commit."""
    (bench.repository / name).write_text(text)
    bench.git("add", "-A")
    bench.git("commit", "--quiet", "-m", f"Put {name}")
    return bench.git("rev-parse", "HEAD")


async def test_a_result_that_passes_is_done_and_each_check_is_told(bench: Bench) -> None:
    wants = demanding("test -e a.txt && echo fine", "git rev-parse HEAD")
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=wants)
    assert report.ended.outcome == "completed"
    committed = report.one(WorkCommitted)
    assert committed.delivered
    demanded = report.one(ChecksDemanded)
    assert (demanded.names, demanded.source) == (("check 1", "check 2"), "project")
    assert [started.name for started in report.all(CheckStarted)] == ["check 1", "check 2"]
    first, second = report.all(CheckEnded)
    assert (first.passed, first.exit_code, first.head, first.round, first.output) == (
        True,
        0,
        committed.head,
        0,
        "fine\n",
    )
    assert second.output.strip() == committed.head
    assert report.artifact("check-check 1") == "fine\n"


async def test_a_failed_check_is_mended_in_the_same_session(bench: Bench) -> None:
    mend = "script:\nwrite a.txt | hi\nsay First.\nEND\n"
    wants = demanding("cat NOTES.md; test -e NOTES.md || exit 7")
    # For the prompt to mend it, which brings no script, the agent's own is played.
    report = await bench.make(mend, verification=wants)
    assert report.ended.outcome == "completed"
    own, told = report.all(PromptTaken)
    assert (own.number, told.number) == (0, None)
    assert "check 1 failed with exit code 7" in told.text
    assert "No such file" in told.text
    failed, passed = report.all(CheckEnded)
    assert (failed.passed, failed.exit_code, failed.round) == (False, 7, 0)
    assert (passed.passed, passed.round) == (True, 1)
    assert failed.head != passed.head
    assert report.one(WorkCommitted).head == passed.head == bench.git("rev-parse", "task/one")


async def test_a_result_that_never_passes_is_kept_but_not_delivered(bench: Bench) -> None:
    wants = demanding("exit 1")
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=wants)
    assert report.ended.outcome == "failed"
    assert report.ended.retry is False
    assert report.ended.error == "Check check 1 failed (exit code 1) after 2 rounds of mending."
    assert [ended.round for ended in report.all(CheckEnded)] == [0, 1, 2]
    committed = report.one(WorkCommitted)
    assert committed.delivered is False
    assert "task/one" not in bench.git("branch", "--list")
    assert "+hi" in report.artifact("diff")
    kept = bench.tools.store.mirror(str(bench.repository), "r1")
    ref = subprocess.run(
        ["git", f"--git-dir={kept}", "rev-parse", "refs/clawlink/runs/r1/1"], capture_output=True, text=True, check=True
    )
    assert ref.stdout.strip() == committed.head


async def test_an_answer_without_a_change_needs_no_check(bench: Bench) -> None:
    report = await bench.make("script:\nsay It is fine.", verification=demanding("exit 1"))
    assert report.ended.outcome == "completed"
    assert not report.all(CheckStarted)
    assert not report.all(WorkCommitted)


async def test_a_further_prompt_during_the_checks_is_taken_before_the_end(bench: Bench) -> None:
    wants = demanding("true")
    async with bench.begin("script:\nwrite a.txt | hi\nsay One.", verification=wants) as report:
        await report.until(lambda: report.all(CheckStarted))
        report.ask(1, "script:\nwrite b.txt | hi\nsay Two.")
    assert [taken.number for taken in report.all(PromptTaken)] == [0, 1]
    assert [ended.head for ended in report.all(CheckEnded)][-1] == report.one(WorkCommitted).head
    assert report.one(WorkCommitted).files == 2


# ── what is demanded ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_default_branch_says_what_is_demanded_and_the_agent_does_not(bench: Bench) -> None:
    tip = put(bench, ".clawlink.toml", 'rounds = 0\n[checks.tests]\nrun = "exit 3"\n')
    report = await bench.make("script:\nwrite .clawlink.toml | rounds = 0\nsay Done.")
    assert report.one(ChecksDemanded) == ChecksDemanded(names=("tests",), source="repository", base=tip)
    assert report.ended.error == "Check tests failed (exit code 3)."


async def test_the_project_overrides_the_repository(bench: Bench) -> None:
    put(bench, ".clawlink.toml", '[checks.tests]\nrun = "exit 3"\n')
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=demanding("true"))
    assert report.one(ChecksDemanded).source == "project"
    assert report.ended.outcome == "completed"


async def test_a_broken_file_fails_the_attempt_with_its_line_before_the_agent_starts(bench: Bench) -> None:
    put(bench, ".clawlink.toml", '[checks.tests]\nrum = "make"\n')
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.")
    assert (report.ended.outcome, report.ended.retry) == ("failed", False)
    assert (report.ended.error or "").startswith(".clawlink.toml, line ")
    assert not report.all(PromptTaken)


async def test_a_link_in_place_of_the_file_is_refused(bench: Bench) -> None:
    (bench.repository / ".clawlink.toml").symlink_to("/etc/passwd")
    put(bench, "other.txt", "x")
    report = await bench.make("script:\nsay Hello.")
    assert report.ended.error == ".clawlink.toml is no plain file."


# ── where checks run ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_but_the_commit_is_in_the_clean_checkout(bench: Bench) -> None:
    """No ignored leftovers, no memory of the agent, no hook, no filter, no other check's files."""
    put(bench, ".gitignore", "build/\n")
    hostile = (
        "script:\n"
        "run mkdir build && touch build/left ~/mine && printf '#!/bin/sh\\ntouch ../hooked\\n' > .git/hooks/post-checkout\n"
        "run chmod +x .git/hooks/post-checkout; git config filter.evil.smudge 'sh -c \"touch smudged; cat\"'\n"
        "write .gitattributes | * filter=evil\\n\n"
        "run ln -s ../home outside\n"
        "write a.txt | hi\n"
        "say Done."
    )
    look = "git status --porcelain; ls -A; ls -A ~; test -L outside && ls outside/"
    report = await bench.make(hostile, verification=demanding("touch mine build-of-one", look))
    look_ended = report.all(CheckEnded)[1]
    assert look_ended.passed
    names = look_ended.output.split()
    assert sorted(names) == sorted([".git", ".gitattributes", ".gitignore", "README.md", "a.txt", "outside"])
    assert not (bench.tools.store.folder("r1", 1) / "check").exists()


async def test_checks_run_in_the_sandbox_without_network_or_models(bench: Bench) -> None:
    sandbox = (await choice.choose("auto")).sandbox
    if sandbox.name == "none":
        pytest.skip("no sandbox works on this machine")
    port = bench.tools.reach.port
    reach = f"python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2)\" && exit 9 || echo walled"
    report = await bench.having(sandbox=sandbox).make(
        "script:\nwrite a.txt | hi\nsay Done.",
        verification=demanding(reach, "cat a.txt; test ! -e ../../work", rounds=0),
    )
    assert [(ended.passed, ended.output.splitlines()[-1]) for ended in report.all(CheckEnded)] == [
        (True, "walled"),
        (True, "hi"),
    ]


async def test_a_check_that_takes_too_long_is_ended_and_has_failed(bench: Bench) -> None:
    wants = demanding("echo begun; sleep 60", rounds=0, seconds=0.5)
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=wants)
    ended = report.one(CheckEnded)
    assert (ended.passed, ended.exit_code) == (False, None)
    assert ended.output == "begun\n\nIt did not end within 0.5 seconds.\n"
    assert report.ended.error == "Check check 1 failed (no end in time)."


async def test_a_stop_ends_a_check_and_all_it_started_within_a_second(bench: Bench, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    wants = demanding(f"setsid sleep 61 & echo $! > {mark}; sleep 62")
    async with bench.begin("script:\nwrite a.txt | hi\nsay Done.", verification=wants) as report:
        async with asyncio.timeout(10):
            while not (mark.exists() and mark.read_text().strip()):
                await asyncio.sleep(0.02)
        stopped = asyncio.get_running_loop().time()
        report.stop()
        await report.until(lambda: report.all(WorkSaved))
        assert asyncio.get_running_loop().time() - stopped < 1.5
    assert report.ended.outcome == "cancelled"
    assert not report.all(CheckEnded)
    assert not Path(f"/proc/{mark.read_text().strip()}").exists()


async def test_of_a_long_output_the_last_is_told_and_a_mebibyte_kept(bench: Bench) -> None:
    wants = demanding("seq 1 400000")
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=wants)
    ended = report.one(CheckEnded)
    assert len(ended.output) == 20_000
    assert ended.output.endswith("\n400000\n")
    assert len(report.artifact("check-check 1")) == 1 << 20


async def test_the_time_of_checks_does_not_count_as_the_agents(bench: Bench) -> None:
    wants = demanding("sleep 1.5")
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.", verification=wants, timeout_seconds=1)
    assert report.ended.outcome == "completed"
