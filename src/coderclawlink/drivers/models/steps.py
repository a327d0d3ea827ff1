"""The script form, and how its steps become the tool calls that an agent offers. Pure.

A script is written into a prompt: a line `SCRIPT:` and then one step a line, up to an empty line, a line `END`, a closing
code fence or the end of the text. Backslash-n stands for a line's end within a step.

    SCRIPT:
    think First I look around.           a thought
    say I shall write the file.          a piece of the answer
    stream 20 0.1                        20 pieces of the answer, 0.1 s apart
    write notes/a.txt | Hello\\n          write a file with whatever tool the agent has for that
    edit notes/a.txt | Hello | Bye       replace one text by another
    read notes/a.txt                     read a file
    run python3 -c "print(1)"            run a command
    call some_tool {"key": "value"}      call a tool by name, arguments as they stand
    ask Which colour?                    ask the person: by a tool for that, else the answer ends with the question
    fail 400 no such model               answer with this HTTP status; `fail 529 x2 busy`: only the first two times
                                         that this script comes to it
    limit 60 slow down                   answer 429, to be tried again in 60 s; `x1` as above
    hang                                 say nothing more, and do not end
    usage 1200 25 300                    from here on count 1200 tokens in, 25 out and 300 cached for each call
    finish All done.                     the last words

Each call of the model plays the steps up to and with the next tool call; the number of tool results since the prompt says
where the script stands, so nothing is remembered between calls (but for `x2`). When the steps are used up the model says
that it is done. A prompt without a script gets a small sensible one: a note named after the prompt's first line.

Tokens are counted the same way each time: 100 in and 10 more for each result so far, of which 50 are cached once there is a
result; out, one for each word said and 10 for a tool call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.errors import Invalid


@dataclass(frozen=True)
class Think:
    text: str


@dataclass(frozen=True)
class Say:
    """`after`: seconds to wait before it is said."""

    text: str
    after: float = 0.0


@dataclass(frozen=True)
class Act:
    """A tool call in the abstract: `verb` is write, edit, read, run, ask, finish, or a tool's own name with `exact`."""

    verb: str
    arguments: Mapping[str, object]
    exact: bool = False


@dataclass(frozen=True)
class Refuse:
    """Answer with an HTTP error. `times` None: always. `wait`: seconds until it may be tried again."""

    status: int
    message: str
    times: int | None = None
    wait: float | None = None


@dataclass(frozen=True)
class Hang:
    pass


@dataclass(frozen=True)
class Count:
    usage: Usage


Step = Think | Say | Act | Refuse | Hang | Count


@dataclass(frozen=True)
class Reply:
    """What one call of the model gets. `pieces` in order; a `Hang` is the last of them."""

    pieces: tuple[Think | Say | Hang, ...]
    act: Act | None
    usage: Usage
    refusals: tuple[Refuse, ...] = ()


def find_script(text: str) -> str | None:
    """The steps of the last script in a prompt, without the line that announces them; None: there is none."""
    starts = list(re.finditer(r"^[ \t>]*SCRIPT:[ \t]*\n?", text, re.MULTILINE))
    if not starts:
        return None
    lines: list[str] = []
    for line in map(str.strip, text[starts[-1].end() :].splitlines()):
        # A tag or fence is what an agent's program puts around or after the prompt.
        if not line or line == "END" or line.startswith(("```", "</", "<")):
            break
        lines.append(line)
    return "\n".join(lines)


def parse(script: str) -> tuple[Step, ...]:
    """The steps of a script. Raises `Invalid` naming the line that makes no sense."""
    steps: list[Step] = []
    for line in script.splitlines():
        if not line.strip():
            continue
        verb, _, rest = line.strip().partition(" ")
        try:
            steps.extend(_parse_step(verb, rest.strip().replace("\\n", "\n")))
        except ValueError as error:
            raise Invalid(f"Not a step of a script: {line.strip()!r} ({error}).") from error
    return tuple(steps)


