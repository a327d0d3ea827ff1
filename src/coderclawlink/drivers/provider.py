"""A model provider, as far as a look at it goes: does it answer, does it take the key, which models has it.

Above: the drivers of agents whose models it serves. Below: HTTP.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx2

from coderclawlink.drivers.accounts import SET, Account
from coderclawlink.drivers.base import Probe
from coderclawlink.drivers.models.wires import Wire

LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Provider:
    """The provider that an account is with."""

    account: Account

    async def probe(self) -> Probe:
        """Ask for its models, with the key. Takes at most some seconds; never raises."""
        account = self.account
        if account.why is not None:
            return Probe(False, why=account.why, signed_in=False)
        url = f"{account.base_url}{'/api/tags' if account.wire == 'ollama' else '/v1/models'}"
        try:
            async with httpx2.AsyncClient(timeout=LOOK_SECONDS, follow_redirects=False) as client:
                answer = await client.get(url, headers=_headers(account))
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            what = str(problem) or type(problem).__name__
            return Probe(False, why=f"The model provider at {url} does not answer ({what}).")
        if answer.status_code in (401, 403):
            where = SET[account.wire] if account.name == account.wire else f"[accounts.{account.name}]"
            why = f"The model provider at {url} refuses the key. Look at {where}."
            return Probe(False, why=why, signed_in=False)
        models = _model_names(answer.content)
        if account.wire == "ollama" and answer.status_code == 200 and not models:
            return Probe(False, why="The Ollama server has no models yet. Run `ollama pull` with the name of one.")
        # Some gateways have no list of models: that they answered otherwise tells nothing of the key.
        return Probe(True, models=models, signed_in=True if account.key and answer.is_success else None)


def _headers(account: Account) -> list[tuple[bytes, bytes]]:
    wire: Wire = account.wire
    version = [(b"anthropic-version", b"2023-06-01")] if wire == "anthropic" else []
    return [*version, *account.upstream.credentials(wire)]


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
