"""What goes wrong with agents: `AgentFailed`, a kind of Unavailable, and of it `CannotStart` and `NotSignedIn`."""

from coderclawlink.errors import Unavailable


class AgentFailed(Unavailable):
    """The agent could not be started."""


class CannotStart(AgentFailed):
    """The agent's program could not be started."""


class NotSignedIn(AgentFailed):
    """The agent wants a person to sign in first."""
