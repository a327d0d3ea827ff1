"""The agents this machine can offer.

Above: the node, which offers and opens them. Below: `ways`, which way each is reached; `entries`, the owner's own words; `accounts`,
who pays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.configuration_file import mistake
from coderclawlink.drivers import accounts, entries
from coderclawlink.drivers.accounts import Account
from coderclawlink.drivers.acp import Greeting
from coderclawlink.drivers.base import Driver
from coderclawlink.drivers.entries import Entry
from coderclawlink.drivers.given import AgentSettings as AgentSettings  # what callers of the catalogue give, and
from coderclawlink.drivers.missing import Missing
from coderclawlink.drivers.offered import Agent as Agent  # what they get
from coderclawlink.drivers.ways import Way
from coderclawlink.errors import Invalid

ALWAYS_KNOWN = ("auggie", "claude", "goose", "ollama", "opendevin")

Fill = Callable[[AgentConfiguration], AgentConfiguration]


def drivers(settings: AgentSettings, toml: str | Path | None = None) -> Mapping[str, Driver]:
    """The drivers of `agents`, by name."""
    return {name: agent.driver for name, agent in agents(settings, toml).items()}


def agents(
    settings: AgentSettings,
    toml: str | Path | None = None,
    *,
    paid_by: Mapping[str, Account] | None = None,
    fill: Fill = lambda entry: entry,
) -> Mapping[str, Agent]:
    """Every agent to offer, by name: those always known, and those in `toml` (the text, or the path of a file that may be
    missing). Raises `Invalid` for a mistake in it, with file, line and key.

    `paid_by`: the accounts, by default those of the settings and the file. `fill`: puts secrets in; its `Invalid` is why an
    agent is not available.
    """
    text, file = (toml or "", "agents.toml") if not isinstance(toml, Path) else (_read(toml), str(toml))
    own = entries.read(text, file)
    paying = accounts.read(settings, text, file) if paid_by is None else paid_by
    found: dict[str, Agent] = {}
    built_in = Greeting()
    for name in sorted({*ALWAYS_KNOWN, *own}):

        def wrong(key: str, what: str, name: str = name) -> Invalid:
            return mistake(text, file, ("agents", name, key) if key else ("agents", name), what)

        entry = own.get(name, Entry())
        try:
            filled = fill(entry)
        except Invalid as problem:
            found[name] = Agent(Missing(name, entry.description or "", problem.message))
        else:
            entry = entry.model_copy(update={"env": filled.env, "mcp_servers": filled.mcp_servers})
            found[name] = Way(name, entry, settings, paying, wrong, built_in).agent()
    return found


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
