"""A team's hub where people sign in at providers of identities."""

from __future__ import annotations

from dataclasses import dataclass

from coderclawlink.access import people, providers
from coderclawlink.access.policy import OWNER
from coderclawlink.access.providers import Kind, Settings
from coderclawlink.db.engine import Tx
from tests.peers.browsing import HUB
from tests.web.conftest import Server


def callback_of(provider: str) -> str:
    return f"{HUB}/api/auth/providers/{provider}/callback"


@dataclass(frozen=True)
class Team:
    server: Server

    @property
    def port(self) -> int:
        return self.server.port

    def put(
        self, name: str, issuer: str, client: str, secret: str | None = None, kind: Kind = "oidc", **settings: object
    ) -> None:
        """Add a provider, or change it, as an administrator does."""
        made = Settings.model_validate(settings)
        vault = self.server.hub.app.state.rooms.vault

        def work(tx: Tx) -> None:
            providers.put(
                tx, vault, name, kind=kind, issuer=issuer, client_id=client, secret=secret, settings=made, by=OWNER
            )

        self.server.hub.db.write_now(work)

    def person(self, name: str) -> people.Person:
        with self.server.hub.db.look() as look:
            return people.find(look, name)
