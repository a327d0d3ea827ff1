"""What an agent is given to work with, and what its work must pass, as data: the one shape for file, HTTP, CLI and link. Pure.

Above: the hub, which keeps versions of it; the link, which carries it in an order; the node, which makes a driver of it. Each
field may be absent: a later layer (installation, project, run) says only what it wants otherwise. Secrets stand in it by name,
`{secret:NAME}`; their values are known to the node alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from coderclawlink.rules import Rule

Mode = Literal["ask", "auto"]
"""`ask`: what no rule allows becomes a question. `auto`: what no rule forbids or asks about is allowed, visibly."""

USD_AT_MOST = 1e12
TOKENS_AT_MOST = 2**53 - 1
"""Many caps are summed up: no sum may be beyond what a database can tell."""

SECRET = re.compile(r"\{secret:([A-Za-z_][A-Za-z0-9_]{0,63})\}")
_NOT_OURS = re.compile(r"LD_\w+|DYLD_\w+|HOME|PATH|PYTHONPATH|PYTHONHOME|NODE_OPTIONS|BASH_ENV|ENV|IFS|CLAWLINK_\w+")


def _is_variable(environment: dict[str, str]) -> dict[str, str]:
    for name in environment:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is no name of a variable")
        if _NOT_OURS.fullmatch(name):
            raise ValueError(f"{name} is set by the node and cannot be configured")
    return environment


Environment = Annotated[dict[str, str], AfterValidator(_is_variable)]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class McpServer(BaseModel):
    """An MCP server that the agent is given: a program (`command`, `args`, `env`) or a URL (`url`, `headers`, `type`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: Word
    command: str = ""
    args: tuple[str, ...] = ()
    env: Environment = Field(default_factory=dict)
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    type: Literal["http", "sse"] = "http"

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("an MCP server has either a command or a url")
        return self


class Fallback(BaseModel):
    """What to go on with when the step before is at its limit. What is absent stays as in the step before."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    account: Word | None = None
    model: Word | None = None
    agent: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.account or self.model or self.agent):
            raise ValueError("a fallback names an account, a model or an agent")
        return self


class AgentConfiguration(BaseModel):
    """How an agent works. `None` and empty: as the layer below says, at last as the catalogue knows the agent."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    model: Word | None = None
    account: Word | None = None
    """Which of the node's accounts at the model's provider pays."""
    mode: Mode | None = None
    session_mode: Word | None = None
    """An id among the modes that the agent itself offers."""
    instructions: Annotated[str, Field(max_length=50_000)] | None = None
    """Said to the agent before its first prompt."""
    env: Environment = Field(default_factory=dict)
    mcp_servers: Annotated[tuple[McpServer, ...], Field(max_length=50)] = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=7 * 24 * 3600)] | None = None
    rules: Annotated[tuple[Rule, ...], Field(max_length=500)] = ()
    answer_seconds: Annotated[float, Field(gt=0, le=30 * 24 * 3600)] | None = None
    """A question that nobody has answered for so long is answered with a no."""
    answered_by: Literal["developer", "admin"] | None = None
    """The least role that may answer the agent's questions."""
    budget_usd: Annotated[float, Field(ge=0, le=USD_AT_MOST)] | None = None
    """Of one run, over all its attempts: a cap, never exceeded by more than one answer of the model."""
    budget_tokens: Annotated[int, Field(ge=0, le=TOKENS_AT_MOST)] | None = None
    same_calls: Annotated[int, Field(ge=2, le=1000)] | None = None
    """The same tool call so many times on end, with the same outcome, pauses the run and asks."""
    calls_without_change: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """So many calls of the model without a change in the files pause the run and ask."""
    fallback: Annotated[tuple[Fallback, ...], Field(max_length=20)] = ()

    def under(self, over: AgentConfiguration) -> AgentConfiguration:
        """This configuration with another on top of it. Environments are joined, and rules add up; of MCP servers with one
        name the upper one counts."""
        said = {name: value for name in type(self).model_fields if (value := getattr(over, name)) not in (None, (), {})}
        if self.env and over.env:
            said["env"] = {**self.env, **over.env}
        if self.rules and over.rules:
            said["rules"] = (*self.rules, *(rule for rule in over.rules if rule not in self.rules))
        if self.mcp_servers and over.mcp_servers:
            named = {server.name for server in over.mcp_servers}
            said["mcp_servers"] = (*(one for one in self.mcp_servers if one.name not in named), *over.mcp_servers)
        return self.model_copy(update=said)

    def step(self, number: int) -> Fallback:
        """Step 0 is the configuration's own account and model; the steps after it are the fallbacks, each on the one before."""
        account, model, agent = self.account, self.model, None
        for each in self.fallback[:number]:
            if each.agent:
                account, model, agent = each.account, each.model, each.agent
            else:
                account, model = each.account or account, each.model or model
        if not (account or model or agent):
            return Fallback.model_construct(account=None, model=None, agent=None)
        return Fallback(account=account, model=model, agent=agent)

    def secrets(self) -> frozenset[str]:
        """The names of the secrets that stand in it."""
        return frozenset(SECRET.findall(self.model_dump_json()))


NOTHING_SAID = AgentConfiguration()


def joined(layers: Iterable[AgentConfiguration]) -> AgentConfiguration:
    """The layers laid on one another, the lowest first."""
    whole = NOTHING_SAID
    for layer in layers:
        whole = whole.under(layer)
    return whole


class Check(BaseModel):
    """A command that the work must pass, run by a shell in a clean checkout of the result. It passes with exit code 0."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$")]
    run: Annotated[str, Field(min_length=1, max_length=10_000)]
    timeout_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 600.0
    network: bool = False
    """Whether the command may reach other machines."""


class Verification(BaseModel):
    """What "done" means for a project. `rounds`: how often the agent is told what failed and may mend it. `review`: a person
    must have approved the result."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    checks: Annotated[tuple[Check, ...], Field(max_length=50)] = ()
    rounds: Annotated[int, Field(ge=0, le=20)] = 2
    review: bool = False

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [check.name for check in self.checks]
        if len(names) != len(set(names)):
            raise ValueError("two checks have the same name")
        return self
