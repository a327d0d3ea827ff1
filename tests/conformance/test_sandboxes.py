"""What every sandbox does, tried on each answer that works on this machine with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from coderclawlink.drivers.base import Process
from coderclawlink.errors import Invalid
from coderclawlink.node.supervise import Contained, start
from coderclawlink.workspaces.sandbox import choice, launch
from coderclawlink.workspaces.sandbox.base import PROTECTED, PYTHON, Confinement, Limits, Reach, Sandbox

pytestmark = pytest.mark.anyio

ENV = {"PATH": os.environ["PATH"], "GREETING": "héllo"}
ESCAPEES = 100
ESCAPE = f"""
import os, signal
for _ in range({ESCAPEES}):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=choice.SANDBOXES, ids=lambda sandbox: sandbox.name)
async def sandbox(request: pytest.FixtureRequest, anyio_backend: str) -> Sandbox:
    found: Sandbox = request.param
    probe = await found.probe()
    if not probe.works:
        pytest.skip(probe.text)
    return found


@pytest.fixture
async def wall(sandbox: Sandbox) -> Sandbox:
    """A sandbox that keeps something from the agent."""
    if sandbox.name == "none":
        pytest.skip("none keeps nothing from the agent")
    return sandbox


@pytest.fixture
def given(tmp_path: Path) -> Confinement:
    workspace, home = tmp_path / "runs" / "work", tmp_path / "runs" / "home"
    workspace.mkdir(parents=True)
    home.mkdir()
    return Confinement(workspace, home)


@asynccontextmanager
async def running(
    argv: Sequence[str], given: Confinement, sandbox: Sandbox, env: dict[str, str] = ENV
) -> AsyncIterator[Contained]:
    async with asyncio.timeout(30):
        process = await start(argv, env, given, sandbox)
        try:
            yield process
        finally:
            await process.kill()


async def said(code: str, given: Confinement, sandbox: Sandbox, *args: str) -> str:
    """Run Python code inside and return what it printed."""
    async with running([PYTHON, "-c", code, *args], given, sandbox) as process:
        out, err = await process.stdout.read(), await process.stderr.read()
        assert await process.wait() == 0, err.decode()
    return out.decode().strip()


def below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


