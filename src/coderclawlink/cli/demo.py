"""`clawlink demo`: the real path without any key. A sample repository, a board, real agent processes, real commits; only the model
is a script.

Above: people who want to see it. Below: `hosting` for a hub of its own, and the same HTTP that all commands speak.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.errors import ClawlinkError, Invalid

if TYPE_CHECKING:
    import socket

    from coderclawlink.cli.hosting import Hosted
    from coderclawlink.cli.hub import Hub, Task
    from coderclawlink.settings import Settings

# An agent that people know, where it is installed; else the built-in one.
PREFERRED = ("goose", "claude")

FILES = {
    ".gitignore": "__pycache__/\n",
    "README.md": "# Temperatures\n\nConverts between Celsius and Fahrenheit.\n",
    "temperature.py": '''"""Convert temperatures."""


def to_fahrenheit(celsius: float) -> float:
    return celsius * 9 / 5


def to_celsius(fahrenheit: float) -> float:
    return (fahrenheit - 32) * 5 / 9
''',
    "test_temperature.py": """import unittest

from temperature import to_celsius, to_fahrenheit


class Temperature(unittest.TestCase):
    def test_water_freezes(self):
        self.assertEqual(to_fahrenheit(0), 32)

    def test_there_and_back(self):
        self.assertAlmostEqual(to_celsius(to_fahrenheit(21.5)), 21.5)


if __name__ == "__main__":
    unittest.main()
""",
}


@dataclass(frozen=True)
class Job:
    title: str
    wanted: str
    steps: str

    @property
    def description(self) -> str:
        return f"{self.wanted}\n\nWhat the demo's model does, in place of thinking:\n\nSCRIPT:\n{self.steps}"


JOBS = (
    Job(
        "Make the failing test pass",
        "test_temperature.py fails. Find out why and mend it.",
        "think The test says that 0 °C must be 32 °F. I look at the function first.\n"
        "run cat temperature.py\n"
        "say The 32 degrees are missing. I add them and run the test.\n"
        "edit temperature.py | return celsius * 9 / 5 | return celsius * 9 / 5 + 32\n"
        "run python3 -m unittest -v test_temperature\n"
        "finish The conversion forgot to add 32; both tests pass now.",
    ),
    Job(
        "Add a command line",
        "`python temperature.py 21.5` should print the temperature in Fahrenheit.",
        "say I add a small main function.\n"
        "write cli.py | import sys\\n\\nfrom temperature import to_fahrenheit\\n\\nprint(to_fahrenheit(float(sys.argv[1])))\\n\n"
        "run python3 cli.py 100\n"
        "finish `python3 cli.py 100` prints the temperature in Fahrenheit.",
    ),
    Job(
        "Document the functions",
        "The README should show how to use both functions.",
        "run cat README.md\n"
        "say I add an example for each function.\n"
        "edit README.md | Converts between Celsius and Fahrenheit. | Converts between Celsius and Fahrenheit.\\n\\n"
        "    from temperature import to_celsius, to_fahrenheit\\n\\n    to_fahrenheit(100)\\n    to_celsius(212)\n"
        "finish The README shows both functions.",
    ),
)


def demo(
    *,
    once: Annotated[bool, Parameter(negative="", help="End when the runs are done.")] = False,
    keep: Annotated[
        bool, Parameter(negative="", help="Keep serving the board afterwards, also where no terminal is.")
    ] = False,
    data: Annotated[
        Path | None, Parameter(help="Data directory to make and to leave behind. Default: a temporary one.")
    ] = None,
    port: Annotated[int, Parameter(help="Port to listen on; 0 takes any free one.")] = 0,
) -> int:
    """See it work without any key: real agents make real commits in a sample repository, with a scripted model.

    On a terminal the board stays open until Ctrl-C. Exit code 0 only if all three runs left a real commit.
    """
    from coderclawlink.cli import configured
    from coderclawlink.cli import port as ports

    folder = data.expanduser().absolute() if data else Path(tempfile.mkdtemp(prefix="clawlink-demo-"))
    try:
        settings = configured.settings(host="127.0.0.1", port=port, data=folder, script="on", own_database=True)
        with ports.listening(settings.api_host, settings.api_port) as listener:
            return asyncio.run(_demo(settings, listener, keep=keep or (sys.stdin.isatty() and not once)))
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
            screen.say(f"Removed {folder}. With --data DIRECTORY it stays.")


async def _demo(settings: Settings, listener: socket.socket, *, keep: bool) -> int:
    from coderclawlink.cli import hosting

    repository = settings.clawlink_home / "sample"
    await asyncio.to_thread(_write_files, repository)
    await make_repository(repository)
    screen.say(f"Made a sample repository in {repository}")
    commits = 0
    async with hosting.hosted(settings, listener) as here:
        async with asyncio.TaskGroup() as tasks:
            showing = tasks.create_task(_show(here, repository))
            stopped = tasks.create_task(here.until())
            await asyncio.wait((showing, stopped), return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                showing.cancel()
            else:
                commits = showing.result()
                if keep:
                    screen.say(f"\nThe board is at {here.url}  Ctrl-C ends the demo.")
                    await stopped
                stopped.cancel()
        if here.interrupted:
            screen.say("\nStopping the agents…")
        await here.save_work()
    return 0 if commits == len(JOBS) else 1


def _write_files(folder: Path) -> None:
    """The sample project's files. Raises `Invalid` where something is already."""
    if folder.exists():
        raise Invalid(f"{folder} is there already: give the demo a data directory of its own.")
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")


