"""What a conversation with OpenHands is begun with, and how its memory moves."""

import json
import uuid
from pathlib import Path

import pytest

from coderclawlink.configuration import AgentConfiguration, McpServer
from coderclawlink.drivers.base import ModelAccess
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.models.wires import Wire
from coderclawlink.drivers.openhands import OpenHandsDriver, beginning
from coderclawlink.rules import Rule

pytestmark = pytest.mark.anyio
ALL = ModelAccess({"anthropic": "http://p/a", "openai": "http://p/o/", "ollama": "http://p/l"}, "key")


@pytest.mark.parametrize(
    ("wire", "model", "url"),
    [
        ("anthropic", "anthropic/m", "http://p/a"),
        ("openai", "openai/m", "http://p/o/v1"),
        ("ollama", "openai/m", "http://p/l/v1"),
    ],
)
def test_models_are_reached_through_the_proxy_on_every_wire(wire: Wire, model: str, url: str) -> None:
    made = beginning.llm("m", wire, ALL)
    assert made is not None
    assert (made["model"], made["base_url"], made["api_key"]) == (model, url, "key")


def test_without_a_model_the_servers_own_profile_is_used() -> None:
    assert beginning.llm("m", "anthropic", ModelAccess()) is None
    assert beginning.llm("", None, ALL) is None
    begun = beginning.body("w", "NeverConfirm", None, "profile", "Be brief.", ())
    assert begun["agent_profile_id"] == "profile"
    assert begun["agent_launch_additions"] == {"system_message_suffix_append": "Be brief."}
    assert "agent" not in begun


def test_instructions_and_mcp_servers_go_along() -> None:
    servers = (
        McpServer(name="files", command="mcp", args=("--all",), env={"A": "b"}),
        McpServer(name="far", url="http://m", headers={"X": "y"}, type="sse"),
    )
    agent = beginning.body("w", "AlwaysConfirm", {"model": "m"}, "", "Be brief.", servers)["agent"]
    assert isinstance(agent, dict)
    assert agent["agent_context"]["system_message_suffix"] == "Be brief."
    assert agent["mcp_config"] == {
        "files": {"command": "mcp", "args": ["--all"], "env": {"A": "b"}},
        "far": {"url": "http://m", "transport": "sse", "headers": {"X": "y"}},
    }


def test_the_memory_moves_to_another_folder_and_follows_no_link(tmp_path: Path) -> None:
    id = str(uuid.uuid4())
    beginning.move_memory(tmp_path, id, Path("/new"))  # nothing there: nothing happens
    kept = tmp_path / "workspace/conversations" / uuid.UUID(id).hex / "meta.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"workspace": {"working_dir": "/old"}, "more": 1}))
    beginning.move_memory(tmp_path, id, Path("/new"))
    assert json.loads(kept.read_text()) == {"workspace": {"kind": "LocalWorkspace", "working_dir": "/new"}, "more": 1}
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    kept.unlink()
    kept.symlink_to(outside)
    with pytest.raises(AgentFailed):
        beginning.move_memory(tmp_path, id, Path("/new"))
    assert outside.read_text() == "{}"


@pytest.mark.parametrize("session", ["", "20261122_1", "../../x", "{8f14e45f-ceea-467f-a8d2-0c5b1f1f7a10}"])
def test_only_what_can_be_a_conversation_is_looked_for(session: str) -> None:
    assert not beginning.is_id(session)
    assert beginning.is_id(str(uuid.uuid4()))


def test_it_works_as_configured_and_the_rest_stays() -> None:
    rule = Rule(effect="deny", command="rm *")
    driver = OpenHandsDriver("o", model="m", env={"A": "1"})
    made = driver.configured(AgentConfiguration(mode="ask", rules=(rule,), env={"B": "2"}, instructions="Be brief."))
    assert (made.model, made.mode, made.rules, made.env) == ("m", "ask", (rule,), {"A": "1", "B": "2"})
    assert (made.instructions, made.reached) == ("Be brief.", "agent-server")
    assert driver.mode == "auto"


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        ("", True),
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:8", True),
        ("http://o", False),
    ],
)
def test_only_a_server_on_this_machine_needs_a_checkout(url: str, shared: bool) -> None:
    assert OpenHandsDriver("o", url=url).needs_checkout is shared


async def test_a_program_that_is_not_there_is_told_with_what_to_do() -> None:
    found = await OpenHandsDriver("o", program="no-such-program").probe()
    assert not found.available
    assert "CLAWLINK_OPENHANDS" in (found.why or "")
    found = await OpenHandsDriver("o", program="sh").probe()
    assert not found.available
    found = await OpenHandsDriver("o", url="http://127.0.0.1:9").probe()
    assert "does not answer" in (found.why or "")
