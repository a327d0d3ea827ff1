"""Policy as code: what the built-in table allows is asked of the policies too, which can only narrow it.

Above: `web.signing_in`, the runtime contract, the routes of policies. Below: the two answers to `Engine`: `rego` (bundles kept here, in a
process of their own) and `opa` (a server of yours). The installation's policy and that of each project concerned must all allow. Without
a policy nobody is asked anything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from coderclawlink.access import bundles, places, revocation
from coderclawlink.access.decisions import By, Decision, Keeper, Verdict
from coderclawlink.access.places import Named, Project
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.rego import Answer, Bundle, Input
from coderclawlink.db.engine import Database, StoreUnavailable
from coderclawlink.errors import Denied
from coderclawlink.ids import ProjectId

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0
NO_REQUEST: Mapping[str, str] = {}
CHANGED = "policy.changed"
"""The bell's topic."""


class PolicyDenied(Denied):
    """The policy does not allow it."""

    def __init__(self, permission: Permission, reason: str, whose: str | None = None) -> None:
        told = "" if whose is None else f" (So says the policy of {whose}.)"
        super().__init__(f"The policy does not allow {permission}: {reason}{told}")
        self.permission = permission


class Engine(Protocol):
    """PORT: evaluates policies. It never raises for what a policy does: that is a no."""

    async def decide(self, bundles: Sequence[Bundle], input: Input) -> Answer: ...

    async def close(self) -> None: ...


class Rules:
    """The policies in force. `by`: who decides; of `opa` it is asked everything, as it has policies of its own."""

    def __init__(self, db: Database, engine: Engine, by: By = "policy") -> None:
        self._db = db
        self.engine = engine
        self.by = by
        self.keeper = Keeper()
        self._in_force: dict[ProjectId | None, Bundle] = {}

    @property
    def are_asked(self) -> bool:
        return bool(self._in_force) or self.by == "opa"

    @property
    def in_force(self) -> Sequence[ProjectId | None]:
        """Which have a policy; None: the installation."""
        return list(self._in_force)

    async def load(self) -> None:
        """Take up what is in force; whoever listens live looks then whether it still may."""
        found = await self._db.read(bundles.in_force)
        before = {bundle.digest: bundle for bundle in self._in_force.values()}
        made = {one.project_id: Bundle(one.modules) for one in found}
        others = {project: bundle.digest for project, bundle in self._in_force.items()}
        self._in_force = {project: before.get(bundle.digest, bundle) for project, bundle in made.items()}
        if others != {project: bundle.digest for project, bundle in made.items()}:
            self._db.bell.ring([revocation.TOPIC])

    async def run(self) -> None:
        """Take up what is changed, also by another hub on the same database."""
        with self._db.bell.listen(CHANGED) as ear:
            while True:
                await ear.wait(LOOK_AGAIN_SECONDS)
                try:
                    await self.load()
                except StoreUnavailable:
                    logger.warning("The policies could not be read anew: the database does not answer.")

    async def decide(self, decision: Decision) -> Verdict:
        """As the policies in force decide for its project."""
        if not self.are_asked:
            return Verdict(True)
        project = decision.project
        everywhere = self._in_force.get(None)
        there = None if project is None else self._in_force.get(project.id)
        some = [bundle for bundle in (everywhere, there) if bundle is not None]
        if not some and self.by != "opa":
            return Verdict(True)
        asked = decision.as_input()
        answer = await self.engine.decide(some, asked)
        if answer.allow or project is None or there is None:
            return Verdict(answer.allow, answer.reason, self.by)
        is_projects = everywhere is None or (await self.engine.decide([everywhere], asked)).allow
        return Verdict(False, answer.reason, self.by, project.key if is_projects else None)

    async def require(
        self, actor: Actor, permission: Permission, named: Named, request: Mapping[str, str] = NO_REQUEST
    ) -> None:
        """What the built-in table has allowed. `named`: what is asked for, by which its projects are found. Raises `PolicyDenied`."""
        decision = Decision(actor, permission, named, request, time.time())
        if not self.are_asked:
            self.keeper.keep(decision, Verdict(True))
            return
        for project in await self._projects(actor, named):
            told = replace(decision, project=project)
            verdict = await self.decide(told)
            self.keeper.keep(told, verdict)
            if not verdict.allow:
                raise PolicyDenied(permission, verdict.reason, verdict.whose)

    async def _projects(self, actor: Actor, named: Named) -> Iterable[Project | None]:
        """Those that are there for the actor: of a hidden one nobody hears, not even by a refusal."""
        if places.NAMES.isdisjoint(named):
            return (None,)
        return await self._db.read(places.projects_of, named, actor) or (None,)

    def refused(self, actor: Actor, permission: Permission, named: Named, request: Mapping[str, str]) -> None:
        """Keep what the built-in table has refused."""
        decision = Decision(actor, permission, named, request, time.time())
        self.keeper.keep(decision, Verdict(False, "The role does not allow it.", "builtin"))

    async def close(self) -> None:
        await self.engine.close()
