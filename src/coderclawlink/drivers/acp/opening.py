"""How a conversation begins: the greeting, a new session or an earlier one taken up again, the mode it works in. Pure words.

Above: the connection, which sends these requests and waits for the answers. Below: the protocol's schema. What an agent
offers decides what is asked of it; what it does not offer is told, not insisted on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from acp import PROTOCOL_VERSION
from acp.schema import (
    ClientCapabilities,
    EnvVariable,
    HttpHeader,
    HttpMcpServer,
    Implementation,
    InitializeRequest,
    LoadSessionRequest,
    McpServerStdio,
    NewSessionRequest,
    ResumeSessionRequest,
    SetSessionConfigOptionSelectRequest,
    SetSessionModeRequest,
    SseMcpServer,
)
from pydantic import BaseModel

from coderclawlink.configuration import McpServer
from coderclawlink.drivers.acp.translate import Raw, part, parts, text
from coderclawlink.drivers.errors import AgentFailed


@dataclass(frozen=True)
class Request:
    method: str
    body: BaseModel


@dataclass(frozen=True)
class Greeting:
    """What an agent said of itself. `version`: "goose 1.52.0". `sign_in`: how it wants to be signed in to, in its words."""

    version: str | None = None
    loads: bool = False
    resumes: bool = False
    http: bool = False
    sse: bool = False
    sign_in: str = ""


def greet() -> Request:
    return Request(
        "initialize",
        InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(),
            client_info=Implementation(
                name="coderclawlink", title="coderClawLink", version=metadata.version("coderclawlink")
            ),
        ),
    )


def understand(name: str, answer: Raw) -> Greeting:
    """Raises `AgentFailed` for an agent of another protocol."""
    version = answer.get("protocolVersion")
    if isinstance(version, int) and version != PROTOCOL_VERSION:
        raise AgentFailed(f"{name} speaks version {version} of ACP; version {PROTOCOL_VERSION} is needed.")
    info = part(answer, "agentInfo")
    can = part(answer, "agentCapabilities")
    servers = part(can, "mcpCapabilities")
    methods = (text(method, "description") or text(method, "name") for method in parts(answer, "authMethods"))
    return Greeting(
        version=f"{text(info, 'name') or name} {text(info, 'version')}".strip() if info else None,
        loads=can.get("loadSession") is True,
        resumes=isinstance(part(can, "sessionCapabilities").get("resume"), dict),
        http=servers.get("http") is True,
        sse=servers.get("sse") is True,
        sign_in="; or ".join(filter(None, methods)),
    )


def begin(workspace: Path, servers: Sequence[McpServer]) -> Request:
    return Request("session/new", NewSessionRequest(cwd=str(workspace), mcp_servers=list(map(_server, servers))))


def take_up(session: str, greeting: Greeting, workspace: Path, servers: Sequence[McpServer]) -> Request | None:
    """The request for an earlier session, without its being played back where the agent offers that; None: it offers neither."""
    given = list(map(_server, servers))
    if greeting.resumes:
        body = ResumeSessionRequest(session_id=session, cwd=str(workspace), mcp_servers=given)
        return Request("session/resume", body)
    if greeting.loads:
        return Request("session/load", LoadSessionRequest(session_id=session, cwd=str(workspace), mcp_servers=given))
    return None


def usable(servers: Sequence[McpServer], greeting: Greeting) -> tuple[McpServer, ...]:
    """Those the agent can reach: everyone can start a program, not everyone speaks over HTTP."""
    return tuple(
        server for server in servers if not server.url or (greeting.sse if server.type == "sse" else greeting.http)
    )


def choose_mode(session: str, answer: Raw, wanted: str) -> Request | None:
    """The request that puts a session into a mode; None: the agent has told of no such mode in its `answer`."""
    # Options supersede modes; an agent that has both is asked by the newer way.
    for option in parts(answer, "configOptions"):
        if text(option, "category") == "mode" and wanted in _values(option):
            body = SetSessionConfigOptionSelectRequest(session_id=session, config_id=text(option, "id"), value=wanted)
            return Request("session/set_config_option", body)
    if wanted in modes(answer):
        return Request("session/set_mode", SetSessionModeRequest(session_id=session, mode_id=wanted))
    return None


def modes(answer: Raw) -> tuple[str, ...]:
    """The ids of the modes that the agent offers in the older way."""
    return tuple(text(mode, "id") for mode in parts(part(answer, "modes"), "availableModes"))


def _values(option: Raw) -> Iterator[str]:
    """The values of a select option, whether or not they come in groups."""
    for value in parts(option, "options"):
        yield text(value, "value")
        yield from (text(inner, "value") for inner in parts(value, "options"))


def _server(server: McpServer) -> McpServerStdio | HttpMcpServer | SseMcpServer:
    if server.url:
        headers = [HttpHeader(name=name, value=value) for name, value in server.headers.items()]
        if server.type == "sse":
            return SseMcpServer(type="sse", name=server.name, url=server.url, headers=headers)
        return HttpMcpServer(type="http", name=server.name, url=server.url, headers=headers)
    env = [EnvVariable(name=name, value=value) for name, value in server.env.items()]
    return McpServerStdio(name=server.name, command=server.command, args=list(server.args), env=env)
