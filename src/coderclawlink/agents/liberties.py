"""What the options of one run may say only for somebody who may configure agents: all that lets an agent do more than it may.

Above: the runtime, which asks of what a submitter says, and of what a run that is gone on with was given. Below: the policy. Wishes about the work itself (model, account,
instructions, how long, how dear) are everyone's; so are stricter rules.
"""

from __future__ import annotations

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.configuration import AgentConfiguration


def require(actor: Actor, options: AgentConfiguration) -> None:
    """Raises `PermissionMissing`, which names what is not the actor's to say."""
    if kept := [name for name in AgentConfiguration.model_fields if _differs(name, options, of(actor, options))]:
        raise policy.PermissionMissing(f"Permission denied: {Permission.AGENT_CONFIGURE} (for {', '.join(kept)})")


def of(actor: Actor, options: AgentConfiguration) -> AgentConfiguration:
    """As much of somebody's options as the actor may say, too."""
    if policy.may(actor, Permission.AGENT_CONFIGURE):
        return options
    return options.model_copy(
        update={
            "mode": None if options.mode == "auto" else options.mode,
            "session_mode": None,  # agents have modes in which they ask nobody
            "answered_by": None if options.answered_by == "developer" else options.answered_by,
            "rules": tuple(rule for rule in options.rules if rule.effect != "allow"),
            # With these come secrets, by name, and programs.
            "env": {},
            "mcp_servers": (),
        }
    )


def _differs(name: str, one: AgentConfiguration, other: AgentConfiguration) -> bool:
    return bool(getattr(one, name) != getattr(other, name))