def _parse_step(verb: str, rest: str) -> list[Step]:
    match verb:
        case "think":
            return [Think(rest)]
        case "say":
            return [Say(rest)]
        case "stream":
            number, _, seconds = rest.partition(" ")
            return [Say(f"piece {i} ", float(seconds or 0)) for i in range(1, int(number) + 1)]
        case "write":
            path, content = _fields(rest, 2)
            return [Act("write", {"path": path, "content": content})]
        case "edit":
            path, old, new = _fields(rest, 3)
            return [Act("edit", {"path": path, "old": old, "new": new})]
        case "read":
            return [Act("read", {"path": rest})]
        case "run":
            return [Act("run", {"command": rest})]
        case "call":
            name, _, arguments = rest.partition(" ")
            return [Act(name, _arguments(arguments or "{}"), exact=True)]
        case "ask":
            return [Act("ask", {"question": rest})]
        case "finish":
            return [Act("finish", {"message": rest})]
        case "fail":
            status, times, message = _refusal(rest)
            return [Refuse(int(status), message or "as the script says", times)]
        case "limit":
            wait, times, message = _refusal(rest)
            return [Refuse(429, message or "rate limit, as the script says", times, float(wait))]
        case "hang":
            return [Hang()]
        case "usage":
            return [Count(Usage(*(int(word) for word in rest.split())))]
        case _:
            raise ValueError("unknown verb")


def _fields(rest: str, number: int) -> list[str]:
    parts = [re.sub(r"^ | $", "", part) for part in rest.split("|", number - 1)]
    if len(parts) != number:
        raise ValueError(f"{number} parts with | between them are wanted")
    return [parts[0].strip(), *parts[1:]]


def _arguments(text: str) -> Mapping[str, object]:
    arguments = json.loads(text.replace("\n", "\\n"))
    if not isinstance(arguments, dict):
        raise ValueError("the arguments are no JSON object")
    return arguments


def _refusal(rest: str) -> tuple[str, int | None, str]:
    match = re.fullmatch(r"(\S+)(?:\s+x(\d+))?(?:\s+(.*))?", rest, re.DOTALL)
    if match is None:
        raise ValueError("a number is wanted")
    return match[1], int(match[2]) if match[2] else None, match[3] or ""


def default_script(prompt: str) -> tuple[Step, ...]:
    """What is done for a prompt that holds no script: a note is written and looked at."""
    bare = re.sub(r"<([\w-]+)>.*?</\1>", "", prompt, flags=re.DOTALL)
    first = next((line.strip("#*- \t") for line in bare.splitlines() if line.strip("#*- \t")), "A task")[:120]
    name = "-".join(re.findall(r"[a-z0-9]+", first.lower())[:6])[:48] or "note"
    path = f"{name}.md"
    return (
        Think(f"The task is: {first}. A short note in {path} will do."),
        Say("I write down what is asked."),
        Act(
            "write",
            {"path": path, "content": f"# {first}\n\nWritten by the scripted model: no thought went into it.\n"},
        ),
        Act("run", {"command": f"wc -l {path}"}),
        Say(f"Done: {path} holds the task in one line."),
    )


def reply(steps: Sequence[Step], results: int) -> Reply:
    """What the model answers when `results` tool results have come back since the prompt."""
    usage: Usage | None = None
    pieces: list[Think | Say | Hang] = []
    refusals: list[Refuse] = []
    passed = 0
    for step in steps:
        match step:
            case Count(told):
                usage = told
            case Act():
                if passed == results:
                    return Reply(tuple(pieces), step, usage or _tokens(pieces, results, acts=True), tuple(refusals))
                passed += 1
            case Refuse():
                if passed == results:
                    refusals.append(step)
            case Think() | Say() | Hang():
                if passed == results:
                    pieces.append(step)
    if not any(isinstance(piece, Say | Hang) for piece in pieces):
        pieces.append(Say("Done."))
    return Reply(tuple(pieces), None, usage or _tokens(pieces, results, acts=False), tuple(refusals))


def _tokens(pieces: Sequence[Think | Say | Hang], results: int, *, acts: bool) -> Usage:
    words = sum(len(piece.text.split()) for piece in pieces if not isinstance(piece, Hang))
    return Usage(100 + 10 * results, words + (10 if acts else 0), 50 if results else 0)


# ── from what is meant to what is offered ──────────────────────────────────────────────────────────────────────────


