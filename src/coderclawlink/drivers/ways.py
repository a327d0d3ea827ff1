"""Which way an agent is reached: as its owner says, else by what is set and what is installed.

Above: the catalogue, which asks for each name. Below: the drivers; `programs`, what is known of agents' programs; `accounts`, who
pays their models. An agent that cannot be reached is offered all the same, with what to do about it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import coderclawlink
from coderclawlink.configuration import Mode
from coderclawlink.drivers import accounts
from coderclawlink.drivers.accounts import Account
from coderclawlink.drivers.acp import AcpDriver, Greeting
from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.address import Finding, UrlDriver
from coderclawlink.drivers.base import Driver
from coderclawlink.drivers.entries import Entry
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.missing import Missing
from coderclawlink.drivers.models.wires import Wire
from coderclawlink.drivers.offered import Agent
from coderclawlink.drivers.openhands import INSTALL as INSTALL_OPENHANDS
from coderclawlink.drivers.openhands import OpenHandsDriver
from coderclawlink.drivers.programs import Network, Program, known, paths_read
from coderclawlink.drivers.provider import Provider
from coderclawlink.drivers.scripted import DEFAULT, ScriptedDriver
from coderclawlink.errors import Invalid

DEFAULT_MODELS: Mapping[Wire, str] = {
    "anthropic": "claude-sonnet-4-5",
    "openai": "gpt-5",
    "ollama": "qwen3-coder",
}
BUILT_IN_ENV: Mapping[Wire, Mapping[str, str]] = {
    "anthropic": {"ANTHROPIC_BASE_URL": "{anthropic_url}", "ANTHROPIC_API_KEY": "{key}"},
    "openai": {"OPENAI_BASE_URL": "{openai_url}/v1", "OPENAI_API_KEY": "{key}"},
    "ollama": {"OLLAMA_HOST": "{ollama_url}", "OLLAMA_API_KEY": "{key}"},
}


@dataclass(frozen=True)
class Way:
    """One agent's name, and all that decides what stands behind it. `wrong`: what is raised for a key of its entry."""

    name: str
    entry: Entry
    settings: AgentSettings
    accounts: Mapping[str, Account]
    wrong: Callable[[str, str], Invalid]
    built_in: Greeting
    """Of our own agent, a program that is the same on every wire."""

    def agent(self) -> Agent:
        agent = self._own_way() or self._known_way()
        if self.entry.description is not None:
            for driver in (agent.driver, *agent.on_wires.values()):
                driver.description = self.entry.description
        return replace(
            agent,
            network=self.entry.network or agent.network,
            paths=(*agent.paths, *self.entry.paths),
            limit=self.entry.limit,
            timeout_seconds=self.entry.timeout_seconds,
        )

    def _own_way(self) -> Agent | None:
        """The agent as the entry says it is reached, if it says so."""
        entry = self.entry
        driver = entry.driver or ("acp" if entry.command else "http" if entry.url else None)
        match driver:
            case "scripted":
                return Agent(ScriptedDriver(self.name, entry.script or DEFAULT))
            case "http":
                if not entry.url:
                    raise self.wrong("driver", "driver http needs a url")
                what = "An agent behind a URL"
                # That it is to be asked by `POST /execute` is insisted on only where it is said.
                return self._behind(entry.url, what) if entry.driver is None else self._http(entry.url, what)
            case "acp" if entry.command:
                program = known().get(self.name) or Program(command=entry.command)
                return self._acp(program.model_copy(update={"command": entry.command}))
            case "acp" if self.name not in known():
                raise self.wrong("driver", "driver acp needs a command")
        return None

    def _known_way(self) -> Agent:
        """The agent as its name is known, the first way that is open."""
        name, settings = self.name, self.settings
        match name:
            case "opendevin":
                if settings.opendevin_api_url:
                    what = "OpenDevin/OpenHands behind its URL"
                    return self._behind(settings.opendevin_api_url, what, settings.opendevin_api_key or "")
                return self._openhands_program()
            case "goose":
                if settings.goose_api_url:
                    return self._behind(settings.goose_api_url, "Goose behind its URL", settings.goose_api_key or "")
                goose = known()["goose"]
                return self._acp(goose.model_copy(update={"command": (settings.goose or "goose", *goose.command[1:])}))
            case "claude":
                claude = known()["claude"]
                if settings.find(claude.command[0]):
                    return self._acp(claude)
                why = f"Set ANTHROPIC_API_KEY, or install Claude's program: {claude.install}."
                return self._built_in("Claude, by the built-in agent", "anthropic", why)
            case "auggie":
                auggie = known()["auggie"]
                installed = settings.find(auggie.command[0]) is not None
                if installed and any((Path.home() / file).is_file() for file in auggie.login):
                    return self._acp(auggie)
                why = "Set OPENAI_API_KEY, or install Auggie's program and run `auggie login`."
                if installed:
                    why = f"Auggie's program is not signed in: {auggie.sign_in}, or set OPENAI_API_KEY."
                return self._built_in("OpenAI's models, by the built-in agent", "openai", why, signed_out=installed)
            case "ollama":
                why = "Set OLLAMA_BASE_URL, e.g. http://localhost:11434."
                return self._built_in("Models of an Ollama server, by the built-in agent", "ollama", why)
            case _ if name in known():
                return self._acp(known()[name])
            case _:
                raise self.wrong("", "nobody knows how to reach it; give it a command or a url")

    def _http(self, url: str, description: str) -> Agent:
        return Agent(self._plain(url, description), network="open")

    def _plain(self, url: str, description: str) -> HttpDriver:
        driver = HttpDriver(self.name, url.rstrip("/"), description, capabilities=("answer",))
        return driver.configured(self.entry.configuration())

    def _behind(self, url: str, description: str, key: str = "") -> Agent:
        """An agent behind a URL, by what is found to be spoken there."""
        url = url.rstrip("/")
        finding = Finding(url)
        modes: Mapping[Mode, str] = {"ask": "approve", "auto": "auto"}  # what Goose calls them
        far = RemoteAcpDriver(
            self.name,
            url=url,
            key=key,
            capabilities=("edit", "run", "ask"),
            session_modes=modes,
            description=description,
        )

        def make(account: Account | None, foreign: bool) -> Driver:
            openhands = self._openhands(account, foreign, url=url, key=key)
            acp = far.configured(self.entry.configuration())
            return UrlDriver(self.name, description, openhands, acp, self._plain(url, description), finding=finding)

        usable = self._usable(accounts.WIRES)
        if isinstance(usable, str):
            return Agent(Missing(self.name, description, usable))
        return self._on_accounts(usable, make, "open", ())

    def _openhands_program(self) -> Agent:
        """OpenHands as a server of our own for each attempt."""
        found = self.settings.find(self.settings.openhands or "agent-server")
        description = OpenHandsDriver.description
        if found is None:
            return Agent(Missing(self.name, description, INSTALL_OPENHANDS))
        usable = self._usable((self.entry.wire,) if self.entry.wire else accounts.WIRES)
        if isinstance(usable, str) or not usable:
            keys = " or ".join(accounts.SET.values())
            why = usable if isinstance(usable, str) else f"Its program was found, but no model for it: set {keys}."
            return Agent(Missing(self.name, description, why))

        def make(account: Account | None, foreign: bool) -> Driver:
            return self._openhands(account, foreign, program=found)

        return self._on_accounts(usable, make, "model", paths_read(found, None))

    def _openhands(
        self, account: Account | None, foreign: bool, *, url: str = "", key: str = "", program: str = "agent-server"
    ) -> OpenHandsDriver:
        driver = OpenHandsDriver(
            self.name,
            url=url,
            key=key,
            program=program,
            wire=account.wire if account else None,
            model=DEFAULT_MODELS[account.wire] if account else "",
            check=Provider(account).probe if account and not url else None,
        )
        said = self.entry.configuration()
        return driver.configured(said.model_copy(update={"model": None}) if foreign else said)

    def _acp(self, program: Program) -> Agent:
        """An agent whose program speaks ACP."""
        found = self.settings.find(program.command[0])
        paths = paths_read(found, self.settings.find("node")) if found else ()
        if not program.wires and self.entry.wire is None and self.entry.account is None:
            # It has a model of its own, or an entry that says all: whatever there is may be named in its variables.
            own = bool(program.sign_in)
            paying = {} if own else {name: one for name, one in self.accounts.items() if one.why is None}
            return Agent(self._driver(program, found, None), program.network, paths, accounts=paying)
        wires = tuple(program.wires) or accounts.WIRES
        usable = self._usable((self.entry.wire,) if self.entry.wire else wires)
        if isinstance(usable, str):
            return Agent(Missing(self.name, program.description, usable))
        if found and not usable:
            keys = " or ".join(accounts.SET[wire] for wire in ((self.entry.wire,) if self.entry.wire else wires))
            why = f"Its program was found, but no model for it: set {keys}."
            return Agent(Missing(self.name, program.description, why))
        return self._on_accounts(usable, partial(self._driver, program, found), program.network, paths)

    def _built_in(self, description: str, wire: Wire, why: str, *, signed_out: bool = False) -> Agent:
        """Our own agent, as a program like any other, on a model of this wire; without one, why there is none."""
        usable = self._usable((wire,))
        if isinstance(usable, str) or not usable:
            why = usable if isinstance(usable, str) else why
            return Agent(Missing(self.name, description, why, signed_in=False if signed_out else None))
        install = "pip install 'coderclawlink[agent]'"
        library = "anthropic" if wire == "anthropic" else "openai"
        if (
            importlib.util.find_spec(library) is None
        ):  # the program's greeting, asked once for all wires, would not tell
            return Agent(Missing(self.name, description, f"{library} is not installed; do: {install}"))
        program = Program(
            # -P: the workspace, in which it is started, must not lend it modules.
            command=(sys.executable, "-P", "-m", "coderclawlink.agent", "--wire", wire, "--model", "{model}"),
            description=description,
            install=install,
            wires={wire: BUILT_IN_ENV[wire]},
            session_modes={"ask": "ask", "auto": "auto"},
        )
        own = {sys.prefix, sys.base_prefix, str(Path(coderclawlink.__file__).resolve().parent)}
        make = partial(self._driver, program, sys.executable, greeting=self.built_in)
        return self._on_accounts(usable, make, "model", tuple(sorted(own)))

    def _usable(self, wires: Iterable[Wire]) -> Mapping[str, Account] | str:
        """The accounts on these wires, the default first; or why the one that the entry names cannot be used."""
        wires = tuple(wires)
        usable = {name: one for name, one in self.accounts.items() if one.wire in wires and one.why is None}
        wanted = self.entry.account
        if wanted is None:
            return usable
        account = self.accounts.get(wanted)
        if account is None:
            raise self.wrong("account", f"there is no account {wanted!r}; a table [accounts.{wanted}] makes one")
        if account.why is not None:
            return account.why
        if account.wire not in wires:
            raise self.wrong("account", f"is on the wire {account.wire}; this agent speaks {' or '.join(wires)}")
        return {wanted: account, **usable}

    def _on_accounts(
        self,
        usable: Mapping[str, Account],
        make: Callable[[Account | None, bool], Driver],
        network: Network,
        paths: tuple[str, ...],
    ) -> Agent:
        on_wires: dict[Wire, Driver] = {}
        for account in usable.values():
            if account.wire not in on_wires:
                # The model that the entry names is one of the default account's provider.
                on_wires[account.wire] = make(account, bool(on_wires))
        default = next(iter(on_wires.values()), None) or make(None, False)
        return Agent(default, network, paths, accounts=usable, on_wires=on_wires)

    def _driver(
        self,
        program: Program,
        found: str | None,
        account: Account | None,
        foreign: bool = False,
        greeting: Greeting | None = None,
    ) -> AcpDriver:
        """The program on the wire of this account, working as the entry says; without its model if that is `foreign`."""
        wire = account.wire if account else None
        driver = AcpDriver(
            self.name,
            (found or program.command[0], *program.command[1:]),
            program.description,
            program.capabilities,
            env={**program.env, **(program.wires.get(wire, {}) if wire else {})},
            modes=program.modes,
            session_modes=program.session_modes,
            model=DEFAULT_MODELS[wire] if wire else "",
            files=program.files,
            login=program.login,
            sign_in=program.sign_in,
            signs_in=bool(program.sign_in),
            install=program.install,
            greeting=greeting,
            check=Provider(account).probe if account else None,
        )
        said = self.entry.configuration()
        return driver.configured(said.model_copy(update={"model": None}) if foreign else said)
