"""What the options of one run may say only for somebody who may configure agents: all that lets an agent do more than it may.

Above: the runtime's contract, asked with what a submitter says. Below: the policy. Wishes about the work itself (model, account,
instructions, how long, how dear) are everyone's; so are stricter rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.configuration import AgentConfiguration


def require(actor: Actor, options: AgentConfiguration) -> None:
    """Raises `PermissionMissing`, which names what is not the actor's to say."""
    if policy.may(actor, Permission.AGENT_CONFIGURE):
        return
    if taken := list(_taken(options)):
        raise policy.PermissionMissing(f"Permission denied: {Permission.AGENT_CONFIGURE} (for {', '.join(taken)})")


def _taken(options: AgentConfiguration) -> Iterator[str]:
    """The names of what the options say beyond wishes."""
    if options.mode == "auto":
        yield "mode"
    if options.session_mode is not None:  # agents have modes in which they ask nobody
        yield "session_mode"
    if options.answered_by == "developer":
        yield "answered_by"
    if any(rule.effect == "allow" for rule in options.rules):
        yield "rules that allow"
    # With these come secrets, by name, and programs.
    if options.env:
        yield "env"
    if options.mcp_servers:
        yield "mcp_servers"
