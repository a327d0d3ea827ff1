"""What goes wrong with agents.

    Unavailable
    └── AgentFailed     the agent's program could not be started or does not speak its protocol
        └── CannotStart the program itself is missing or refused to start
"""

from coderclawlink.errors import Unavailable


class AgentFailed(Unavailable):
    """The agent could not be started."""


class CannotStart(AgentFailed):
    """The agent's program could not be started."""
