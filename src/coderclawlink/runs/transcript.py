"""What was said and done in a run and in those it goes on from, as one text that any agent understands: for one that remembers
nothing of it, because it is another agent, or on another machine, or could not take its conversation up again.

Above: whoever makes an attempt's order. Below: the journal, read backwards, so that a long past costs no more than is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from coderclawlink.db.engine import Look
from coderclawlink.db.schema import events
from coderclawlink.events import (
    AgentMessage,
    AgentTool,
    AnyEvent,
    AttemptEnded,
    AttemptLost,
    CheckEnded,
    PermissionDecided,
    PromptTaken,
    QuestionAnswered,
    QuestionAsked,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunHandedOver,
    RunReviewed,
    RunSubmitted,
    WorkCommitted,
    any_event,
)
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run, RunNotFound

AT_MOST = 60_000
"""Characters."""
ENTRY_AT_MOST = 12_000
"""Characters of one message or prompt; of longer ones the beginning and the end are kept."""
LINE_AT_MOST = 300
RUNS_AT_MOST = 50
"""So many runs are followed back."""
PAGE = 200

_TOLD = (
    AgentMessage,
    AgentTool,
    AttemptEnded,
    AttemptLost,
    CheckEnded,
    PermissionDecided,
    PromptTaken,
    QuestionAnswered,
    QuestionAsked,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunHandedOver,
    RunReviewed,
    RunSubmitted,
    WorkCommitted,
)
_KINDS = [str(each.model_fields["kind"].default) for each in _TOLD]


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    is_prompt: bool = False


def transcript(look: Look, run: Run, at_most: int = AT_MOST) -> str:
    """The account, oldest first, at most so many characters: what is left out is the oldest, and is said to be. A prompt that
    nothing has followed is no part of it. Empty when nothing was said or done yet."""
    kept: list[str] = []
    left = at_most - len(_LEFT_OUT)
    for entry in _backwards(look, run):
        if not kept and entry.is_prompt:
            continue
        room = left - len(_BETWEEN)
        if len(entry.text) > room:
            if not kept and room > 0:
                kept.append(_short(entry.text, room))
            kept.append(_LEFT_OUT)
            break
        kept.append(entry.text)
        left = room - len(entry.text)
    return _BETWEEN.join(reversed(kept))[:at_most]


_BETWEEN = "\n\n"
_LEFT_OUT = "[What came before is left out.]"


def _backwards(look: Look, run: Run) -> Iterator[_Entry]:
    """Of the run and those before it, the latest first."""
    seen: set[RunId] = set()
    here: Run | None = run
    while here is not None and here.id not in seen and len(seen) < RUNS_AT_MOST:
        seen.add(here.id)
        account = _Account()
        for event, attempt in _events(look, here.id):
            yield from account.of(event, attempt)
        try:
            here = None if here.continues is None else ledger.find(look, here.continues)
        except RunNotFound:  # deleted since
            here = None


def _events(look: Look, run: RunId) -> Iterator[tuple[AnyEvent, int | None]]:
    before: int | None = None
    while True:
        statement = sa.select(events.c.seq, events.c.attempt, events.c.data).where(
            events.c.run_id == run, events.c.kind.in_(_KINDS)
        )
        if before is not None:
            statement = statement.where(events.c.seq < before)
        page = look.rows(statement.order_by(events.c.seq.desc()).limit(PAGE))
        for row in page:
            yield any_event.validate_json(row["data"]), row["attempt"]
        if len(page) < PAGE:
            return
        before = page[-1]["seq"]


@dataclass
class _Account:
    """What one run's events say, read backwards: so the last word on a tool call comes first, and an answer before its question."""

    _tools: set[tuple[int | None, str]] = field(default_factory=set)
    _answers: dict[str, QuestionAnswered] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def of(self, event: AnyEvent, attempt: int | None) -> Iterator[_Entry]:
        """None or one entry."""
        match event:
            case RunSubmitted():
                yield _Entry(f"PROMPT (to {event.agent}): {_short(event.prompt)}", is_prompt=True)
            case PromptTaken(number=0):
                pass  # the run's own, which it was submitted with
            case PromptTaken(number=None):
                yield _Entry(f"TOLD BY THE SYSTEM: {_short(event.text)}", is_prompt=True)
            case PromptTaken():
                yield _Entry(f"PROMPT: {_short(event.text)}", is_prompt=True)
            case AgentMessage():
                if event.text.strip():
                    yield _Entry(f"AGENT: {_short(event.text.strip())}")
            case AgentTool():
                if (attempt, event.id) not in self._tools:
                    self._tools.add((attempt, event.id))
                    yield _Entry(f"TOOL {event.tool}: {_line(event.title or event.input)} → {event.status}")
            case QuestionAnswered():
                self._answers.setdefault(event.question, event)
            case QuestionAsked():
                if event.question not in self._asked:
                    self._asked.add(event.question)
                    yield _Entry(_question(event, self._answers.get(event.question)))
            case _:
                if (words := _outcome(event)) is not None:
                    yield _Entry(words)


def _question(asked: QuestionAsked, answered: QuestionAnswered | None) -> str:
    what = _line(f"{asked.title}: {asked.detail}" if asked.detail else asked.title)
    if answered is None:
        return f"QUESTION: {what} → not answered"
    label = next((one.label for one in asked.options if one.id == answered.option), answered.option or "dismissed")
    words = f", “{_line(answered.text)}”" if answered.text else ""
    return f"QUESTION: {what} → {_line(label)}{words} (by {_line(answered.by)})"


def _outcome(event: AnyEvent) -> str | None:
    """One line of what became of it; None for what need not be told."""
    match event:
        case PermissionDecided(effect="deny"):
            return f"NOT ALLOWED: {_line(event.title)}" + (f" (rule: {_line(event.rule)})" if event.rule else "")
        case CheckEnded(passed=True):
            return f"CHECK {_line(event.name)}: passed"
        case CheckEnded():
            return f"CHECK {_line(event.name)}: failed\n{_short(event.output, 2000)}".rstrip()
        case WorkCommitted():
            where = f" of {_line(event.repository)}" if event.repository else ""
            counts = f"{event.files} files changed, +{event.additions} −{event.deletions}"
            return f"WORK: {counts}, commit {event.head[:12]}{where}"
        case AttemptEnded(outcome="interrupted" | "paused" | "cancelled" | "failed"):
            why = event.error or (event.pause.why if event.pause else "")
            return f"THE WORK WAS {event.outcome.upper()}" + (f": {_line(why)}" if why else "")
        case AttemptLost():
            return "THE WORK WAS INTERRUPTED: its machine was lost"
        case RunHandedOver():
            return f"HANDED OVER from {event.before} to {event.agent}: {_line(event.why)}"
        case RunReviewed():
            verdict = "approved" if event.approved else "changes wanted"
            return f"REVIEW by {_line(event.by)}: {verdict}" + (f": {_short(event.text)}" if event.text else "")
        case RunCompleted():
            return "OUTCOME: completed"
        case RunFailed():
            return f"OUTCOME: failed: {_line(event.error)}"
        case RunCancelled():
            return "OUTCOME: cancelled"
        case _:
            return None


def _line(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LINE_AT_MOST else plain[: LINE_AT_MOST - 1] + "…"


def _short(text: str, at_most: int = ENTRY_AT_MOST) -> str:
    """The beginning and the end of a long text."""
    if len(text) <= at_most:
        return text
    cut = " […] "
    if at_most <= len(cut):
        return text[:at_most]
    end = (at_most - len(cut)) // 2
    return text[: at_most - len(cut) - end] + cut + text[len(text) - end :]
