"""What an agent says over ACP, read into our events: pure, in the order of the wire.

Above: the connection, which feeds every message as it came. Below: the words of `events`. Agents differ in what they leave
out and add, so nothing here is required to be there: an unknown kind becomes a log line, a tool call is known by its
first mention whatever that was, and whatever is still open when the turn ends is closed.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from coderclawlink.events import (
    AgentChunk,
    AgentEvent,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTitle,
    AgentTool,
    FileChange,
    PlanEntry,
)

Raw = Mapping[str, object]
"""A JSON object as it came over the wire."""

LONGEST_TEXT = 200_000
"""Characters kept of one text of a tool call: its input, its output, a side of a diff."""

_TOOLS = frozenset({"read", "edit", "delete", "move", "search", "execute", "think", "fetch"})
_TOOLS_BY_NAME = {"shell": "execute", "write": "edit", "edit": "edit", "read": "read", "tree": "read"}
"""Goose names its tools and leaves the kind out."""
_STATUS: Mapping[str, Literal["pending", "running", "completed", "failed"]] = {
    "pending": "pending",
    "in_progress": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "failed",
}
_PLAN_STATUS: Mapping[str, Literal["pending", "in_progress", "completed"]] = {
    "pending": "pending",
    "in_progress": "in_progress",
    "completed": "completed",
}
_FOR_OTHERS = frozenset(
    {
        "user_message_chunk",  # our own words, played back
        "available_commands_update",
        "current_mode_update",
        "config_option_update",
        "usage_update",  # not comparable between agents; counted at the model proxy instead
    }
)


# ── reading JSON that may be anything ──────────────────────────────────────────────────────────────────────────────


def text(raw: object, key: str) -> str:
    """The string under `key`, or "" for anything else."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value if isinstance(value, str) else ""


def part(raw: object, key: str) -> Raw:
    """The object under `key`, or an empty one for anything else."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def parts(raw: object, key: str) -> Iterator[Raw]:
    """The objects in the list under `key`; none for anything else."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def shorten(value: str, longest: int = LONGEST_TEXT) -> str:
    """`value`, or its beginning and end when it is longer than `longest` characters."""
    if len(value) <= longest:
        return value
    half = longest // 2
    return f"{value[:half]}\n… {len(value) - 2 * half} characters left out …\n{value[-half:]}"


# ── tool calls ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Wanted:
    """What a call would do, in the agent's own words: its input as it came, and the files it names."""

    tool: str = "other"
    raw: object = None
    paths: tuple[str, ...] = ()
    title: str = ""


@dataclass
class _Call:
    """What is known of one tool call so far."""

    id: str
    title: str = ""
    tool: str = "other"
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    input: str = ""
    said: str = ""
    live: str = ""
    raw_output: str = ""
    changes: tuple[FileChange, ...] = ()
    told: AgentTool | None = field(default=None, repr=False)
    raw: object = field(default=None, repr=False)
    paths: dict[str, None] = field(default_factory=dict, repr=False)

    def hear(self, update: Raw, root: str) -> None:
        # An absent, null or empty field means "as before".
        self.title = text(update, "title") or self.title
        kind = text(update, "kind")
        self.tool = kind if kind in _TOOLS else _TOOLS_BY_NAME.get(_tool_name(update), self.tool)
        self.status = _STATUS.get(text(update, "status"), self.status)
        self.input = _input(update) or self.input
        raw = update.get("rawInput")
        if isinstance(raw, Mapping) and isinstance(self.raw, Mapping):
            raw = {**self.raw, **raw}
        self.raw = raw or self.raw
        content = list(parts(update, "content"))
        named = (*parts(update, "locations"), *(item for item in content if text(item, "type") == "diff"))
        self.paths.update(dict.fromkeys(filter(None, (text(item, "path") for item in named))))
        if content:
            self.said = shorten("\n".join(filter(None, (_content(part(item, "content")) for item in content))))
        changes = tuple(_change(item, root) for item in content if text(item, "type") == "diff")
        self.changes = changes or _named_change(update, root) or self.changes
        self.raw_output = _raw_output(update.get("rawOutput")) or self.raw_output
        whole, delta = _live(part(update, "_meta"))
        self.live = shorten(whole or self.live + delta)

    def tell(self) -> AgentTool:
        return AgentTool(
            id=self.id,
            title=self.title,
            tool=self.tool,
            status=self.status,
            input=self.input,
            output=self.said or self.live or self.raw_output,
            changes=self.changes,
        )


