"""An agent as it is offered: a driver for each wire of its models' providers, and whose accounts pay.

Above: the catalogue, which makes them; the node, which offers and opens them. Below: the port and the accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coderclawlink.drivers.accounts import Account
from coderclawlink.drivers.base import Driver
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.models.wires import Wire
from coderclawlink.drivers.programs import Network


@dataclass(frozen=True)
class Agent:
    """An agent as it is offered. `paths`: what its program reads of the file system. `limit`: attempts at once, or None.

    `accounts`: those that its models' calls can be charged to, the default first; none for an agent with a model of its own.
    """

    driver: Driver
    network: Network = "model"
    paths: tuple[str, ...] = ()
    limit: int | None = None
    timeout_seconds: float | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    on_wires: Mapping[Wire, Driver] = field(default_factory=dict, repr=False)

    def on(self, account: str | None = None) -> tuple[Driver, Account | None]:
        """The driver that works on an account, and the account; None: the default. Raises `AgentFailed` for one that it
        cannot be run on."""
        if account is None:
            return self.driver, next(iter(self.accounts.values()), None)
        found = self.accounts.get(account)
        if found is None:
            usable = f"It can be run on: {', '.join(self.accounts)}." if self.accounts else "It is run on none."
            raise AgentFailed(f"{self.driver.name} cannot be run on the account {account!r} on this node. {usable}")
        return self.on_wires.get(found.wire, self.driver), found
