"""The line to one agent: requests and their answers, and what goes wrong with them in words for people.

Above: the connection. Below: the library's JSON-RPC, and the agent's end of the line, which is a process of ours or a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from acp import RequestError
from acp.connection import Connection
from acp.schema import PromptRequest, TextContentBlock
from pydantic import BaseModel

from coderclawlink import clock
from coderclawlink.drivers.acp.opening import Request
from coderclawlink.drivers.acp.translate import Raw, shorten, text
from coderclawlink.drivers.errors import AgentFailed, NotSignedIn

_AUTHENTICATION_REQUIRED = -32000
QUIET_SECONDS = 0.15
"""An agent that has said nothing for so long has played back all of an earlier conversation."""
QUIET_AT_MOST_SECONDS = 5.0


class Far(Protocol):
    """The agent's end of the line: the library's transport, and what becomes of the agent. A process of ours, or a server."""

    async def send(self, message: dict[str, Any]) -> None: ...
    async def receive(self) -> dict[str, Any] | None: ...
    async def close(self) -> None: ...

    async def end(self, grace_seconds: float) -> None:
        """Let it go, by force after a grace. Safe to call twice."""
        ...

    async def obituary(self, name: str) -> str:
        """How it ended, for people."""
        ...

    def last_words(self) -> str:
        """The end of what it complained about."""
        ...


class Line:
    """`start_seconds`: how long an answer may take while the conversation is being opened. `sign_in`: what a person does when
    the agent wants that."""

    def __init__(self, name: str, far: Far, connection: Connection, start_seconds: float, sign_in: str) -> None:
        self.sign_in = sign_in
        self._name = name
        self._far = far
        self._connection = connection
        self._seconds = start_seconds

    async def demand(self, request: Request) -> Raw:
        """Send a request that must be answered well for the session to be of use."""
        try:
            return await self.ask(request)
        except RequestError as refusal:
            why = self.explain(refusal, request.method)
            wants_sign_in = refusal.code == _AUTHENTICATION_REQUIRED
            raise (NotSignedIn if wants_sign_in else AgentFailed)(why) from None

    async def ask(self, request: Request) -> Raw:
        """Raises `RequestError` for a refusal, `AgentFailed` for an agent that dies or is silent."""
        try:
            async with clock.timeout(self._seconds):
                answer = await self._connection.send_request(request.method, _wire(request.body))
        except TimeoutError:
            last = self._far.last_words()
            said = f" Its last words: {last}" if last else ""
            raise AgentFailed(
                f"{self._name} did not answer {request.method} within {self._seconds:g} s.{said}"
            ) from None
        except ConnectionError:
            raise AgentFailed(await self._far.obituary(self._name)) from None
        return answer if isinstance(answer, dict) else {}

    def explain(self, refusal: RequestError, method: str) -> str:
        if refusal.code == _AUTHENTICATION_REQUIRED:
            how = self.sign_in or "sign in with its own program as the user who runs the node, or set its key"
            return f"{self._name} wants you to sign in first: {how}. It says: {words(refusal)}"
        return f"{self._name} refused {method}: {words(refusal)}"

    async def prompt(self, session: str, words: str) -> object:
        """Ask for a turn, and wait as long as it takes. Raises `RequestError` and `ConnectionError`."""
        request = PromptRequest(session_id=session, prompt=[TextContentBlock(type="text", text=words)])
        return await self._connection.send_request("session/prompt", _wire(request))

    async def cancel(self, session: str) -> None:
        """Ask for the end of a turn. Raises `ConnectionError`."""
        await self._connection.send_notification("session/cancel", {"sessionId": session})

    async def close(self) -> None:
        """Let go of requests that will never be answered."""
        await self._connection.close()


def _wire(request: BaseModel) -> dict[str, Any]:
    # Defaults go along: "no file system, no terminal" is worth saying.
    return request.model_dump(mode="json", by_alias=True, exclude_none=True)


def words(refusal: RequestError) -> str:
    """A JSON-RPC error for people."""
    data = refusal.data
    more = text(data, "details") or text(data, "message") or (data if isinstance(data, str) else "")
    return shorten(f"{refusal}: {more}" if more and more not in str(refusal) else str(refusal), 2_000)


async def until_quiet(heard_at: Callable[[], float]) -> None:
    """Gemini goes on playing back an earlier conversation after it has said that it is done: wait for a pause in what it says.

    `heard_at`: when it was last heard, by the loop's clock.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + QUIET_AT_MOST_SECONDS
    while (left := heard_at() + QUIET_SECONDS - loop.time()) > 0 and loop.time() < end:  # noqa: ASYNC110  for nothing to happen
        await asyncio.sleep(left)
