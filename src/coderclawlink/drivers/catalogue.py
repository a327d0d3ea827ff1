"""The agents this machine can offer: which there are, how each is reached, what each needs.

Above: the node, which offers and opens them. Below: the drivers, and `entries`, the owner's own words. What is known of an
agent's program stands here as data; which way an agent is reached follows from what is set and what is installed. An
agent that cannot be reached is offered all the same, with what to do about it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import httpx2
from acp.schema import EnvVariable, HttpHeader, HttpMcpServer, McpServerStdio, SseMcpServer

import coderclawlink
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers import entries
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.connection import McpServer
from coderclawlink.drivers.base import Driver, Ground, Job, Probe, Session
from coderclawlink.drivers.entries import Entry, McpEntry, Wire
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.scripted import DEFAULT, ScriptedDriver
from coderclawlink.errors import Invalid

Mode = Literal["ask", "auto"]
Network = Literal["model", "open"]
"""`model`: it needs nothing but the model proxy. `open`: its program speaks with servers of its own."""

_PLACEHOLDER = re.compile(r"\s*(your[_-].*[_-]here|<.*>|changeme|x{3,})\s*", re.IGNORECASE)


# ── what is given ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class AgentSettings:
    """What a node's owner has set. None, an empty string, or a placeholder such as `your_openai_api_key_here`: not set.

    `goose`: the path of Goose's program where it is not on the PATH (`CLAWLINK_GOOSE`). `path`: where programs are looked
    for, by default the process's PATH.
    """

    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    ollama_base_url: str | None = None
    opendevin_api_url: str | None = None
    goose_api_url: str | None = None
    goose: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and (not value.strip() or _PLACEHOLDER.fullmatch(value)):
                object.__setattr__(self, each.name, None)

    @property
    def wires(self) -> tuple[Wire, ...]:
        """The wires on which a model can be reached, those that agents get on with best first."""
        wires: list[Wire] = []
        if self.anthropic_api_key or self.anthropic_base_url:
            wires.append("anthropic")
        if self.openai_api_key or self.openai_base_url:
            wires.append("openai")
        if self.ollama_base_url:
            wires.append("ollama")
        return tuple(wires)

    def find(self, program: str) -> str | None:
        """The path of a program, or None."""
        return shutil.which(program, path=self.path)


@dataclass(frozen=True)
class Agent:
    """An agent as it is offered. `paths`: what its program reads of the file system. `limit`: attempts at once, or None."""

    driver: Driver
    network: Network = "model"
    paths: tuple[str, ...] = ()
    limit: int | None = None
    timeout_seconds: float | None = None


# ── what is known ──────────────────────────────────────────────────────────────────────────────────────────────────

DEFAULT_MODELS: Mapping[Wire, str] = {
    "anthropic": "claude-sonnet-4-5",
    "openai": "gpt-5",
    "ollama": "qwen3-coder",
}
_SET: Mapping[Wire, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "ollama": "OLLAMA_BASE_URL",
}


@dataclass(frozen=True)
class Program:
    """What is known of a program that speaks ACP.

    `wires`: what it needs in its environment for each wire it can speak; empty: it has a model of its own. `modes`: what it
    needs for each mode. `session_modes`: the session mode for each mode. `files`: written to its HOME where absent.
    """

    description: str
    command: tuple[str, ...]
    install: str
    wires: Mapping[Wire, Mapping[str, str]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[Mode, Mapping[str, str]] = field(default_factory=dict)
    session_modes: Mapping[Mode, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    login: tuple[str, ...] = ()
    sign_in: str = ""
    network: Network = "model"
    capabilities: tuple[str, ...] = ("edit", "run", "ask")


GOOSE = Program(
    description="Goose, the open agent of the Agentic AI Foundation",
    command=("goose", "acp", "--with-builtin", "developer"),
    install="Install Goose, or name its program in CLAWLINK_GOOSE, or a Goose server in GOOSE_API_URL.",
    wires={
        "anthropic": {"GOOSE_PROVIDER": "anthropic", "ANTHROPIC_HOST": "{anthropic_url}", "ANTHROPIC_API_KEY": "{key}"},
        "openai": {"GOOSE_PROVIDER": "openai", "OPENAI_HOST": "{openai_url}", "OPENAI_API_KEY": "{key}"},
        "ollama": {"GOOSE_PROVIDER": "ollama", "OLLAMA_HOST": "{ollama_url}"},
    },
    env={"GOOSE_MODEL": "{model}", "GOOSE_DISABLE_KEYRING": "1"},
    modes={"ask": {"GOOSE_MODE": "approve"}, "auto": {"GOOSE_MODE": "auto"}},
)
CLAUDE = Program(
    description="Claude Code, by its ACP adapter",
    command=("claude-agent-acp",),
    install="npm install -g @agentclientprotocol/claude-agent-acp@0.49.0",
    wires={"anthropic": {"ANTHROPIC_BASE_URL": "{anthropic_url}", "ANTHROPIC_API_KEY": "{key}"}},
    env={
        "ANTHROPIC_MODEL": "{model}",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    },
)
AUGGIE = Program(
    description="Auggie, the agent of Augment Code",
    command=("auggie", "--acp"),
    install="npm install -g @augmentcode/auggie, then auggie login.",
    login=(".augment/session.json",),
    sign_in="run `auggie login` as the user who runs the node",
    network="open",
)

BY_ENTRY: Mapping[str, Program] = {
    "codex": Program(
        description="Codex, by its ACP adapter",
        command=("codex-acp",),
        install="npm install -g @agentclientprotocol/codex-acp@2.6.0",
        wires={
            "openai": {
                "OPENAI_API_KEY": "{key}",
                "CODEX_CONFIG": json.dumps(
                    {
                        "model": "{model}",
                        "model_provider": "clawlink",
                        "model_providers": {
                            "clawlink": {
                                "name": "coderClawLink",
                                "base_url": "{openai_url}/v1",
                                "env_key": "OPENAI_API_KEY",
                                "wire_api": "responses",
                            }
                        },
                    }
                ),
            }
        },
        # Its own sandbox does not work when this lies in the directory for temporary files.
        env={"CODEX_HOME": "{home}/.codex", "TMPDIR": "{home}/tmp"},
        modes={"ask": {"INITIAL_AGENT_MODE": "agent"}, "auto": {"INITIAL_AGENT_MODE": "agent-full-access"}},
        files={".codex/.keep": "", "tmp/.keep": ""},
    ),
    "copilot": Program(
        description="GitHub Copilot CLI with a model of your own",
        command=("copilot", "--acp"),
        install="npm install -g @github/copilot@1.0.102",
        wires={
            "openai": {"COPILOT_PROVIDER_BASE_URL": "{openai_url}/v1", "COPILOT_PROVIDER_API_KEY": "{key}"},
        },
        env={"COPILOT_MODEL": "{model}", "COPILOT_OFFLINE": "true", "COPILOT_AUTO_UPDATE": "false"},
    ),
    "vibe": Program(
        description="Mistral Vibe",
        command=("vibe-acp",),
        install="uv tool install mistral-vibe==3.0.2 (needs Python 3.12).",
        wires={"openai": {"CLAWLINK_MODEL_KEY": "{key}"}},
        files={
            ".vibe/config.toml": 'active_model = "clawlink"\nenable_telemetry = false\nenable_update_checks = false\n'
            '[[providers]]\nname = "clawlink"\napi_base = "{openai_url}/v1"\n'
            'api_key_env_var = "CLAWLINK_MODEL_KEY"\napi_style = "openai"\nbackend = "generic"\n'
            '[[models]]\nname = "{model}"\nprovider = "clawlink"\nalias = "clawlink"\n'
        },
    ),
    "opencode": Program(
        description="opencode",
        command=("opencode", "acp"),
        install="npm install -g opencode-ai@1.18.33",
        wires={
            "openai": {
                "OPENCODE_CONFIG_CONTENT": json.dumps(
                    {
                        "provider": {
                            "clawlink": {
                                "npm": "@ai-sdk/openai-compatible",
                                "options": {"baseURL": "{openai_url}/v1", "apiKey": "{key}"},
                                "models": {"{model}": {"tool_call": True}},
                            }
                        },
                        "model": "clawlink/{model}",
                        "small_model": "clawlink/{model}",
                        "autoupdate": False,
                        "share": "disabled",
                        # It asks for nothing by default; what is asked, `mode` answers.
                        "permission": {"edit": "ask", "bash": "ask"},
                    }
                )
            }
        },
        env={"OPENCODE_DISABLE_MODELS_FETCH": "1"},
    ),
    "gemini": Program(
        description="Gemini CLI",
        command=("gemini", "--acp"),
        install="npm install -g @google/gemini-cli@0.61.0; it signs in with Google's own account or GEMINI_API_KEY.",
        sign_in="set GEMINI_API_KEY in the entry's env, or run `gemini` once as the user who runs the node",
        env={"GEMINI_CLI_TRUST_WORKSPACE": "true"},
        login=(".gemini/oauth_creds.json", ".gemini/settings.json"),
        network="open",
    ),
}

ALWAYS_KNOWN = ("auggie", "claude", "goose", "ollama", "opendevin")


# ── from what is given and known to drivers ────────────────────────────────────────────────────────────────────────


def drivers(settings: AgentSettings, toml: str | Path | None = None) -> Mapping[str, Driver]:
    """The drivers of `agents`, by name."""
    return {name: agent.driver for name, agent in agents(settings, toml).items()}


def agents(settings: AgentSettings, toml: str | Path | None = None) -> Mapping[str, Agent]:
    """Every agent to offer, by name: those always known, and those in `toml` (the text, or the path of a file that may be
    missing). Raises `Invalid` for a mistake in it, with file, line and key."""
    own: Mapping[str, Entry] = {}
    if isinstance(toml, Path):
        own = entries.read(toml.read_text(encoding="utf-8"), str(toml)) if toml.exists() else {}
    elif toml:
        own = entries.read(toml)
    return {name: _agent(name, own.get(name, Entry()), settings) for name in sorted({*ALWAYS_KNOWN, *own})}


def _agent(name: str, entry: Entry, settings: AgentSettings) -> Agent:
    agent = _own_way(name, entry, settings) or _known_way(name, entry, settings)
    if entry.description is not None:
        agent.driver.description = entry.description
    return replace(
        agent,
        network=entry.network or agent.network,
        paths=(*agent.paths, *entry.paths),
        limit=entry.limit,
        timeout_seconds=entry.timeout_seconds,
    )


def _own_way(name: str, entry: Entry, settings: AgentSettings) -> Agent | None:
    """The agent as the entry says it is reached, if it says so."""
    driver = entry.driver or ("acp" if entry.command else "http" if entry.url else None)
    match driver:
        case "scripted":
            return Agent(ScriptedDriver(name, entry.script or DEFAULT))
        case "http":
            if not entry.url:
                raise Invalid(f"agents.{name}: driver http needs a url.")
            return Agent(_http(name, entry.url, entry, "An agent behind a URL"), network="open")
        case "acp" if entry.command:
            known = _program(name)
            program = replace(known, command=entry.command) if known else Program("", entry.command, "")
            return _acp(name, program, entry, settings)
        case "acp" if not _program(name):
            raise Invalid(f"agents.{name}: driver acp needs a command.")
    return None


def _program(name: str) -> Program | None:
    return {"goose": GOOSE, "claude": CLAUDE, "auggie": AUGGIE, **BY_ENTRY}.get(name)


def _known_way(name: str, entry: Entry, settings: AgentSettings) -> Agent:
    """The agent as its name is known, the first way that is open."""
    match name:
        case "opendevin":
            what = "OpenDevin/OpenHands behind its URL"
            if settings.opendevin_api_url:
                return Agent(_http(name, settings.opendevin_api_url, entry, what), network="open")
            return Agent(Missing(name, what, "Set OPENDEVIN_API_URL to the address of its server."))
        case "goose":
            if settings.goose_api_url:
                return Agent(_http(name, settings.goose_api_url, entry, "Goose behind its URL"), network="open")
            program = replace(GOOSE, command=(settings.goose or "goose", *GOOSE.command[1:]))
            return _acp(name, program, entry, settings)
        case "claude":
            if settings.find(CLAUDE.command[0]):
                return _acp(name, CLAUDE, entry, settings)
            if "anthropic" in settings.wires:
                return _built_in(name, "Claude, by the built-in agent", "anthropic", entry, settings)
            why = f"Set ANTHROPIC_API_KEY, or install Claude's program: {CLAUDE.install}."
            return Agent(Missing(name, CLAUDE.description, why))
        case "auggie":
            logged_in = any((Path.home() / file).is_file() for file in AUGGIE.login)
            if settings.find(AUGGIE.command[0]) and logged_in:
                return _acp(name, AUGGIE, entry, settings)
            if "openai" in settings.wires:
                return _built_in(name, "OpenAI's models, by the built-in agent", "openai", entry, settings)
            why = "Set OPENAI_API_KEY, or install Auggie's program and run `auggie login`."
            return Agent(Missing(name, AUGGIE.description, why))
        case "ollama":
            if "ollama" in settings.wires:
                return _built_in(name, "Models of an Ollama server, by the built-in agent", "ollama", entry, settings)
            return Agent(
                Missing(name, "Models of an Ollama server", "Set OLLAMA_BASE_URL, e.g. http://localhost:11434.")
            )
        case _:
            known = BY_ENTRY.get(name)
            if known is None:
                raise Invalid(f"agents.{name}: nobody knows how to reach it; give it a command or a url.")
            return _acp(name, known, entry, settings)


def _http(name: str, url: str, entry: Entry, description: str) -> HttpDriver:
    driver = HttpDriver(name, url.rstrip("/"), description, capabilities=("answer",))
    if entry.timeout_seconds:
        driver.timeout_seconds = entry.timeout_seconds
    return driver


def _acp(name: str, program: Program, entry: Entry, settings: AgentSettings) -> Agent:
    """An agent whose program speaks ACP."""
    found = settings.find(program.command[0])
    wanted: tuple[Wire, ...] = (entry.wire,) if entry.wire else tuple(program.wires)
    wire = next((wire for wire in settings.wires if wire in wanted), None)
    if found and program.wires and wire is None:
        keys = " or ".join(_SET[wire] for wire in wanted)
        return Agent(Missing(name, program.description, f"Its program was found, but no model for it: set {keys}."))
    mode = entry.mode or "auto"
    driver = AcpDriver(
        name,
        (found or program.command[0], *program.command[1:]),
        program.description,
        program.capabilities,
        env={
            **program.env,
            **(program.wires.get(wire, {}) if wire else {}),
            **program.modes.get(mode, {}),
            **entry.env,
        },
        mode=mode,
        session_mode=entry.session_mode or program.session_modes.get(mode),
        model=entry.model or (DEFAULT_MODELS[wire] if wire else ""),
        mcp_servers=tuple(_mcp(server) for server in entry.mcp_servers),
        files=program.files,
        login=program.login,
        sign_in=program.sign_in,
        install=program.install,
    )
    return Agent(driver, program.network, _program_paths(found) if found else ())


def _built_in(name: str, description: str, wire: Wire, entry: Entry, settings: AgentSettings) -> Agent:
    """Our own agent, as a program like any other, on a model of this wire."""
    model = entry.model or DEFAULT_MODELS[wire]
    mode = entry.mode or "auto"
    # -P: the workspace, in which it is started, must not lend it modules.
    driver = AcpDriver(
        name,
        (sys.executable, "-P", "-m", "coderclawlink.agent", "--wire", wire, "--model", model),
        description,
        ("edit", "run", "ask"),
        env={**BUILT_IN_ENV[wire], **entry.env},
        mode=mode,
        session_mode=entry.session_mode or mode,
        model=model,
        mcp_servers=tuple(_mcp(server) for server in entry.mcp_servers),
        install="pip install 'coderclawlink[agent]'",
        check=Provider(wire, settings).probe,
    )
    return Agent(driver, "model", _own_paths())


BUILT_IN_ENV: Mapping[Wire, Mapping[str, str]] = {
    "anthropic": {"ANTHROPIC_BASE_URL": "{anthropic_url}", "ANTHROPIC_API_KEY": "{key}"},
    "openai": {"OPENAI_BASE_URL": "{openai_url}/v1", "OPENAI_API_KEY": "{key}"},
    "ollama": {"OLLAMA_HOST": "{ollama_url}", "OLLAMA_API_KEY": "{key}"},
}


def _mcp(entry: McpEntry) -> McpServer:
    if entry.url:
        headers = [HttpHeader(name=key, value=value) for key, value in entry.headers.items()]
        if entry.type == "sse":
            return SseMcpServer(type="sse", name=entry.name, url=entry.url, headers=headers)
        return HttpMcpServer(type="http", name=entry.name, url=entry.url, headers=headers)
    env = [EnvVariable(name=key, value=value) for key, value in entry.env.items()]
    return McpServerStdio(name=entry.name, command=entry.command, args=list(entry.args), env=env)


def _program_paths(program: str) -> tuple[str, ...]:
    """What a program reads to run: the folder it lies in, and for one of npm the packages around it and its Node."""
    real = Path(program).resolve()
    paths = {str(Path(program).absolute().parent), str(real.parent)}
    if "node_modules" in real.parts:
        paths.add(str(Path(*real.parts[: real.parts.index("node_modules") + 1])))
        if node := shutil.which("node"):
            paths.add(str(Path(node).resolve().parent.parent))
    return tuple(sorted(paths))


def _own_paths() -> tuple[str, ...]:
    own = Path(coderclawlink.__file__).resolve().parent
    return tuple(sorted({sys.prefix, sys.base_prefix, str(own)}))


# ── agents that are not there, and their models ────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class Missing:
    """A known agent that cannot be reached as things stand. The port's `Driver`; `why` says what to do."""

    name: str
    description: str
    why: str
    capabilities: tuple[str, ...] = ()
    needs_checkout: bool = False
    reached: str = ""
    model: str = ""

    def configured(self, configuration: AgentConfiguration) -> Missing:
        return self

    async def probe(self) -> Probe:
        return Probe(False, why=self.why)

    def open(self, job: Job, ground: Ground) -> AbstractAsyncContextManager[Session]:
        raise AgentFailed(f"{self.name} is not available. {self.why}")


