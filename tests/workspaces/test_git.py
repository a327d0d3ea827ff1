"""The one way to call git: what it passes on, what it says when it fails, and how it ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from coderclawlink.workspaces.git import GitFailed, Place, git
from coderclawlink.workspaces.sandbox import launch

pytestmark = pytest.mark.anyio


HANG = ("-c", "alias.hang=!sleep 1000", "hang")
"""A call that waits for ever: an alias of our own that runs a program in git's process group."""


@pytest.fixture
def at(repository: Path) -> Place:
    return Place(repository / ".git", repository)


async def test_it_says_what_git_said(at: Place) -> None:
    said = await git("log", "--format=%s", at=at)
    assert (said.code, said.text, said.stderr, said.cut) == (0, "Begin", "", False)


async def test_standard_input_is_passed_on(at: Place) -> None:
    assert (await git("hash-object", "--stdin", at=at, stdin=b"")).text == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


async def test_input_that_git_does_not_read_is_no_failure(at: Place) -> None:
    await git("--version", at=at, stdin=b"x" * (1 << 20))


async def test_failure_is_told_in_gits_last_words(at: Place) -> None:
    with pytest.raises(GitFailed, match=r"git log failed: .*unknown revision"):
        await git("log", "nowhere", at=at)


async def test_answers_by_exit_code_are_no_failure(at: Place) -> None:
    assert (await git("rev-parse", "--verify", "--quiet", "nowhere", at=at, ok=(0, 1))).code == 1


async def test_output_beyond_the_limit_is_cut_and_git_is_ended(at: Place, repository: Path) -> None:
    (repository / "large").write_bytes(os.urandom(1 << 20) * 8)
    blob = (await git("hash-object", "-w", "large", at=at)).text
    said = await git("cat-file", "blob", blob, at=at, limit_bytes=1000)
    assert (len(said.stdout), said.cut) == (1000, True)


async def test_a_call_that_takes_too_long_is_ended_with_all_it_started(at: Place, tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(GitFailed, match=r"took longer than 0\.2 s"):
            await git(*HANG, at=at, timeout_seconds=0.2, env={"HOME": str(tmp_path)})
    assert launch.living_at(tmp_path) == []


async def test_a_cancelled_caller_leaves_no_git_behind(at: Place, tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await git(*HANG, at=at, env={"HOME": str(tmp_path)})
    assert launch.living_at(tmp_path) == []


async def test_no_transport_is_allowed_that_was_not_asked_for(at: Place, repository: Path) -> None:
    with pytest.raises(GitFailed, match=r"transport 'file' not allowed"):
        await git("ls-remote", str(repository), at=at)
    assert (await git("ls-remote", str(repository), at=at, over="files")).text
    with pytest.raises(GitFailed, match=r"transport 'file' not allowed"):
        await git("ls-remote", str(repository), at=at, over="network")
    with pytest.raises(GitFailed, match=r"transport 'ext' not allowed"):
        await git("ls-remote", "ext::sh -c id", at=at, over="network")


async def test_the_environment_of_the_node_is_not_passed_on(at: Place) -> None:
    said = await git("-c", "alias.show-env=!env", "show-env", at=at)
    names = {line.partition("=")[0] for line in said.text.splitlines()}
    assert {name for name in names if not name.startswith("GIT_")} <= {
        "PATH",
        "LC_ALL",
        "SSH_ASKPASS",
        "PWD",
        "SHLVL",
        "_",
    }


async def test_a_token_is_in_no_message(at: Place) -> None:
    with pytest.raises(GitFailed) as failed:
        await git(
            "ls-remote",
            "http://user:pass@127.0.0.1:1/x",
            at=at,
            over="network",
            token="tok3n",
            url="http://127.0.0.1:1/x",
        )
    assert "tok3n" not in failed.value.message
    assert "pass" not in failed.value.message
