"""Every route × every kind of person, program and device × everybody's things in an open and in a private project, each really asked.

What is expected stands in `matrix_rules`; how each route is called in `matrix_calls`. Each cell is rolled back. One that is refused must
have written nothing; what is hidden must be answered like what is not there; and no answer may tell anything of what is not there for
the asker. Cells that are equal by construction are left out: whoever is not known at all is asked for one thing of each route alone, as it is
turned away before anything is looked up; routes that are open to all are asked by these and by the strongest and the weakest; and devices are asked about the first place alone, as their trust narrows permissions, which it does
alike wherever the thing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from coderclawlink.access import (
    directory_groups,
    groups,
    invitations,
    members,
    passwords,
    people,
    providers,
    secrets,
    sessions,
)
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.providers import Settings
from coderclawlink.access.secrets import Vault
from coderclawlink.board import verification
from coderclawlink.configuration import Verification
from coderclawlink.db.engine import Tx
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.pulls import connections
from coderclawlink.pulls.connections import Scope
from coderclawlink.pulls.hosts import Given
from coderclawlink.runs import budgets
from coderclawlink.web import api
from coderclawlink.web.signing_in import Needs, OwnersOnly
from tests.web.matrix_calls import CALLS, Call
from tests.web.matrix_hub import InProcess, Reply, in_process
from tests.web.matrix_rules import About, Declared, Outcome, is_there, may, outcome, owners, sees_run
from tests.web.matrix_world import (
    CLOSED,
    MACHINE,
    NOWHERE,
    OPEN,
    OTHER,
    PASSWORD,
    PEOPLE,
    PRIVATE,
    Asker,
    World,
    acting,
    furnish,
    mark_of,
    talk_of,
)

pytestmark = pytest.mark.anyio
REFUSALS = {"permission.denied", "session.refused"}
STRONGEST_AND_WEAKEST = ("root", "gus")
NOT_HTTP = {"/api/link", "/api/link/attachments/{sha256}", "/api/github/webhook", "/api/live"}
"""The wire of nodes, the code host's webhooks, and the live stream, which has a test of its own: no session opens the first three."""


@dataclass(frozen=True, slots=True)
class Route:
    """As the application has it, and what it declares."""

    name: str
    declared: Declared

    @property
    def calls(self) -> tuple[Call, ...]:
        found = CALLS.get(self.name, ())
        return found if isinstance(found, tuple) else (found,)


@dataclass(frozen=True, slots=True)
class Cell:
    route: Route
    call: Call
    asker: Asker
    spot: str
    owner: str

    def __str__(self) -> str:
        where = f", of {self.owner}" if self.owner else ""
        return f"{self.route.name} by {self.asker.name}{f' in the {self.spot} one' if self.spot else ''}{where}"

    @property
    def expected(self) -> Outcome:
        call = self.call
        found = outcome(
            self.asker, call.about, self.route.declared, self.spot, self.owner, seen_late=call.names_in_query
        )
        return 403 if found == "let" and call.also and not may(self.asker, call.also, self.spot) else found


@dataclass
class Matrix:
    hub: InProcess
    world: World
    last_seq: int


@pytest.fixture(scope="module")
async def matrix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Matrix]:
    home: Path = tmp_path_factory.mktemp("matrix")
    async with in_process(home) as hub:

        async def notes() -> AsyncIterator[bytes]:
            yield b"Notes"

        kept, hashed = await hub.files.keep(notes()), await passwords.hashed(PASSWORD)
        with hub.db.remembering():
            world = hub.db.write_now(furnish, hashed, kept)
            hub.db.write_now(_spare, world, hub.vault)
        hub.app.state.rooms.is_closing = True  # who waits for a run is answered at once
        with hub.db.look() as look:
            last_seq = log.last_seq(look)
        yield Matrix(hub, world, last_seq)


def _spare(tx: Tx, world: World, vault: Vault) -> None:
    """What a request may use up: each is rolled back."""
    made, code = invitations.create(tx, role=Role.VIEWER, email=None, by=OWNER)
    group = directory_groups.create(tx, directory_groups.read({"displayName": "makers"}), by=OWNER)
    group_role = groups.give(tx, "makers", None, Role.VIEWER, by=OWNER)
    secrets.put(tx, vault, "kept", "s3cret", "root")
    issuer = "http://127.0.0.1:9"
    providers.put(
        tx, vault, "elsewhere", kind="oidc", issuer=issuer, client_id="hub", secret=None, settings=Settings(), by=OWNER
    )
    _connect(tx, world, vault)
    people.create(tx, "leaver", role=Role.DEVELOPER, how="admin")
    for spot in (OPEN, CLOSED):
        members.give(tx, int(world.things[spot, ""]["project_id"]), "leaver", Role.VIEWER, "root")
    spare = sessions.open_browser(tx, OTHER, how="password", address="127.0.0.2", agent=None)
    world.common |= {
        "invitation_id": made.id,
        "code": code,
        "spare_session": spare.id,
        "bobs_session": spare.hash[: sessions.ID_CHARACTERS],
        "unknown": "1",
        "leaver": "leaver",
        "group_role": group_role.id,
        "group_id": group.id,
        "left": "",
        "right": "",
    }


