"""Counts tokens in a provider's answer while it passes by. Pure: bytes in, bytes out.

Above: the proxy, which feeds every chunk through a `Meter`. It holds nothing back, but for one case: a client of chat
completions that did not ask for usage must not see the chunk that we asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from coderclawlink.drivers.models.wires import Speech


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `input` is all that went in; `cached` of it were read from the cache, `written` put there.
    `estimated`: the provider did not come to tell all of it."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0
    estimated: bool = field(default=False, kw_only=True)


_WORDS = re.compile(
    rb'"(?:text|thinking|partial_json|content|reasoning|reasoning_content|refusal|delta|arguments|response)"\s*:\s*'
    rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
)
"""What a model says, in the keys of all wires."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Details(_Told):
    cached_tokens: int | None = None


class _Tokens(_Told):
    """The union of how the wires tell of usage."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    input_tokens_details: _Details | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Inner(_Told):
    """A message or response inside a stream's event."""

    model: str | None = None
    usage: _Tokens | None = None
    error: Any = None


class _Piece(_Told):
    """One event of a stream, or a whole answer."""

    type: str | None = None
    model: str | None = None
    usage: _Tokens | None = None
    error: Any = None
    code: Any = None
    choices: list[Any] | None = None
    message: Any = None
    response: Any = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None


class Meter:
    """One answer. `usage` None: nothing was told (yet). `error`: what the answer says went wrong in the middle of it."""

    def __init__(self, speech: Speech, content_type: str, *, hide_usage: bool = False) -> None:
        self.usage: Usage | None = None
        self.model: str | None = None
        self.error: str | None = None
        self.streams = content_type.startswith(("text/event-stream", "application/x-ndjson"))
        self._speech = speech
        self._events = content_type.startswith("text/event-stream")
        self._hide = hide_usage and self._events
        self._rest = b""
        self._block: list[bytes] = []
        self._hidden = False
        self._complete = False
        self._said = 0

    def total(self, input_tokens: int) -> Usage:
        """What the call took as far as it went, also when it was broken off before the provider counted: then the input is at
        least what was told or else `input_tokens`, and the output a token for 3 bytes that came."""
        if self.usage is not None and self._complete:
            return self.usage
        told = self.usage or Usage(input_tokens)
        return replace(told, output=max(told.output, -(-self._said // 3)), estimated=True)

    def feed(self, data: bytes) -> bytes:
        """Look at a chunk; return what the client is to have of it now."""
        if not self.streams:
            self._rest = data if not self._rest else self._rest + data
            return data
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if not self._hide:
            for line in lines:
                self._look(line)
            return data
        out: list[bytes] = []
        for line in lines:
            self._block.append(line + b"\n")
            self._hidden |= self._look(line)
            if not line.strip():
                out.extend(() if self._hidden else self._block)
                self._block, self._hidden = [], False
        return b"".join(out)

    def end(self) -> bytes:
        """The answer is over; return what was still held."""
        rest, self._rest = self._rest, b""
        hidden = self._look(rest)
        if not self._hide:
            return b""
        return b"" if hidden or self._hidden else b"".join(self._block) + rest

    def _look(self, line: bytes) -> bool:
        """Read a line if it may tell something. True: it is a chunk of usage and nothing else."""
        if self._events:
            if not line.startswith(b"data:"):
                return False
            line = line[5:]
        # Nearly all lines carry a word of text and are not worth parsing.
        if (
            self._speech != "responses" or not self.streams or b'.delta"' in line
        ):  # others repeat what was said in pieces
            self._said += sum(match.end(1) - match.start(1) for match in _WORDS.finditer(line))
        if b'"usage"' not in line and b'"error"' not in line and b"eval_count" not in line:
            return False
        try:
            piece = _Piece.model_validate_json(line)
        except ValidationError:
            return False
        self._take(piece.model, piece.usage)
        # Anthropic's first count of the output is of its first piece alone.
        self._complete |= piece.usage is not None and (self._speech != "messages" or piece.type != "message_start")
        inner = piece.message if self._speech == "messages" else piece.response
        if isinstance(inner, dict):
            self._take_inner(inner)
        if piece.prompt_eval_count is not None or piece.eval_count is not None:
            self.model = piece.model or self.model
            self.usage = Usage(piece.prompt_eval_count or 0, piece.eval_count or 0)
            self._complete = True
        if piece.error or piece.type == "error":
            self.error = _words(piece.error or piece.message or piece.code)
        return piece.choices == [] and piece.usage is not None

    def _take_inner(self, inner: dict[str, Any]) -> None:
        try:
            told = _Inner.model_validate(inner)
        except ValidationError:
            return
        self._take(told.model, told.usage)
        self._complete |= told.usage is not None and self._speech == "responses"
        if told.error:
            self.error = _words(told.error)

    def _take(self, model: str | None, tokens: _Tokens | None) -> None:
        self.model = model or self.model
        if tokens is None:
            return
        before = self.usage or Usage()
        if self._speech == "messages":
            # Anthropic counts cache reads and writes beside the input, and tells of the output as it grows.
            cached = _first(tokens.cache_read_input_tokens, before.cached)
            written = _first(tokens.cache_creation_input_tokens, before.written)
            plain = _first(tokens.input_tokens, before.input - before.cached - before.written)
            self.usage = Usage(plain + cached + written, _first(tokens.output_tokens, before.output), cached, written)
            return
        details = tokens.input_tokens_details or tokens.prompt_tokens_details or _Details()
        self.usage = Usage(
            _first(tokens.input_tokens, tokens.prompt_tokens, 0),
            _first(tokens.output_tokens, tokens.completion_tokens, 0),
            details.cached_tokens or 0,
        )


def _first(*values: int | None) -> int:
    return next((value for value in values if value is not None), 0)


def _words(error: object) -> str:
    if isinstance(error, dict):
        said = [str(error[key]) for key in ("type", "code", "message") if error.get(key)]
        return ": ".join(dict.fromkeys(said)) or "no reason given"
    return str(error or "no reason given")
