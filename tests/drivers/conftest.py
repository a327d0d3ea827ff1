"""What the drivers' tests stand on: a place to work, a way to start processes, and an agent that misbehaves."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.connection import Patience
from coderclawlink.drivers.acp.process import UncontainedProcess, start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Process

AGENT = Path(__file__).parent / "misbehaving_agent.py"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def job() -> Job:
    return Job(run="run-1", attempt=1, prompt="", context={"task": {"key": "DEMO-1"}})


@pytest.fixture
def launched() -> list[Process]:
    """Every process that `ground.launch` has started."""
    return []


@pytest.fixture
def ground(tmp_path: Path, launched: list[Process]) -> Ground:
    workspace, home = tmp_path / "workspace", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()

    async def launch(argv: Sequence[str], env: Mapping[str, str]) -> UncontainedProcess:
        process = await start_uncontained(argv, env, workspace)
        launched.append(process)
        return process

    return Ground(workspace, home, launch, ModelAccess({"openai": "http://127.0.0.1:9/openai"}, "worthless"))


@pytest.fixture
def misbehaving() -> Callable[..., AcpDriver]:
    """Makes the driver of an agent that misbehaves as the given words say."""

    def make(*start: str, **settings: Any) -> AcpDriver:
        settings.setdefault("patience", Patience(start=10))
        return AcpDriver("misbehaving", (sys.executable, "-S", str(AGENT), *start), **settings)

    return make
