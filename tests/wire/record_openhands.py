"""Record conversations with the real OpenHands into this folder: `python tests/wire/record_openhands.py`, after
`scripts/peers/agents.sh openhands`.

Each recording is one JSON line an event, as it came over the socket. Paths of this machine are scrubbed, and what nobody reads of
the events is left out: the system prompt, the settings and the statistics.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coderclawlink.drivers.acp.process import start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess
from coderclawlink.drivers.models import script
from coderclawlink.drivers.openhands import OpenHandsDriver
from coderclawlink.events import AgentChunk, AgentTool, QuestionAsked
from coderclawlink.workspaces.sandbox.launch import living_at

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / ".cache/peers/openhands/bin/agent-server"
TASKS = '{"command": "plan", "task_list": [{"title": "Look", "status": "done"}, {"title": "Leap", "status": "todo"}]}'


@dataclass(frozen=True)
class Scene:
    prompt: str
    mode: str = "auto"
    answer: str | None = None
    stop_on: type | None = None


SCENES = {
    "openhands-edit": Scene(
        "think Well.\nsay I begin.\nwrite {workspace}/a.txt | hello\\n\nedit {workspace}/a.txt | hello | bye\n"
        f"run cat a.txt && false\ncall task_tracker {TASKS}\nfinish All done."
    ),
    "openhands-allowed": Scene("write {workspace}/a.txt | hello\\n\nfinish All done.", "ask", "allow_once"),
    "openhands-refused": Scene("run touch a.txt\nfinish Then not.", "ask", "reject_once"),
    "openhands-interrupted-in-stream": Scene("stream 200 0.1", stop_on=AgentChunk),
    "openhands-interrupted-in-command": Scene("run sleep 60", stop_on=AgentTool),
    "openhands-model-refuses": Scene("fail 400 no such model"),
}


def scrubbed(event: Mapping[str, object], workspace: Path, home: Path) -> str | None:
    """The line of an event, or None for one that says nothing."""
    told = dict(event)
    if told.get("kind") == "SystemPromptEvent":
        told = {key: told[key] for key in ("id", "timestamp", "source", "kind")}
    if told.get("kind") == "ConversationStateUpdateEvent":
        if told.get("key") not in ("full_state", "execution_status"):
            return None
        value = told["value"]
        if isinstance(value, dict):
            told["value"] = {"execution_status": value["execution_status"]}
    return json.dumps(told).replace(str(workspace), "/workspace").replace(str(home), "/home/agent")


async def record(name: str, scene: Scene, url: str) -> None:
    wire: list[str] = []
    with tempfile.TemporaryDirectory() as outer, tempfile.TemporaryDirectory() as inner:
        home, workspace = Path(outer), Path(inner)
        subprocess.run(["git", "init", "-q", inner], check=True)

        def listen(event: Mapping[str, object]) -> None:
            if line := scrubbed(event, workspace, home):
                wire.append(line)

        driver = OpenHandsDriver(
            "opendevin",
            program=str(PROGRAM),
            model="scripted",
            mode="ask" if scene.mode == "ask" else "auto",
            wiretap=listen,
        )
        launch = partial(start_uncontained, workspace=workspace)
        ground = Ground(workspace, home, launch, ModelAccess({"openai": url}, "worthless"))
        async with asyncio.timeout(180), driver.open(Job(name, 1, ""), ground) as session:
            async for said in session.turn(f"SCRIPT:\n{scene.prompt.replace('{workspace}', inner)}\n"):
                if isinstance(said, QuestionAsked) and scene.answer:
                    await session.answer(said.question, scene.answer)
                if scene.stop_on and isinstance(said, scene.stop_on):
                    await session.interrupt()
        for pid in living_at(home):  # its tmux outlives it where nothing contains it
            os.kill(pid, signal.SIGKILL)
    (HERE / f"{name}.jsonl").write_text("\n".join(wire) + "\n")
    sys.stdout.write(f"{name}: {len(wire)} events\n")


async def main() -> None:
    async with script.serve() as url:
        for name, scene in SCENES.items():
            await record(name, scene, url)


if __name__ == "__main__":
    asyncio.run(main())
