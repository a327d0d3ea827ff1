"""What an agent asks leave for: decided by rules, or asked of people; and the answers, in the agent's own words.

Above: the connection, which holds the agent still until a request is answered. Below: the rules, the events and the
translation. Option ids differ from agent to agent, so a choice is made by what an option does (its `kind` on the wire).
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from coderclawlink import rules
from coderclawlink.configuration import Mode
from coderclawlink.drivers.acp.translate import Raw, part, parts, text
from coderclawlink.events import AgentTool, FileChange, Option, PermissionDecided, QuestionAsked
from coderclawlink.rules import Act, Decision, Effect, Rule

_EFFECTS = ("allow_once", "allow_always", "reject_once", "reject_always")
_NEXT_BEST = {
    "allow_once": ("allow_once", "allow_always"),
    "allow_always": ("allow_always", "allow_once"),
    "reject_once": ("reject_once", "reject_always"),
    "reject_always": ("reject_always", "reject_once"),
}
_LONGEST_DIFF = 20_000
"""Characters: beyond it a diff is not worked out for a question's detail, only summed up."""


@dataclass
class Request:
    """A permission request that is open. `answer` becomes the option's id, or None: dismissed."""

    question: QuestionAsked
    answer: asyncio.Future[str | None] = field(repr=False)
    text: str | None = None


class Permissions:
    """What one session's agent may do: the rules it was given, and what people have answered for good."""

    def __init__(self, mode: Mode, given: Sequence[Rule] = ()) -> None:
        self._otherwise: Effect = "ask" if mode == "ask" else "allow"
        self._rules = tuple(given)

    def decide(self, act: Act) -> Decision:
        return rules.decide(act, self._rules, self._otherwise)

    def denies(self, act: Act) -> Decision | None:
        """For what an agent does without asking: only what is denied is stopped."""
        decision = rules.decide(act, self._rules, "allow")
        return decision if decision.effect == "deny" else None

    def learn(self, act: Act, effect: Literal["allow", "deny"]) -> bool:
        """Decide acts like this one the same way from now on. False: it cannot be told from others."""
        learnt = rules.learnt_from(act)
        self._rules += tuple(rule.model_copy(update={"effect": effect}) for rule in learnt)
        return bool(learnt) and self.decide(act).effect == effect


def decided(question: QuestionAsked, decision: Decision) -> PermissionDecided:
    """How a decision is told."""
    return PermissionDecided(
        title=question.title,
        act=question.act,
        effect=decision.effect,
        rule=why(decision.rule) if decision.rule else None,
        tool=question.tool,
    )


def asked(question: QuestionAsked, decision: Decision) -> QuestionAsked:
    """The question with what wants a person to be asked."""
    return question.model_copy(update={"rule": why(decision.rule) if decision.rule else ""})


def why(rule: Rule) -> str:
    return f"{rule}: {rule.why}" if rule.why else str(rule)


def ask(params: Raw, question: str, call: AgentTool | None, act: Act = Act()) -> QuestionAsked:  # noqa: B008  # frozen
    """The question in a `session/request_permission`. `call`: the tool call it is about, as far as it is known."""
    options = tuple(
        Option(id=id, label=text(raw, "name") or id, effect=_effect(text(raw, "kind")))
        for raw in parts(params, "options")
        if (id := text(raw, "optionId"))
    )
    title = text(part(params, "toolCall"), "title") or (call.title if call else "")
    return QuestionAsked(
        question=question,
        title=title or "The agent asks for permission",
        detail=detail(call, act) if call else "",
        options=options,
        tool=call.id if call else None,
        act=act,
    )


def detail(call: AgentTool, act: Act = Act()) -> str:  # noqa: B008  # frozen
    """What exactly would be done: the command, or the diff, or the whole input."""
    if act.command:
        return act.command
    if call.changes:
        return "\n".join(_diff(change) for change in call.changes)
    return call.input or call.output


def choose(options: Sequence[Option], wanted: str) -> Option | None:
    """The option of this id; else the first that has this effect; else the one that does the next best."""
    for option in options:
        if option.id == wanted:
            return option
    return does(options, *_NEXT_BEST.get(wanted, ()))


def does(options: Sequence[Option], *effects: str) -> Option | None:
    """The first option that has the first of these effects; else of the second …"""
    return next((option for effect in effects for option in options if option.effect == effect), None)


def reply(request: Request) -> dict[str, object]:
    """The result of the JSON-RPC request, once it is answered."""
    chosen = request.answer.result()
    if chosen is None:
        return {"outcome": {"outcome": "cancelled"}}
    result: dict[str, object] = {"outcome": {"outcome": "selected", "optionId": chosen}}
    if request.text:
        # ACP has no place for a person's words; an agent that knows of this one can heed them.
        result["_meta"] = {"text": request.text}
    return result


def _effect(kind: str) -> Literal["allow_once", "allow_always", "reject_once", "reject_always", "other"]:
    for effect in _EFFECTS:
        if kind == effect:
            return effect  # type: ignore[return-value]  # one of the literals, which mypy loses in the loop
    return "other"


def _diff(change: FileChange) -> str:
    old = change.old or ""
    if len(old) + len(change.new) > _LONGEST_DIFF:
        return f"{change.path}: {len(old.splitlines())} lines become {len(change.new.splitlines())}"
    name_before = change.path if change.old is not None else "/dev/null"
    lines = difflib.unified_diff(old.splitlines(), change.new.splitlines(), name_before, change.path, lineterm="")
    return "\n".join(lines)
