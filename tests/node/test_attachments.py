"""Files beside an agent's work: fetched from a real server, checked, kept for the next time, read-only and never committed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coderclawlink.events import AgentMessage, AgentTool
from coderclawlink.link.protocol import Attached
from coderclawlink.node.attachments import Attachments, CannotFetch
from coderclawlink.node.dial import HubAddress
from tests.node.conftest import Bench

pytestmark = pytest.mark.anyio

CONTENT = b"what was attached\n" * 1000
KEY = "the node's key"


def named(name: str, content: bytes = CONTENT) -> Attached:
    return Attached(name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


@dataclass
class Shelf:
    """A hub that hands out files, and remembers what was asked of it."""

    files: dict[str, bytes]
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        sha256 = head.split()[1].removeprefix("/api/link/attachments/")
        self.asked.append(sha256)
        content = self.files.get(sha256)
        status = "200 OK" if content is not None else "404 Not Found"
        if f"authorization: bearer {KEY}".lower() not in head.lower():
            status, content = "401 Unauthorized", None
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(content or b'')}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(content or b"")
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def shelf(*contents: bytes) -> AsyncIterator[Shelf]:
    made = Shelf({hashlib.sha256(content).hexdigest(): content for content in contents})
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made


async def test_files_are_fetched_once_and_laid_out_by_their_names(tmp_path: Path) -> None:
    async with asyncio.timeout(20), shelf(CONTENT, b"") as hub:
        fetch = Attachments(lambda: HubAddress(hub.url, KEY), tmp_path / "cache")
        for n in "12":
            await fetch.lay_out([named("a.txt"), named("b.txt"), named("empty", b"")], tmp_path / n)
            assert {path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} == {
                "a.txt": CONTENT,
                "b.txt": CONTENT,
                "empty": b"",
            }
            assert (tmp_path / n / "a.txt").stat().st_mode & 0o777 == 0o444
        assert len(hub.asked) == 2


async def test_what_was_taken_off_the_task_is_left_out(tmp_path: Path) -> None:
    async with asyncio.timeout(20), shelf(CONTENT) as hub:
        fetch = Attachments(lambda: HubAddress(hub.url, KEY), tmp_path / "cache")
        await fetch.lay_out([named("gone", b"gone"), named("there")], tmp_path / "1")
    assert [path.name for path in (tmp_path / "1").iterdir()] == ["there"]


async def test_what_somebody_changed_in_the_cache_is_fetched_anew(tmp_path: Path) -> None:
    async with asyncio.timeout(20), shelf(CONTENT) as hub:
        fetch = Attachments(lambda: HubAddress(hub.url, KEY), tmp_path / "cache")
        await fetch.lay_out([named("a")], tmp_path / "1")
        (tmp_path / "cache" / named("a").sha256).write_bytes(b"evil")
        await fetch.lay_out([named("a")], tmp_path / "2")
        assert (tmp_path / "2" / "a").read_bytes() == CONTENT
        assert len(hub.asked) == 2


@pytest.mark.parametrize("sent", [CONTENT + b"more", b"x" * len(CONTENT), CONTENT[:-1]])
async def test_what_is_not_the_file_is_not_laid_out(tmp_path: Path, sent: bytes) -> None:
    async with asyncio.timeout(20), shelf() as hub:
        hub.files[named("a").sha256] = sent
        fetch = Attachments(lambda: HubAddress(hub.url, KEY), tmp_path / "cache")
        with pytest.raises(CannotFetch):
            await fetch.lay_out([named("a")], tmp_path / "1")
    assert list((tmp_path / "1").iterdir()) == []
    assert list((tmp_path / "cache").iterdir()) == []


async def test_a_hub_that_is_away_is_waited_for(tmp_path: Path) -> None:
    looks = 0
    async with asyncio.timeout(20), shelf(CONTENT) as hub:

        def find() -> HubAddress | None:
            nonlocal looks
            looks += 1
            return [None, HubAddress("http://127.0.0.1:9", KEY), HubAddress(hub.url, KEY)][looks - 1]

        await Attachments(find, tmp_path / "cache").lay_out([named("a")], tmp_path / "1")
    assert (tmp_path / "1" / "a").read_bytes() == CONTENT


async def test_a_hub_that_stays_away_fails_the_attempt_in_words(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(20), shelf(CONTENT) as hub:
        fetch = Attachments(lambda: HubAddress(hub.url, "wrong key"), tmp_path / "cache", patience_seconds=0.2)
        with pytest.raises(CannotFetch, match="the hub answers 401"):
            await fetch.lay_out([named("a")], tmp_path / "1")


async def test_an_agent_reads_them_beside_its_work_and_no_commit_holds_them(bench: Bench, tmp_path: Path) -> None:
    async with asyncio.timeout(30), shelf(CONTENT) as hub:
        having = bench.having(attachments=Attachments(lambda: HubAddress(hub.url, KEY), tmp_path / "cache"))
        prompt = "script:\nrun cat ../attachments/log.txt > seen.txt; ls -a > list.txt\nsay Read."
        report = await having.make(prompt, attachments=(named("log.txt"),))
    assert report.ended.outcome == "completed", report.ended
    assert [message.text for message in report.all(AgentMessage)][-1] == "Read."
    assert all(tool.status != "failed" for tool in report.all(AgentTool))
    assert bench.git("show", "task/one:seen.txt").encode() + b"\n" == CONTENT
    assert sorted(bench.git("ls-tree", "-r", "--name-only", "task/one").split()) == [
        "README.md",
        "list.txt",
        "seen.txt",
    ]