async def gone(pids: Sequence[int]) -> None:
    """Wait until none of the processes lives."""
    loop = asyncio.get_running_loop()
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = asyncio.Event()
        loop.add_reader(fd, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(fd)
            os.close(fd)


async def test_it_is_a_process_as_drivers_want_it(given: Confinement, sandbox: Sandbox) -> None:
    async with running(["true"], given, sandbox) as process:
        contained: Process = process
        assert await contained.wait() == 0


async def test_the_workspace_is_where_it_runs_and_can_be_written(given: Confinement, sandbox: Sandbox) -> None:
    code = "import os; open('a.txt', 'w').write('x'); os.mkdir('d'); os.rename('a.txt', 'd/b.txt'); print(os.getcwd())"
    assert await said(code, given, sandbox) == str(given.workspace)
    assert (given.workspace / "d" / "b.txt").read_text() == "x"


async def test_home_is_its_own_and_can_be_written(given: Confinement, sandbox: Sandbox) -> None:
    code = "from pathlib import Path; (Path.home() / '.x').write_text('x'); print(Path.home())"
    assert await said(code, given, sandbox) == str(given.home)
    assert (given.home / ".x").exists()


async def test_the_environment_is_exactly_what_was_given(given: Confinement, sandbox: Sandbox) -> None:
    async with running(["env", "-0"], given, sandbox) as process:
        out = await process.stdout.read()
    found = dict(item.split("=", 1) for item in out.decode().split("\0") if item)
    added = {"HOME": str(given.home)}
    if sandbox.name == "landlock":
        added["TMPDIR"] = str(given.home / "tmp")
    assert found == ENV | added


async def test_temporary_files_can_be_made(given: Confinement, sandbox: Sandbox) -> None:
    assert await said("import tempfile; print(tempfile.TemporaryFile().write(b'x'))", given, sandbox) == "1"


async def test_our_own_agents_can_import_what_they_are_made_of(given: Confinement, sandbox: Sandbox) -> None:
    async with running(
        [sys.executable, "-c", "import coderclawlink.events, ssl; print('ok')"], given, sandbox
    ) as process:
        out, err = await process.stdout.read(), await process.stderr.read()
    assert (out, err) == (b"ok\n", b"")


async def test_nothing_else_can_be_written(given: Confinement, wall: Sandbox, tmp_path: Path) -> None:
    code = """
import sys
for path in sys.argv[1:]:
    try:
        open(path + "/written", "w")
    except OSError:
        continue
    print(path)
"""
    elsewhere = [str(tmp_path), str(tmp_path / "runs"), "/usr", "/etc", "/var", "/root", "/proc/sys/kernel", "/"]
    before = below(tmp_path)
    out = await said(code, given, wall, *elsewhere)
    assert below(tmp_path) - {given.home / "tmp"} == before
    # In a root of its own it may write; nobody sees it.
    assert wall.name == "bubblewrap" or out == ""
    assert not any(os.access(f"{folder}/written", os.F_OK) for folder in elsewhere)


async def test_what_is_not_given_cannot_be_read(given: Confinement, wall: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "data" / "clawlink.db"
    secret.parent.mkdir()
    secret.write_text("secret")
    code = """
import os, sys
for look in (open, os.listdir):
    for path in sys.argv[1:]:
        try:
            print(look(path), path)
        except OSError:
            pass
"""
    paths = [str(secret), str(secret.parent), "/home", "/etc/shadow", "/var/lib", f"{os.environ['HOME']}/.ssh"]
    out = await said(code, given, wall, *paths)
    assert [line for line in out.splitlines() if not line.startswith("[]")] == []


async def test_what_is_given_to_read_can_be_read_and_not_written(
    given: Confinement, wall: Sandbox, tmp_path: Path
) -> None:
    shared = tmp_path / "objects"
    shared.mkdir()
    (shared / "pack").write_text("data")
    code = "import sys; print(open(sys.argv[1]).read())\ntry: open(sys.argv[1], 'a')\nexcept OSError: print('held')"
    more = replace(given, read_only=(shared,))
    assert await said(code, more, wall, str(shared / "pack")) == "data\nheld"


async def test_what_is_given_to_write_can_be_written(given: Confinement, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    code = "import sys; open(sys.argv[1] + '/x', 'w').write('1')"
    await said(code, replace(given, read_write=(tmp_path / "cache",)), sandbox, str(tmp_path / "cache"))
    assert (tmp_path / "cache" / "x").read_text() == "1"


@pytest.mark.parametrize("code", [0, 1, 7, 255])
async def test_the_exit_code_comes_through(given: Confinement, sandbox: Sandbox, code: int) -> None:
    async with running(["sh", "-c", f"exit {code}"], given, sandbox) as process:
        assert await process.wait() == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE])
async def test_death_by_a_signal_comes_through_as_its_negative(
    given: Confinement, sandbox: Sandbox, number: signal.Signals
) -> None:
    async with running(["sh", "-c", f"kill -{number.value} $$"], given, sandbox) as process:
        assert await process.wait() == -number


async def test_lines_flow_both_ways_as_they_come(given: Confinement, sandbox: Sandbox) -> None:
    code = "import sys\nfor line in sys.stdin:\n print(line, end='', flush=True); print('!' + line, end='', file=sys.stderr)"
    async with running([PYTHON, "-u", "-c", code], given, sandbox) as process:
        for n in range(20):
            process.stdin.write(b"%d\n" % n)
            assert await process.stdout.readline() == b"%d\n" % n
            assert await process.stderr.readline() == b"!%d\n" % n
        process.stdin.close()
        assert await process.wait() == 0


async def test_a_line_of_five_megabytes_comes_through(given: Confinement, sandbox: Sandbox) -> None:
    line = b"x" * (5 << 20) + b"\n"
    async with running(["cat"], given, sandbox) as process, asyncio.TaskGroup() as tasks:
        process.stdin.write(line)
        tasks.create_task(process.stdin.drain())
        assert await process.stdout.readline() == line


async def test_the_node_sees_when_the_agent_has_said_its_last(given: Confinement, sandbox: Sandbox) -> None:
    async with running(["sh", "-c", "echo last"], given, sandbox) as process:
        assert await process.stdout.read() == b"last\n"
        assert await process.stderr.read() == b""


async def test_signals_are_not_ignored_because_the_launcher_did(given: Confinement, sandbox: Sandbox) -> None:
    out = await said("print(open('/proc/self/status').read())", given, sandbox)
    ignored = next(line.split()[1] for line in out.splitlines() if line.startswith("SigIgn"))
    # Python itself ignores SIGPIPE and SIGXFSZ once more; of what a program may set, nothing else may come from outside.
    settable = sum(1 << (number - 1) for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ})
    assert int(ignored, 16) & settable == 0
    async with running(["sh", "-c", "yes | head -1"], given, sandbox) as process:
        assert await process.stdout.read() == b"y\n"
        assert await process.stderr.read() == b""


