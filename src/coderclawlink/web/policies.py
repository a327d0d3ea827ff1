"""Routes of policies in Rego: the one in force and those before it, their tests, and trying one before it is in force.

Above: `api`. Below: `access.bundles` keeps them, `access.rego` evaluates, `access.decisions` has what was decided. Without `project_id` it is
the installation's policy. No policy is asked about these routes (`permitting`); only a person changes one.
"""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue

from coderclawlink.access import bundles, decisions
from coderclawlink.access.bundles import PolicyNotFound, Version
from coderclawlink.access.decisions import KEPT_SECONDS, REPLAYED_AT_MOST, Kept
from coderclawlink.access.opa import Opa
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.rego import Bundle, Rego
from coderclawlink.access.rego_text import CHARACTERS_AT_MOST, MODULES_AT_MOST, PolicyRefused
from coderclawlink.clock import seconds
from coderclawlink.db.engine import Look
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Id, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/policies", tags=["policies"])

REPLAY_SECONDS = 20.0
WEEK_SECONDS = 7 * 86400

Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, of_project=True)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, step_up=True, of_project=True)]
Of = Annotated[Id | None, Query(alias="project_id", description="A project's; left out: the whole installation's.")]
Modules = Annotated[
    dict[Annotated[str, Field(max_length=120)], Annotated[str, Field(max_length=CHARACTERS_AT_MOST)]],
    Field(min_length=1, max_length=MODULES_AT_MOST),
]


class DecidedElsewhere(Conflict):
    """An Open Policy Agent decides here (CLAWLINK_OPA_URL): change its policies there."""


class TestTold(Told):
    """`name`: as `data.clawlink_test.test_…`."""

    name: str
    passed: bool


class VersionTold(Told):
    project_id: int | None
    version: int
    active: bool
    changed_by: str
    changed_at: Stamp


class PolicyTold(VersionTold):
    """`modules`: Rego by file name."""

    modules: dict[str, str]


class PolicyPut(PolicyTold):
    tests: list[TestTold]


class ModulesWanted(Asked):
    """`modules`: Rego by file name; those named *_test.rego hold the tests, rules named test_*."""

    modules: Modules


class VersionWanted(Asked):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class TryWanted(Asked):
    """`input`: as a policy is asked. `modules`: null: the policy in force."""

    input: dict[str, JsonValue]
    modules: Modules | None = None


class Tried(Told):
    allow: bool
    reason: str
    microseconds: int


class ReplayWanted(ModulesWanted):
    """`since`: RFC 3339; null: a week ago. Nothing is kept for longer than thirty days."""

    since: Annotated[str, Field(max_length=40)] | None = None


class BlockedTold(Told):
    at: Stamp
    actor: str
    permission: str
    project: str | None
    resource: dict[str, JsonValue]
    reason: str


class ReplayTold(Told):
    """Of what was allowed since then. `left`: how much was not asked for want of time, the oldest; `examples`: at most 100."""

    asked: int
    left: int
    blocked: int
    by_permission: dict[str, int]
    examples: list[BlockedTold]


class DecisionTold(Told):
    """`by`: builtin, policy or opa."""

    id: int
    at: Stamp
    permission: str
    input: dict[str, JsonValue]
    allowed: bool
    by: str
    reason: str


class DecisionsPage(Told):
    """`next`: what to give as `before` for older ones; null when these are the oldest."""

    decisions: list[DecisionTold]
    next: int | None


# ── which is in force ──────────────────────────────────────────────────────────────────────────────────────────────


@router.get("")
async def show_policy(actor: Admin, here: Here, project: Of = None) -> PolicyTold:
    """The one in force; 404 when none is."""
    return PolicyTold.model_validate(await here.db.read(bundles.find, actor, _project(project)))


@router.put("")
async def put_policy(actor: FreshAdmin, here: Here, wanted: ModulesWanted, project: Of = None) -> PolicyPut:
    """A new version, in force at once. Refused when it does not compile, a test of it fails, or it uses what no policy may."""
    engine = _bundled(here)
    await here.db.read(bundles.require, actor, _project(project))
    outcomes = await engine.check(wanted.modules)
    if failed := [test.name for test in outcomes if not test.passed]:
        raise PolicyRefused(f"{len(failed)} of its {len(outcomes)} tests fail: {', '.join(failed[:10])}.")
    made = await here.db.write(bundles.put, actor, _project(project), wanted.modules)
    await here.rules.load()
    return PolicyPut(
        **PolicyTold.model_validate(made).model_dump(), tests=[TestTold.model_validate(one) for one in outcomes]
    )


@router.delete("", status_code=204)
async def remove_policy(actor: FreshAdmin, here: Here, project: Of = None) -> None:
    """None is in force any more; its versions stay."""
    await here.db.write(bundles.remove, actor, _project(project))
    await here.rules.load()


