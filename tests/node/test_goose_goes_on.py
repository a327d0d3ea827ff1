"""The real Goose in the best sandbox of this machine: steered, followed up with its memory, and paused at a limit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.configuration import Check, Verification
from coderclawlink.drivers import catalogue
from coderclawlink.drivers.catalogue import AgentSettings
from coderclawlink.drivers.models import proxy, script
from coderclawlink.events import AgentSession, AgentTool, CheckEnded, PromptTaken, WorkCommitted
from coderclawlink.workspaces.sandbox import choice
from coderclawlink.workspaces.sandbox.base import Reach
from tests.node.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture
def goose() -> str:
    cache = Path(os.environ.get("CLAWLINK_CACHE", Path(__file__).parents[2] / ".cache"))
    program = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not program.is_file():
        pytest.fail(f"Goose is not at {program}: run scripts/peers/goose.sh, as `make test` does.")
    return str(program)


def sleeps(report_calls: Callable[[type[AgentTool]], list[AgentTool]]) -> bool:
    return any("sleep" in call.input + call.title for call in report_calls(AgentTool))


async def test_goose_is_steered_followed_up_and_paused(bench: Bench, goose: str, tmp_path: Path) -> None:
    sandbox = (await choice.choose("auto")).sandbox
    socket = tmp_path / "goose.sock"
    async with script.serve() as url, proxy.serve(script.instead(url), socket_path=socket) as models:
        settings = AgentSettings(anthropic_api_key="scripted", anthropic_base_url=url, goose=goose)
        agents = catalogue.agents(settings)
        node = bench.having(agents=agents, proxy=models, reach=Reach(models.port, socket), sandbox=sandbox)

        first = "SCRIPT:\nwrite a.txt | one\nrun sleep 50\nfinish Never.\nEND"
        async with node.begin(first, agent="goose") as steered:
            await steered.until(lambda: sleeps(steered.all))
            steered.ask(1, "SCRIPT:\nwrite b.txt | two\nfinish Steered.\nEND", steer=True)
        assert steered.ended.result == "Steered."
        assert [taken.number for taken in steered.all(PromptTaken)] == [0, 1]

        followed = await node.make(
            "SCRIPT:\nwrite c.txt | three\nfinish Followed.\nEND",
            **{"agent": "goose", "run": "r2", "follows": {"run": "r1", "attempt": 1}},
            session=steered.all(AgentSession)[-1].session,
            verification=Verification(checks=(Check(name="all", run="cat a.txt b.txt c.txt"),)),
        )
        assert followed.one(AgentSession).resumed
        assert followed.one(CheckEnded).output == "onetwothree"
        assert followed.one(WorkCommitted).files == 3
        assert bench.git("rev-parse", "task/one") == followed.one(WorkCommitted).head

        limited = await node.make(
            "SCRIPT:\nwrite d.txt | four\nlimit 3600 slow down\nEND", agent="goose", run="r3", branch="task/3"
        )
        assert limited.ended.pause is not None
        assert (limited.ended.pause.reason, limited.ended.pause.account) == ("quota", "anthropic")
