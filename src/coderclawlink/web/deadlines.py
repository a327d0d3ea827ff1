"""Deadlines for a request to arrive: uvicorn has none of its own, and waits for ever for a header or a body.

    uvicorn.Config(app, http=Deadlined, ws=Severed, …)

Both are absolute: a byte now and then does not help. The first runs from the connection, or from the first byte of a later
request on it, to the end of the headers; the second from there to the end of the body. A file that is put on a task may be long:
what has come of it buys time for more.
"""

from __future__ import annotations

import asyncio
import socket
import struct

from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from coderclawlink.web import uploads
from coderclawlink.web.rooms import Rooms

HEAD_AT_MOST = 64 * 1024
"""Bytes of a request line and headers."""


class Deadlined(HttpToolsProtocol):
    """HTTP/1.1 with deadlines. Tests make them shorter in a subclass."""

    header_seconds = 10.0
    body_seconds = 30.0

    _deadline: asyncio.TimerHandle | None = None
    _in_body = False
    _head_size = 0
    _is_upload = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set(self.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._in_body:
            if self._deadline is None:
                self._set(self.header_seconds)
            self._head_size += len(data)
        super().data_received(data)
        if not self._in_body and self._head_size > HEAD_AT_MOST and not self.transport.is_closing():
            self._cut()

    def on_headers_complete(self) -> None:
        self._in_body, self._head_size = True, 0
        self._set(self.body_seconds)
        super().on_headers_complete()
        self._is_upload = uploads.is_upload(self.scope["method"], self.scope.get("path", ""))

    def on_body(self, body: bytes) -> None:
        if self._is_upload and self._deadline is not None:
            self._set_at(self._deadline.when() + len(body) / uploads.BYTES_PER_SECOND)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._clear()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._clear()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """The server begins to stop: who waits is told, and a stream under way ends here, to be resumed elsewhere."""
        super().shutdown()
        if isinstance(self.config.app, FastAPI):
            rooms: Rooms = self.config.app.state.rooms
            rooms.close()
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.close()

    def _set(self, seconds: float) -> None:
        self._set_at(self.loop.time() + seconds)

    def _set_at(self, when: float) -> None:
        self._clear()
        self._deadline = self.loop.call_at(when, self._cut)

    def _clear(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        """No answer: whoever sends so slowly does not read one either."""
        self._clear()
        self.transport.abort()


class Severed(WebSocketsSansIOProtocol):
    """WebSockets whose connection is gone soon after their end, also when the other side reads nothing any more."""

    linger_seconds = 10.0

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self.loop.call_later(self.linger_seconds, self._sever)

    def _sever(self) -> None:
        if self.disconnected:
            return
        # Else the kernel would keep what it has not sent, for as long as the other side's process lives.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
