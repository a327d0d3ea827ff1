"""Routes of connections to the code host: with whose access repositories are reached. Each is tried before it is kept; none tells its secret."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, model_validator

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects, repository
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.pulls import connections
from coderclawlink.pulls.connections import Answers, Connection, NoRepositoryThere, Scope
from coderclawlink.pulls.hosts import Given, HostRefused, HostUnreachable, Reached
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["code host"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
ProjectNumber = Annotated[Id, Path()]
SECRET_AT_MOST = 20_000


class AccessWanted(Asked):
    """A `token`, or a GitHub App: its `app_id` and `private_key` (PEM), and the installation if there are several. `repository`: one to try
    it on, where the connection is not a project's."""

    token: Annotated[str | None, Field(max_length=SECRET_AT_MOST)] = None
    app_id: Annotated[str | None, Field(max_length=100)] = None
    private_key: Annotated[str | None, Field(max_length=SECRET_AT_MOST)] = None
    installation_id: Annotated[str | None, Field(max_length=100)] = None
    repository: Annotated[str | None, Field(max_length=2000)] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> AccessWanted:
        if bool(self.token) == bool(self.app_id and self.private_key):
            raise ValueError("give a token, or app_id and private_key of a GitHub App")
        return self

    @property
    def given(self) -> Given:
        if self.token:
            return Given("token", self.token.strip())
        return Given("app", (self.private_key or "").strip() + "\n", self.app_id, self.installation_id or None)


class CheckWanted(Asked):
    """`repository`: the address of one to try it on."""

    repository: Annotated[str, Field(min_length=1, max_length=2000)]


class ReachedTold(Told):
    """What a look at the repository told. `lacks`: what the access may not do, in words."""

    as_whom: str
    default_branch: str
    private: bool
    may_push: bool
    lacks: list[str]


class ConnectionTold(Told):
    """`of`: whose it is. `error`: what the host said when it was tried last, null if it worked. `reached`: what was found just now, where
    something was tried."""

    of: Literal["project", "mine", "installation"]
    kind: Literal["token", "app"]
    as_whom: str
    app_id: str | None
    installation_id: str | None
    answers: Answers
    made_by: str
    made_at: Stamp
    checked_at: Stamp | None
    error: str | None
    reached: ReachedTold | None = None


def _told(found: Connection, reached: Reached | None = None) -> ConnectionTold:
    of: Literal["project", "mine", "installation"] = (
        "project" if found.project_id is not None else "installation" if found.owner is None else "mine"
    )
    shown = {name: getattr(found, name) for name in ConnectionTold.model_fields if hasattr(found, name)}
    return ConnectionTold(**{**shown, "of": of, "reached": None if reached is None else _reached(reached)})


def _reached(reached: Reached) -> ReachedTold:
    return ReachedTold(
        as_whom=reached.as_whom,
        default_branch=reached.default_branch,
        private=reached.private,
        may_push=reached.may_push,
        lacks=list(reached.lacks),
    )


async def _put(here: Rooms, actor: Actor, scope: Scope, wanted: AccessWanted) -> ConnectionTold:
    await here.db.read(connections.may, actor, scope)
    url = wanted.repository or (await here.db.read(_url, scope) if scope.project is not None else None)
    if url is None and scope.project is not None:
        raise NoRepositoryThere
    reached, place, shown_to = None, "", None
    if url is not None:
        shown_to = _shown_to(here, scope, url)
        host = here.hosts.trial(url, wanted.given)
        reached, place = await host.reach(), str(host.place)
    as_whom = "not tried yet" if reached is None else reached.as_whom
    made = await here.db.write(connections.put, actor, here.vault, scope, wanted.given, as_whom, place, shown_to)
    return _told(made, reached)


def _url(look: Look, scope: Scope) -> str | None:
    return None if scope.project is None else projects.find(look, scope.project).github_repo_url


def _shown_to(here: Rooms, scope: Scope, url: str) -> str | None:
    """The host that a plain git remote's token is for; None: GitHub. Raises `Invalid`."""
    found = repository.parse(url, here.server)
    if found.owner is not None:
        return None
    if scope.project is None or found.web is None:
        raise Invalid(f"A token is shown to {here.server}, or to the git remote of a project over https.")
    return found.web


def _on_the_host(here: Rooms, url: str) -> str:
    """Raises `Invalid`: nothing else is asked for somebody."""
    if repository.parse(url, here.server).owner is None:
        raise Invalid(f"Name a repository of {here.server} to try it on.")
    return url


