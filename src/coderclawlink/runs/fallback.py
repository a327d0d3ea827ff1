"""What the next attempt of a run is made with: configuration, and the step of the project's fallback chain that it stands at.

A chain is: the agent with its own account and model, then the fallbacks in their order. When a provider has had enough of one
step, the run goes along to the next that is not at its limit; when all are, it waits for the first of them to be free again.

Above: `attempts`, `engine.lifecycle`. Below: the agents' configuration, and the limits as providers told them.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import askers, uses
from coderclawlink.agents import configurations, learnt
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import provider_limits as limits
from coderclawlink.runs.ledger import Run


@dataclass(frozen=True, slots=True)
class Made:
    """With what an attempt is made. `label`: the versions of configuration behind it, e.g. "goose@3 DEMO/goose@1"."""

    agent: str
    configuration: AgentConfiguration
    label: str

    @property
    def name(self) -> str:
        """For people: "claude, account b, model m"."""
        known = (("account", self.configuration.account), ("model", self.configuration.model))
        return ", ".join([self.agent, *(f"{what} {value}" for what, value in known if value)])

    @property
    def limited_by(self) -> dict[str, str]:
        """What of it a provider's limit holds for."""
        return {
            "agent": self.agent,
            "account": self.configuration.account or "",
            "model": self.configuration.model or "",
        }


def made(look: Look, run: Run, step: int | None = None) -> Made:
    """With what the run's next attempt is made, at its present step or another."""
    own = configurations.resolve(look, run.agent, run.project_id, run.options)
    chosen = own.configuration.step(run.step if step is None else step)
    agent = chosen.agent or run.agent
    resolved = own
    if agent != run.agent:
        # Another agent has a configuration of its own; of the run's wishes those hold that are not about a model.
        wishes = run.options.model_copy(update={"model": None, "account": None, "session_mode": None})
        resolved = configurations.resolve(look, agent, run.project_id, wishes)
    known = learnt.rules_for(look, agent, run.task_id, run.id)
    over = NOTHING_SAID.model_copy(update={"model": chosen.model, "account": chosen.account, "rules": known})
    return Made(agent, resolved.configuration.under(over), resolved.label)


def forget_limit(tx: Tx, at: Made) -> None:
    """Somebody knows better: it may be tried again. What is long past is forgotten too."""
    here = sa.and_(*(limits.c[name] == value for name, value in at.limited_by.items()))
    tx.change(limits.delete().where(sa.or_(here, limits.c.until < tx.now())))


def note_limit(tx: Tx, at: Made, until: float) -> None:
    """The provider has had enough of this until then (seconds since the epoch)."""
    forget_limit(tx, at)
    tx.change(limits.insert().values(**at.limited_by, until=until))


def limited_until(look: Look, at: Made) -> float | None:
    """When its limit ends; None while it has none."""
    here = sa.and_(*(limits.c[name] == value for name, value in at.limited_by.items()))
    until = look.scalar(sa.select(limits.c.until).where(here, limits.c.until > look.now()))
    return None if until is None else float(until)


def next_step(look: Look, run: Run) -> tuple[int, float | None]:
    """The step to go on with: the first that is free now, and None; or the one that is free first, and when."""
    soonest: tuple[int, float] | None = None
    for step in steps(look, run):
        until = limited_until(look, made(look, run, step))
        if until is None:
            return step, None
        if soonest is None or until < soonest[1]:
            soonest = step, until
    assert soonest is not None  # noqa: S101  a chain has at least the step 0
    return soonest


def steps(look: Look, run: Run) -> list[int]:
    """The steps of the chain, but for agents that who asked for the run may not use."""
    chain = configurations.resolve(look, run.agent, run.project_id, run.options).configuration
    agents = {step: chain.step(step).agent or run.agent for step in range(len(chain.fallback) + 1)}
    asker = askers.as_of_now(look, run.user_id, run.session)
    refused = uses.why_not(look, asker, "agent", agents.values(), run.project_id)
    return [step for step, agent in agents.items() if step == 0 or agent not in refused]
