"""Record conversations with the real Goose into this folder: `python tests/wire/record.py`, after `scripts/peers/goose.sh`.

Each recording is one JSON line a message, `{"way": "in" | "out", "message": …}`, `in` being what the agent says. Paths of
this machine are scrubbed, so that a recording says the same wherever it was made.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.process import start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.models import script
from coderclawlink.events import AgentChunk, AgentTool, QuestionAsked

HERE = Path(__file__).parent
WORKSPACE = "/workspace"


@dataclass(frozen=True)
class Scene:
    prompt: str
    mode: str = "auto"
    answer: str | None = None
    cancel_on: type | None = None


SCENES = {
    "goose-edit": Scene(
        "write a.txt | hello\\n\nedit a.txt | hello | bye\nrun cat a.txt && sleep 0.3\nfinish All done."
    ),
    "goose-allowed": Scene("write a.txt | hello\\n\nfinish All done.", "ask", "allow_once"),
    "goose-refused": Scene("run touch a.txt\nfinish Then not.", "ask", "reject_once"),
    "goose-cancelled-in-stream": Scene("stream 200 0.1", cancel_on=AgentChunk),
    "goose-cancelled-in-command": Scene("run echo begun; exec sleep 60", cancel_on=AgentTool),
    "goose-cancelled-at-question": Scene("run touch a.txt", "ask", cancel_on=QuestionAsked),
    "goose-model-refuses": Scene("fail 400 no such model"),
}


async def record(name: str, scene: Scene, goose: str, url: str) -> None:
    wire: list[str] = []
    with tempfile.TemporaryDirectory() as outer, tempfile.TemporaryDirectory() as inner:
        home, workspace = Path(outer), Path(inner)

        def listen(way: str, message: Mapping[str, object]) -> None:
            wire.append(json.dumps({"way": way, "message": message}).replace(str(workspace), WORKSPACE))

        settings = AgentSettings(openai_base_url=url, goose=goose)
        driver = drivers(settings, f'[agents.goose]\nmode = "{scene.mode}"\nmodel = "scripted"')["goose"]
        assert isinstance(driver, AcpDriver)
        driver.wiretap = listen
        launch = partial(start_uncontained, workspace=workspace)
        ground = Ground(workspace, home, launch, ModelAccess({"openai": url}, "worthless"))
        async with asyncio.timeout(60), driver.open(Job(name, 1, ""), ground) as session:
            async for said in session.turn(f"SCRIPT:\n{scene.prompt}\n"):
                if isinstance(said, QuestionAsked) and scene.answer:
                    await session.answer(said.question, scene.answer)
                if scene.cancel_on and isinstance(said, scene.cancel_on):
                    if isinstance(said, AgentTool) and not said.output:
                        continue
                    await session.cancel()
    (HERE / f"{name}.jsonl").write_text("\n".join(wire) + "\n")
    sys.stdout.write(f"{name}: {len(wire)} messages\n")


async def main() -> None:
    goose = HERE.parents[1] / ".cache/peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    async with script.serve() as url:
        for name, scene in SCENES.items():
            await record(name, scene, str(goose), url)


if __name__ == "__main__":
    asyncio.run(main())
