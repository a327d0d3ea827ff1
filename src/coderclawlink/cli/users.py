"""`clawlink user`: the people of a team's hub, and the accounts of programs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen, signing
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid, Unavailable

app = App(name="user", help="People who sign in to a team's hub, and accounts of programs.")

Name = Annotated[str, Parameter(help="The user's name, with which one signs in.")]
RoleName = Annotated[Literal["admin", "developer", "viewer", "guest"], Parameter(help="What the user may.")]
Data = Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME), for --admin.")]


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List them."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/users", limit=hubs.PAGE)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            user.id,
            user.role,
            user.state,
            "program" if user.service else line(user.name),
            line(user.email),
            "never" if user.seen_at is None else screen.when(user.seen_at),
        )
        for user in answer.read(list[shapes.User])
    ]
    screen.rows(("user", "role", "state", "name", "e-mail", "seen"), cells, empty="There is nobody yet.")
    return 0


@app.command
def create(
    user: Name,
    /,
    *,
    admin: Annotated[
        bool,
        Parameter(
            negative="",
            help="An administrator, written into the database itself: only on the hub's machine, by who may. So is the first one made.",
        ),
    ] = False,
    role: RoleName = "developer",
    name: Annotated[str | None, Parameter(help="As others see it.")] = None,
    email: Annotated[str | None, Parameter(help="To sign in with as well.")] = None,
    service: Annotated[bool, Parameter(negative="", help="A program's account, which has tokens only.")] = False,
    data: Data = None,
    reach: Reach = HERE,
) -> int:
    """Make a user. The password is typed unseen, or stands on standard input."""
    if admin and service:
        raise Invalid("A program's account is made by an administrator, with --role.")
    password = None if service else signing.new_password(f"A password for {user}")
    if admin:
        screen.say(_create_admin(user, name, email, password or "", data))
        return 0
    from coderclawlink.cli import hub as hubs

    body = {"id": user, "role": role, "name": name, "email": email, "service": service, "password": password}
    with hubs.reached(reach) as hub:
        answer = hub.post("/api/users", body)
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"{user} is a {role} now." + (" Make its token: clawlink token create" if service else ""))
    return 0


@app.command
def invite(
    *,
    role: RoleName = "developer",
    email: Annotated[str | None, Parameter(help="Whom it is for; nothing is sent.")] = None,
    project: Annotated[
        list[str] | None,
        Parameter(help="A project's key and the role there, as KEY=developer; KEY alone: viewer. May be repeated."),
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Print a link with which somebody becomes a user, and a member of projects. It is good once, for 7 days, and is not shown again."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        projects: list[hubs.Value] = []
        for one in project or ():
            key, _, role_there = one.partition("=")
            projects.append({"project_id": hub.project(key).id, "role": role_there or "viewer"})
        answer = hub.post("/api/invitations", {"role": role, "email": email, "projects": projects})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(shapes.InvitationMade)
    screen.say(made.link)
    screen.complain(f"They run: clawlink accept '{made.link}' --user NAME")
    return 0


@app.command
def invitations(
    *,
    withdraw: Annotated[str | None, Parameter(help="The id of one that shall be good for nothing any more.")] = None,
    reach: Reach = HERE,
) -> int:
    """List the invitations that are open, or withdraw one."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        if withdraw is not None:
            hub.delete(f"/api/invitations/{hubs.path_part(withdraw)}")
            screen.say("The invitation is withdrawn.")
            return 0
        answer = hub.get("/api/invitations")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            one.id,
            one.role,
            " ".join(f"{each.key}={each.role}" for each in one.projects),
            line(one.email),
            line(one.made_by),
            screen.when(one.expires_at),
        )
        for one in answer.read(list[shapes.Invitation])
    ]
    screen.rows(("invitation", "role", "projects", "e-mail", "by", "good until"), cells, empty="No invitation is open.")
    return 0


@app.command
def role(user: Name, role: RoleName, /, *, reach: Reach = HERE) -> int:
    """Give a user another role, from the next thing it does."""
    _change(user, {"role": role}, reach)
    screen.say(f"{user} is {role} now.")
    return 0


@app.command
def disable(user: Name, /, *, reach: Reach = HERE) -> int:
    """Let a user in no more: all sessions and tokens end at once. What it began goes on."""
    _change(user, {"state": "disabled"}, reach)
    screen.say(f"{user} is disabled.")
    return 0


@app.command
def enable(user: Name, /, *, reach: Reach = HERE) -> int:
    """Let a disabled user sign in again. Tokens do not come back."""
    _change(user, {"state": "active"}, reach)
    screen.say(f"{user} may sign in again.")
    return 0


@app.command
def password(user: Name, /, *, reach: Reach = HERE) -> int:
    """Set a user's password, typed unseen or on standard input. All sessions of the user end. Your own: `clawlink password`."""
    _change(user, {"password": signing.new_password(f"A password for {user}")}, reach)
    screen.say(f"{user} has a new password.")
    return 0


@app.command
def remove(user: Name, /, *, reach: Reach = HERE) -> int:
    """Delete a user. What it did stays told."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/users/{hubs.path_part(user)}")
    screen.say(f"{user} is removed.")
    return 0


def _change(user: str, changes: dict[str, str], reach: Reach) -> None:
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.patch(f"/api/users/{hubs.path_part(user)}", changes)


def _create_admin(user: str, name: str | None, email: str | None, password: str, data: Path | None) -> str:
    """Written into the database itself: to be able to do that is the proof of being its owner. Who is there already becomes an
    administrator with this password, so that nobody is ever locked out of an own hub."""
    import sqlalchemy as sa

    from coderclawlink.access import passwords, people
    from coderclawlink.access.policy import Role
    from coderclawlink.cli import configured
    from coderclawlink.db.engine import Tx, open_database
    from coderclawlink.db.migrate import migrate

    settings = configured.settings(data=data)
    passwords.require_good(password, user, name)
    hashed = asyncio.run(passwords.hashed(password))
    settings.clawlink_home.mkdir(parents=True, exist_ok=True, mode=0o700)

    def make(tx: Tx) -> str:
        try:
            people.find(tx, user)
        except people.PersonNotFound:
            people.create(tx, user, role=Role.ADMIN, how="admin", by="owner", name=name, email=email, password=hashed)
            return f"{user} is an administrator now. Sign in: clawlink sign-in --user {user}"
        people.change(tx, user, {"role": Role.ADMIN, "state": "active"}, by="owner")
        people.set_password(tx, user, hashed, by="owner")
        return f"{user}, who was there already, is an administrator now, with this password."

    with open_database(settings.store_url) as db:
        try:
            migrate(db)
            return db.write_now(make)
        except sa.exc.DBAPIError as error:
            raise Unavailable(f"The database cannot be used: {str(error.orig).splitlines()[0]}") from error
