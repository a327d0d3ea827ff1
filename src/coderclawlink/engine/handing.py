"""Handing a run over to another agent in its middle, and letting one go on that waits. Each is one transaction's worth.

Above: the runtime contract. Below: the run's own rooms; `settling` decides what follows.
"""

from __future__ import annotations

from coderclawlink.access import policy, uses
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.agents import liberties, literals
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Tx
from coderclawlink.errors import Conflict
from coderclawlink.events import RunHandedOver
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import attempts, budgets, fallback, ledger
from coderclawlink.runs.budgets import UsedUp
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import IllegalStep, WaitReason


class NothingToResume(Conflict):
    """The run does not wait for anything that could be waited for no longer."""


def hand_over(tx: Tx, actor: Actor, run: Run, agent: str, options: AgentConfiguration) -> None:
    """The next attempt is made by this agent; the one at work is stopped, its work saved. Raises `IllegalStep`, `UseDenied`."""
    uses.require(tx, actor, "agent", agent, run.project_id)
    if run.has_ended:
        raise IllegalStep(f"The run has already ended: it is {run.state}.")
    before = fallback.made(tx, run)
    # Wishes about a model or an account were for the agent before.
    kept = run.options.model_copy(update={"model": None, "account": None, "session_mode": None})
    wishes = (kept if agent != run.agent else run.options).under(options)
    ledger.note(tx, run.id, agent=agent, options=wishes.model_dump_json(exclude_defaults=True), step=0)
    now = ledger.find(tx, run.id)
    after = fallback.made(tx, now)
    told = RunHandedOver(before=before.name, agent=after.name, why=f"{actor.name} wished it")
    log.append(tx, told, run.about, actor=actor)
    attempts.make_anew(tx, now)
    attempts.stop(tx, now, "interrupted")
    if now.wait_reason in (WaitReason.QUOTA, WaitReason.BUDGET):  # what the one before waited for, this one may have
        ledger.note(tx, run.id, wait_until=tx.now())
        tx.topics.add(f"over:{run.id}")


def resume(tx: Tx, actor: Actor, run_id: RunId, options: AgentConfiguration) -> Run:
    """Let a run go on that waits for its quota or its budget. Raises `RunNotFound`, `PermissionMissing`, `NothingToResume`."""
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    liberties.require(actor, options)
    literals.refuse(options)
    wishes = run.options.under(options)
    if wishes != run.options:
        ledger.note(tx, run_id, options=wishes.model_dump_json(exclude_defaults=True))
        run = ledger.find(tx, run_id)
    match run.wait_reason:
        case WaitReason.QUOTA:
            fallback.forget_limit(tx, fallback.made(tx, run))
            ledger.note(tx, run_id, wait_until=tx.now())
        case WaitReason.BUDGET:
            share = budgets.reserve(tx, run, fallback.made(tx, run).configuration)
            if isinstance(share, UsedUp):
                raise NothingToResume(f"The budget is still used up: {share.why}. Raise it first.")
            ledger.note(tx, run_id, wait_until=tx.now())
        case _:
            waits = f"it waits for {run.wait_reason}" if run.wait_reason else f"it is {run.state}"
            raise NothingToResume(f"Only a run that waits for its quota or its budget can be resumed; {waits}.")
    tx.topics.add(f"over:{run_id}")
    return ledger.find(tx, run_id)
