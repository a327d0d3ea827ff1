"""Accounts at model providers: whose key pays for which agent's calls. The keys stay on this machine.

Above: the node, which opens an attempt's way to its models with an account's `upstream`, and the catalogue. The accounts
`anthropic`, `openai` and `ollama` are those of the settings; others stand in `agents.toml`:

    [accounts.second]
    wire = "anthropic"
    key = "{secret:SECOND_KEY}"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coderclawlink.configuration import SECRET
from coderclawlink.configuration_file import checked, mistake, parsed
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.drivers.models import wires
from coderclawlink.drivers.models.wires import Upstream, Wire
from coderclawlink.errors import Invalid

WIRES: tuple[Wire, ...] = ("anthropic", "openai", "ollama")
"""Those that agents get on with best first."""
SET: Mapping[Wire, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "ollama": "OLLAMA_BASE_URL",
}
"""What is set to have the account of the settings on this wire."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PUBLIC: Mapping[Wire, str] = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com"}


@dataclass(frozen=True)
class Account:
    """`base_url`: the provider's, without a version path. `why`: for people, why it cannot be used; None if it can."""

    name: str
    wire: Wire
    key: str | None = field(default=None, repr=False)
    base_url: str = ""
    why: str | None = None

    @property
    def upstream(self) -> Upstream:
        """Where the model proxy forwards to, with the real key."""
        return Upstream(self.base_url, self.key, self.name)


class AccountEntry(BaseModel):
    """One table `[accounts.NAME]`. `key`: itself, or the name of a secret, `{secret:NAME}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    wire: Wire
    key: Annotated[str, Field(min_length=1)] | None = None
    base_url: Annotated[str, Field(min_length=1)] | None = None


def read(
    settings: AgentSettings, text: str = "", file: str = "agents.toml", secrets: Mapping[str, str] | None = None
) -> Mapping[str, Account]:
    """The accounts by name: those of the settings first, the best wire first, then the file's in its order.

    Raises `Invalid` with file, line and key. An account whose secret is not there is told with why.
    """
    found = {wire: account for wire in WIRES if (account := _of_settings(wire, settings)) is not None}
    accounts: dict[str, Account] = dict(found.items())
    tables = parsed(text, file).get("accounts", {})
    if not isinstance(tables, dict):
        raise mistake(text, file, ("accounts",), "is a table of tables, [accounts.NAME]")
    for name, table in tables.items():
        at = ("accounts", name)
        if not _NAME.fullmatch(name):
            what = "cannot be an account's name; small letters, digits, - and _ make one"
            raise mistake(text, file, at, what)
        entry = checked(AccountEntry, table, text, file, at)
        if name in WIRES and name != entry.wire:
            raise mistake(text, file, (*at, "wire"), f"the account {name} is on the wire {name}")
        if entry.base_url is None and entry.wire not in _PUBLIC:
            raise mistake(text, file, at, f"the wire {entry.wire} needs a base_url")
        if entry.base_url is None and entry.key is None:
            raise mistake(text, file, at, "an account has a key, or a base_url where none is needed")
        try:
            accounts[name] = _of_file(name, entry, secrets or {})
        except Invalid as problem:
            raise mistake(text, file, (*at, "base_url"), problem.message) from None
    return accounts


def _of_settings(wire: Wire, settings: AgentSettings) -> Account | None:
    key, base_url = {
        "anthropic": (settings.anthropic_api_key, settings.anthropic_base_url),
        "openai": (settings.openai_api_key, settings.openai_base_url),
        "ollama": (None, settings.ollama_base_url),
    }[wire]
    if not (key or base_url):
        return None
    return Account(wire, wire, key, _base(wire, base_url))


def _of_file(name: str, entry: AccountEntry, secrets: Mapping[str, str]) -> Account:
    base_url = _base(entry.wire, entry.base_url)
    missing = [secret for secret in SECRET.findall(entry.key or "") if secret not in secrets]
    if missing:
        why = f"The secret {missing[0]} is not set on this machine. Run `clawlink secret set {missing[0]}` on it."
        return Account(name, entry.wire, None, base_url, why)
    key = SECRET.sub(lambda found: secrets[found[1]], entry.key) if entry.key else None
    return Account(name, entry.wire, key, base_url)


def _base(wire: Wire, base_url: str | None) -> str:
    """Checked, without a version path. Raises `Invalid`."""
    url = base_url or _PUBLIC[wire]
    return wires.upstreams(**{f"{wire}_base_url": url})[wire].base
