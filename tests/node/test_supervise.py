"""Starting a contained process and ending it, also when things go wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from statistics import median

import pytest

from coderclawlink.drivers.errors import CannotStart
from coderclawlink.node.supervise import start
from coderclawlink.workspaces import checkout, diff
from coderclawlink.workspaces.git import Place, git
from coderclawlink.workspaces.sandbox import launch
from coderclawlink.workspaces.sandbox.base import PYTHON, Confinement, Enclosure, Probe, Reach, Sandbox
from coderclawlink.workspaces.sandbox.base import Name as SandboxName
from coderclawlink.workspaces.sandbox.choice import SANDBOXES, choose
from coderclawlink.workspaces.sandbox.none import Unconfined
from coderclawlink.workspaces.store import Store

pytestmark = pytest.mark.anyio

ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox(anyio_backend: str) -> Sandbox:
    """The strongest that works here."""
    return (await choose("auto")).sandbox


@pytest.fixture
def given(tmp_path: Path) -> Confinement:
    workspace, home = tmp_path / "work", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()
    return Confinement(workspace, home)


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


async def test_a_missing_program_is_named(given: Confinement, sandbox: Sandbox) -> None:
    with pytest.raises(CannotStart, match=r"There is no program 'goose-of-nowhere' on the PATH"):
        await start(["goose-of-nowhere"], ENV, given, sandbox)
    with pytest.raises(CannotStart, match=r"There is no program /nowhere/goose"):
        await start(["/nowhere/goose"], ENV, given, sandbox)


async def test_a_file_that_is_no_program_is_named(given: Confinement, sandbox: Sandbox) -> None:
    path = script(given.workspace / "notes.txt", "x", 0o644)
    with pytest.raises(CannotStart, match=r"notes\.txt is not an executable file"):
        await start([str(path)], ENV, given, sandbox)
    with pytest.raises(CannotStart, match=r"work is not an executable file"):
        await start([str(given.workspace)], ENV, given, sandbox)


async def test_a_script_whose_interpreter_is_missing_is_named(given: Confinement, sandbox: Sandbox) -> None:
    path = script(given.workspace / "agent", "#!/nowhere/python\n")
    async with asyncio.timeout(20):
        with pytest.raises(CannotStart, match=r"agent: No such file or directory"):
            await start([str(path)], ENV, given, sandbox)


async def test_a_file_in_no_format_the_kernel_knows_is_named(given: Confinement, sandbox: Sandbox) -> None:
    path = script(given.workspace / "agent", "\x7fELF nonsense")
    async with asyncio.timeout(20):
        with pytest.raises(CannotStart, match=r"agent: Exec format error"):
            await start([str(path)], ENV, given, sandbox)


class Broken:
    """A sandbox whose own program refuses."""

    name: SandboxName = "bubblewrap"
    tidied = False

    def __init__(self, *prefix: str) -> None:
        self.prefix = prefix

    async def probe(self) -> Probe:
        return Probe(True, "says it works")

    def enclose(self, confinement: Confinement, program: Path, search: str) -> Enclosure:
        return Enclosure(prefix=self.prefix, tidy=self.tidy)

    def tidy(self) -> None:
        self.tidied = True


async def test_a_sandbox_that_fails_is_told_in_its_own_words(given: Confinement) -> None:
    broken = Broken("sh", "-c", "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    async with asyncio.timeout(20):
        with pytest.raises(CannotStart, match=r"bubblewrap failed: bwrap: setting up uid map: Permission denied"):
            await start(["true"], ENV, given, broken)
    assert broken.tidied


async def test_a_sandbox_that_is_not_installed_is_told(given: Confinement) -> None:
    broken = Broken("/nowhere/bwrap")
    with pytest.raises(CannotStart, match=r"bubblewrap could not be started: .*nowhere"):
        await start(["true"], ENV, given, broken)
    assert broken.tidied


async def test_a_start_that_is_cancelled_leaves_nothing(given: Confinement) -> None:
    for sandbox in SANDBOXES:
        if not (await sandbox.probe()).works:
            continue
        for seconds in (0.0, 0.001, 0.005, 0.01, 0.02, 0.04):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    process = await start(["sleep", "1000"], ENV, given, sandbox)
                await process.kill()
            assert launch.living_at(given.home) == []
            assert list(given.workspace.iterdir()) == []


async def test_a_kill_that_is_cancelled_kills_all_the_same(given: Confinement, sandbox: Sandbox) -> None:
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", "setsid sleep 1000 & echo ready; wait"], ENV, given, sandbox)
        assert await process.stdout.readline() == b"ready\n"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await process.kill()
        assert await process.wait() == -signal.SIGKILL
        assert launch.living_at(given.home) == []
        await process.kill()


async def test_kill_does_not_wait_for_what_nobody_reads(given: Confinement, sandbox: Sandbox) -> None:
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", "echo ready >&2; exec cat /dev/zero"], ENV, given, sandbox)
        assert await process.stderr.readline() == b"ready\n"
        await process.kill()
        assert await process.wait() == -signal.SIGKILL


async def test_an_end_nobody_asked_for_is_seen_with_its_last_words(given: Confinement, sandbox: Sandbox) -> None:
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", "echo out; echo err >&2; exit 3"], ENV, given, sandbox)
        assert await process.wait() == 3
        assert (await process.stdout.read(), await process.stderr.read()) == (b"out\n", b"err\n")
        await process.kill()
        assert await process.wait() == 3


async def test_an_agent_that_stops_its_launcher_is_killed_with_all_it_started(given: Confinement) -> None:
    code = "setsid sleep 1000 & read go; kill -STOP $PPID; echo ready; wait"
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", code], ENV, given, Unconfined())
        process.stdin.write(b"go\n")
        assert await process.stdout.readline() == b"ready\n"
        clock = asyncio.get_running_loop().time
        began = clock()
        await process.kill()
        assert clock() - began < 1
        assert launch.living_at(given.home) == []


async def test_an_agent_that_kills_its_launcher_is_killed_with_all_it_started(given: Confinement) -> None:
    code = "setsid sleep 1000 & read go; echo ready; kill -KILL $PPID; wait"
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", code], ENV, given, Unconfined())
        process.stdin.write(b"go\n")
        assert await process.stdout.readline() == b"ready\n"
        assert await process.wait() == -signal.SIGKILL
        await process.kill()
        assert launch.living_at(given.home) == []


async def test_a_fork_storm_is_ended(given: Confinement, sandbox: Sandbox) -> None:
    code = """
