"""What only the real Goose can show; what every driver promises is in the conformance suite."""

import asyncio
import os
import select
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from coderclawlink.drivers.base import Driver, Ground, Job, ModelAccess, TurnEnded
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.models import script
from coderclawlink.events import AgentTool

pytestmark = pytest.mark.anyio


@pytest.fixture
def program() -> str:
    cache = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[3] / ".cache")
    path = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not path.exists():
        pytest.fail(f"Goose is not at {path}: run scripts/peers/goose.sh, as `make test` does.")
    return str(path)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with script.serve() as url:
        yield url


def goose(program: str, url: str, wire: str) -> Driver:
    settings = AgentSettings(goose=program, **{"ollama_base_url" if wire == "ollama" else f"{wire}_base_url": url})
    return drivers(settings, '[agents.goose]\nmodel = "scripted"')["goose"]


@pytest.mark.parametrize("wire", ["anthropic", "openai", "ollama"])
async def test_goose_edits_a_file_on_every_wire(program: str, url: str, wire: str, ground: Ground, job: Job) -> None:
    # The proxy's addresses have a path of their own; here the model stands at the root.
    ground = replace(ground, models=ModelAccess({wire: url}, "worthless"))
    async with asyncio.timeout(20), goose(program, url, wire).open(job, ground) as session:
        assert session.version == "goose 1.52.0"
        said = [event async for event in session.turn("SCRIPT:\nwrite a.txt | hello\nfinish Done.")]
    assert said[-1] == TurnEnded("end_turn", result="Done.")
    assert (ground.workspace / "a.txt").read_text() == "hello"


async def test_a_cancel_in_a_command_ends_the_command(program: str, url: str, ground: Ground, job: Job) -> None:
    ground = replace(ground, models=ModelAccess({"openai": url}, "worthless"))
    death = began = None
    async with asyncio.timeout(20), goose(program, url, "openai").open(job, ground) as session:
        async for said in session.turn("SCRIPT:\nrun echo $$; exec sleep 600"):
            if isinstance(said, AgentTool) and said.status == "running" and death is None:
                death = os.pidfd_open(int(said.output))
                began = time.monotonic()
                await session.cancel()
    assert said == TurnEnded("cancelled")
    assert death is not None
    assert began is not None
    readable, _, _ = select.select([death], [], [], 1)
    os.close(death)
    assert readable
    assert time.monotonic() - began < 1
