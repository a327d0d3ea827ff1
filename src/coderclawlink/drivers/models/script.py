"""A model that plays a script: the test double, the demo's model, and what the proxy can be pointed at instead of a provider.

It speaks Anthropic's messages, OpenAI's chat completions and responses (all three as a stream and at once) and Ollama's
own interface. What it does stands in the prompt, in the form that `steps` describes; it answers with calls of the tools
that the agent offers, found by name and filled in by their JSON schema. An agent that offers no tools is after a title or
a summary and gets a few words.

    python -m coderclawlink.drivers.models.script --port 11500

Above: tests, the demo, people who want to see an agent work without paying. Below: `steps`, `voices`, and an HTTP server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coderclawlink.drivers.models.listen import (
    BodyTooLarge,
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    answer,
    listening,
    loopback,
    read_body,
    while_connected,
)
from coderclawlink.drivers.models.steps import (
    Act,
    Hang,
    Refuse,
    Reply,
    Say,
    Schema,
    Step,
    Think,
    Tool,
    ToolCall,
    default_script,
    find_script,
    find_tool_call,
    parse,
    reply,
)
from coderclawlink.drivers.models.voices import STREAM, WHOLE, Heard, Voice
from coderclawlink.drivers.models.wires import Speech, Upstream, Upstreams, error_body
from coderclawlink.errors import Invalid

MODEL = "scripted"
_LIMIT = 64 * 1024 * 1024


# ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────


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


class _Request(_Told):
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
class _Standing:
    """Where a conversation stands: the prompt now worked on, and the tool results since."""

    prompt: str
    results: int


def _texts(content: str | list[_Block] | None) -> list[str]:
    if content is None:
        return []
    return [content] if isinstance(content, str) else [block.text for block in content if block.text]


def _standing(items: Sequence[_Item]) -> _Standing:
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
    return _Standing("\n\n".join(prompt), results)


_CWD = re.compile(r"(?:working[ -]directory|cwd)(?: is)?[>:=\"'`* ]{1,6}(/[^\s<>\"'`]+)", re.IGNORECASE)


def _cwd(request: _Request) -> str | None:
    """Where the agent works, if it told the model."""
    told = [request.instructions or "", *_texts(request.system)]
    told += [text for item in request.items() for text in _texts(item.content)]
    found = next((match for text in told if (match := _CWD.search(text))), None)
    return found[1].rstrip("/.") if found else None


# ── what is answered ───────────────────────────────────────────────────────────────────────────────────────────────

_Piece = Heard | Hang


class Script:
    """The scripted model, as an ASGI app. `scripts`: for prompts that hold none, by a regular expression found in them.

    Raises `Invalid` for a script that makes no sense; in a prompt that becomes an answer of status 400.
    """

    def __init__(self, scripts: Mapping[str, str] | None = None) -> None:
        self.requests: list[tuple[str, str]] = []
        """(method, path) of each request so far."""
        self._scripts = [(re.compile(pattern), parse(text)) for pattern, text in (scripts or {}).items()]
        self._refused: dict[tuple[str, int, int], int] = {}
        self._ids = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = str(scope["method"]), str(scope["path"])
        self.requests.append((method, path))
        try:
            body = await read_body(receive, _LIMIT)
        except (BodyTooLarge, ClientGone):
            return
        speech = _SPEECHES.get(path) if method == "POST" else None
        if speech is None:
            await self._side_door(method, path, send)
            return
        try:
            request = _Request.model_validate_json(body)
        except ValidationError as error:
            await answer(send, 400, error_body(speech, "invalid_request_error", f"Not understood: {error}"))
            return
        await while_connected(receive, self._play(request, speech, path, send))

    async def _side_door(self, method: str, path: str, send: Send) -> None:
        models = [
            {"id": MODEL, "object": "model", "type": "model", "display_name": MODEL, "created": 0, "owned_by": MODEL}
        ]
        known: dict[tuple[str, str], object] = {
            ("GET", "/v1/models"): {"object": "list", "data": models, "has_more": False},
            ("POST", "/v1/messages/count_tokens"): {"input_tokens": 100},
            ("GET", "/api/version"): {"version": "0.14.0"},
            ("GET", "/api/tags"): {
                "models": [{"name": MODEL, "model": MODEL, "size": 0, "details": {"family": MODEL}}]
            },
            ("GET", "/api/ps"): {"models": []},
            ("POST", "/api/show"): {
                "capabilities": ["completion", "tools"],
                "model_info": {f"{MODEL}.context_length": 65536},
            },
        }
        if path == "/" and method in ("GET", "HEAD"):
            await answer(
                send, 200, b"" if method == "HEAD" else b"Ollama is running", [(b"content-type", b"text/plain")]
            )
        elif (method, path) in known:
            await answer(send, 200, json.dumps(known[method, path]).encode())
        else:
            await answer(
                send, 404, error_body("chat", "not_found_error", f"The scripted model has no {method} {path}.")
            )

    async def _play(self, request: _Request, speech: Speech, path: str, send: Send) -> None:
        tools = request.offered()
        standing = _standing(request.items())
        if not tools:
            words = " ".join(re.findall(r"\w+", standing.prompt)[:3]) or "nothing"
            said = reply((Say(f"Scripted: {words}"),), 0)
        else:
            try:
                said = reply(self._steps(standing.prompt), standing.results)
            except Invalid as error:
                await answer(send, 400, error_body(speech, "invalid_request_error", error.message))
                return
        for place, refusal in enumerate(said.refusals):
            if self._refuses(refusal, (standing.prompt, standing.results, place)):
                await _refuse(send, speech, refusal)
                return
        pieces = _pieces(said, tools, _cwd(request))
        tell_usage = request.stream_options is not None and request.stream_options.include_usage
        voice = Voice(request.model, said.usage, next(self._ids), tell_usage, generate=path == "/api/generate")
        streams = request.stream if speech != "ollama" or request.stream is not None else True
        if not streams:
            heard = [piece async for piece in _in_time(pieces)]
            await answer(send, 200, json.dumps(WHOLE[speech](voice, heard)).encode())
            return
        kind = b"application/x-ndjson" if speech == "ollama" else b"text/event-stream"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        async for chunk in STREAM[speech](voice, _in_time(pieces)):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _steps(self, prompt: str) -> tuple[Step, ...]:
        if (written := find_script(prompt)) is not None:
            return parse(written)
        return next((steps for pattern, steps in self._scripts if pattern.search(prompt)), default_script(prompt))

    def _refuses(self, refusal: Refuse, place: tuple[str, int, int]) -> bool:
        if refusal.times is None:
            return True
        before = self._refused.get(place, 0)
        self._refused[place] = before + 1
        return before < refusal.times


_SPEECHES: Mapping[str, Speech] = {
    "/v1/messages": "messages",
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
}


def _pieces(said: Reply, tools: Sequence[Tool], cwd: str | None) -> Iterator[_Piece]:
    yield from said.pieces
    if said.act is None:
        return
    call = find_tool_call(said.act, tools, cwd)
    yield call if call is not None else Say(_in_words(said.act))


def _in_words(act: Act) -> str:
    if act.verb in ("ask", "finish"):
        return str(next(iter(act.arguments.values())))
    return f"I have no tool to {act.verb} with."


async def _in_time(pieces: Iterator[_Piece]) -> AsyncIterator[Heard]:
    for piece in pieces:
        match piece:
            case Hang():
                await asyncio.Event().wait()
            case Say(_, after):
                if after:
                    await asyncio.sleep(after)
                yield piece
            case Think() | ToolCall():
                yield piece


async def _refuse(send: Send, speech: Speech, refusal: Refuse) -> None:
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    headers: Headers = [(b"content-type", b"application/json")]
    if refusal.wait is not None:
        until = datetime.now(UTC) + timedelta(seconds=refusal.wait)
        headers.append((b"retry-after", f"{refusal.wait:g}".encode()))
        if speech == "messages":
            headers.append((b"anthropic-ratelimit-requests-reset", f"{until:%Y-%m-%dT%H:%M:%SZ}".encode()))
        else:
            headers.append((b"x-ratelimit-reset-requests", f"{refusal.wait:g}s".encode()))
    body = error_body(speech, kinds.get(refusal.status, "api_error"), refusal.message)
    await answer(send, refusal.status, body, headers)


# ── at a port ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def serve(script: Script | None = None, *, port: int = 0) -> AsyncIterator[str]:
    """Listen on 127.0.0.1 (`port` 0: a free one) until the block ends; yields the base URL, without a version path."""
    sock = loopback(port)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with listening(script or Script(), sock):
        yield url


def instead(url: str) -> Upstreams:
    """Upstreams for the proxy that lead every wire to a scripted model at `url`."""
    upstream = Upstream(url)
    return {"anthropic": upstream, "openai": upstream, "ollama": upstream}


async def _stand(port: int) -> None:
    async with serve(port=port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve the scripted model until interrupted; prints its base URL."""
    parser = argparse.ArgumentParser(
        prog="python -m coderclawlink.drivers.models.script", description=(__doc__ or "")[:122]
    )
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_stand(parser.parse_args().port))


if __name__ == "__main__":
    main()