async def test_limits_hold(given: Confinement, sandbox: Sandbox) -> None:
    code = """
import resource
for name in ("CORE", "NOFILE", "FSIZE", "AS"):
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
"""
    limited = replace(given, limits=Limits(open_files=100, file_bytes=1 << 20, memory_bytes=1 << 32))
    out = await said(code, limited, sandbox)
    assert out.splitlines() == ["CORE 0 0", "NOFILE 100 100", "FSIZE 1048576 1048576", "AS 4294967296 4294967296"]


ASK = """
import socket, sys
for port in sys.argv[1:]:
    try:
        with socket.create_connection(("127.0.0.1", int(port)), 5) as s:
            s.sendall(b"ping " * 20000)
            s.shutdown(socket.SHUT_WR)
            heard = b"".join(iter(lambda: s.recv(65536), b""))
            print(len(heard), heard[:4].decode())
    except OSError as problem:
        print("held")
"""


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Reach]:
    """A service of the node on a TCP port and a unix socket, which says back what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()
        writer.close()

    path = folder / "service.sock"
    tcp = await asyncio.start_server(echo, "127.0.0.1", 0)
    unix = await asyncio.start_unix_server(echo, path)
    async with tcp, unix:
        yield Reach(tcp.sockets[0].getsockname()[1], path)


async def test_services_in_reach_are_reached(given: Confinement, sandbox: Sandbox, tmp_path: Path) -> None:
    async with service(tmp_path) as reach:
        out = await said(ASK, replace(given, reach=(reach,)), sandbox, *[str(reach.port)] * 3)
    assert out.splitlines() == ["100000 PING"] * 3


async def test_no_other_port_of_the_node_is_reached(given: Confinement, wall: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with service(tmp_path) as reach, service(tmp_path / "other") as other:
        out = await said(ASK, replace(given, reach=(reach,)), wall, str(other.port), str(reach.port))
    assert out.splitlines() == ["held", "100000 PING"]


async def test_an_open_network_reaches_every_port(given: Confinement, sandbox: Sandbox, tmp_path: Path) -> None:
    async with service(tmp_path) as other:
        out = await said(ASK, replace(given, network="open"), sandbox, str(other.port))
    assert out == "100000 PING"


async def test_the_agent_sees_no_process_but_its_own(given: Confinement, wall: Sandbox) -> None:
    code = "import os, sys\ntry: print('read', len(open(f'/proc/{sys.argv[1]}/environ').read()))\nexcept OSError: print('held')"
    assert await said(code, given, wall, str(os.getpid())) == "held"


async def test_the_agent_cannot_signal_the_node_or_the_launcher(given: Confinement, wall: Sandbox) -> None:
    if wall.name == "landlock" and launch.landlock_abi() < 6:
        pytest.skip("signals are held back from Linux 6.12 on")
    code = """
import os, sys
try:
    os.kill(os.getppid(), 9)
except OSError:
    pass
try:
    os.kill(int(sys.argv[1]), 0)
    print("reached")
except OSError:
    print("held")
"""
    assert await said(code, given, wall, str(os.getpid())) == "held"


async def test_protected_names_cannot_be_written_and_git_works_all_the_same(
    given: Confinement, sandbox: Sandbox
) -> None:
    if sandbox.name != "bubblewrap":
        pytest.skip(f"{sandbox.name} cannot protect names inside a folder that may be written")
    workspace = given.workspace
    init = await asyncio.create_subprocess_exec("git", "init", "-q", "--template=", cwd=workspace)
    assert await init.wait() == 0
    (workspace / ".vscode").mkdir()
    (workspace / ".vscode" / "tasks.json").write_text("{}")
    before = below(workspace)
    code = """
import os, shutil, sys
for name in sys.argv[1:]:
    for act in (
        lambda: open(name, "w"), lambda: open(name + "/x", "w"), lambda: os.unlink(name), lambda: os.rmdir(name),
        lambda: os.rename(name, "moved"), lambda: os.symlink("/x", name), lambda: shutil.rmtree(name),
        lambda: os.rename("a", name), lambda: os.chmod(name, 0o777),
    ):
        try:
            act()
            print(name)
        except OSError:
            pass
try:
    os.rename(".git", "git2")
    print("moved .git")
except OSError:
    pass
"""
    assert await said(code, given, sandbox, *PROTECTED, ".vscode/tasks.json") == ""
    script = """
