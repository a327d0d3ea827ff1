"""Who asks in the matrix, and what is there to be asked for: an open project and a private one, and in each the same things of everybody's.

Above: `matrix_calls`, which names the things, and the tests. Below: the rooms' verbs, by which all of it is made. Whatever a text of the
private project holds has the word `PRIVATE` in it, and whatever is in a run the word of its owner, so that an answer shows what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from coderclawlink.access import devices, members, people, sessions, tokens, uses
from coderclawlink.access.policy import OWNER, Actor, Permission, Role, Trust, ownership
from coderclawlink.agents import learnt
from coderclawlink.board import (
    attachments,
    chats,
    comments,
    comparisons,
    labels,
    projects,
    repositories,
    tasks,
    undo,
    views,
)
from coderclawlink.board.files import Kept
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import projects as project_table
from coderclawlink.db.schema import runs as run_table
from coderclawlink.db.schema import sessions as session_table
from coderclawlink.events import AttemptEnded, AttemptStarted, Option, QuestionAsked
from coderclawlink.ids import ProjectId, TaskId, new_id
from coderclawlink.link.protocol import AgentOffer
from coderclawlink.pulls import deliveries, pull_requests
from coderclawlink.pulls.deliveries import Words
from coderclawlink.pulls.hosts import Opened, Place, Pull
from coderclawlink.rules import Rule
from coderclawlink.runs import ledger, prompts, recording, remarks
from coderclawlink.runs.ledger import Run
from tests.runs.played import NODE, give, join, said, submit
from tests.runs.reviewed import changed, commit

PRIVATE = "quokkaburrow"
PASSWORD = "four unrelated words"
FAR_SECONDS = 3600.0
"""Sessions count as used until then: so that asking writes nothing by itself."""
OPEN, CLOSED, NOWHERE = "open", "private", "no project"
SPOTS = (OPEN, CLOSED, NOWHERE)

Named = Mapping[str, str | int]
"""What a request is filled with: the placeholders of paths and bodies."""


@dataclass(frozen=True, slots=True)
class Asker:
    """`role`: of the installation; None: nobody who is known. `member`: the role that both projects give; None: none. `scopes`, `trust`: what
    narrows it. `program`: it has a token; `service`: and is the account of one. `only`: the project that it is narrowed to. `bearer`: its session."""

    name: str
    user: str
    role: str | None
    member: str | None = None
    program: bool = False
    service: bool = False
    only: str = ""
    scopes: frozenset[str] | None = None
    trust: str | None = None
    bearer: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}


@dataclass
class World:
    """`things`: by spot and owner. `common`: what everybody's requests are filled with."""

    askers: list[Asker] = field(default_factory=list)
    things: dict[tuple[str, str], dict[str, str | int]] = field(default_factory=dict)
    common: dict[str, str | int] = field(default_factory=dict)

    def named(self, asker: Asker, spot: str, owner: str) -> dict[str, str | int]:
        return {**self.common, "user": asker.user, "me": asker.user, **self.things.get((spot, owner), {})}


PEOPLE: tuple[tuple[str, Role, Role | None], ...] = (
    ("root", Role.ADMIN, None),
    ("ann", Role.DEVELOPER, None),
    ("vic", Role.VIEWER, None),
    ("gus", Role.GUEST, None),
    ("guest-admin", Role.GUEST, Role.ADMIN),
    ("guest-developer", Role.GUEST, Role.DEVELOPER),
    ("guest-viewer", Role.GUEST, Role.VIEWER),
    ("guest-guest", Role.GUEST, Role.GUEST),
    ("developer-viewer", Role.DEVELOPER, Role.VIEWER),
    ("viewer-developer", Role.VIEWER, Role.DEVELOPER),
    ("bob", Role.DEVELOPER, None),
)
"""A user, its role in the installation, and in both projects. Bob never asks: he is the other one."""
OTHER, MACHINE = "bob", "owner"
TOKENS: tuple[tuple[str, str, tuple[Permission, ...] | None, str], ...] = (
    ("robot", "robot", None, ""),
    ("directory", "directory", (Permission.ADMIN_USERS,), ""),
    ("root-looks", "root", (Permission.TASK_VIEW, Permission.PROJECT_READ), ""),
    ("ann-submits", "ann", (Permission.TASK_VIEW, Permission.TASK_SUBMIT, Permission.AGENT_LIST), ""),
    ("ann-in-open", "ann", None, OPEN),
    ("root-in-private", "root", None, CLOSED),
)
"""A program, whose token it has, and what that is narrowed to: permissions, a project."""
SERVICES = {"robot": Role.DEVELOPER, "directory": Role.ADMIN}
DEVICES: tuple[tuple[str, Trust], ...] = (
    ("root", "low"), ("root", "normal"), ("root", "high"), ("ann", "low"), ("ann", "normal"), ("ann", "high"),
    ("vic", "high"),
)  # fmt: skip