import os
print("ready", flush=True)
while True:  # Each lives for a moment and passes on.
    if os.fork():
        os._exit(0)
    os.setsid()
"""
    async with asyncio.timeout(20):
        process = await start(["sh", "-c", f"{PYTHON} -c '{code}'; sleep 1000"], ENV, given, sandbox)
        assert await process.stdout.readline() == b"ready\n"
        await process.kill()
        assert launch.living_at(given.home) == []


async def test_a_program_of_npm_is_found_with_its_packages_and_its_node(
    given: Confinement, sandbox: Sandbox, tmp_path: Path
) -> None:
    modules = tmp_path / "cache" / "node_modules"
    script(modules / "lib" / "index.sh", "echo from the library\n", 0o644)
    main = script(modules / "agent" / "main.sh", '#!/usr/bin/env tiny-node\n. "$(dirname "$0")/../lib/index.sh"\n')
    (modules / ".bin").mkdir()
    (modules / ".bin" / "agent").symlink_to(main)
    script(tmp_path / "elsewhere" / "tiny-node", '#!/bin/sh\n. "$(realpath "$1")"\n'.replace('. "$(r', 'exec sh "$(r'))
    env = {"PATH": f"{modules / '.bin'}:{tmp_path / 'elsewhere'}:{ENV['PATH']}"}
    async with asyncio.timeout(20):
        process = await start(["agent"], env, given, sandbox)
        out, err = await process.stdout.read(), await process.stderr.read()
        await process.kill()
    assert (out, err) == (b"from the library\n", b"")


async def test_an_agent_works_in_its_checkout_and_its_work_comes_back(tmp_path: Path) -> None:
    upstream = await checkout_of_one_commit(Store(tmp_path / "upstream"))
    store = Store(tmp_path / "store")
    work_of_an_agent = """
set -e
git status --porcelain
git log --format=%s
echo a > a.txt; mkdir folder; echo b > folder/b
git add -A
git commit -qm "By the agent"
git gc -q
echo more > more.txt
git status --porcelain
"""
    for sandbox in SANDBOXES:
        if not (await sandbox.probe()).works:
            continue
        async with asyncio.timeout(30), checkout.prepare(store, sandbox.name, 1, repository=upstream) as work:
            given = Confinement(work.work, work.home, read_only=work.read_only)
            process = await start(["sh", "-c", work_of_an_agent], ENV, given, sandbox)
            out, err = await process.stdout.read(), await process.stderr.read()
            await process.kill()
            assert (out, err) == (b"Begin\n?? more.txt\n", b"")
            done = await checkout.finish(work, title="Finish", author="", agent="a")
            assert done is not None
            change = await diff.between(work, done.head)
        assert [file.path for file in change.files] == ["a.txt", "folder/b", "more.txt"]


async def checkout_of_one_commit(store: Store) -> str:
    async with checkout.prepare(store, "seed", 1, repository=None) as seed:
        (seed.work / "seed.txt").write_text("seed\n")
        begun = await checkout.finish(seed, title="Begin", author="", agent="a")
    assert begun is not None
    await git("update-ref", "refs/heads/main", begun.head, at=Place(seed.mirror))
    return str(seed.mirror)


async def test_the_start_is_quick(given: Confinement, tmp_path: Path) -> None:
    reach = (Reach(45_999, script(tmp_path / "service.sock", "")),)
    for sandbox in SANDBOXES:
        probe = await sandbox.probe()
        if not probe.works:
            print(f"\nnot run: {probe.text}")
            continue
        took: list[float] = []
        for _ in range(5):
            began = asyncio.get_running_loop().time()
            process = await start(["cat"], ENV, Confinement(given.workspace, given.home, reach=reach), sandbox)
            took.append(asyncio.get_running_loop().time() - began)
            await process.kill()
        print(f"\n{sandbox.name}: a program runs {median(took) * 1000:.0f} ms after start() was called")
        assert median(took) < 1
