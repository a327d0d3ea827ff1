"""The wire: a WebSocket that the node dials. A thin shell around `protocol`; knows when it is broken and nothing else."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator

import websockets
from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect

from coderclawlink.errors import Unavailable
from coderclawlink.link.protocol import HubWord, NodeWord, hub_word

logger = logging.getLogger(__name__)

WORD_AT_MOST = 16 * 1024 * 1024
"""Bytes of one word: the largest is a diff."""
OPEN_SECONDS = 10.0
PING_SECONDS = 10.0


class WireBroken(Unavailable):
    """The connection to the hub is gone."""


class Wire:
    """An open connection, as the node holds it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, word: NodeWord) -> None:
        """Raises `WireBroken`."""
        try:
            await self._socket.send(word.model_dump_json())
        except websockets.WebSocketException as error:
            raise WireBroken from error

    async def hear(self) -> AsyncIterator[HubWord]:
        """What the hub says, until the wire breaks: then raises `WireBroken`."""
        while True:
            try:
                text = await self._socket.recv()
            except websockets.WebSocketException as error:
                raise WireBroken from error
            try:
                yield hub_word.validate_json(text)
            except ValidationError:
                logger.warning("the hub said something unknown: %.200r", text)


@contextlib.asynccontextmanager
async def dial(url: str, key: str) -> AsyncIterator[Wire]:
    """Connect to the hub at an http(s) URL. Raises `WireBroken` when it is not there or does not let us in."""
    target = url.rstrip("/").replace("http", "ws", 1) + "/api/link"
    try:
        socket = await connect(
            target,
            additional_headers={"Authorization": f"Bearer {key}"},
            compression=None,
            max_size=WORD_AT_MOST,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS * 2,
            close_timeout=1,
            proxy=None,
        )
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        raise WireBroken(f"The hub at {url} does not answer: {error}") from error
    try:
        yield Wire(socket)
    finally:
        await socket.close()
