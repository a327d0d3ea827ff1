"""Files on their way in: which requests carry one, and how they pass the guard. Pure ASGI.

Above: the guard, and `deadlines`, which gives a file the time that its length takes. The route reads the file as it comes, and
says what is too much; what it has not read when it answers is read here and dropped, so that the sender gets to read the answer.
"""

from __future__ import annotations

import re

from starlette.types import Message, Receive, Send

PATH = re.compile(r"/api/tasks/[^/]+/attachments")
IMPORTED = re.compile(r"/api/projects/[^/]+/import/[a-z-]+")
HOOK = "/api/github/webhook"
FORMS = frozenset({b"", b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain"})
"""Types of bodies that a page of another site could send without asking first."""
DRAINED_AT_MOST = 64 * 1024 * 1024
"""Bytes that are read and dropped. The connection ends when there are more."""
BYTES_PER_SECOND = 64 * 1024
"""Who sends a file more slowly than this is cut off."""


def is_upload(method: str, path: str) -> bool:
    """Whether the body is a file, or signed as it came, and so is read by its route alone."""
    if method == "POST":
        return path == HOOK or IMPORTED.fullmatch(path) is not None
    return method == "PUT" and PATH.fullmatch(path) is not None


class Upload:
    """The body and the answer of one such request. `invites`: the sender waits to be asked for the body, and has not begun."""

    def __init__(self, receive: Receive, send: Send, *, invites: bool) -> None:
        self._receive = receive
        self._send = send
        self._unasked = invites
        self._whole = False

    async def receive(self) -> Message:
        self._unasked = False
        message = await self._receive()
        self._whole = self._whole or message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._whole:
            await self._drain()
            if not self._whole:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await self._send(message)

    async def _drain(self) -> None:
        dropped = 0
        while not (self._whole or self._unasked) and dropped < DRAINED_AT_MOST:
            dropped += len((await self.receive()).get("body", b""))