def _input(update: Raw) -> str:
    """What a person wants to see of a call's arguments: the command alone where there is one."""
    raw = update.get("rawInput")
    if isinstance(raw, str):
        return shorten(raw)
    if not isinstance(raw, Mapping) or not raw:
        return ""
    command = raw.get("command", raw.get("cmd"))
    if isinstance(command, str):
        return shorten(command)
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        return shorten(shlex.join(command))
    lines = (f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in raw.items())
    return shorten("\n".join(lines))


def _tool_name(update: Raw) -> str:
    call = part(part(part(update, "_meta"), "goose"), "toolCall")
    # A tool of another extension may bear the same name and do something else.
    return text(call, "toolName") if text(call, "extensionName") in ("developer", "") else ""


def _raw_output(raw: object) -> str:
    if isinstance(raw, str):
        return shorten(raw)
    if not raw:
        return ""
    for key in ("formatted_output", "output", "stdout", "text"):
        if found := text(raw, key):
            return shorten(found)
    return shorten(json.dumps(raw, ensure_ascii=False))


def _live(meta: Raw) -> tuple[str, str]:
    """Output that is told while a command runs, in the dialects of three agents: (all of it so far, or what is new)."""
    claude = part(part(meta, "claudeCode"), "toolResponse")
    goose = part(part(meta, "toolNotification"), "params")
    delta = text(part(meta, "terminal_output_delta"), "data") or text(part(meta, "terminal_output"), "data")
    return (
        text(claude, "stdout") + text(claude, "stderr"),
        delta or "".join(text(chunk, "output") for chunk in parts(goose, "chunks")),
    )


def _content(block: Raw) -> str:
    """A content block as text; what cannot be text is named."""
    match text(block, "type"):
        case "text":
            return text(block, "text")
        case "resource_link":
            return f"[{text(block, 'name') or text(block, 'uri')}]({text(block, 'uri')})"
        case "resource":
            resource = part(block, "resource")
            return text(resource, "text") or f"[{text(resource, 'uri')}]"
        case "":
            return ""
        case other:
            return f"[{other}]"


def _change(item: Raw, root: str) -> FileChange:
    old = item.get("oldText")
    return _file_change(text(item, "path"), old if isinstance(old, str) else None, text(item, "newText"), root)


def _named_change(update: Raw, root: str) -> tuple[FileChange, ...]:
    """What Goose's tools for files would change: it tells no diff, only the arguments."""
    arguments = part(update, "rawInput")
    path = text(arguments, "path")
    match _tool_name(update):
        case "write":
            return (_file_change(path, None, text(arguments, "content"), root),)
        case "edit":
            return (_file_change(path, text(arguments, "before"), text(arguments, "after"), root),)
        case _:
            return ()


def _file_change(path: str, old: str | None, new: str, root: str) -> FileChange:
    inside = path.removeprefix(root.rstrip("/") + "/")
    return FileChange(path=inside, old=None if old is None else shorten(old), new=shorten(new))


# ── one session ────────────────────────────────────────────────────────────────────────────────────────────────────


