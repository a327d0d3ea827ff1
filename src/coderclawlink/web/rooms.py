"""The rooms of the hub that the routes reach, put on the application by `api.make`, and whether it is about to close."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection

from coderclawlink.access.described import Documents
from coderclawlink.access.rules import Rules
from coderclawlink.access.secrets import Vault
from coderclawlink.board.files import Files
from coderclawlink.db.engine import Database
from coderclawlink.journal.feed import Feed
from coderclawlink.pulls.hosts import Hosts
from coderclawlink.pulls.issues import Importing
from coderclawlink.pulls.watched import Watching
from coderclawlink.runtime.contract import Runtime
from coderclawlink.web.peer import Peers

CLOSING = "hub.closing"
"""The bell's topic for those who wait: answer now, or you will be cut off."""


@dataclass
class Rooms:
    db: Database
    runtime: Runtime
    feed: Feed
    peers: Peers
    server: str
    """Base URL of the code host that owner and name of a repository are told for."""
    files: Files
    """What people have attached."""
    hosts: Hosts
    """The code hosts of the projects' repositories."""
    vault: Vault
    public_url: str
    """Base URL under which people reach this hub."""
    rules: Rules
    """The policies in force."""
    issues: Importing | None = None
    """The issues of the projects' repositories; None: they cannot be reached from here."""
    watching: Watching | None = None
    """Looks at pull requests on their hosts."""
    mode: Literal["local", "team"] = "local"
    """`team`: nobody is known by being on this machine; everybody signs in."""
    github_api: str = "https://api.github.com"
    """Base URL of the REST interface of the GitHub at `server`."""
    documents: Documents = field(default_factory=Documents)
    """What providers of identities tell of themselves."""
    home: Path = Path()
    """The data directory."""
    store: str = ""
    """URL of the database."""
    is_backing_up: bool = False
    is_closing: bool = False

    def close(self) -> None:
        """Called once the server begins to stop: whoever waits for a run looks up."""
        if not self.is_closing:
            self.is_closing = True
            self.db.bell.ring([CLOSING])


async def rooms_of(connection: HTTPConnection) -> Rooms:
    """`async`, though it waits for nothing: else FastAPI would have a thread do it, several times a request."""
    rooms: Rooms = connection.app.state.rooms
    return rooms


Here = Annotated[Rooms, Depends(rooms_of)]
