"""What the hub answers of agents' configurations, budgets and usage, as the commands show it. Beside: `hub`, with the shapes of the rest.

Each holds what the commands show and ignores what else there is.
"""

from __future__ import annotations

from pydantic import Field, JsonValue

from coderclawlink.cli.hub import Agent, AgentFound, Shape


class Health(Shape):
    node: str
    online: bool
    available: bool
    version: str | None
    why: str | None
    reached: str


class Found(AgentFound):
    limit: int | None = None
    driver: str = ""
    health: list[Health] = Field(default_factory=list)


class Configuration(Shape):
    agent: str
    project_id: int | None
    version: int
    configuration: dict[str, JsonValue]
    changed_by: str | None
    changed_at: str | None


class Layer(Configuration):
    project_key: str


class AgentDetail(Agent):
    metadata: Found
    configuration: Configuration
    projects: list[Layer]


class Rule(Shape):
    text: str
    origin: str
    learnt_id: int | None
    learnt_by: str | None


class Rules(Shape):
    mode: str | None
    rules: list[Rule]


class Decision(Shape):
    effect: str
    rule: Rule | None
    why: str


class Budget(Shape):
    scope: str
    name: str
    label: str
    usd: float | None
    tokens: int | None
    run_usd: float | None
    run_tokens: int | None
    period: str
    spent_usd: float
    spent_tokens: int
    held_usd: float
    held_tokens: int
    left_usd: float | None
    left_tokens: int | None


class Total(Shape):
    label: str
    runs: int
    attempts: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_calls: int
    seconds: float
