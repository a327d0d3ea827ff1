"""An OpenHands agent server as it is spoken with: its REST interface and its socket of events.

Above: the driver, which says where it is, and the session. Below: HTTP and WebSockets, over TCP or a unix socket. Nothing is
understood here but whether a request was taken.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from coderclawlink.drivers.acp.translate import Raw, part, parts, shorten, text
from coderclawlink.drivers.errors import AgentFailed

LONGEST_EVENT = 64 * 1024 * 1024
"""Bytes."""
_ANSWER_SECONDS = 30.0
_BEGIN_SECONDS = 90.0
"""A conversation with MCP servers is begun only when they are."""
_CONNECT_SECONDS = 10.0


class Refused(AgentFailed):
    """The server did not take a request. `status`: HTTP's; 0 when it did not answer at all."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Address:
    """Where a server is. `socket`: the unix socket it listens on, whatever machine `url` names. `key`: what it wants to be
    shown, if anything."""

    url: str
    key: str = ""
    socket: str | None = None


class Server:
    """A server that answers at an address. Made by `reach`."""

    def __init__(self, address: Address, client: httpx2.AsyncClient) -> None:
        self._address = address
        self._client = client

    @property
    def url(self) -> str:
        return self._address.url

    async def information(self) -> Raw:
        """What it says of itself. Raises `Refused`."""
        return await self._get("/server_info")

    async def sees(self, folder: str) -> bool:
        """Whether there is such a folder where it runs. Raises `Refused`."""
        try:
            await self._get(f"/api/file/search_subdirs?{urlencode({'path': folder, 'limit': 1})}")
        except Refused as refusal:
            if refusal.status in (400, 403, 404):
                return False
            raise
        return True

    async def active_profile(self) -> str:
        """The id of the agent profile that it uses by default; "" when it has none. Raises `Refused`."""
        return text(await self._get("/api/agent-profiles"), "active_agent_profile_id")

    async def conversation(self, id: str) -> Raw | None:
        """A conversation and the state it is in; None when it is not known there. Raises `Refused`."""
        try:
            return await self._get(f"/api/conversations/{id}")
        except Refused as refusal:
            if refusal.status in (404, 422):
                return None
            raise

    async def begin(self, body: Mapping[str, object]) -> Raw:
        """Begin a conversation. Raises `Refused`."""
        return await self._post("/api/conversations", body, _BEGIN_SECONDS)

    async def switch_model(self, id: str, llm: Mapping[str, object]) -> None:
        await self._post(f"/api/conversations/{id}/switch_llm", {"llm": llm})

    async def set_policy(self, id: str, policy: str) -> None:
        await self._post(f"/api/conversations/{id}/confirmation_policy", {"policy": {"kind": policy}})

    async def say(self, id: str, words: str) -> None:
        """Send a prompt and let the agent work on it. Raises `Refused`."""
        content = [{"type": "text", "text": words}]
        try:
            await self._post(f"/api/conversations/{id}/events", {"role": "user", "content": content, "run": True})
        except Refused as refusal:
            if refusal.status != 429:
                raise
            raise Refused("The OpenHands server has as many conversations at work as it takes.", 429) from None

    async def allow(self, id: str) -> None:
        """Let all that it waits for be done. Raises `Refused`."""
        await self._post(f"/api/conversations/{id}/events/respond_to_confirmation", {"accept": True})

    async def refuse(self, id: str, reason: str) -> None:
        """Let nothing be done of all that it waits for; the agent then stands still. Raises `Refused`."""
        body = {"accept": False, "reason": reason}
        await self._post(f"/api/conversations/{id}/events/respond_to_confirmation", body)

    async def go_on(self, id: str) -> None:
        """Let an agent that stands still go on. Raises `Refused`."""
        try:
            await self._post(f"/api/conversations/{id}/run")
        except Refused as refusal:
            if refusal.status != 409:  # it goes on already
                raise

    async def interrupt(self, id: str) -> None:
        """Stop the call of the model and the command that are under way. Raises `Refused`."""
        await self._post(f"/api/conversations/{id}/interrupt")

    async def events_since(self, id: str, timestamp: str) -> AsyncIterator[Raw]:
        """What a conversation keeps of its events, from a timestamp as the server writes it. Raises `Refused`."""
        page = ""
        while True:
            query = urlencode({"limit": 100, "timestamp__gte": timestamp, **({"page_id": page} if page else {})})
            found = await self._get(f"/api/conversations/{id}/events/search?{query}")
            for event in parts(found, "items"):
                yield event
            page = text(found, "next_page_id")
            if not page:
                return

    @asynccontextmanager
    async def listen(self, id: str) -> AsyncIterator[AsyncIterator[Raw]]:
        """The events of a conversation from now on; the first tells the state it is in. They end when the server hangs up.
        Raises `Refused` when it cannot be reached."""
        url = urlsplit(self._address.url)
        path = f"{url.path.rstrip('/')}/sockets/events/{id}"
        at = urlunsplit(("wss" if url.scheme == "https" else "ws", url.netloc, path, "", ""))
        try:
            if self._address.socket is not None:
                opened = await unix_connect(self._address.socket, at, max_size=LONGEST_EVENT)
            else:
                opened = await connect(at, max_size=LONGEST_EVENT, open_timeout=_CONNECT_SECONDS, proxy=None)
        except (OSError, TimeoutError, WebSocketException) as problem:
            raise Refused(f"The events of OpenHands cannot be heard: {_words(problem)}.") from problem
        async with opened as socket:
            if self._address.key:
                await socket.send(json.dumps({"type": "auth", "session_api_key": self._address.key}))
            yield _events(socket)

    async def _get(self, path: str) -> Raw:
        return await self._ask("GET", path, None, _ANSWER_SECONDS)

    async def _post(self, path: str, body: object = None, seconds: float = _ANSWER_SECONDS) -> Raw:
        return await self._ask("POST", path, body, seconds)

    async def _ask(self, method: str, path: str, body: object, seconds: float) -> Raw:
        url = self._address.url + path
        try:
            answer = await self._client.request(method, url, json=body, timeout=seconds)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise Refused(f"{self._address.url} does not answer ({_words(problem)}).") from problem
        try:
            read = answer.json()
        except ValueError:
            read = None
        if not answer.is_success:
            raise Refused(_explain(self._address.url, method, path, answer, read), answer.status_code)
        return read if isinstance(read, dict) else {}


