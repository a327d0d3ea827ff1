"""A run's states as a table; the picture in the docs is made from it. Pure.

Everything that decides about transitions lives here. A run that has ended never changes again: that is what keeps a
cancelled run cancelled when its agent's last words come in late.
"""

from __future__ import annotations

from enum import StrEnum

from coderclawlink.errors import Conflict


class State(StrEnum):
    PENDING = "pending"
    """Waits for a place: no node has it."""
    PLANNING = "planning"
    """A node has it and prepares the workspace."""
    RUNNING = "running"
    """An agent is at work."""
    WAITING = "waiting"
    """Somebody or something must act first; `wait_reason` says what."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to a run."""

    PLACE = "place"
    START = "start"
    WAIT = "wait"
    RESUME = "resume"
    REQUEUE = "requeue"
    """The attempt is over without a result; the next one will be made."""
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


class WaitReason(StrEnum):
    """Why a run waits: one query over it answers "why is this not moving, and who must act"."""

    APPROVAL = "approval"
    QUESTION = "question"
    QUOTA = "quota"
    BUDGET = "budget"
    DEPENDENCY = "dependency"
    SCHEDULE = "schedule"
    NODE_OFFLINE = "node_offline"
    CI = "ci"
    REVIEW = "review"


ENDED = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED})
OPEN = frozenset(State) - ENDED

TABLE: dict[State, dict[Step, State]] = {
    State.PENDING: {
        Step.PLACE: State.PLANNING,
        Step.WAIT: State.WAITING,
        Step.FAIL: State.FAILED,
        Step.CANCEL: State.CANCELLED,
    },
    State.PLANNING: {
        Step.START: State.RUNNING,
        Step.WAIT: State.WAITING,
        Step.REQUEUE: State.PENDING,
        Step.COMPLETE: State.COMPLETED,
        Step.FAIL: State.FAILED,
        Step.CANCEL: State.CANCELLED,
    },
    State.RUNNING: {
        Step.START: State.RUNNING,
        Step.WAIT: State.WAITING,
        Step.REQUEUE: State.PENDING,
        Step.COMPLETE: State.COMPLETED,
        Step.FAIL: State.FAILED,
        Step.CANCEL: State.CANCELLED,
    },
    State.WAITING: {
        Step.START: State.RUNNING,
        Step.WAIT: State.WAITING,
        Step.RESUME: State.RUNNING,
        Step.REQUEUE: State.PENDING,
        Step.COMPLETE: State.COMPLETED,
        Step.FAIL: State.FAILED,
        Step.CANCEL: State.CANCELLED,
    },
    State.COMPLETED: {},
    State.FAILED: {},
    State.CANCELLED: {},
}


class IllegalStep(Conflict):
    """The run cannot do that in its present state."""


def after(state: State, step: Step) -> State:
    """The state that follows. Raises `IllegalStep`."""
    try:
        return TABLE[state][step]
    except KeyError:
        if state in ENDED:
            raise IllegalStep(f"The run has already ended: it is {state}.") from None
        raise IllegalStep(f"A run that is {state} cannot {step}.") from None


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> pending: submit"]
    for state, steps in TABLE.items():
        for step, target in steps.items():
            if state is not target:
                lines.append(f"    {state} --> {target}: {step}")
    lines += [f"    {state} --> [*]" for state in State if state in ENDED]
    return "\n".join(lines)