@dataclass(frozen=True)
class Provider:
    """A model provider, as far as a look at it goes."""

    wire: Wire
    settings: AgentSettings

    async def probe(self) -> Probe:
        """Ask for its models, with the key. Takes at most 5 s."""
        url, headers = self._models()
        try:
            async with httpx2.AsyncClient(timeout=5.0, follow_redirects=False) as client:
                answer = await client.get(url, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            what = str(problem) or type(problem).__name__
            return Probe(False, why=f"The model provider at {url} does not answer ({what}).")
        if answer.status_code in (401, 403):
            return Probe(False, why=f"The model provider at {url} refuses the key. Look at {_SET[self.wire]}.")
        models = _model_names(answer.content)
        if self.wire == "ollama" and answer.status_code == 200 and not models:
            return Probe(False, why="The Ollama server has no models yet. Run `ollama pull` with the name of one.")
        return Probe(True, models=models)

    def _models(self) -> tuple[str, dict[str, str]]:
        match self.wire:
            case "anthropic":
                base = self.settings.anthropic_base_url or "https://api.anthropic.com"
                key = self.settings.anthropic_api_key
                headers = {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}
                return f"{_without_version(base)}/v1/models", headers
            case "openai":
                base = self.settings.openai_base_url or "https://api.openai.com"
                key = self.settings.openai_api_key
                return f"{_without_version(base)}/v1/models", {"authorization": f"Bearer {key}"} if key else {}
            case "ollama":
                return f"{_without_version(self.settings.ollama_base_url or '')}/api/tags", {}


def _without_version(url: str) -> str:
    return url.rstrip("/").removesuffix("/v1")


def _model_names(answer: bytes) -> tuple[str, ...]:
    """The names in a list of models: `data[].id`, or Ollama's `models[].name`. None where there is no such list."""
    try:
        listed = json.loads(answer)
    except ValueError:
        return ()
    found = (listed.get("data") or listed.get("models") or ()) if isinstance(listed, dict) else ()
    if not isinstance(found, list):
        return ()
    names = (model.get("id") or model.get("name") for model in found if isinstance(model, dict))
    return tuple(name for name in names if isinstance(name, str))