@asynccontextmanager
async def reach(address: Address) -> AsyncIterator[Server]:
    """A way to speak with the server; it is not asked yet."""
    headers = {"X-Session-API-Key": address.key} if address.key else {}
    transport = httpx2.AsyncHTTPTransport(uds=address.socket) if address.socket else httpx2.AsyncHTTPTransport()
    async with httpx2.AsyncClient(transport=transport, headers=headers, follow_redirects=False) as client:
        yield Server(address, client)


async def _events(socket: ClientConnection) -> AsyncIterator[Raw]:
    with suppress(ConnectionClosed):
        async for frame in socket:
            try:
                event = json.loads(frame)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event


def status(conversation: Raw) -> str:
    """The state of a conversation: idle, running, paused, waiting_for_confirmation, finished, error, stuck …"""
    return text(conversation, "execution_status")


def whole_state(event: Raw) -> Raw | None:
    """The state in an event that tells all of it, which the server does when a run of the agent is over; else None."""
    if text(event, "kind") == "ConversationStateUpdateEvent" and text(event, "key") == "full_state":
        return part(event, "value")
    return None


def _explain(url: str, method: str, path: str, answer: httpx2.Response, read: object) -> str:
    if answer.status_code in (401, 403):
        return f"{url} wants a key, or another one. Set OPENDEVIN_API_KEY to the one it was started with."
    detail = read.get("detail") if isinstance(read, dict) else None
    said = detail if isinstance(detail, str) else json.dumps(detail) if detail else answer.text.strip()
    return f"OpenHands answered {method} {path} with HTTP {answer.status_code}: {shorten(said, 1_000)}"


def _words(problem: BaseException) -> str:
    return str(problem) or type(problem).__name__