class Property(BaseModel):
    """One argument in a tool's JSON schema."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    type: str | list[str] | None = None
    enum: list[object] | None = None
    description: str | None = None


class Schema(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    properties: dict[str, Property] = Field(default_factory=dict)
    required: list[str] = Field(default_factory=list)

    @field_validator("properties", mode="before")
    @classmethod
    def _only_objects(cls, value: object) -> object:
        # `true` is a schema too.
        if not isinstance(value, dict):
            return value
        return {key: {} if isinstance(told, bool) else told for key, told in value.items()}


@dataclass(frozen=True)
class Tool:
    """A tool as the agent offers it."""

    name: str
    schema: Schema = field(default_factory=Schema)


@dataclass(frozen=True)
class ToolCall:
    name: str
    arguments: Mapping[str, object]


_EDITORS = ("str_replace_based_edit_tool", "str_replace_editor", "text_editor", "file_editor")
_SHELLS = (
    "Bash",
    "bash",
    "shell",
    "exec_command",
    "run_command",
    "run_shell_command",
    "terminal",
    "execute",
    "local_shell",
)
_NAMES: Mapping[str, tuple[str, ...]] = {
    "write": ("write_file", "Write", "write", "create_file", "create", "save_file", *_EDITORS),
    "edit": ("edit_file", "Edit", "edit", "str_replace", "replace", "search_replace", *_EDITORS),
    "read": ("read_file", "Read", "read", "view", "cat", *_EDITORS),
    "run": _SHELLS,
    "ask": ("ask_user", "AskUserQuestion", "ask_question", "ask"),
    "finish": ("finish", "task_complete", "attempt_completion"),
}
"""Tools for a verb, the best first."""
_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file_path", "filePath", "filename", "target_file", "absolute_path", "file"),
    "content": ("content", "file_text", "contents", "text", "new_content"),
    "old": ("old_text", "old_string", "old_str", "oldString", "before", "old", "search"),
    "new": ("new_text", "new_string", "new_str", "newString", "after", "new", "replace"),
    "command": ("command", "cmd", "script"),
    "question": ("question", "message", "prompt", "text"),
    "message": ("message", "summary", "result", "text"),
}
"""What tools call an argument."""
_EDITOR_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "write": ("create", "write"),
    "edit": ("str_replace", "replace", "edit"),
    "read": ("view", "read"),
}


def find_tool_call(act: Act, tools: Sequence[Tool], cwd: str | None) -> ToolCall | None:
    """The call of an offered tool that does what is meant; None: no tool offered can do it.

    `cwd`, when known, is put before relative paths where the tool wants absolute ones.
    """
    if act.exact:
        return ToolCall(act.verb, act.arguments)
    offered = {tool.name: tool for tool in tools}
    for tool in tools:
        # Names may carry the name of the server or extension that offers them.
        offered.setdefault(re.split(r"__|\.", tool.name)[-1], tool)
    for name in _NAMES[act.verb]:
        if name in offered:
            return ToolCall(offered[name].name, _fill(act, offered[name].schema, cwd))
    if act.verb == "write" and (shell := next((offered[name] for name in _SHELLS if name in offered), None)):
        path, content = str(act.arguments["path"]), str(act.arguments["content"])
        quoted = content.replace("'", "'\\''")
        command = f"mkdir -p \"$(dirname '{path}')\" && printf %s '{quoted}' > '{path}'"
        return ToolCall(shell.name, _fill(Act("run", {"command": command}), shell.schema, cwd))
    return None


def _fill(act: Act, schema: Schema, cwd: str | None) -> Mapping[str, object]:
    arguments: dict[str, object] = {}
    for meaning, meant in act.arguments.items():
        name = next((name for name in _MEANINGS[meaning] if name in schema.properties), meaning)
        told = schema.properties.get(name, Property())
        arguments[name] = meant
        if meaning == "command" and _is(told, "array"):
            arguments[name] = ["bash", "-lc", meant]
        if meaning == "path" and cwd and "absolute" in f"{name} {told.description}".lower():
            arguments[name] = str(PurePosixPath(cwd, str(meant)))
    for name in schema.required:
        if name not in arguments:
            arguments[name] = _some(act.verb, name, schema.properties.get(name, Property()))
    return arguments


def _is(told: Property, kind: Literal["array", "boolean", "integer", "number", "object"]) -> bool:
    return told.type == kind or (isinstance(told.type, list) and kind in told.type)


def _some(verb: str, name: str, told: Property) -> object:
    """A value for an argument that must be there and that the script says nothing of."""
    if told.enum:
        wanted = _EDITOR_COMMANDS.get(verb, ())
        return next((word for word in wanted if word in told.enum), told.enum[0])
    if name == "command":
        return _EDITOR_COMMANDS.get(verb, ("",))[0]
    if _is(told, "boolean"):
        return False
    if _is(told, "integer") or _is(told, "number"):
        return 0
    if _is(told, "array"):
        return []
    if _is(told, "object"):
        return {}
    return f"{verb}, as the script says"
