"""Where a conversation with the scripted model stands: the prompt that is worked on, the tools offered, the results so far. Pure.

Above: the scripted model. Below: the requests of all wires, read into one shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from coderclawlink.drivers.models.steps import Schema, Tool, find_script

MODEL = "scripted"


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Block(_Told):
    type: str = ""
    text: str | None = None


class _Item(_Told):
    """A message of any wire, or an item of OpenAI's responses."""

    role: str = ""
    type: str = ""
    content: str | list[_Block] | None = None
    tool_calls: list[object] | None = None


class _Function(_Told):
    name: str = ""
    parameters: Schema | None = None


class _OfferedTool(_Told):
    type: str = "function"
    name: str = ""
    input_schema: Schema | None = None
    parameters: Schema | None = None
    function: _Function | None = None


class _StreamOptions(_Told):
    include_usage: bool = False


class Request(_Told):
    model: str = MODEL
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    system: str | list[_Block] | None = None
    instructions: str | None = None
    messages: list[_Item] = Field(default_factory=list)
    input: str | list[_Item] = ""
    prompt: str = ""
    tools: list[_OfferedTool] = Field(default_factory=list)

    def offered(self) -> list[Tool]:
        """The tools that take arguments by a schema."""
        found: list[Tool] = []
        for tool in self.tools:
            name = tool.function.name if tool.function else tool.name
            schema = tool.input_schema or tool.parameters or (tool.function.parameters if tool.function else None)
            if name and tool.type in ("function", "custom", "") and (schema is not None or tool.type == "function"):
                found.append(Tool(name, schema or Schema()))
        return found

    def items(self) -> list[_Item]:
        if isinstance(self.input, list) and self.input:
            return self.input
        return self.messages or [_Item(role="user", content=self.prompt or str(self.input))]


@dataclass(frozen=True)
class Standing:
    """Where a conversation stands: the prompt now worked on, and the tool results since."""

    prompt: str
    results: int


def _texts(content: str | list[_Block] | None) -> list[str]:
    if content is None:
        return []
    return [content] if isinstance(content, str) else [block.text for block in content if block.text]


def standing(items: Sequence[_Item]) -> Standing:
    prompt: list[str] = []
    results = 0
    ended = True  # the model had the last word, so what the user says now is a new prompt
    for item in items:
        if item.role == "tool" or item.type.endswith("_output"):
            results += 1
        elif item.type.endswith("_call"):
            ended = False
        elif item.role == "assistant":
            blocks = item.content if isinstance(item.content, list) else []
            ended = not item.tool_calls and not any(block.type == "tool_use" for block in blocks)
        elif item.role == "user":
            if isinstance(item.content, list):
                results += sum(block.type == "tool_result" for block in item.content)
            texts = _texts(item.content)
            scripts = [text for text in texts if find_script(text) is not None]
            if scripts or (ended and texts):
                # After a turn that was broken off, clients send the old prompt and the new one together.
                prompt, results, ended = scripts[-1:] or texts, 0, False
    return Standing("\n\n".join(prompt), results)


_CWD = re.compile(r"(?:working[ -]directory|cwd)(?: is)?[>:=\"'`* ]{1,6}(/[^\s<>\"'`]+)", re.IGNORECASE)


def working_directory(request: Request) -> str | None:
    """Where the agent works, if it told the model."""
    told = [request.instructions or "", *_texts(request.system)]
    told += [text for item in request.items() for text in _texts(item.content)]
    found = next((match for text in told if (match := _CWD.search(text))), None)
    return found[1].rstrip("/.") if found else None
