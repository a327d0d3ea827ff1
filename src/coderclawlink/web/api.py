"""The application: all routes behind the guard. `make` is called by `app`, the composition root, and by nobody else.

It refuses to start with a route that declares no permission (`signing_in`), so that none is ever open by forgetfulness.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from coderclawlink.access.rules import Rules
from coderclawlink.access.secrets import Vault
from coderclawlink.board.files import Files
from coderclawlink.db.engine import Database
from coderclawlink.errors import ClawlinkError
from coderclawlink.journal.feed import Feed
from coderclawlink.pulls.hosts import Hosts
from coderclawlink.pulls.issues import Importing
from coderclawlink.pulls.watched import Watching
from coderclawlink.runtime.contract import Runtime
from coderclawlink.web import (
    agents,
    attachments,
    audit,
    audit_chain,
    audit_sums,
    backup,
    board,
    budgets,
    changes,
    chat,
    comments,
    comparisons,
    connections,
    create_pr,
    devices,
    groups,
    health,
    imports,
    issues,
    labels,
    links,
    live,
    me,
    members,
    memory,
    nodes,
    page,
    passkeys,
    people,
    policies,
    problems,
    projects,
    prompts,
    providers,
    pull_requests,
    questions,
    repositories,
    reviews,
    runs,
    runtime,
    scim,
    search,
    secrets,
    sign_in,
    single_sign_on,
    step_up,
    tasks,
    tokens,
    usage,
    uses,
    verification,
    views,
)
from coderclawlink.web.guard import Guard
from coderclawlink.web.peer import Peers
from coderclawlink.web.problems import LastResort
from coderclawlink.web.proxies import Proxies
from coderclawlink.web.rooms import Rooms
from coderclawlink.web.signing_in import Declared, Needs, OwnersOnly, open_to_all

ROUTERS = (
    me,
    projects,
    tasks,
    board,
    links,
    search,
    views,
    comments,
    labels,
    attachments,
    agents,
    runtime,
    memory,
    runs,
    prompts,
    questions,
    verification,
    repositories,
    imports,
    issues,
    connections,
    create_pr,
    pull_requests,
    changes,
    reviews,
    chat,
    comparisons,
    budgets,
    usage,
    audit,
    audit_sums,
    audit_chain,
    backup,
    policies,
    sign_in,
    passkeys,
    step_up,
    single_sign_on,
    people,
    members,
    uses,
    providers,
    groups,
    tokens,
    scim,
    secrets,
    devices,
    nodes,
    live,
    health,
    page,
)

DESCRIPTION = """The interface of a coderClawLink hub. Without a session, a request from the hub's own machine is the owner's.
Each operation names the permission it needs as `x-permission`."""


class Undeclared(ClawlinkError):
    """A route declares no permission."""


def make(
    *,
    db: Database,
    runtime: Runtime,
    feed: Feed,
    link: Callable[[WebSocket], Awaitable[None]],
    hand: Callable[[Request, str], Awaitable[Response]],
    files: Files,
    home: Path,
    hosts: Hosts,
    vault: Vault,
    public_url: str,
    rules: Rules,
    allowed_hosts: Iterable[str] = (),
    server: str = "https://github.com",
    github_api: str = "https://api.github.com",
    issues: Importing | None = None,
    watching: Watching | None = None,
    hear: Callable[[Request], Awaitable[Response]] | None = None,
    mode: Literal["local", "team"] = "local",
    proxies: Sequence[str] = (),
    is_encrypted: bool = False,
    store: str = "",
) -> FastAPI:
    """The application over the hub's rooms. `link`: the gate's end of the wire to nodes, which signs them in itself;
    `hand`: the same for the files that it hands to them. `hear`: what becomes of the code host's webhooks.

    `home`: the data directory; `store`: URL of the database. `allowed_hosts`: names beside localhost's that the Host header may carry. `server`:
    base URL of the code host, `github_api`: of its REST interface. `issues`: of the projects' repositories there. `mode`: whether people sign in;
    then `proxies` are the addresses of those that stand before the hub, which are all that reach it, beside this machine, unless it
    `is_encrypted`. Raises `Undeclared`.
    """
    gate = APIRouter()
    gate.add_api_websocket_route("/api/link", link, dependencies=[open_to_all("a node proves itself by its key")])
    gate.add_api_route(
        "/api/link/attachments/{sha256}",
        hand,
        dependencies=[open_to_all("a node proves itself by its key")],
        response_model=None,
        include_in_schema=False,
    )
    if hear is not None:
        gate.add_api_route(
            pull_requests.HOOK,
            hear,
            methods=["POST"],
            dependencies=[open_to_all("a webhook is signed")],
            response_model=None,
            include_in_schema=False,
        )
    app = assemble([*(noun.router for noun in ROUTERS), gate], allowed_hosts)
    app.state.rooms = Rooms(
        db,
        runtime,
        feed,
        Peers(home),
        server,
        files,
        hosts,
        vault,
        public_url,
        rules,
        issues,
        watching,
        mode,
        github_api,
        home=home,
        store=store,
    )
    if mode == "team":
        app.add_middleware(Proxies, addresses=proxies, only=not is_encrypted)
    return app


def assemble(routers: Sequence[APIRouter], allowed_hosts: Iterable[str] = ()) -> FastAPI:
    """The routes behind the guard, and nothing behind them yet. Raises `Undeclared`."""
    app = FastAPI(
        title="coderClawLink",
        version=health.VERSION,
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        _declare(router)
        app.include_router(router, responses=problems.DESCRIBED)
    _refuse_undeclared(app)
    problems.install(app)
    app.add_middleware(LastResort)
    app.add_middleware(Guard, hosts=list(allowed_hosts))
    return app


def describe() -> dict[str, object]:
    """The OpenAPI description, without a hub."""
    return assemble([noun.router for noun in ROUTERS]).openapi()


def _declare(router: APIRouter) -> None:
    """Tell each route's permission in the description too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            declared = next(declarations(route.dependant), None)
            if isinstance(declared, Needs):
                route.openapi_extra = {**(route.openapi_extra or {}), "x-permission": str(declared.permission)}
            elif isinstance(declared, OwnersOnly):
                route.openapi_extra = {"x-permission": "owner"}


def _refuse_undeclared(app: FastAPI) -> None:
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if not isinstance(route, APIRoute | APIWebSocketRoute) or not any(declarations(route.dependant)):
            raise Undeclared(f"The route {getattr(route, 'path', route)} declares no permission.")


def declarations(dependant: Dependant) -> Iterator[Declared]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Declared):
            yield dependency.call
        yield from declarations(dependency)