async def _check(here: Rooms, scope: Scope, url: str) -> ConnectionTold:
    """Try it anew. What the host says is kept with it. Raises `NotConnected`."""
    await here.db.read(connections.find, scope)
    try:
        reached = await (await here.hosts.host_for(scope.project, url, scope.owner)).reach()
    except (HostRefused, HostUnreachable) as error:
        await here.db.write(connections.note_tried, scope, error.message)
        return _told(await here.db.read(connections.find, scope))
    await here.db.write(connections.note_tried, scope, None)
    return _told(await here.db.read(connections.find, scope), reached)


# ── a project's ────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/api/projects/{project_id}/connection")
async def show_project_connection(actor: Reader, here: Here, project_id: ProjectNumber) -> ConnectionTold:
    """The one that counts for you in this project: its own, else yours, else the installation's."""
    return await here.db.read(_counts, actor, ProjectId(project_id))


def _counts(look: Look, actor: Actor, project: ProjectId) -> ConnectionTold:
    if projects.find(look, project).github_repo_owner is None:
        return _told(connections.find(look, Scope(project=project)))
    found = connections.find_for(look, project=project, owner=actor.key)
    if found is None:
        raise connections.NotConnected
    return _told(found)


@router.put("/api/projects/{project_id}/connection")
async def connect_project(actor: Writer, here: Here, project_id: ProjectNumber, wanted: AccessWanted) -> ConnectionTold:
    """Tried on the project's repository before it is kept. 502 with the host's own reason."""
    return await _put(here, actor, Scope(project=ProjectId(project_id)), wanted)


@router.post("/api/projects/{project_id}/connection/check")
async def check_project_connection(actor: Writer, here: Here, project_id: ProjectNumber) -> ConnectionTold:
    scope = Scope(project=ProjectId(project_id))
    url = await here.db.read(_url, scope)
    if url is None:
        raise NoRepositoryThere
    return await _check(here, scope, url)


@router.put("/api/projects/{project_id}/connection/answers")
async def set_answers(actor: Writer, here: Here, project_id: ProjectNumber, wanted: Answers) -> ConnectionTold:
    """What becomes of what the host tells of the project's pull requests."""
    return _told(await here.db.write(connections.set_answers, actor, ProjectId(project_id), wanted))


@router.delete("/api/projects/{project_id}/connection", status_code=204)
async def disconnect_project(actor: Writer, here: Here, project_id: ProjectNumber) -> None:
    await here.db.write(connections.delete, actor, Scope(project=ProjectId(project_id)))


# ── a person's, and the installation's ─────────────────────────────────────────────────────────────────────────────


@router.get("/api/connections/mine")
async def show_my_connection(actor: Writer, here: Here) -> ConnectionTold:
    return _told(await here.db.read(connections.find, Scope(owner=actor.key)))


@router.put("/api/connections/mine")
async def connect_me(actor: Writer, here: Here, wanted: AccessWanted) -> ConnectionTold:
    """For what you ask for yourself, in projects without a connection of their own."""
    return await _put(here, actor, Scope(owner=actor.key), wanted)


@router.post("/api/connections/mine/check")
async def check_my_connection(actor: Writer, here: Here, wanted: CheckWanted) -> ConnectionTold:
    """Try it anew."""
    return await _check(here, Scope(owner=actor.key), _on_the_host(here, wanted.repository))


@router.delete("/api/connections/mine", status_code=204)
async def disconnect_me(actor: Writer, here: Here) -> None:
    await here.db.write(connections.delete, actor, Scope(owner=actor.key))


@router.get("/api/connections/installation")
async def show_installation_connection(actor: Admin, here: Here) -> ConnectionTold:
    return _told(await here.db.read(connections.find, Scope()))


@router.put("/api/connections/installation")
async def connect_installation(actor: Admin, here: Here, wanted: AccessWanted) -> ConnectionTold:
    """For all projects and people that have none of their own."""
    return await _put(here, actor, Scope(), wanted)


@router.post("/api/connections/installation/check")
async def check_installation_connection(actor: Admin, here: Here, wanted: CheckWanted) -> ConnectionTold:
    """Try it anew."""
    return await _check(here, Scope(), _on_the_host(here, wanted.repository))


@router.delete("/api/connections/installation", status_code=204)
async def disconnect_installation(actor: Admin, here: Here) -> None:
    await here.db.write(connections.delete, actor, Scope())
