"""A model that plays a script: the test double, the demo's model, and what the proxy can be pointed at instead of a provider.

It speaks Anthropic's messages, OpenAI's chat completions and responses (all three as a stream and at once) and Ollama's
own interface. What it does stands in the prompt, in the form that `steps` describes; it answers with calls of the tools
that the agent offers, found by name and filled in by their JSON schema. An agent that offers no tools is after a title or
a summary and gets a few words.

    python -m coderclawlink.drivers.models.script --port 11500 --limited KEY=60

A key that is limited is an account at its quota: its first call, and every other for so many seconds, is refused with the time of
the reset, as the wire tells it. `GET /calls` lists the calls of the model so far with their times, keys and statuses.

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
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from coderclawlink.drivers.models.conversation import MODEL, Request, standing, working_directory
from coderclawlink.drivers.models.listen import (
    BodyTooLarge,
    ClientGone,
    Headers,
    Message,
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

_LIMIT = 64 * 1024 * 1024


# ── what is answered ───────────────────────────────────────────────────────────────────────────────────────────────

_Piece = Heard | Hang


@dataclass(frozen=True)
class Call:
    """A call of the model. `at`: seconds since 1970; `key`: the agent's, or what the proxy put in its place; `status`: HTTP."""

    at: float
    path: str
    key: str
    model: str
    status: int


class Script:
    """The scripted model, as an ASGI app. `scripts`: for prompts that hold none, by a regular expression found in them.
    `limited`: keys that are at their quota, with the seconds from their first call until it is theirs again.

    Raises `Invalid` for a script that makes no sense; in a prompt that becomes an answer of status 400.
    """

    def __init__(self, scripts: Mapping[str, str] | None = None, limited: Mapping[str, float] | None = None) -> None:
        self.requests: list[tuple[str, str]] = []
        """(method, path) of each request so far."""
        self.calls: list[Call] = []
        """The calls of the model so far, each from when its status is known."""
        self._limited = dict(limited or {})
        self._until: dict[str, float] = {}
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
            request = Request.model_validate_json(body)
        except ValidationError as error:
            await answer(send, 400, error_body(speech, "invalid_request_error", f"Not understood: {error}"))
            return
        key = _key(scope)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.calls.append(Call(time.time(), path, key, request.model, int(message["status"])))
            await send(message)

        if (wait := self._wait(key)) is not None:
            await _refuse(
                noting, speech, Refuse(429, "the quota of this key is used up, as the script says", None, wait)
            )
            return
        await while_connected(receive, self._play(request, speech, path, noting))

    def _wait(self, key: str) -> float | None:
        """Seconds until a limited key may call again, None: it may."""
        if key not in self._limited:
            return None
        left = self._until.setdefault(key, time.time() + self._limited[key]) - time.time()
        return left if left > 0 else None

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
        if (method, path) == ("GET", "/calls"):
            await answer(send, 200, json.dumps([asdict(call) for call in self.calls]).encode())
        elif path == "/" and method in ("GET", "HEAD"):
            await answer(
                send, 200, b"" if method == "HEAD" else b"Ollama is running", [(b"content-type", b"text/plain")]
            )
        elif (method, path) in known:
            await answer(send, 200, json.dumps(known[method, path]).encode())
        else:
            await answer(
                send, 404, error_body("chat", "not_found_error", f"The scripted model has no {method} {path}.")
            )

    async def _play(self, request: Request, speech: Speech, path: str, send: Send) -> None:
        tools = request.offered()
        at = standing(request.items())
        if not tools:
            words = " ".join(re.findall(r"\w+", at.prompt)[:3]) or "nothing"
            said = reply((Say(f"Scripted: {words}"),), 0)
        else:
            try:
                said = reply(self._steps(at.prompt), at.results)
            except Invalid as error:
                await answer(send, 400, error_body(speech, "invalid_request_error", error.message))
                return
        for place, refusal in enumerate(said.refusals):
            # What an agent's program says around a script makes no other script of it.
            if self._refuses(refusal, (find_script(at.prompt) or at.prompt, at.results, place)):
                await _refuse(send, speech, refusal)
                return
        pieces = _pieces(said, tools, working_directory(request))
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


def _key(scope: Scope) -> str:
    headers = dict(scope["headers"])
    bare = headers.get(b"x-api-key") or headers.get(b"authorization", b"").removeprefix(b"Bearer ")
    return str(bare.decode("latin-1"))


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
        wait = f"{refusal.wait:.3f}".rstrip("0").rstrip(".")
        headers.append((b"retry-after", wait.encode()))
        if speech == "messages":
            headers.append((b"anthropic-ratelimit-requests-remaining", b"0"))
            headers.append((b"anthropic-ratelimit-requests-reset", f"{until:%Y-%m-%dT%H:%M:%SZ}".encode()))
        elif speech != "ollama":
            headers.append((b"x-ratelimit-remaining-requests", b"0"))
            headers.append((b"x-ratelimit-reset-requests", f"{wait}s".encode()))
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


def instead(url: str, key: str | None = None, account: str = "") -> Upstreams:
    """Upstreams for the proxy that lead every wire to a scripted model at `url`, with the key of an account."""
    upstream = Upstream(url, key, account)
    return {"anthropic": upstream, "openai": upstream, "ollama": upstream}


async def _stand(port: int, limited: Mapping[str, float]) -> None:
    async with serve(Script(limited=limited), port=port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def _limited_key(text: str) -> tuple[str, float]:
    key, _, seconds = text.rpartition("=")
    return key, float(seconds)


def main() -> None:
    """Serve the scripted model until interrupted; prints its base URL."""
    parser = argparse.ArgumentParser(
        prog="python -m coderclawlink.drivers.models.script", description=(__doc__ or "")[:122]
    )
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--limited",
        type=_limited_key,
        action="append",
        default=[],
        metavar="KEY=SECONDS",
        help="this key is at its quota from its first call on for so long",
    )
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_stand(given.port, dict(given.limited)))


if __name__ == "__main__":
    main()