async def make_repository(folder: Path) -> None:
    """Turn the files into a repository with one commit on `main`. Raises `GitFailed`."""
    from coderclawlink.workspaces.git import IDENTITY, Place, git

    at = Place(folder / ".git", folder)
    await git("init", "--quiet", "--initial-branch=main", at=Place(folder / ".git"))
    await git("config", "core.bare", "false", at=at)
    await git("add", "--all", at=at)
    await git("commit", "--quiet", "--message=Convert temperatures", at=at, env=IDENTITY)


async def _show(here: Hosted, repository: Path) -> int:
    """Put the tasks on the board, give them to an agent, show what it does; returns how many real commits there are."""
    try:
        return await _work(here, repository)
    except ClawlinkError as error:
        screen.complain(error.message)
        return 0


async def _work(here: Hosted, repository: Path) -> int:
    from coderclawlink.cli import following
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.reach import Reach

    screen.say(f"The board is at {here.url}")
    able = {agent.name: agent for agent in await here.agents() if agent.available}
    chosen = next((name for name in PREFERRED if name in able), None)
    if chosen is None:
        screen.complain("No agent can work here. `clawlink doctor` tells why.")
        return 0
    screen.say(f"The work is done by {chosen} ({able[chosen].version or able[chosen].description}).")
    reach = Reach(url=here.url)
    with hubs.reached(reach) as hub:
        submitted = await asyncio.to_thread(_submit, hub, chosen, repository)
        for task, run in submitted:
            screen.say("\n" + screen.paint(f"{task.key}  {task.title}", "bold"))
            await asyncio.to_thread(following.follow, reach, run, patience_seconds=0)
        commits = 0
        for task, run in submitted:
            commits += await _show_commit(hub, repository, task.key, run)
    screen.say(f"\n{commits} of {len(submitted)} tasks are commits in {repository}, each on a branch of its own.")
    return commits


def _submit(hub: Hub, agent: str, repository: Path) -> list[tuple[Task, str]]:
    """All tasks at once; they are done side by side."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.tasks import prompt_of

    wanted: dict[str, hubs.Value] = {"key": "DEMO", "name": "The demo", "github_repo_url": str(repository)}
    project = hub.post("/api/projects", wanted).read(hubs.Project)
    submitted = []
    for job in JOBS:
        made: dict[str, hubs.Value] = {"project_id": project.id, "title": job.title, "description": job.description}
        task = hub.post("/api/tasks", made).read(hubs.Task)
        run = hub.post("/api/runs", {"agent": agent, "prompt": prompt_of(task), "task_id": task.id})
        submitted.append((task, run.read(hubs.Run).id))
    return submitted


async def _show_commit(hub: Hub, repository: Path, key: str, run: str) -> bool:
    """Print the commit that the run left in the repository, and its diff. False if there is none."""
    from coderclawlink.cli import runs
    from coderclawlink.cli.text import clean
    from coderclawlink.workspaces.git import Place, git

    ended = await asyncio.to_thread(hub.run, run)
    if ended.head is None or ended.branch is None:
        screen.say(f"\n{key} has left no commit: it is {ended.state}.")
        return False
    at = Place(repository / ".git")
    found = await git("rev-parse", "--verify", "--quiet", f"refs/heads/{ended.branch}^{{commit}}", at=at, ok=(0, 1))
    if found.text != ended.head:
        screen.say(f"\n{key}: branch {ended.branch} is not in the repository.")
        return False
    log = await git("log", "-1", "--stat", f"--format=%h %an  %s  ({ended.branch})", ended.head, at=at)
    screen.say("\n" + screen.paint(clean(log.text), "bold") + "\n")
    runs.print_text(await asyncio.to_thread(runs.kept, hub, run, "diff"))
    return True
