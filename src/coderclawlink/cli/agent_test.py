"""`clawlink agent test`: whether an agent works, seen by a tiny piece of real work, step by step.

Above: people who have just set an agent up. Below: the same HTTP that all commands speak; nothing here knows an agent.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.text import line
from coderclawlink.errors import ClawlinkError

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Agent, Hub, RunDetail
    from coderclawlink.events import AnyEvent

PROMPT = "Write hello.txt with the word hello in it, and nothing else."
SCRIPT = "\n\nSCRIPT:\nsay I write the file.\nwrite hello.txt | hello\\n\nfinish hello.txt holds the word."
"""Added where the scripted model stands behind the agent: it can do nothing but a script."""
WORDS = 80


def try_out(
    agent: Annotated[str, Parameter(help="The agent's name; `clawlink agent list` shows them.")],
    /,
    *,
    timeout: Annotated[float, Parameter(help="Seconds after which it is given up.")] = 180.0,
    reach: Reach = HERE,
) -> int:
    """See whether an agent works: it is asked to write one small file, in a folder of its own.

    Each step is told as it is seen. What the agent asks leave for is allowed. Exit code 0 only if the file is there.
    """
    from coderclawlink.cli import hub as hubs

    told = _Told(quiet=reach.json)
    with hubs.reached(reach) as hub:
        found = next(
            (one for one in hub.get("/api/runtime/agents").read(list[hubs.Agent]) if one.agent_type == agent), None
        )
        advice = _look(told, agent, found)
        if advice is None and found is not None:
            try:
                advice = _work(told, hub, reach, found, timeout)
            except hubs.Refused as refusal:
                advice = refusal.message
                told.step("submitted", advice, ok=False)
    if reach.json:
        steps = [asdict(step) for step in told.steps]
        screen.say(json.dumps({"agent": agent, "ok": advice is None, "steps": steps, "what_to_do": advice}, indent=2))
    elif advice is None:
        screen.say(screen.paint(f"{agent} works.", "green"))
    else:
        screen.say(screen.paint(f"{agent} does not work.", "red") + f" {line(advice)}")
    return 0 if advice is None else 1


@dataclass(frozen=True)
class _Step:
    """`seconds`: since the test began."""

    step: str
    ok: bool
    told: str
    seconds: float


@dataclass
class _Told:
    quiet: bool
    steps: list[_Step] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def step(self, name: str, told: str, *, ok: bool = True) -> None:
        made = _Step(name, ok, line(told), round(time.monotonic() - self._began, 2))
        self.steps.append(made)
        if not self.quiet:
            mark = screen.paint("✓", "green") if ok else screen.paint("✗", "red")
            screen.say(f"{mark} {name.ljust(14)} {screen.paint(f'{made.seconds:6.2f} s', 'dim')}  {made.told}")

    def has(self, name: str) -> bool:
        return any(step.step == name for step in self.steps)


def _look(told: _Told, name: str, found: Agent | None) -> str | None:
    """What is known of it before any work; returns what to do where it cannot work."""
    if found is None or found.metadata is None:
        told.step("found", "no agent of that name", ok=False)
        return f"There is no agent {name}. `clawlink agent list` shows those there are."
    about = found.metadata
    told.step("found", about.reached or found.description or name, ok=bool(about.reached or found.available))
    if about.signed_in is not None:
        told.step("signed in", "yes" if about.signed_in else "no", ok=about.signed_in)
    if not found.available:
        told.step("available", about.why or "no", ok=False)
        return about.why or "No node can run it: look at `clawlink doctor` on its machine."
    if about.model:
        told.step("model", about.model + (f", on the account {about.accounts[0]}" if about.accounts else ""))
    return None


def _work(told: _Told, hub: Hub, reach: Reach, agent: Agent, timeout: float) -> str | None:
    """Let it work; returns what to do if it did not do what was asked."""
    from pydantic import ValidationError

    from coderclawlink.cli import following
    from coderclawlink.cli import hub as hubs
    from coderclawlink.events import any_event

    scripted = agent.metadata is not None and "scripted" in agent.metadata.models
    prompt = PROMPT + SCRIPT if scripted else PROMPT
    run = hub.post("/api/runs", {"agent": agent.agent_type, "prompt": prompt, "tries": 1}).read(hubs.Run)
    told.step("submitted", f"run {run.number}")
    with _ended_after(timeout, reach, run.id) as given_up:
        for _, data in following.events(reach, run.id, screen.complain):
            with contextlib.suppress(ValidationError):  # of a newer hub
                event = any_event.validate_json(data)
                _tell(told, event)
                _allow(told, hub, run.id, event)
    if given_up.is_set():
        told.step("given up", f"not done after {timeout:g} s", ok=False)
    return _judge(told, hub, hub.run(run.id))


@contextlib.contextmanager
def _ended_after(seconds: float, reach: Reach, run: str) -> Iterator[threading.Event]:
    """The run is cancelled, and the event set, if the block lasts longer."""
    from coderclawlink.cli import hub as hubs

    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        with contextlib.suppress(ClawlinkError), hubs.reached(reach) as hub:
            hub.post(f"/api/runs/{run}/cancel")

    timer = threading.Timer(seconds, give_up)
    timer.start()
    try:
        yield given_up
    finally:
        timer.cancel()


def _tell(told: _Told, event: AnyEvent) -> None:
    from coderclawlink.events import (
        AgentChunk,
        AgentMessage,
        AgentTool,
        AttemptEnded,
        AttemptPlaced,
        AttemptStarted,
        RunWaiting,
        WorkCommitted,
    )

    match event:
        case AttemptPlaced(node=node):
            told.step("placed", f"on {node}")
        case AttemptStarted():
            told.step("started", event.agent_version or "it tells no version")
            told.step("contained by", event.sandbox, ok=event.sandbox != "none")
        case AgentChunk(text=text, thought=False) | AgentMessage(text=text) if not told.has("first words"):
            if text.strip():
                told.step("first words", text.strip()[:WORDS])
        case AgentTool(status="completed" | "failed"):
            told.step("tool", f"{event.tool}: {event.title or event.input}"[:WORDS], ok=event.status == "completed")
        case RunWaiting(reason=reason, who=who) if reason != "approval":
            told.step("waits", f"for {reason}; to act: {who}", ok=False)
        case WorkCommitted():
            told.step("changed", f"{event.files} files, {event.additions} lines added, {event.deletions} removed")
        case AttemptEnded(error=str(error)):
            told.step("ended", error, ok=False)
        case _:
            pass


def _allow(told: _Told, hub: Hub, run: str, event: AnyEvent) -> None:
    """Who runs the test wants the file to be written."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.events import QuestionAsked

    if not isinstance(event, QuestionAsked):
        return
    allowed = next((option for option in event.options if option.effect == "allow_once"), None)
    told.step("asked", event.title[:WORDS], ok=allowed is not None)
    if allowed is not None:
        with contextlib.suppress(hubs.Refused):  # somebody was quicker
            hub.post(f"/api/runs/{run}/answers", {"question": event.question, "option": allowed.id})


def _judge(told: _Told, hub: Hub, run: RunDetail) -> str | None:
    from coderclawlink.cli import hub as hubs

    try:
        diff = hub.get(f"/api/runs/{run.id}/diff").text
    except hubs.Missing:
        diff = ""
    written = "hello.txt" in diff and "+hello" in diff.lower()
    told.step("file written", "hello.txt" if written else "hello.txt is not there", ok=written)
    if run.usage is not None:
        spent = f"{run.usage.input_tokens} in, {run.usage.output_tokens} out, in {run.usage.calls} calls of {run.usage.model}"
        told.step("tokens", spent)
        cost = run.usage.cost_usd
        told.step("cost", "no price is known for this model" if cost is None else f"${cost:.4f}")
    else:
        told.step("tokens", "none counted: its model calls do not pass the model proxy")
    told.step("ended", run.state, ok=run.state == "completed")
    if run.state == "completed" and written:
        return None
    if run.error:
        return f"{run.error} More: clawlink run show {run.number}"
    if run.state == "completed":
        return (
            f"It ended its turn without writing the file; a model that is too small does that. "
            f"Try another with `model` in agents.toml. What it said: clawlink run show {run.number}"
        )
    return f"The run is {run.state}. What it waited for: clawlink run why {run.number}"