def _connect(tx: Tx, world: World, vault: Vault) -> None:
    """Everywhere there is a connection to the code host, and the projects say how results are verified."""
    given = Given("token", "t")
    scopes = [Scope(owner=acting(asker.user).key) for asker in world.askers if asker.role] + [Scope()]
    for scope in dict.fromkeys(scopes):
        connections.put(tx, OWNER, vault, scope, given, "ada", "")
    for spot in (OPEN, CLOSED):
        project = ProjectId(int(world.things[spot, ""]["project_id"]))
        connections.put(tx, OWNER, vault, Scope(project=project), given, "ada", "", "https://github.com")
        budgets.put(tx, OWNER, scope="project", name=str(project), usd=5, tokens=None)
        verification.put(tx, OWNER, project, Verification(rounds=1))


def routes(hub: InProcess) -> Iterator[Route]:
    for found in iter_route_contexts(hub.app.routes):
        route = found.original_route
        path = str(found.path).replace(":path}", "}").replace(":place}", "}")
        if path in NOT_HTTP:
            continue
        assert isinstance(route, APIRoute), path
        declared = next(api.declarations(route.dependant))
        for method in sorted(set(route.methods or ()) - {"HEAD"}):
            name = f"{method} {path}"
            if isinstance(declared, Needs):
                told = (declared.in_person, declared.step_up, declared.by_program, declared.of_project)
                yield Route(name, Declared(str(declared.permission), *told, writes=method != "GET"))
            elif isinstance(declared, OwnersOnly):
                yield Route(
                    name, Declared("task:view", person=True, writes=True)
                )  # in team mode: anybody who has signed in
            else:
                yield Route(name, Declared(None))


def cells(route: Route, world: World) -> Iterator[Cell]:
    for call in route.calls:
        about = call.about
        for asker in world.askers:
            if route.declared.permission is None and asker.role and asker.name not in STRONGEST_AND_WEAKEST:
                continue
            if asker.role is None or route.declared.permission is None:
                yield Cell(route, call, asker, about.spots[0], OTHER if about.is_owned else "")
                continue
            for spot in about.spots[:1] if asker.trust else about.spots:
                yield from (Cell(route, call, asker, spot, owner) for owner in dict.fromkeys(owners(about, asker)))


async def ask(matrix: Matrix, cell: Cell) -> tuple[Reply, int]:
    """The answer, and how many rows were touched for it, but for those that tell of a refusal."""
    call = cell.call
    named = matrix.world.named(cell.asker, cell.spot, cell.owner)
    named |= {"bearer": cell.asker.bearer or "x", "whose": cell.owner or cell.asker.user}
    method, path = cell.route.name.split(" ", 1)
    path, query, body = call.fill(path, named)
    assert "{" not in path + query, f"{cell}: {path} {query} lacks a name"
    if matrix.hub.rules.are_asked:
        await matrix.hub.rules.load()  # a policy that was put in force is taken back too
    with matrix.hub.db.forgetting():
        before, seq = matrix.hub.db.changes, matrix.last_seq
        reply = await matrix.hub.ask(method, path, query=query, body=body, raw=call.raw, headers=cell.asker.headers)
        touched = matrix.hub.db.changes - before
        if touched and reply.status in (401, 403, 404):
            with matrix.hub.db.look() as look:
                told = [one for one in log.read(look, seq) if one.kind in REFUSALS]
            touched -= 2 * len(told)  # in the journal, and in the chain
        return reply, touched


def what_is_wrong(cell: Cell, reply: Reply, touched: int) -> str | None:
    expected, status = cell.expected, reply.status
    if expected == "let":
        if status not in cell.call.done:
            return f"is let through, and answered {status}: {reply.text[:200]}"
    elif status != expected:
        return f"is to be answered {expected}, and was {status}: {reply.text[:200]}"
    elif touched:
        return f"was refused, and yet wrote {touched} rows"
    return what_it_tells(cell, reply)