def furnish(tx: Tx, hashed: str, kept: Kept) -> World:
    """Make all of it. `hashed`: everybody's password. `kept`: a file that is there."""
    world = World()
    offers = [AgentOffer(name=name, available=True) for name in ("claude", "parrot")]
    join(tx, slots=10_000, agents=offers)
    for user, role, _ in PEOPLE:
        people.create(tx, user, role=role, how="admin", password=hashed)
    for service, role in SERVICES.items():
        people.create(tx, service, role=role, how="admin", service=True)
    for spot, key in ((OPEN, "OPEN"), (CLOSED, "CLOSED")):
        _furnish_project(tx, world, spot, key)
    for user in (*(name for name, _, _ in PEOPLE), *SERVICES, MACHINE):
        actor = acting(user)
        for spot in (OPEN, CLOSED):
            _furnish_person(tx, world, spot, user, actor, kept)
        own = world.things[NOWHERE, user] = {}
        own.update(_runs(tx, actor, None, None, f"{mark_of(user, NOWHERE)} nowhere"))
        if user not in (*SERVICES, MACHINE):
            paired = devices.add(tx, user, "spare", f"{user:A<43}", "high")
            world.things["", user] = {"device_id": paired.id}
        world.things.setdefault(("", user), {})["view_id"] = views.save(tx, actor, f"view-{user}", {"q": user}).id
    for user, _, member in PEOPLE:
        for spot in (OPEN, CLOSED):
            if member is not None:
                members.give(tx, int(world.things[spot, ""]["project_id"]), user, member, "root")
    _sign_in(tx, world)
    tx.change(session_table.update().values(last_activity=tx.now() + FAR_SECONDS))
    return world


def acting(user: str) -> Actor:
    """Who makes the user's things: as strong as can be, and the same person as signs in later."""
    return OWNER if user == MACHINE else Actor(Role.ADMIN, user, ownership(user), proven=True)


def mark_of(user: str, spot: str) -> str:
    """Stands in what the user has had done there."""
    return f"run-of-{user}-{spot}."


def talk_of(user: str) -> str:
    """Stands in the user's conversations, which are for nobody else."""
    return f"talk-of-{user}."


def _word(spot: str) -> str:
    return PRIVATE if spot == CLOSED else "meadow"


def _furnish_project(tx: Tx, world: World, spot: str, key: str) -> None:
    word = _word(spot)
    url = f"https://github.com/ada/{word}"
    project = projects.create(tx, OWNER, name=f"Project {word}", key=key, description=word, github_repo_url=url)
    task = tasks.create(tx, OWNER, project_id=project.id, title=f"Task {word}", description=word)
    other = tasks.create(tx, OWNER, project_id=project.id, title=f"Other {word}")
    proposed = tasks.create(tx, OWNER, project_id=project.id, title=f"Proposed {word}")
    label = labels.create(tx, OWNER, project.id, f"label-{word}")
    labels.put(tx, OWNER, task.id, [label.name])
    repositories.put(tx, OWNER, project.id, "side", f"https://github.com/ada/{word}-side", server="https://github.com")
    done = _finished(tx, OWNER, project.id, proposed.id, word)
    tx.change(run_table.update().where(run_table.c.id == done.id).values(repository=f"{url}.git"))
    (delivery,) = deliveries.want(tx, OWNER, tasks.find(tx, proposed.id), Words(), "http://hub.example")
    pull = Pull(
        number=7, url=f"{url}/pull/7", title=word, branch="work", base="main", head="a" * 40, draft=True, state="open"
    )
    pull_requests.opened(tx, delivery, Opened(pull, found=False), Place("https://github.com", "ada", word))
    tx.change(project_table.update().where(project_table.c.id == project.id).values(private=spot == CLOSED))
    use = uses.add(
        tx, OWNER, subject="user:root", kind="skill", name="documentation", project_id=project.id, allowed=True
    )
    members.give(tx, project.id, "bob", Role.DEVELOPER, "root")
    world.things[spot, ""] = {
        "use_id": use.id,
        "project_id": project.id,
        "project_key": key,
        "task_id": task.id,
        "other_task": other.id,
        "proposed_task": proposed.id,
        "label_id": label.id,
        "word": word,
    }