class Translation:
    """What one session's agent has said so far. `root`: the workspace as the agent names it; paths are told without it."""

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._calls: dict[str, _Call] = {}
        self._block: list[str] = []
        self._thought = False
        self._message_id = ""
        self._last_words = ""

    def update(self, update: Raw) -> list[AgentEvent]:
        """Read the `update` of a `session/update`."""
        match text(update, "sessionUpdate"):
            case "agent_message_chunk":
                return self._chunk(update, thought=False)
            case "agent_thought_chunk":
                return self._chunk(update, thought=True)
            case "tool_call" | "tool_call_update":
                return self.call(update)
            case "plan":
                return [_plan(update)]
            case "plan_update":
                return [_plan(part(update, "plan"))]
            case "plan_removed":
                return [AgentPlan(entries=())]
            case "session_info_update":
                title = text(update, "title")
                return [AgentTitle(title=title)] if title else []
            case kind if kind in _FOR_OTHERS:
                return []
            case _:
                said = json.dumps(update, ensure_ascii=False, default=str)
                return [AgentLog(text=f"The agent said something of an unknown kind: {shorten(said, 500)}")]

    def call(self, update: Raw) -> list[AgentEvent]:
        """Read a tool call, whether it came as a start, an update, or with a permission request."""
        id = text(update, "toolCallId")
        if not id:
            return []
        told: list[AgentEvent] = []
        call = self._calls.get(id)
        if call is None:
            told += self._close_block()
            call = self._calls[id] = _Call(id)
        call.hear(update, self._root)
        return told + self._tell(call)

    def known(self, id: str) -> AgentTool | None:
        """The tool call of this id as it was last told, or None."""
        call = self._calls.get(id)
        return call.told if call else None

    def wanted(self, id: str) -> Wanted:
        """What the tool call of this id would do, as far as it has been told."""
        call = self._calls.get(id)
        return Wanted(call.tool, call.raw, tuple(call.paths), call.title) if call else Wanted()

    def working(self) -> bool:
        """Whether a tool call is under way."""
        return any(call.status in ("pending", "running") for call in self._calls.values())

    def end(self, *, done: bool) -> tuple[list[AgentEvent], str]:
        """The turn is over: close what is open, and give back the agent's last words.

        `done`: the turn ended as it should, so calls that nobody closed count as completed; else as failed.
        """
        told: list[AgentEvent] = self._close_block()
        for call in self._calls.values():
            if call.status in ("pending", "running"):
                call.status = "completed" if done else "failed"
            # Also says at last what a running call's growing output had kept back.
            told += self._tell(call)
        words, self._last_words = self._last_words, ""
        return told, words

    def _chunk(self, update: Raw, *, thought: bool) -> list[AgentEvent]:
        piece = _content(part(update, "content"))
        if not piece:
            return []
        told: list[AgentEvent] = []
        id = text(update, "messageId")
        if self._block and (thought != self._thought or id != self._message_id):
            told += self._close_block()
        self._thought, self._message_id = thought, id
        self._block.append(piece)
        return [*told, AgentChunk(text=piece, thought=thought)]

    def _close_block(self) -> list[AgentEvent]:
        whole = "".join(self._block)
        self._block = []
        if not whole.strip():
            return []
        if self._thought:
            return [AgentThought(text=whole)]
        self._last_words = whole
        return [AgentMessage(text=whole)]

    def _tell(self, call: _Call) -> list[AgentEvent]:
        now, last = call.tell(), call.told
        if now == last:
            return []
        if (
            last is not None
            and now.status == "running"
            and now == last.model_copy(update={"output": now.output})
            and len(now.output) < 2 * len(last.output)
        ):
            # Output that trickles in is told each time it has doubled: all tellings together stay below twice its size.
            return []
        call.told = now
        return [now]


def _plan(update: Raw) -> AgentPlan:
    entries = tuple(
        PlanEntry(text=text(entry, "content"), status=_PLAN_STATUS.get(text(entry, "status"), "pending"))
        for entry in parts(update, "entries")
    )
    # A plan written in Markdown has no entries of its own.
    return AgentPlan(entries=entries or ((PlanEntry(text=words),) if (words := text(update, "content")) else ()))
