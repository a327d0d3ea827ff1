"""A cable to PostgreSQL that can be cut and mended: a proxy on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit


class Cable:
    """Runs on an event loop of its own, in a thread."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._whole = True
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cable")
        self._stop = asyncio.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """Where the database is found by way of the cable."""
        return self._url._replace(netloc=f"{self._url.username}@127.0.0.1:{self._port}").geturl()

    def cut(self) -> None:
        """Who is connected is so no more, and nobody gets through."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def mend(self) -> None:
        self._whole = True

    async def _cut(self) -> None:
        self._whole = False
        for writer in self._open:
            writer.transport.abort()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        self._up.set()
        await self._stop.wait()
        self._server.close()
        await self._cut()
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self._url.hostname, self._url.port)
        self._open |= {writer, back}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, back))
                both.create_task(_pump(there, writer))
        finally:
            self._open -= {writer, back}

    def __enter__(self) -> Cable:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