set -e
git status --porcelain
echo x > a.txt; mkdir d; echo y > d/b
git add -A
git -c user.name=a -c user.email=b commit -qm first
git checkout -q -b more
git log --format=%s
git status --porcelain
"""
    async with running(["sh", "-c", script], given, sandbox) as process:
        out, err = await process.stdout.read(), await process.stderr.read()
        assert (out.decode(), err.decode()) == ("?? .vscode/\nfirst\n", "")
    new = {path for path in below(workspace) - before if not path.is_relative_to(workspace / ".git")}
    assert new == {workspace / "a.txt", workspace / "d", workspace / "d" / "b"}
    assert not any((workspace / name).exists() for name in PROTECTED if name not in (".git/config", ".vscode"))


async def test_of_several_repositories_each_is_written_and_none_put_aside(given: Confinement, wall: Sandbox) -> None:
    repositories = tuple(given.workspace / name for name in ("api", "web"))
    for folder in repositories:
        folder.mkdir()
        init = await asyncio.create_subprocess_exec("git", "init", "-q", "--template=", cwd=folder)
        assert await init.wait() == 0
    code = """
import os
for name in ("api", "web"):
    open(name + "/a.txt", "w").close()
for act in (
    lambda: os.rename("web", "moved"), lambda: os.rename("web", "api/web"), lambda: os.rmdir("web"),
    lambda: os.symlink("/etc", "other"), lambda: open("beside.txt", "w"), lambda: os.mkdir(".git"),
):
    try:
        act()
        print("done")
    except OSError:
        pass
try:
    open("web/.git/config", "a").close()
    print("config")
except OSError:
    pass
"""
    written = "config" if wall.name == "landlock" else ""  # as in a workspace that is one repository
    assert await said(code, replace(given, repositories=repositories), wall) == written
    assert sorted(path.name for path in given.workspace.iterdir()) == ["api", "web"]
    assert all((folder / "a.txt").is_file() for folder in repositories)


async def test_nothing_of_it_is_left_after_a_kill(given: Confinement, sandbox: Sandbox) -> None:
    async with running([PYTHON, "-c", ESCAPE], given, sandbox) as process:
        assert await process.stdout.readline() == b"ready\n"
        before = launch.living_at(given.home)
        assert len(before) >= ESCAPEES + 1
        clock = asyncio.get_running_loop().time
        began = clock()
        await process.kill()
        took = clock() - began
        assert launch.living_at(given.home) == []
        print(f"\n{sandbox.name}: {len(before)} processes gone {took * 1000:.0f} ms after kill()")
        assert took < 0.9
        await process.kill()
        assert await process.wait() == -signal.SIGKILL


async def test_nothing_of_it_is_left_when_it_ends_by_itself(given: Confinement, sandbox: Sandbox) -> None:
    async with running([PYTHON, "-c", ESCAPE.removesuffix("signal.pause()\n")], given, sandbox) as process:
        assert await process.wait() == 0
        assert launch.living_at(given.home) == []


async def test_nothing_of_it_is_left_when_the_node_is_killed(given: Confinement, sandbox: Sandbox) -> None:
    node = f"""
import asyncio, sys
from pathlib import Path
from coderclawlink.node.supervise import start
from coderclawlink.workspaces.sandbox.base import Confinement
from coderclawlink.workspaces.sandbox.choice import choose

async def main():
    chosen = await choose({sandbox.name!r})
    given = Confinement(Path({str(given.workspace)!r}), Path({str(given.home)!r}))
    process = await start([{PYTHON!r}, "-c", {ESCAPE!r}], {ENV!r}, given, chosen.sandbox)
    sys.stdout.write((await process.stdout.readline()).decode())
    sys.stdout.flush()
    await process.wait()

asyncio.run(main())
"""
    async with asyncio.timeout(30):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", node, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        living = launch.living_at(given.home)
        assert len(living) >= ESCAPEES + 1
        clock = asyncio.get_running_loop().time
        began = clock()
        process.kill()
        await gone(living)
        print(
            f"\n{sandbox.name}: {len(living)} processes gone {(clock() - began) * 1000:.0f} ms after kill -9 of the node"
        )
        await process.wait()
    assert launch.living_at(given.home) == []


async def test_a_name_chooses_that_sandbox_and_auto_the_strongest(sandbox: Sandbox) -> None:
    assert (await choice.choose(sandbox.name)).sandbox is sandbox
    chosen = await choice.choose("auto")
    working = [each for each, probe in await choice.probe_all() if probe.works]
    assert chosen.sandbox is working[0]
    assert chosen.sandbox.name in chosen.text


async def test_an_unknown_sandbox_is_refused() -> None:
    with pytest.raises(Invalid, match="auto, bubblewrap, landlock, none"):
        await choice.choose("docker")
