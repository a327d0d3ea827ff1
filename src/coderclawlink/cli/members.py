"""`clawlink member`: whom a project gives a role of its own; `clawlink use`: who may use which agent. Administrators', and a project's admins'."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="member", help="Members of a project: who has a role of its own there.")
uses = App(name="use", help="Who may use which agent and which skill.")

Key = Annotated[str, Parameter(help="The project's key, such as DEMO, or its number.")]
User = Annotated[str, Parameter(help="The name to sign in with.")]
Subject = Annotated[
    str, Parameter(help="user:<name>, group:<name>, role:<admin|developer|viewer|guest> or trust:<low|normal|high>.")
]
Name = Annotated[str, Parameter(help="The agent's name; with --skill a skill's.")]
Skill = Annotated[bool, Parameter(negative="", help="It is about a skill, not an agent.")]
ProjectName = Annotated[str | None, Parameter(name="--project", help="Only there: its key. Default: everywhere.")]


@app.command(name="list")
def list_members(key: Key, /, *, reach: Reach = HERE) -> int:
    """List a project's members, and where their roles come from."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import member_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        answer = hub.get(f"/api/projects/{project.id}/members", limit=1000)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (line(one.user), line(one.name), one.role, one.given or "", one.by_group or "", line(one.made_by))
        for one in answer.read(list[shapes.Member])
    ]
    empty = f"{project.key} gives nobody a role of its own: clawlink member give {project.key} USER ROLE"
    screen.rows(("user", "name", "role", "given", "by a group", "by"), cells, empty=empty)
    return 0


@app.command
def give(
    key: Key,
    user: User,
    role: Annotated[Literal["admin", "developer", "viewer", "guest"], Parameter(help="What the user may there.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Make somebody a member, or give a member another role. It counts there in the place of the one that the user has elsewhere."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        answer = hub.put(f"/api/projects/{project.id}/members/{hubs.path_part(user)}", {"role": role})
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"{user} is {role} in {project.key}.")
    return 0


@app.command
def take(key: Key, user: User, /, *, reach: Reach = HERE) -> int:
    """Take away the role that a member was given by hand. In a private project it sees nothing any more, at once."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        hub.delete(f"/api/projects/{project.id}/members/{hubs.path_part(user)}")
    screen.say(f"{user} has no role of its own in {project.key} any more.")
    return 0


def private(
    key: Key,
    /,
    *,
    off: Annotated[bool, Parameter(negative="", help="It is there for everybody again.")] = False,
    reach: Reach = HERE,
) -> int:
    """Make a project private: to who is neither a member nor an administrator it is as if it was not there."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        answer = hub.patch(f"/api/projects/{project.id}", {"private": not off})
    if reach.json:
        screen.as_json(answer.text)
    elif off:
        screen.say(f"{project.key} is there for everybody who may see projects.")
    else:
        screen.say(f"{project.key} is private. Its members see it: clawlink member list {project.key}")
    return 0


# ── who may use what ───────────────────────────────────────────────────────────────────────────────────────────────


@uses.command(name="list")
def list_uses(*, project: ProjectName = None, reach: Reach = HERE) -> int:
    """List the rules. Without a rule for it, everybody may use an agent who may have agents work."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import member_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        answer = hub.get("/api/uses", project_id=where, limit=1000)
        found = [] if reach.json else answer.read(list[shapes.Use])
        keys = hub.project_keys() if found else {}
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            one.id,
            line(one.subject),
            "may use" if one.allowed else "may not use",
            f"{one.kind} {line(one.name)}",
            "everywhere" if one.project_id is None else keys.get(one.project_id, "?"),
            line(one.made_by),
        )
        for one in found
    ]
    empty = "There is no rule: everybody may use every agent who may have agents work."
    screen.rows(("rule", "who", "", "what", "in", "by"), cells, empty=empty)
    return 0


@uses.command
def allow(
    subject: Subject, name: Name, /, *, skill: Skill = False, project: ProjectName = None, reach: Reach = HERE
) -> int:
    """Let somebody use an agent. From then on only those may whom a rule allows."""
    return _rule(subject, name, skill, project, reach, allowed=True)


@uses.command
def deny(
    subject: Subject, name: Name, /, *, skill: Skill = False, project: ProjectName = None, reach: Reach = HERE
) -> int:
    """Let somebody not use an agent, whatever else allows it."""
    return _rule(subject, name, skill, project, reach, allowed=False)


def _rule(subject: str, name: str, skill: bool, project: str | None, reach: Reach, *, allowed: bool) -> int:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import member_shapes as shapes

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        kind = "skill" if skill else "agent"
        body = {"subject": subject, "kind": kind, "name": name, "project_id": where, "allowed": allowed}
        answer = hub.post("/api/uses", body)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    there = "" if project is None else f" in {project}"
    may = "may use" if allowed else "may not use"
    screen.say(f"{subject} {may} the {kind} {name}{there}: rule {answer.read(shapes.Use).id}.")
    return 0


@uses.command
def remove(
    rule: Annotated[int, Parameter(help="Its number, as in `clawlink use list`.")], /, *, reach: Reach = HERE
) -> int:
    """Take a rule back."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/uses/{rule}")
    screen.say(f"Rule {rule} is taken back.")
    return 0
