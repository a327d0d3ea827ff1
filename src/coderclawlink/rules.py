"""Rules that decide what an agent may do before anybody is asked: allow, deny, ask. Pure.

Above: the configuration, which holds rules; the node, which asks `decide` for each request of an agent; the hub, which shows and
tries them. Order does not matter: what one rule denies no other allows, and what one rule asks about no other lets pass. An
`allow` for a command holds only when every command in the line is allowed, so that `git status; rm -rf ~` is not a `git status`.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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

    A `command` pattern is laid beside each simple command of the line; `git *` also matches a bare `git`.
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
    known = [rule for rule in rules if rule.tool in ("*", act.tool)]
    commands = simple_commands(act.command)
    for effect in ("deny", "ask"):
        for rule in known:
            if rule.effect == effect and _touches(rule, act, commands):
                return Decision(effect, rule)  # type: ignore[arg-type]  # one of the two literals, lost in the loop
    allowing = [rule for rule in known if rule.effect == "allow"]
    if (rule := _covers(allowing, act, commands)) is not None:
        return Decision("allow", rule)
    return Decision(otherwise)


def learnt_from(act: Act) -> tuple[Rule, ...]:
    """The narrowest rules that allow this very act again; none for an act that cannot be told from others."""
    if act.command:
        commands = simple_commands(act.command)
        if commands is None:
            return ()
        return tuple(Rule(effect="allow", tool=act.tool, command=_literal(command)) for command in commands)
    if act.paths:
        return tuple(Rule(effect="allow", tool=act.tool, path=_literal(path)) for path in act.paths)
    return tuple(Rule(effect="allow", tool=act.tool, host=host) for host in act.hosts)


def _literal(text: str) -> str:
    return re.sub(r"([*?\\])", r"\\\1", text)


def _touches(rule: Rule, act: Act, commands: Sequence[str] | None) -> bool:
    """Whether any part of the act is what the rule names."""
    if rule.command is not None:
        parts = commands if commands is not None else _words_apart(act.command)
        if not any(_matches(rule.command, part, "command") for part in (*parts, act.command) if part):
            return False
    if rule.path is not None and not any(_matches(rule.path, _plain(path), "path") for path in act.paths):
        return False
    return rule.host is None or any(_matches(rule.host.lower(), host.lower(), "host") for host in act.hosts)


def _covers(rules: Sequence[Rule], act: Act, commands: Sequence[str] | None) -> Rule | None:
    """A rule among those that together allow every part of the act; None if a part is left over."""
    used: Rule | None = None
    if act.command and commands is None:
        return None  # substitutions, redirections: what it does cannot be told from its words
    parts: list[tuple[str, str]] = [("command", part) for part in commands or ()]
    parts += [("path", _plain(path)) for path in act.paths]
    parts += [("host", host.lower()) for host in act.hosts]
    if not parts:
        return next((rule for rule in rules if not (rule.command or rule.path or rule.host)), None)
    for kind, part in parts:
        used = next((rule for rule in rules if _allows(rule, kind, part)), None)
        if used is None:
            return None
    return used


def _allows(rule: Rule, kind: str, part: str) -> bool:
    patterns = {"command": rule.command, "path": rule.path, "host": rule.host}
    pattern = patterns.pop(kind)
    if pattern is None:
        return not any(patterns.values()) and kind != "path"  # the whole tool, but never paths it does not name
    return _matches(pattern.lower() if kind == "host" else pattern, part, kind)


def _plain(path: str) -> str:
    """Without `.` and `..`, so that nothing is named twice. A path that leaves the workspace keeps its `../`."""
    return posixpath.normpath(path)


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

_OPERATORS = frozenset({";", "&&", "||", "|", "|&", "&"})
_UNCLEAR = re.compile(r"[`\n\r]|\$[({]|<\(|>\(|<<")


def simple_commands(line: str) -> tuple[str, ...] | None:
    """The commands that a shell's line is made of, in its words. None where they cannot be told: substitutions,
    redirections, groups, unbalanced quotes."""
    if not line.strip():
        return ()
    if _UNCLEAR.search(line):
        return None
    try:
        reader = shlex.shlex(line, posix=False, punctuation_chars=True)
        reader.commenters = ""
        reader.whitespace_split = True
        words = list(reader)
    except ValueError:
        return None
    commands: list[list[str]] = [[]]
    for word in words:
        if word in _OPERATORS:
            commands.append([])
        elif set(word) & set("<>();&|") and set(word) <= set("<>();&|"):
            return None
        else:
            commands[-1].append(word)
    return tuple(" ".join(command) for command in commands if command)


def _words_apart(line: str) -> tuple[str, ...]:
    """Pieces of a line that cannot be read for sure: enough to find what is denied, never to allow."""
    return tuple(part.strip() for part in re.split(r"[;&|`\n\r()]|\$\(", line) if part.strip())


# ── patterns ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _matches(pattern: str, text: str, kind: str) -> bool:
    return _compiled(pattern, kind).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str, kind: str) -> re.Pattern[str]:
    any_run = "[^/]*" if kind == "path" else ".*"
    made, at = "", 0
    if kind == "command" and pattern.endswith(" *") and not pattern.endswith("\\ *"):
        return re.compile(_compiled(pattern[:-2], "plain").pattern + r"(\s.*)?", re.DOTALL)
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            made += re.escape(pattern[at + 1])
            at += 2
        elif pattern.startswith("**/", at) and kind == "path":
            made += "(?:.*/)?"
            at += 3
        elif pattern.startswith("**", at) and kind == "path":
            # Never out of the workspace: what lies outside is absolute or begins with `..`.
            made += r"(?!/|\.\.(?:/|$)).*" if at == 0 else ".*"
            at += 2
        elif character == "*":
            made += any_run
            at += 1
        elif character == "?":
            made += "[^/]" if kind == "path" else "."
            at += 1
        else:
            made += re.escape(character)
            at += 1
    if kind == "path" and pattern.startswith("**/"):
        made = r"(?!/|\.\.(?:/|$))" + made
    return re.compile(made, re.DOTALL)
