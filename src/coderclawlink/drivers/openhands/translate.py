"""What an OpenHands agent server tells, read into our events: pure, in the order of its socket.

Above: the session, which feeds every event as it came. Below: the words of `events`. The server tells an event again after a
reconnection, so each is read once by its id. What it asks leave for are the actions that nothing has followed yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from coderclawlink.drivers.acp.translate import Raw, Wanted, part, parts, shorten, text
from coderclawlink.events import (
    AgentChunk,
    AgentEvent,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTool,
    FileChange,
    PlanEntry,
)

_TOOLS = {
    "terminal": "execute",
    "apply_patch": "edit",
    "edit": "edit",
    "write_file": "edit",
    "read_file": "read",
    "list_directory": "read",
    "glob": "search",
    "grep": "search",
}
_QUIET = frozenset({"finish", "think", "task_tracker"})
"""Tools that touch nothing outside the conversation."""
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What is said to a terminal, not to people."""
_STILL_RUNNING = -1
"""The exit code of a command that has not ended when the terminal stops waiting for it."""
_PLAN_STATUS = {"in_progress": "in_progress", "done": "completed"}
_FOR_OTHERS = frozenset(
    {
        "ConversationStateUpdateEvent",
        "SystemPromptEvent",
        "PauseEvent",
        "InterruptEvent",
        "Condensation",
        "CondensationRequest",
        "CondensationSummaryEvent",
        "TokenEvent",  # usage is counted at the model proxy
        "LLMCompletionLogEvent",
        "SecurityAnalysisEvent",
        "HookExecutionEvent",
        "StreamProgress",
        "ResumeTranscriptEvent",
        "UserActionEvent",
    }
)


@dataclass(frozen=True)
class Trouble:
    """Why a conversation broke off, as the server tells it."""

    words: str
    retry: bool


class Translation:
    """What one conversation has told so far.

    `root`: the workspace as the agent names it; paths are told without it. `asks`: the server waits for leave before it acts.
    """

    def __init__(self, root: str = "", *, asks: bool = False) -> None:
        self.trouble: Trouble | None = None
        self._root = root.rstrip("/")
        self._asks = asks
        self._quiet: set[str] = set()
        self._seen: set[str] = set()
        self._calls: dict[str, AgentTool] = {}
        self._wanted: dict[str, Wanted] = {}
        self._thinking = ""
        self._saying = ""
        self._last_words = ""

    def event(self, raw: Raw) -> list[AgentEvent]:
        """Read one event. One that was read before says nothing."""
        id = text(raw, "id")
        if id in self._seen:
            return []
        if id:
            self._seen.add(id)
        match text(raw, "kind"):
            case "StreamingDeltaEvent":
                return self._delta(raw)
            case "MessageEvent":
                return self._message(raw) if text(raw, "source") == "agent" else []
            case "ActionEvent":
                return self._action(raw)
            case "ObservationEvent":
                return self._observation(raw)
            case "UserRejectObservation":
                return self._close(text(raw, "tool_call_id"), "failed", text(raw, "rejection_reason"))
            case "AgentErrorEvent":
                return self._tool_error(raw)
            case "ConversationErrorEvent":
                retry = part(raw, "classification").get("retryable") is True
                words = text(raw, "detail") or text(raw, "code") or "It does not say why."
                self.trouble = Trouble(shorten(words, 2_000), retry)
                return []
            case "ServerErrorEvent":
                return [AgentLog(text=f"OpenHands: {text(raw, 'code')}: {shorten(text(raw, 'detail'), 2_000)}")]
            case kind if kind in _FOR_OTHERS:
                return []
            case _:
                said = json.dumps(raw, ensure_ascii=False, default=str)
                return [AgentLog(text=f"OpenHands said something of an unknown kind: {shorten(said, 500)}")]

    def pending(self) -> list[AgentTool]:
        """The tool calls that nothing has followed yet: what it asks leave for, when it asks."""
        return [call for call in self._calls.values() if call.status == "pending"]

    def only_thinks(self) -> bool:
        """Whether all that it waits for leave to do happens within the conversation."""
        return bool(self._quiet) and not self.pending()

    def wanted(self, call: str) -> Wanted:
        """What a tool call would do."""
        return self._wanted.get(call, Wanted())

    def harmless(self, call: str) -> bool:
        """Whether a tool call does nothing outside the conversation, so that nobody need be asked."""
        wanted = self.wanted(call)
        # An empty command looks on at one that was allowed before.
        return (
            wanted.tool == "execute"
            and isinstance(wanted.raw, Mapping)
            and set(wanted.raw) <= {"command", "is_input", "reset", "timeout"}
            and wanted.raw.get("command") == ""
            and not wanted.raw.get("reset")
        )

    def running(self) -> list[AgentEvent]:
        """All pending calls were allowed."""
        return [self._tell(call.model_copy(update={"status": "running"})) for call in self.pending()]

    def begin(self) -> None:
        """A new turn."""
        self.trouble = None
        self._last_words = ""
        self._quiet.clear()

    def end(self, *, done: bool) -> tuple[list[AgentEvent], str]:
        """The turn is over: close what is open, and give back the agent's last words."""
        told = self._spoken()
        for call in [*self._calls.values()]:
            if call.status in ("pending", "running"):
                told += self._close(call.id, "completed" if done else "failed", call.output)
        words, self._last_words = self._last_words, ""
        return told, words

    # ── what is said ──────────────────────────────────────────────────────────────────────────────────────────────

    def _delta(self, raw: Raw) -> list[AgentEvent]:
        thought, words = text(raw, "reasoning_content"), text(raw, "content")
        self._thinking += thought
        self._saying += words
        pieces = ((thought, True), (words, False))
        return [AgentChunk(text=piece, thought=is_thought) for piece, is_thought in pieces if piece]

    def _said(self, words: str) -> list[AgentEvent]:
        self._last_words = words
        return [AgentMessage(text=words)]

    def _message(self, raw: Raw) -> list[AgentEvent]:
        message = part(raw, "llm_message")
        return self._spoken(text(message, "reasoning_content"), _joined(message, "content"))

    def _spoken(self, thought: str = "", words: str = "") -> list[AgentEvent]:
        """The whole of what came in pieces before; of what never came whole, as after an interruption, the pieces."""
        thought, words = thought or self._thinking, words or self._saying
        self._thinking = self._saying = ""
        told: list[AgentEvent] = [AgentThought(text=thought)] if thought.strip() else []
        return told + (self._said(words) if words.strip() else [])

    # ── what is done ──────────────────────────────────────────────────────────────────────────────────────────────

    def _action(self, raw: Raw) -> list[AgentEvent]:
        told = self._spoken(text(raw, "reasoning_content"), _joined(raw, "thought"))
        action = {key: value for key, value in part(raw, "action").items() if key != "kind"}
        name = text(raw, "tool_name")
        id = text(raw, "tool_call_id") or text(raw, "id")
        if name in _QUIET:
            self._quiet.add(id)
        match name:
            case "finish":
                return [*told, *(self._said(words) if (words := text(action, "message")).strip() else [])]
            case "think":
                return [*told, *([AgentThought(text=words)] if (words := text(action, "thought")).strip() else [])]
            case "task_tracker":
                return [*told, *([_plan(action)] if text(action, "command") == "plan" else [])]
        tool = _tool(name, action)
        # What is typed into a running program is no command of its own, which this form makes plain to people and to rules.
        typed = (
            {**action, "command": f"<<INPUT\n{text(action, 'command')}\nINPUT"} if action.get("is_input") else action
        )
        self._wanted[id] = Wanted(tool, typed)
        call = AgentTool(
            id=id,
            title=shorten(_title(name, action, self._root), 200),
            tool=tool,
            status="pending" if self._asks else "running",
            input=_input(action),
            changes=_changes(name, action, self._root),
        )
        return [*told, self._tell(call)]

    def _observation(self, raw: Raw) -> list[AgentEvent]:
        id = text(raw, "tool_call_id")
        seen = part(raw, "observation")
        code = seen.get("exit_code")
        failed = seen.get("is_error") is True or (isinstance(code, int) and code not in (0, _STILL_RUNNING))
        return self._close(id, "failed" if failed else "completed", _TERMINAL.sub("", _joined(seen, "content")))

    def _tool_error(self, raw: Raw) -> list[AgentEvent]:
        id, words = text(raw, "tool_call_id"), text(raw, "error")
        self._quiet.discard(id)
        return self._close(id, "failed", words) if id in self._calls else [AgentLog(text=shorten(words, 2_000))]

    def _close(self, id: str, status: str, output: str) -> list[AgentEvent]:
        self._quiet.discard(id)
        call = self._calls.get(id)
        if call is None or call.status in ("completed", "failed"):
            return []
        return [self._tell(call.model_copy(update={"status": status, "output": shorten(output)}))]

    def _tell(self, call: AgentTool) -> AgentTool:
        self._calls[call.id] = call
        return call