@router.get("/versions")
async def list_versions(
    actor: Admin, here: Here, project: Of = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[VersionTold]:
    """Newest first, without their modules."""
    found = await here.db.read(bundles.history, actor, _project(project), limit)
    return [VersionTold.model_validate(one) for one in found]


@router.get("/versions/{version}")
async def show_version(actor: Admin, here: Here, version: Id, project: Of = None) -> PolicyTold:
    return PolicyTold.model_validate(await here.db.read(bundles.find, actor, _project(project), version))


@router.post("/restore")
async def restore_version(actor: FreshAdmin, here: Here, wanted: VersionWanted, project: Of = None) -> PolicyPut:
    """Put an earlier version in force again, as a new one; held to its tests as every other."""
    found = await here.db.read(bundles.find, actor, _project(project), wanted.version)
    return await put_policy(actor, here, ModulesWanted(modules=dict(found.modules)), project)


# ── trying ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/test")
async def test_policy(actor: Admin, here: Here, wanted: ModulesWanted) -> list[TestTold]:
    """Compile it and run its tests; nothing is kept."""
    return [TestTold.model_validate(one) for one in await Rego().check(wanted.modules)]


@router.post("/try")
async def try_policy(actor: Admin, here: Here, wanted: TryWanted, project: Of = None) -> Tried:
    """What a policy answers to one input; nothing is kept."""
    await here.db.read(bundles.require, actor, _project(project))
    if wanted.modules is None and isinstance(here.rules.engine, Opa):
        begun = time.perf_counter()
        answer = await here.rules.engine.decide([], wanted.input)
        return Tried(allow=answer.allow, reason=answer.reason, microseconds=_since(begun))
    modules = wanted.modules
    if modules is None:
        modules = dict((await here.db.read(_in_force, actor, _project(project))).modules)
    apart = Rego()
    try:
        await apart.check(modules)
        await apart.decide([Bundle(modules)], {})  # so that what is told is the answer's time, not the start's
        begun = time.perf_counter()
        answer = await apart.decide([Bundle(modules)], wanted.input)
        return Tried(allow=answer.allow, reason=answer.reason, microseconds=_since(begun))
    finally:
        await apart.close()


@router.post("/replay")
async def replay_policy(actor: Admin, here: Here, wanted: ReplayWanted, project: Of = None) -> ReplayTold:
    """What a policy would have blocked of what was allowed since then; of a project, only of what was done there."""
    since = time.time() - WEEK_SECONDS if wanted.since is None else _when(wanted.since)
    kept = [one for one in await here.db.read(_kept, actor, _project(project), since) if one.allowed]
    engine = Rego()
    await engine.check(wanted.modules)
    answers = await engine.replay(wanted.modules, [one.input for one in kept], REPLAY_SECONDS)
    return ReplayTold.model_validate(decisions.replayed(kept, answers))


@router.get("/decisions")
async def list_decisions(
    actor: Admin,
    here: Here,
    project: Of = None,
    refused: Annotated[bool, Query(description="Only what was not allowed.")] = False,
    before: Annotated[Seq | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DecisionsPage:
    """What was asked of the last thirty days, newest first: every write, every refusal, and one look in a hundred."""
    found = await here.db.read(_page, actor, _project(project), refused, before, limit + 1)
    told = [DecisionTold.model_validate(one) for one in found[:limit]]
    return DecisionsPage(decisions=told, next=told[-1].id if len(found) > limit else None)


def _bundled(here: Rooms) -> Rego:
    if not isinstance(here.rules.engine, Rego):
        raise DecidedElsewhere
    return here.rules.engine


def _project(number: int | None) -> ProjectId | None:
    return None if number is None else ProjectId(number)


def _since(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1e6)


def _when(text: str) -> float:
    try:
        return max(seconds(text), time.time() - KEPT_SECONDS)
    except ValueError as error:
        raise Invalid(f"{text!r} is no time: give it as 2026-01-31T12:00:00Z.") from error


def _in_force(look: Look, actor: Actor, project: ProjectId | None) -> Version:
    try:
        return bundles.find(look, actor, project)
    except PolicyNotFound as error:
        raise PolicyNotFound("No policy is in force: give the modules to try.") from error


def _kept(look: Look, actor: Actor, project: ProjectId | None, since: float) -> list[Kept]:
    bundles.require(look, actor, project)
    return decisions.read(look, project=project, since=since, limit=REPLAYED_AT_MOST)


def _page(
    look: Look, actor: Actor, project: ProjectId | None, refused: bool, before: int | None, limit: int
) -> list[Kept]:
    bundles.require(look, actor, project)
    return decisions.read(look, project=project, refused=refused, before=before, limit=limit)
