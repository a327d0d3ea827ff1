"""The driver for agents behind a plain URL: `POST {url}/execute {"prompt", "context"}` → `{"result", "metadata"}`.

Above: the catalogue, which knows the URL. The agent works elsewhere, on files of its own, says nothing until it has
finished and cannot ask; to cancel is to hang up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2

from coderclawlink import clock
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.base import Ground, Job, Probe, Said, TurnEnded
from coderclawlink.events import AgentLog, AgentMessage

LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes."""
_WORTH_ANOTHER_TRY = frozenset({502, 503, 504})


@dataclass(eq=False)
class HttpDriver:
    """One agent behind a URL. The port's `Driver`. `timeout_seconds`: how long it may take to answer."""

    name: str
    url: str
    description: str = ""
    capabilities: tuple[str, ...] = ()
    timeout_seconds: float = 3600.0
    needs_checkout: bool = False
    model: str = ""
    instructions: str = ""

    @property
    def reached(self) -> str:
        return self.url

    def configured(self, configuration: AgentConfiguration) -> HttpDriver:
        """What works behind the URL is not ours to configure: it is only told instructions, and waited for."""
        return replace(
            self,
            timeout_seconds=configuration.timeout_seconds or self.timeout_seconds,
            instructions=configuration.instructions or self.instructions,
        )

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[HttpSession]:
        timeout = httpx2.Timeout(10.0, read=self.timeout_seconds)
        async with httpx2.AsyncClient(timeout=timeout, follow_redirects=False) as client:
            yield HttpSession(self, job, client)

    async def probe(self) -> Probe:
        """Any answer to a GET of the URL counts: it is a server, whatever it serves there."""
        try:
            async with httpx2.AsyncClient(timeout=3.0, follow_redirects=False) as client:
                await client.get(self.url)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            return Probe(False, why=f"{self.url} does not answer ({_reason(problem)}). Is the server running?")
        return Probe(True)


class HttpSession:
    """The port's `Session`. There is no process; each turn is one request."""

    version: str | None = None
    id = ""
    resumed = False

    def __init__(self, driver: HttpDriver, job: Job, client: httpx2.AsyncClient) -> None:
        self._driver = driver
        self._job = job
        self._client = client
        self._cancelled = False
        self._request: asyncio.Timeout | None = None

    async def turn(self, prompt: str) -> AsyncIterator[Said]:
        self._cancelled = False
        try:
            async with clock.timeout(None) as self._request:
                said = await self._execute(prompt)
        except TimeoutError:
            said = [TurnEnded("cancelled")]
        finally:
            self._request = None
        for word in said:
            yield word

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        """It never asks."""

    async def interrupt(self) -> bool:
        await self.cancel()
        return True

    async def cancel(self) -> None:
        if self._request and not self._cancelled:
            self._cancelled = True
            self._request.reschedule(asyncio.get_running_loop().time())

    async def _execute(self, prompt: str) -> list[Said]:
        url = f"{self._driver.url.rstrip('/')}/execute"
        # It remembers nothing, so it is told each time.
        prompt = f"{self._driver.instructions}\n\n{prompt}" if self._driver.instructions else prompt
        body = {"prompt": prompt, "context": dict(self._job.context)}
        try:
            async with self._client.stream("POST", url, json=body) as response:
                answer = b""
                async for piece in response.aiter_bytes():
                    answer += piece
                    if len(answer) > LONGEST_ANSWER:
                        return [_failed(f"{url} answered with more than {LONGEST_ANSWER} bytes.")]
        except httpx2.ReadTimeout:
            return [_failed(f"{url} did not answer within {self._driver.timeout_seconds:g} s.", retry=True)]
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            lost = isinstance(problem, httpx2.TransportError)
            return [_failed(f"{url} could not be asked: {_reason(problem)}.", retry=lost)]
        return _read(url, response.status_code, answer)


def _read(url: str, status: int, answer: bytes) -> list[Said]:
    excerpt = answer[:500].decode(errors="replace").strip()
    if status != 200:
        more = f": {excerpt}" if excerpt else ""
        return [_failed(f"{url} answered with HTTP {status}{more}", retry=status in _WORTH_ANOTHER_TRY)]
    try:
        reply = json.loads(answer)
    except (ValueError, RecursionError):
        return [_failed(f"{url} answered with something that is not JSON: {excerpt}")]
    result = reply.get("result") if isinstance(reply, dict) else None
    if not isinstance(result, str):
        return [_failed(f"{url} answered without a result: {excerpt}")]
    said: list[Said] = []
    if metadata := reply.get("metadata"):
        said.append(AgentLog(text=f"metadata: {json.dumps(metadata, ensure_ascii=False)[:2000]}"))
    if result:
        said.append(AgentMessage(text=result))
    return [*said, TurnEnded("end_turn", result=result)]


def _failed(error: str, *, retry: bool = False) -> TurnEnded:
    return TurnEnded("error", error=error, retry=retry)


def _reason(problem: Exception) -> str:
    return str(problem) or type(problem).__name__