def _furnish_person(tx: Tx, world: World, spot: str, user: str, actor: Actor, kept: Kept) -> None:
    there = world.things[spot, ""]
    word, project, task = str(there["word"]), ProjectId(int(there["project_id"])), TaskId(int(there["task_id"]))
    own = world.things[spot, user] = dict(there)
    own["comment_id"] = comments.create(tx, actor, task, f"Comment {word}").id
    own["attachment_id"] = attachments.add(tx, actor, task, f"{user}-{word}.txt", kept).id
    before = tasks.find(tx, task)
    own["token"] = undo.keep(tx, actor, [undo.of_change(before, before)])
    own.update(_runs(tx, actor, project, task, f"{mark_of(user, spot)} {word}"))
    chat = chats.start(tx, actor, project, "claude", f"{talk_of(user)} {word}")
    talk = give(tx, submit(tx, actor=actor, agent="claude", project=project))
    chats.asked(tx, actor, chat, talk, 0, f"{talk_of(user)} {word}")
    proposal = '```clawlink-actions\n[{"create_task": {"title": "Mend it"}}]\n```'
    ledger.complete(tx, ledger.find(tx, talk.id), f"{talk_of(user)} {word}\n{proposal}")
    chats.run_ended(tx, ledger.find(tx, talk.id))
    own["chat_id"] = chat.id
    comparison = new_id()
    pair = [_finished(tx, actor, project, task, f"{mark_of(user, spot)} {word}", comparison) for _ in range(2)]
    comparisons.start(tx, actor, comparison, task, f"{mark_of(user, spot)} {word}", pair)
    own["comparison_id"] = comparison
    own["left"], own["right"] = (run.id for run in pair)


def _runs(tx: Tx, actor: Actor, project: ProjectId | None, task: TaskId | None, words: str) -> dict[str, str | int]:
    """One that asks, with a prompt that waits; one that has completed, with a draft of a remark on it."""
    asking = give(tx, submit(tx, actor=actor, agent="claude", project=project, task=task))
    tx.change(run_table.update().where(run_table.c.id == asking.id).values(title=words, prompt=words))
    question = new_id()
    options = (
        Option(id="y", label="Yes", effect="allow_once"),
        Option(id="n", label="No", effect="reject_once"),
    )
    asks = QuestionAsked(question=question, title=words, detail=words, options=options)
    recording.record(tx, NODE, said(asking, AttemptStarted(), asks))
    number = prompts.queue(tx, actor, ledger.find(tx, asking.id), words).number
    rule = Rule(effect="allow", tool="execute")
    learnt.learn(tx, "claude", None, asking.id, [rule], words)
    mine = [one for one, _ in learnt.of_agent(tx, OWNER, "claude") if one.run == asking.id]
    done = _finished(tx, actor, project, task, words)
    remark = remarks.make(tx, actor, done.id, path="code.py", side="new", first=10, last=10, text=words, head=None)
    return {
        "run_id": asking.id,
        "question_id": question,
        "number": number,
        "learnt_id": mine[0].id,
        "done": done.id,
        "remark_id": remark.id,
    }


def _finished(
    tx: Tx, actor: Actor, project: ProjectId | None, task: TaskId | None, words: str, comparison: str | None = None
) -> Run:
    run = give(tx, submit(tx, actor=actor, agent="claude", project=project, task=task))
    values = {"title": words, "prompt": words, "comparison": comparison}
    tx.change(run_table.update().where(run_table.c.id == run.id).values(**values))
    recording.record(tx, NODE, said(run, AttemptStarted()))
    commit(tx, run, {"code.py": changed({10: words})})
    recording.record(tx, NODE, said(run, AttemptEnded(outcome="completed", result=words), first=4))
    ledger.complete(tx, ledger.find(tx, run.id), words)
    return ledger.find(tx, run.id)


def _sign_in(tx: Tx, world: World) -> None:
    for user, role, member in PEOPLE:
        if user == OTHER:
            continue
        made = sessions.open_browser(tx, user, how="password", address="127.0.0.1", agent="matrix")
        world.askers.append(Asker(user, user, role, member, bearer=made.id))
    roles = {user: role for user, role, _ in PEOPLE} | SERVICES
    for name, user, scopes, only in TOKENS:
        project = int(world.things[only, ""]["project_id"]) if only else None
        _, secret = tokens.create(tx, user, name, scopes=scopes, days=1, by=OWNER, project=project)
        narrowed = None if scopes is None else frozenset(str(one) for one in scopes)
        asker = Asker(name, user, roles[user], program=True, service=user in SERVICES, only=only, scopes=narrowed)
        world.askers.append(replace(asker, bearer=secret))
    for user, trust in DEVICES:
        name = f"{user}-{trust}"
        device = devices.add(tx, user, name, f"{name:B<43}", trust)
        made = sessions.open_device(tx, user, device.id, address="127.0.0.1", agent="matrix")
        world.askers.append(Asker(name, user, roles[user], trust=trust, bearer=made.id))
    named = sessions.create(tx, "root", None)
    people.create(tx, "gone", role=Role.ADMIN, how="admin")
    gone = sessions.open_browser(tx, "gone", how="password", address="127.0.0.1", agent="matrix")
    people.disable(tx, "gone", by="root")
    world.askers += [
        Asker("nobody", "", None),
        Asker("only-named", "root", None, bearer=named.id),
        Asker("disabled", "gone", None, bearer=gone.id),
        Asker("made-up", "", None, bearer="f" * 64),
    ]