def _joined(raw: Raw, key: str) -> str:
    return "\n".join(words for block in parts(raw, key) if (words := text(block, "text")))


def _tool(name: str, action: Raw) -> str:
    if name == "file_editor":
        return "read" if text(action, "command") == "view" else "edit"
    return "fetch" if name.startswith("browser_") else _TOOLS.get(name, "other")


def _title(name: str, action: Raw, root: str) -> str:
    command = text(action, "command")
    match name:
        case "terminal" if action.get("is_input"):
            return f"type {command}"
        case "terminal":
            return command or "wait for the command"
        case "file_editor":
            return f"{command.replace('_', ' ')} {_inside(text(action, 'path'), root)}"
        case _:
            return name


def _input(action: Raw) -> str:
    command = text(action, "command")
    if command and "path" not in action:
        return shorten(command)
    lines = (f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in action.items())
    return shorten("\n".join(lines))


def _changes(name: str, action: Raw, root: str) -> tuple[FileChange, ...]:
    path = _inside(text(action, "path"), root)
    match name, text(action, "command"):
        case "file_editor", "create":
            return (FileChange(path=path, new=shorten(text(action, "file_text"))),)
        case "file_editor", "str_replace":
            old, new = (shorten(text(action, key)) for key in ("old_str", "new_str"))
            return (FileChange(path=path, old=old, new=new),)
        case "file_editor", "insert":
            return (FileChange(path=path, old="", new=shorten(text(action, "new_str"))),)
        case _:
            return ()


def _inside(path: str, root: str) -> str:
    return path.removeprefix(root + "/") if root else path


def _plan(action: Raw) -> AgentPlan:
    entries = []
    for item in parts(action, "task_list"):
        status = _PLAN_STATUS.get(text(item, "status"), "pending")
        entries.append(PlanEntry.model_validate({"text": shorten(text(item, "title"), 2_000), "status": status}))
    return AgentPlan(entries=tuple(entries))