def what_it_tells(cell: Cell, reply: Reply) -> str | None:
    """No answer tells of what is not there for who asks; a list tells of all that is."""
    asker = cell.asker
    if PRIVATE in reply.text and not (asker.role and is_there(asker, CLOSED)):
        return "tells of the private project"
    if asker.role is None:
        return None
    for owner in (*(name for name, _, _ in PEOPLE), MACHINE):
        sees_talk = owner in (asker.user, MACHINE) or "admin" in (asker.role, asker.member)
        hidden = [mark_of(owner, spot) for spot in (OPEN, CLOSED, NOWHERE) if not sees_run(asker, spot, owner)]
        for mark in (*hidden, *(() if sees_talk else (talk_of(owner),))):
            if mark in reply.text:
                return f"tells of {mark}"
    if cell.call.lists and reply.status == 200:
        for spot, word in ((OPEN, "meadow"), (CLOSED, PRIVATE)):
            if is_there(asker, spot) and word not in reply.text:
                return f"does not tell of the {spot} project"
    return None


async def test_every_route_stands_in_the_matrix_and_nothing_that_is_no_route(matrix: Matrix) -> None:
    known = {route.name for route in routes(matrix.hub)}
    assert not known - CALLS.keys(), "say in matrix_calls how these are called"
    assert not CALLS.keys() - known, "these are no routes"


async def test_every_cell_of_the_matrix_is_answered_as_the_rules_say(matrix: Matrix) -> None:
    wrong: list[str] = []
    count: Counter[str] = Counter()
    for route in routes(matrix.hub):
        for cell in cells(route, matrix.world):
            reply, touched = await ask(matrix, cell)
            count[str(cell.expected)] += 1
            found = what_is_wrong(cell, reply, touched)
            if found is not None:
                wrong.append(f"{cell} {found}")
    all_of_them = count.total()
    print(f"\n{all_of_them - len(wrong):,} of {all_of_them:,} cells: {dict(count)}")
    assert not wrong, f"{len(wrong)} of {all_of_them} cells\n" + "\n".join(wrong)


# ── over the live stream ───────────────────────────────────────────────────────────────────────────────────────────


SUBMIT = Declared("task:submit")
VIEW = Declared("task:view")
READ = Declared("project:read")


async def test_every_cell_of_the_live_stream_is_answered_as_the_rules_say(matrix: Matrix) -> None:
    """Hear of a run, a task, a project and the board; answer a question; ask for more: each as its route is."""
    wrong: list[str] = []
    count = 0
    for asker in matrix.world.askers:
        for spot in (OPEN, CLOSED, NOWHERE) if asker.role else (OPEN,):
            for owner in dict.fromkeys((asker.user, OTHER, MACHINE)) if asker.role else (OTHER,):
                for what, expected, found in await _live(matrix, asker, spot, owner):
                    count += 1
                    if expected != found:
                        wrong.append(f"{asker.name} in {spot}, of {owner}: {what} is {found}, not {expected}")
    print(f"\n{count - len(wrong):,} of {count:,} cells of the live stream")
    assert not wrong, "\n".join(wrong)


async def _live(matrix: Matrix, asker: Asker, spot: str, owner: str) -> list[tuple[str, bool, bool]]:
    """What was tried, whether the rules let it, whether it was let."""
    things = matrix.world.things[spot, owner]
    of_project = {"tasks": [things["task_id"]], "projects": [things["project_id"]]} if spot != NOWHERE else {}
    subscribe = {"runs": [things["run_id"]], "board": True, **of_project}
    frames: list[object] = [
        {**({"session": asker.bearer} if asker.bearer else {}), "subscribe": subscribe},
        {"answer": {"question": things["question_id"], "option": "n"}},
        {"prompt": {"run": things["run_id"], "text": "And more"}},
    ]
    with matrix.hub.db.forgetting():
        heard = await matrix.hub.say(*frames)
    if asker.role is None:
        return [("the socket", False, heard != [{"close": 4401}])]
    sees_project = is_there(asker, spot) and may(asker, "project:read", spot)
    told = next((one["subscribed"] for one in heard if "subscribed" in one), {})
    assert isinstance(told, dict), heard
    tries = [
        ("hearing of the run", _is_let(asker, About.RUN, VIEW, spot, owner), bool(told["runs"])),
        ("answering", _is_let(asker, About.RUN, SUBMIT, spot, owner), any("answered" in one for one in heard)),
        ("asking for more", _is_let(asker, About.RUN, SUBMIT, spot, owner), any("prompted" in one for one in heard)),
        ("hearing of the board", _is_let(asker, About.NOTHING, READ, "", ""), bool(told["board"])),
    ]
    if spot != NOWHERE:
        tries += [(f"hearing of the {name}", sees_project, bool(told[name])) for name in ("tasks", "projects")]
    return tries


def _is_let(asker: Asker, about: About, declared: Declared, spot: str, owner: str) -> bool:
    return outcome(asker, about, declared, spot, owner) == "let"
