"""What a conversation with OpenHands is begun with, in its own words; and its memory, which moves along with the checkout.

Above: the driver. Below: nothing but the files of a HOME.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from coderclawlink.configuration import McpServer
from coderclawlink.drivers.acp import files
from coderclawlink.drivers.acp.translate import Raw, text
from coderclawlink.drivers.base import ModelAccess
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.models.wires import Wire
from coderclawlink.errors import Denied

NOBODY = "00000000-0000-4000-8000-000000000000"
"""The id of no conversation."""
_TOOLS = ("terminal", "file_editor", "task_tracker")
_RETRIES = 3
_RETRY_SECONDS = (1, 15)


def is_id(session: str) -> bool:
    """Whether this can be the id of a conversation."""
    try:
        return str(uuid.UUID(session)) == session
    except ValueError:
        return False


def version(information: Raw) -> str | None:
    """ "openhands 1.58.0"."""
    told = text(information, "version")
    return f"openhands {told}" if told else None


def llm(model: str, wire: Wire | None, models: ModelAccess) -> Mapping[str, object] | None:
    """The model as the server is told of it, through the proxy; None where no wire leads to one."""
    wanted: tuple[Wire, ...] = (wire,) if wire else ("anthropic", "openai", "ollama")
    found = next((each for each in wanted if each in models.urls), None)
    if found is None or not model:
        return None
    url = models.urls[found].rstrip("/")
    return {
        "model": f"anthropic/{model}" if found == "anthropic" else f"openai/{model}",
        "base_url": url if found == "anthropic" else f"{url}/v1",
        "api_key": models.key or "none",
        "usage_id": "agent",
        "stream": True,
        "num_retries": _RETRIES,
        "retry_min_wait": _RETRY_SECONDS[0],
        "retry_max_wait": _RETRY_SECONDS[1],
        "retry_multiplier": 2,
    }


def body(
    root: str,
    policy: str,
    model: Mapping[str, object] | None,
    profile: str,
    instructions: str,
    servers: Sequence[McpServer],
) -> Mapping[str, object]:
    """The request that begins a conversation in the folder `root`: with this model, or with what the server has as `profile`."""
    begun: dict[str, object] = {
        "workspace": {"kind": "LocalWorkspace", "working_dir": root},
        "confirmation_policy": {"kind": policy},
        "autotitle": False,
        "worktree": False,
    }
    context: dict[str, object] = {"load_project_skills": True}
    if instructions:
        context["system_message_suffix"] = instructions
    if model is None:
        suffix = {"system_message_suffix_append": instructions} if instructions else {}
        return {**begun, "agent_profile_id": profile, **({"agent_launch_additions": suffix} if suffix else {})}
    return {
        **begun,
        "agent": {
            "kind": "Agent",
            "llm": model,
            "tools": [{"name": name} for name in _TOOLS],
            "mcp_config": {server.name: _server(server) for server in servers},
            "agent_context": context,
        },
    }


def _server(server: McpServer) -> Mapping[str, object]:
    if server.url:
        return {"url": server.url, "transport": server.type, "headers": dict(server.headers)}
    return {"command": server.command, "args": list(server.args), "env": dict(server.env)}


def elsewhere(root: str, context: Mapping[str, object]) -> str:
    """What an agent is told that works on a machine of its own."""
    told = f"\nWhat is known of the task: {json.dumps(context, ensure_ascii=False)}" if context else ""
    return f"You work on a machine of your own, in the folder {root}. The project's files are not there by themselves.{told}"


def move_memory(home: Path, id: str, workspace: Path) -> None:
    """Let the conversation of a HOME go on in another folder: each attempt has a checkout of its own.

    Nothing happens where there is no such memory. Raises `AgentFailed` for one that is not what it should be.
    """
    name = f"workspace/conversations/{uuid.UUID(id).hex}/meta.json"
    try:
        kept = json.loads(files.read(home, name))
        if not isinstance(kept, dict):
            raise ValueError
        kept["workspace"] = {"kind": "LocalWorkspace", "working_dir": str(workspace)}
        files.write(home, name, json.dumps(kept), mode=0o600)
    except FileNotFoundError:
        return
    except (OSError, ValueError, Denied) as problem:
        raise AgentFailed(f"The memory of OpenHands in {home} cannot be read: {problem}.") from problem
