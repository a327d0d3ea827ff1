"""A refused call ends the turn of real agents within seconds: none of them goes on trying against a cap."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from coderclawlink.drivers.acp.process import start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Process, TurnEnded
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.models.budget import Budget
from coderclawlink.drivers.models.proxy import Line, Proxy
from coderclawlink.events import AgentTool

pytestmark = pytest.mark.anyio
SECONDS = 15.0
"""On a machine that is busy; of these, the first call of a provider's library takes some to be imported. Who goes on trying takes minutes."""
JOB = Job("run", 1, "")


def goose_program() -> str:
    cache = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[3] / ".cache")
    path = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not path.exists():
        pytest.fail(f"Goose is not at {path}: run scripts/peers/goose.sh, as `make test` does.")
    return str(path)


def make_ground(folder: Path, access: ModelAccess, wire: str) -> Ground:
    workspace, home = folder / "work", folder / "home"
    workspace.mkdir()
    home.mkdir()

    async def launch(argv: Sequence[str], env: Mapping[str, str]) -> Process:
        return await start_uncontained(argv, env, workspace)

    return Ground(workspace, home, launch, ModelAccess({wire: access.urls[wire]}, access.key))


@pytest.mark.parametrize("how", ["no budget", "spent on the way", "refused on the way"])
@pytest.mark.parametrize(
    ("agent", "wire"),
    [("goose", "anthropic"), ("goose", "openai"), ("goose", "ollama"), ("own", "anthropic"), ("own", "openai")],
)
async def test_a_refused_call_ends_the_turn_within_seconds(
    proxy: Proxy, tmp_path: Path, agent: str, wire: str, how: str
) -> None:
    budget = Budget(tokens=0) if how == "no budget" else Budget()
    async with asyncio.timeout(40), proxy.open("run", 1, on_usage=lambda _: None, budget=budget) as line:
        driver = drivers(*choice(agent, wire))[agent]
        async with driver.open(JOB, make_ground(tmp_path, line.access, wire)) as session:
            refused = time.monotonic()  # without the start of its process, which takes as long as the machine is busy
            async for said in session.turn("SCRIPT:\nrun echo one\nrun echo two\nfinish Done."):
                if isinstance(said, AgentTool) and line.failure is None:
                    close(line, how)
                    refused = time.monotonic()
            assert time.monotonic() - refused < SECONDS
            assert isinstance(said, TurnEnded)
    assert line.failure
    assert line.failure.kind == ("paused" if how == "refused on the way" else "budget")


def close(line: Line, how: str) -> None:
    if how == "refused on the way":
        line.refuse("The agent repeats itself.")
    else:
        line.set_budget(Budget(tokens=1))


def choice(agent: str, wire: str) -> tuple[AgentSettings, str]:
    if agent == "goose":
        urls = {"ollama_base_url" if wire == "ollama" else f"{wire}_base_url": "http://127.0.0.1:9"}
        return AgentSettings(goose=goose_program(), **urls), '[agents.goose]\nmodel = "scripted"\nmode = "auto"'
    command = f'["{sys.executable}", "-m", "coderclawlink.agent", "--wire", "{wire}", "--model", "scripted"]'
    env = '{ANTHROPIC_BASE_URL = "{anthropic_url}", ANTHROPIC_API_KEY = "{key}"}'
    if wire == "openai":
        env = '{OPENAI_BASE_URL = "{openai_url}", OPENAI_API_KEY = "{key}"}'
    return AgentSettings(), f'[agents.own]\ncommand = {command}\nmode = "auto"\nenv = {env}'
