"""The watch over an agent that turns in circles: the same call again and again, or much talk with the model and no change.

Above: the conversation, which shows it what the agent does and heeds what it says. Below: events. What a circle is stands in the
agent's configuration; a person says whether it goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.events import AgentTool, AgentUsage, Option, QuestionAsked
from coderclawlink.ids import new_id
from coderclawlink.rules import Act

SAME_CALLS = 8
CALLS_WITHOUT_CHANGE = 60
LOOK_CALLS = 10
"""The files are looked at once in so many calls of the model, at most."""
_SHOWN = 2_000
"""Characters of a call's input or output in the question."""

Fingerprint = Callable[[], Awaitable[str]]
"""Tells the state of the files; equal when nothing has changed, empty when that cannot be told."""


@dataclass(frozen=True)
class Circle:
    """What was noticed. `why` is a sentence, `detail` all that is known, both for people."""

    why: str
    detail: str

    def question(self) -> QuestionAsked:
        return QuestionAsked(
            question=new_id(),
            title="The agent repeats itself",
            detail=self.detail,
            options=(
                Option(id="continue", label="Let it go on", effect="allow_once"),
                Option(id="stop", label="Stop the run", effect="reject_once"),
            ),
            act=Act(tool="other"),
        )


class Watch:
    """Over one attempt. `fingerprint` None: the agent works where we do not see its files."""

    def __init__(self, configuration: AgentConfiguration, fingerprint: Fingerprint | None) -> None:
        self._same_calls = configuration.same_calls or SAME_CALLS
        self._without_change = configuration.calls_without_change or CALLS_WITHOUT_CHANGE
        self._fingerprint = fingerprint
        self._last: tuple[object, ...] = ()
        self._times = 0
        self._counted: set[str] = set()
        self._circle: Circle | None = None
        self._usage: AgentUsage | None = None
        self._state: str | None = None
        self._changed_at: AgentUsage | None = None
        self._looked_at = 0

    def begin_turn(self) -> None:
        """Agents may use the same names for their calls in each turn."""
        self._counted.clear()

    def see(self, call: AgentTool) -> bool:
        """A call of a tool was told. True: it is one too many of the same."""
        if call.status not in ("completed", "failed"):
            self._counted.discard(call.id)
            return False
        if call.id in self._counted:
            return False
        self._counted.add(call.id)
        same = (call.tool, call.title, call.input, call.output, call.status, call.changes)
        self._times = self._times + 1 if same == self._last else 1
        self._last = same
        if self._times < self._same_calls or self._circle is not None:
            return False
        self._circle = Circle(
            f"The agent has made the same call {self._times} times on end, each time with the same outcome.",
            f"{self._times} times on end, each {call.status}:\n{call.title}\n\n{call.input[:_SHOWN]}\n\n{call.output[-_SHOWN:]}".rstrip(),
        )
        return True

    def count(self, usage: AgentUsage) -> None:
        """The attempt's totals at the model proxy."""
        self._usage = usage

    async def circle(self) -> Circle | None:
        """What was noticed so far. Looks at the files when so many calls have been made that it is time to."""
        usage = self._usage
        if self._circle is not None or self._fingerprint is None or usage is None:
            return self._circle
        if self._state is None:
            self._state = await self._fingerprint()
        if usage.calls - self._looked_at >= min(LOOK_CALLS, self._without_change):
            self._looked_at = usage.calls
            state = await self._fingerprint()
            if not state or state != self._state:
                self._state, self._changed_at = state, usage
            else:
                self._circle = self._still(usage)
        return self._circle

    def _still(self, usage: AgentUsage) -> Circle | None:
        since = self._changed_at
        calls = usage.calls - (since.calls if since else 0)
        if calls < self._without_change:
            return None
        tokens = usage.input_tokens + usage.output_tokens - (since.input_tokens + since.output_tokens if since else 0)
        spent = f"{tokens} tokens"
        if usage.cost_usd is not None and (since is None or since.cost_usd is not None):
            spent += f", ${usage.cost_usd - ((since.cost_usd or 0) if since else 0):.4f}"
        why = f"The agent has called the model {calls} times without a change in the files."
        return Circle(why, f"{calls} calls of the model without a change in the files: {spent}.")
