"""`clawlink session` and `clawlink whoami`: who asks. A session's id is a secret: it is printed once, and whoever knows it may act with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from coderclawlink.access.sessions import Session

app = App(name="session", help="Sessions: what programs sign in with.")

Id = Annotated[str, Parameter(help="The session's id.")]


def whoami(*, reach: Reach = HERE) -> int:
    """Show who you are to the hub, and what you may."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/me")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    me = answer.read(shapes.Me)
    screen.facts(
        ("Name", line(me.name)),
        ("User", line(me.user) or None),
        ("Role", f"{me.role}, the owner of the hub's machine" if me.is_owner else me.role),
        ("May", ", ".join(me.permissions)),
    )
    return 0


@app.command
def create(
    *,
    admin: Annotated[
        bool,
        Parameter(negative="", help="With all rights. Only on the hub's machine, by who may write its database."),
    ] = False,
    user: Annotated[str | None, Parameter(help="Who it is for.")] = None,
    device: Annotated[str | None, Parameter(help="From where it is used.")] = None,
    data: Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME), for --admin.")] = None,
    reach: Reach = HERE,
) -> int:
    """Make a session and print its id. It ends after 24 hours without use."""
    if admin:
        screen.say(_create_admin(user, device, data).id)
        return 0
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/runtime/sessions", {"user_id": user, "device_id": device})
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(answer.read(hubs.Session).session_id)
    return 0


def _create_admin(user: str | None, device: str | None, data: Path | None) -> Session:
    """Written into the database itself: to be able to do that is the proof of being its owner.

    One short transaction of its own, which a hub at work on the same database neither notices nor is harmed by.
    """
    import sqlalchemy as sa

    from coderclawlink.access import sessions
    from coderclawlink.access.policy import Role
    from coderclawlink.cli import configured
    from coderclawlink.db.engine import open_database, store_url

    settings = configured.settings(data=data)
    url = store_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise Invalid(f"There is no database {url.database} yet. Start the hub once: clawlink serve")
    with open_database(settings.store_url) as db:
        try:
            return db.write_now(sessions.create, user, device, role=Role.ADMIN)
        except sa.exc.DBAPIError as error:
            raise Unavailable(f"The database cannot be used: {str(error.orig).splitlines()[0]}") from error


@app.command
def show(session: Id, /, *, reach: Reach = HERE) -> int:
    """Show whose a session is and what it may."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/runtime/sessions/{hubs.path_part(session)}")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(hubs.Session)
    screen.facts(
        ("User", line(found.user_id) or "nobody in particular"),
        ("Made", screen.when(found.created_at)),
        ("Last used", screen.when(found.last_activity)),
        ("May", ", ".join(found.permissions)),
    )
    return 0


@app.command
def delete(session: Id, /, *, reach: Reach = HERE) -> int:
    """End a session: from now on it opens nothing."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/runtime/sessions/{hubs.path_part(session)}")
    screen.say("The session has ended.")
    return 0


@app.command
def memory(
    *,
    note: Annotated[str | None, Parameter(help="Something that later runs of the session are to be told.")] = None,
    remember: Annotated[
        bool | None, Parameter(help="Whether all further runs of the session are told, without each saying so.")
    ] = None,
    forget: Annotated[bool, Parameter(negative="", help="Later runs are told nothing from before now.")] = False,
    before: Annotated[int | None, Parameter(help="Only what came before the one with this number.")] = None,
    reach: Reach = HERE,
) -> int:
    """Show what your session remembers: what its runs were asked and answered, and notes. No other session knows of it.

    A run whose context says "remember": true is told of it; or all of them, with --remember.
    """
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.device_shapes import Memories
    from coderclawlink.cli.text import cut, line

    path = "/api/runtime/sessions/current/memory"
    with hubs.reached(reach) as hub:
        if forget:
            hub.delete(path)
        if note is not None:
            hub.post(path, {"text": note})
        if remember is not None:
            hub.patch(path, {"remembers": remember})
        answer = hub.get(path, before=before)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(Memories)
    cells = [
        (
            one.id,
            screen.when(one.at),
            "note" if one.kind == "note" else line(one.agent),
            cut(line(one.text or one.asked), 50),
            cut(line(one.answered), 50),
        )
        for one in found.memories
    ]
    screen.rows(("", "at", "by", "asked, or noted", "answered"), cells, empty="The session remembers nothing.")
    if found.before is not None:
        screen.say(f"Older: clawlink session memory --before {found.before}")
    if found.remembers:
        screen.say("All its further runs are told.")
    return 0
