"""What the client of one session is shown and asked, in ACP's words.

Above: `talk` and `mind`. Below: the ACP connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from acp import Client
from acp.helpers import (
    text_block,
    tool_content,
    tool_diff_content,
    update_agent_message_text,
    update_agent_thought_text,
    update_user_message_text,
)
from acp.schema import (
    AllowedOutcome,
    PermissionOption,
    ToolCallLocation,
    ToolCallProgress,
    ToolCallStart,
    ToolCallUpdate,
)

from coderclawlink.agent.hands import Change

Mode = Literal["ask", "auto"]
"""Ask before changing files and running commands, or do not."""
Kind = Literal["read", "edit", "search", "execute", "other"]
OPTIONS = [
    PermissionOption(option_id="allow", name="Allow", kind="allow_once"),
    PermissionOption(option_id="always", name="Allow all of this kind", kind="allow_always"),
    PermissionOption(option_id="reject", name="Reject", kind="reject_once"),
]


@dataclass(frozen=True)
class Call:
    """A tool call as people see it. `path`: the file or folder it is about, absolute."""

    id: str
    title: str
    kind: Kind
    input: object = None
    path: Path | None = None


@dataclass
class Stage:
    """One session's client. `mode` may change at any time."""

    client: Client
    session: str
    mode: Mode
    allowed: set[Kind] = field(default_factory=set)
    """Kinds that the client has allowed for good."""

    async def hear(self, text: str) -> None:
        """Show what the user said, when a conversation is replayed."""
        await self.client.session_update(self.session, update_user_message_text(text))

    async def say(self, text: str) -> None:
        if text:
            await self.client.session_update(self.session, update_agent_message_text(text))

    async def think(self, text: str) -> None:
        if text:
            await self.client.session_update(self.session, update_agent_thought_text(text))

    async def announce(self, call: Call) -> None:
        """A tool call is coming."""
        update = ToolCallStart(
            session_update="tool_call",
            tool_call_id=call.id,
            title=call.title,
            kind=call.kind,
            status="pending",
            raw_input=call.input,
            locations=[ToolCallLocation(path=str(call.path))] if call.path else None,
        )
        await self.client.session_update(self.session, update)

    async def begin(self, id: str) -> None:
        """The tool call is at work."""
        await self._progress(ToolCallProgress(session_update="tool_call_update", tool_call_id=id, status="in_progress"))

    async def show_output(self, id: str, text: str) -> None:
        """What a command at work has said so far."""
        content = [tool_content(text_block(text))]
        await self._progress(
            ToolCallProgress(session_update="tool_call_update", tool_call_id=id, status="in_progress", content=content)
        )

    async def show_change(self, id: str, change: Change) -> None:
        """What a tool call is about to change."""
        content = [tool_diff_content(str(change.path), change.new, change.old)]
        await self._progress(ToolCallProgress(session_update="tool_call_update", tool_call_id=id, content=content))

    async def end(self, id: str, *, failed: bool, output: str, change: Change | None = None) -> None:
        """The tool call is over. A change that was made stays shown as a diff."""
        done = change is not None and not failed
        content = None if done else [tool_content(text_block(output))]
        update = ToolCallProgress(
            session_update="tool_call_update",
            tool_call_id=id,
            status="failed" if failed else "completed",
            content=content,
            raw_output=output,
        )
        await self._progress(update)

    async def may(self, call: Call, change: Change | None = None) -> bool:
        """Ask for permission, unless the mode or an earlier answer gives it."""
        if self.mode == "auto" or call.kind in self.allowed:
            return True
        asked = ToolCallUpdate(
            tool_call_id=call.id,
            title=call.title,
            kind=call.kind,
            status="pending",
            raw_input=call.input,
            locations=[ToolCallLocation(path=str(call.path))] if call.path else None,
            content=[tool_diff_content(str(change.path), change.new, change.old)] if change else None,
        )
        answer = await self.client.request_permission(self.session, asked, OPTIONS)
        if not isinstance(answer.outcome, AllowedOutcome):
            return False
        if answer.outcome.option_id == "always":
            self.allowed.add(call.kind)
        return answer.outcome.option_id in ("allow", "always")

    async def _progress(self, update: ToolCallProgress) -> None:
        await self.client.session_update(self.session, update)
