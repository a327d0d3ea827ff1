"""Which host a repository is on, and with which access it is reached: the one place where the answers to the port are chosen.

Above: the composition root, which hands it to all who need a host. Below: the answers. A client is kept as long as its connection stays as it
is, so that an App's token is made once an hour and calls are counted.
"""

from __future__ import annotations

from coderclawlink.access.secrets import Vault
from coderclawlink.board import projects, repository
from coderclawlink.board.repository import Repository
from coderclawlink.db.engine import Database, Look
from coderclawlink.ids import ProjectId
from coderclawlink.integrations.github.client import Access, App, Client, Token
from coderclawlink.integrations.github.host import GitHub
from coderclawlink.integrations.github.issues import Issues
from coderclawlink.integrations.plain_git.host import PlainGit
from coderclawlink.pulls import connections
from coderclawlink.pulls.hosts import CodeHost, Given, Place
from coderclawlink.pulls.issues import NoIssues


class Hosts:
    """Of one installation. `server`: base URL of its GitHub, `api`: of that one's REST interface; `token`: GITHUB_TOKEN."""

    def __init__(self, db: Database, vault: Vault, *, server: str, api: str, token: str | None) -> None:
        self._db = db
        self._vault = vault
        self._server = server.rstrip("/")
        self._api = api
        self._token = token
        self._clients: dict[tuple[int, float, str], Client] = {}

    async def host_for(self, project: int | None, url: str, owner: str | None = None) -> CodeHost:
        found = repository.parse(url, self._server)
        if found.owner is None or found.name is None:
            return PlainGit(found.clone)
        return GitHub(await self._client(project, found, owner), self._place(found))

    async def push_token(self, project: int | None, url: str, owner: str | None = None) -> str | None:
        found = repository.parse(url, self._server)
        if found.web is None:
            return None
        if found.owner is None:
            return await self._db.read(self._git_token, project, found.web)
        return await (await self._client(project, found, owner)).shown()

    def trial(self, url: str, access: Given) -> CodeHost:
        """The host with an access that is not kept yet. Raises `NoRepository`."""
        found = repository.parse(url, self._server)
        if found.owner is None:
            return PlainGit(found.clone, access.secret)
        return GitHub(Client(self._api, _access(access, found)), self._place(found))

    async def issues_for(self, project: ProjectId, owner: str | None) -> Issues:
        """Raises `NoIssues`, `ProjectNotFound`."""
        url = (await self._db.read(projects.find, project)).github_repo_url
        found = None if url is None else repository.parse(url, self._server)
        if found is None or found.owner is None:
            raise NoIssues
        return Issues(await self._client(project, found, owner), self._place(found))

    async def _client(self, project: int | None, found: Repository, owner: str | None) -> Client:
        known = await self._db.read(self._known, project, owner)
        if known is None:
            key, access = (0, 0.0, ""), Given("token", self._token or "")
        else:
            connection, access = known
            key = (connection.id, connection.made_at, f"{found.owner}/{found.name}" if access.kind == "app" else "")
        if key not in self._clients:
            self._clients = {at: client for at, client in self._clients.items() if at[0] != key[0] or at[1] == key[1]}
            self._clients[key] = Client(self._api, _access(access, found))
        return self._clients[key]

    def _known(self, look: Look, project: int | None, owner: str | None) -> tuple[connections.Connection, Given] | None:
        found = connections.find_for(look, project=None if project is None else ProjectId(project), owner=owner)
        return None if found is None else (found, connections.given(look, self._vault, found))

    def _git_token(self, look: Look, project: int | None, host: str) -> str | None:
        return None if project is None else connections.git_token(look, self._vault, ProjectId(project), host)

    def _place(self, found: Repository) -> Place:
        return Place(self._server, found.owner or "", found.name or "")


def _access(given: Given, found: Repository) -> Access:
    if given.kind == "app":
        return App(given.app_id or "", given.secret, given.installation_id, found.owner or "", found.name or "")
    return Token(given.secret or None)
