"""Rules that decide what an agent may do before anybody is asked: allow, deny, ask. Pure.

Above: the configuration, which holds rules; the node, which asks `decide` for each request of an agent; the hub, which shows and
tries them. Order does not matter: what one rule denies no other allows, and what one rule asks about no other lets pass. An
`allow` for a command holds only when every command in the line is allowed, so that `git status; rm -rf ~` is not a `git status`;
and what cannot be told is allowed by no rule that names something else.

A `deny` finds a command in the disguises that agents use: behind `sudo` and `env`, by its full path, quoted, in `sh -c`. It is a
net and not a wall: what a program computes cannot be read from its line. The wall is the sandbox.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from coderclawlink.rules.commands import carries, seen_through, simple_commands
from coderclawlink.rules.patterns import matches

Effect = Literal["allow", "deny", "ask"]


class Act(BaseModel):
    """One thing that an agent wants to do. `tool`: read, edit, delete, move, search, execute, think, fetch or other (ACP
    ToolKind). `paths` are relative to the workspace where they lie in it, else absolute."""

    model_config = ConfigDict(frozen=True)
    tool: str = "other"
    command: str = ""
    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class Rule(BaseModel):
    """Matches acts by all that it names. Patterns: `*` any characters, in a path but `/`; `**` in a path any; `?` one.

    A `command` pattern is laid beside each simple command of the line; `git *` also matches a bare `git`. A rule that names
    nothing but its tool allows all that the tool does, except to files outside of the workspace. A tool of an unknown kind
    is allowed only by a rule that says `tool = "other"`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    effect: Effect
    tool: str = Field(default="*", max_length=64)
    command: str | None = Field(default=None, min_length=1, max_length=2000)
    path: str | None = Field(default=None, min_length=1, max_length=2000)
    host: str | None = Field(default=None, min_length=1, max_length=255)
    why: str = Field(default="", max_length=500)
    """Said to people wherever the rule decides."""

    @model_validator(mode="after")
    def _is_narrow(self) -> Self:
        if self.effect == "allow" and self.tool == "*" and not (self.command or self.path or self.host):
            raise ValueError('this would allow everything; that is what mode = "auto" says')
        return self

    def __str__(self) -> str:
        parts = [f"{name} {value}" for name in ("command", "path", "host") if (value := getattr(self, name))]
        return " ".join([self.effect, *([] if self.tool == "*" else [self.tool]), *parts])


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule`: the one that decided, None when none matched."""

    effect: Effect
    rule: Rule | None = None


def decide(act: Act, rules: Iterable[Rule], otherwise: Effect) -> Decision:
    """What the rules say of an act; `otherwise` when they say nothing."""
    rules = tuple(rules)
    commands = simple_commands(act.command)
    # A tool of an unknown kind may do what any tool does.
    against = [
        rule
        for rule in rules
        if rule.effect != "allow" and (rule.tool in ("*", act.tool) or (act.tool == "other" and _named(rule)))
    ]
    watched = any(rule.command for rule in against)
    guises, hidden = seen_through(act.command, commands) if act.command and watched else ((), False)
    hidden |= watched and act.tool == "execute" and not act.command
    for effect in ("deny", "ask"):
        for rule in against:
            if rule.effect == effect and _touches(rule, act, guises):
                return Decision(effect, rule)
    if hidden and otherwise != "deny":
        return Decision("ask")  # some commands are not free to be run, and whether this is one cannot be told
    allowing = [rule for rule in rules if rule.effect == "allow" and rule.tool in ("*", act.tool)]
    if (allowed := _covers(allowing, act, commands)) is not None:
        return Decision("allow", allowed)
    if act.tool == "other" and otherwise == "allow" and any(r.effect != "allow" and not _named(r) for r in rules):
        return Decision("ask")  # whole tools are not free to be used, and whether this is one cannot be told
    return Decision(otherwise)


def learnt_from(act: Act) -> tuple[Rule, ...]:
    """The narrowest rules that allow this very act again; none for an act that cannot be told from others."""
    parts = {
        "command": simple_commands(act.command) or (),
        "path": act.paths,
        "host": () if act.command else act.hosts,
    }
    literal = [(kind, _literal(part)) for kind, named in parts.items() for part in dict.fromkeys(named)]
    if act.tool == "other" or any(not 0 < len(part) <= (255 if kind == "host" else 2000) for kind, part in literal):
        return ()
    learnt = tuple(Rule.model_validate({"effect": "allow", "tool": act.tool, kind: part}) for kind, part in literal)
    return learnt if decide(act, learnt, "ask").effect == "allow" else ()


def _literal(text: str) -> str:
    return re.sub(r"([*?\\])", r"\\\1", text)


def _named(rule: Rule) -> dict[str, str]:
    """What a rule names beside its tool."""
    every = {"command": rule.command, "path": rule.path, "host": rule.host and rule.host.lower()}
    return {kind: pattern for kind, pattern in every.items() if pattern}


def _touches(rule: Rule, act: Act, guises: Sequence[str]) -> bool:
    """Whether any part of the act is what the rule names."""
    if rule.command is not None and not any(matches(rule.command, guise, "command") for guise in guises):
        return False
    if rule.path is not None and not any(_concerns(rule.path, _plain(path), act.tool) for path in act.paths):
        return False
    return rule.host is None or any(matches(rule.host.lower(), host.lower(), "host") for host in act.hosts)


def _concerns(pattern: str, path: str, tool: str) -> bool:
    if matches(pattern, path, "anywhere"):
        return True
    # Who takes a folder away takes what is in it.
    begin = re.split(r"[*?\\]", pattern, maxsplit=1)[0]
    return tool in ("delete", "move") and (path == "." or begin.startswith(path.rstrip("/") + "/"))


Part = tuple[str, str | None]
"""A kind (command, path, host) and what is named; None: something is there that cannot be told."""


def _covers(rules: Sequence[Rule], act: Act, commands: Sequence[str] | None) -> Rule | None:
    """A rule among those that together allow every part of the act; None if a part is left over."""
    if act.tool == "other":
        rules = [rule for rule in rules if rule.tool == "other"]
    parts: list[Part] = [("command", command) for command in commands or ()]
    if commands is None or (act.tool == "execute" and not commands):
        parts.append(("command", None))
    parts += [("path", _plain(path)) for path in act.paths]
    if not act.command:  # the machines that a command names are part of it
        parts += [("host", host.lower()) for host in act.hosts]
        if act.tool == "fetch" and not act.hosts:
            parts.append(("host", None))
    used = None if parts else next((rule for rule in rules if not _named(rule)), None)
    for kind, part in parts:
        used = next((rule for rule in rules if _allows(rule, kind, part, parts)), None)
        if used is None:
            return None
    return used


def _allows(rule: Rule, kind: str, part: str | None, parts: Sequence[Part]) -> bool:
    named = _named(rule)
    if not named:
        return kind != "path" or (part is not None and not part.startswith("/") and part.split("/", 1)[0] != "..")
    if kind not in named:
        return False
    # All that it names must be there, and nothing else of the kind; but of its own kind others may allow the rest.
    others = [(other, what) for other, what in parts if other in named and other != kind]
    return {kind, *(other for other, _ in others)} == set(named) and all(
        _fits(named[other], what, other) for other, what in ((kind, part), *others)
    )


def _fits(pattern: str, part: str | None, kind: str) -> bool:
    if part is None or (kind == "command" and carries(part) and not (carries(pattern) or pattern == _literal(part))):
        return False
    return matches(pattern, part, kind)


def _plain(path: str) -> str:
    """Without `.` and `..`, so that nothing is named twice. A path that leaves the workspace keeps its `../`."""
    return re.sub(r"^/+", "/", posixpath.normpath(path))
