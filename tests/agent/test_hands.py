"""Files and commands of a workspace, and nothing outside of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from coderclawlink.agent.hands import OUTPUT_CHARACTERS, CannotDo, Hands, environment

pytestmark = pytest.mark.anyio


@pytest.fixture
def hands(workspace: Path) -> Hands:
    return Hands(workspace.resolve())


async def nobody(text: str) -> None:
    pass


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "/etc/passwd",
        "a/../../secret",
        "link/secret",
        "file-link",
        "dangling",
        ".git/config",
        "sub/.git/hooks/x",
        "\0",
    ],
)
def test_paths_that_lead_outside_are_refused(hands: Hands, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("s")
    (hands.root / "link").symlink_to(tmp_path)
    (hands.root / "file-link").symlink_to(tmp_path / "secret")
    (hands.root / "dangling").symlink_to(tmp_path / "not-yet")
    with pytest.raises(CannotDo):
        hands.find(path)
    with pytest.raises(CannotDo):
        hands.plan_write(path, "x")
    with pytest.raises(CannotDo):
        hands.read_file(path, 1, 10)


def test_a_path_that_becomes_a_link_between_plan_and_act_is_refused(hands: Hands, tmp_path: Path) -> None:
    change = hands.plan_write("a/b.txt", "x")
    (hands.root / "a").symlink_to(tmp_path)
    with pytest.raises(CannotDo, match="outside"):
        hands.apply(change)
    assert not (tmp_path / "b.txt").exists()


def test_writing_and_editing_keep_line_ends_and_make_folders(hands: Hands) -> None:
    hands.apply(hands.plan_write("a/b.txt", "one\r\ntwo\r\n"))
    change = hands.plan_edit("a/b.txt", "two", "2", False)
    assert (change.old, change.new) == ("one\r\ntwo\r\n", "one\r\n2\r\n")
    hands.apply(change)
    assert (hands.root / "a/b.txt").read_bytes() == b"one\r\n2\r\n"


def test_an_edit_must_be_plain(hands: Hands) -> None:
    hands.apply(hands.plan_write("a", "x x"))
    for old, words in (("y", "not in"), ("", "not in"), ("x", "2 times")):
        with pytest.raises(CannotDo, match=words):
            hands.plan_edit("a", old, "z", False)
    assert hands.plan_edit("a", "x", "z", True).new == "z z"


def test_a_file_that_changed_after_the_plan_is_left_alone(hands: Hands) -> None:
    hands.apply(hands.plan_write("a", "x"))
    change = hands.plan_edit("a", "x", "y", False)
    (hands.root / "a").write_text("z")
    with pytest.raises(CannotDo, match="changed"):
        hands.apply(change)
    assert (hands.root / "a").read_text() == "z"


def test_reading_gives_numbers_and_tells_what_is_left(hands: Hands) -> None:
    (hands.root / "a").write_text("1\n2\n3\n4")
    assert hands.read_file("a", 2, 2) == "     2\t2\n     3\t3\n(1 more lines)"
    assert hands.read_file("a", 9, 2) == "(a has 4 lines.)"
    (hands.root / "bin").write_bytes(b"\xff\xfe")
    for path, words in (("bin", "not a text"), ("none", "No such file"), (".", "directory")):
        with pytest.raises(CannotDo, match=words):
            hands.read_file(path, 1, 1)


async def test_listing_and_searching_skip_what_is_generated(hands: Hands) -> None:
    for path in ("src/a.py", "node_modules/x.js", ".git/config", "b.txt"):
        (hands.root / path).parent.mkdir(exist_ok=True)
        (hands.root / path).write_text("needle\n")
    assert hands.list_files(".") == "b.txt\nsrc/a.py"
    async with asyncio.timeout(10):
        assert sorted((await hands.search("need.e", ".")).splitlines()) == ["b.txt:1:needle", "src/a.py:1:needle"]
        assert await hands.search("nothing", "src") == "(no matches)"
        assert await hands.search("--help", ".") == "(no matches)"
        with pytest.raises(CannotDo):
            await hands.search("(", ".")


async def test_a_command_gives_its_output_and_code(hands: Hands) -> None:
    async with asyncio.timeout(10):
        ran = await hands.run("echo out; echo err >&2; pwd; exit 3", 10, nobody)
    assert (ran.output, ran.code) == (f"out\nerr\n{hands.root}\n", 3)


async def test_output_is_told_while_it_comes_and_shortened_in_the_middle(hands: Hands) -> None:
    seen: list[str] = []
    first = asyncio.Event()

    async def on_output(text: str) -> None:
        seen.append(text)
        first.set()

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        (hands.root / "go").unlink(missing_ok=True)
        running = tasks.create_task(
            hands.run("echo begin; until [ -e go ]; do :; done; seq 100000; echo end", 15, on_output)
        )
        await first.wait()
        assert seen[0] == "begin\n"
        (hands.root / "go").touch()
    output = running.result().output
    assert output.startswith("begin\n1\n")
    assert output.endswith("100000\nend\n")
    assert "characters left out" in output
    assert len(output) < OUTPUT_CHARACTERS + 100


async def gone(pid: int) -> None:
    """Returns when the process has ended; the kernel tells."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_a_command_that_takes_too_long_is_gone_with_its_children(hands: Hands) -> None:
    async with asyncio.timeout(10):
        ran = await hands.run("sleep 600 & echo $! > pid; wait", 0.5, nobody)
        assert ran.code is None
        await gone(int((hands.root / "pid").read_text()))


async def test_what_a_command_leaves_in_the_background_ends_with_it(hands: Hands) -> None:
    async with asyncio.timeout(5):
        ran = await hands.run("sleep 600 & echo $!", 60, nobody)
        assert ran.code == 0
        await gone(int(ran.output))


async def test_a_process_that_flees_into_its_own_group_does_not_hold_us(hands: Hands) -> None:
    async with asyncio.timeout(5):
        ran = await hands.run("setsid sleep 20 & sleep 0.2; pgrep -n sleep || echo none; echo end", 60, nobody)
    assert ran.output.endswith("end\n")


def test_commands_do_not_see_the_agents_keys() -> None:
    assert environment({"PATH": "p", "ANTHROPIC_API_KEY": "k", "OPENAI_BASE_URL": "u", "OLLAMA_HOST": "h"}) == {
        "PATH": "p"
    }
    assert "PATH" in environment(os.environ)
