"""A real browser before a real hub: a tab for each test, whose faults fail it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.page.house import House, Node

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


EXPECTED = ("Failed to load resource", "WebSocket connection to")
"""What the browser itself notes of answers that are not 2xx and of a hub that is away; the page tells it in its own words."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    house = House(tmp_path_factory.mktemp("hub"), port)
    house.start()
    yield house
    house.stop()


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.url, timeout=20) as opened:
        yield opened


@pytest.fixture
async def node(house: House) -> Node:
    played = Node(house)
    await played.join()
    return played


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield opened
        await opened.close()


@pytest.fixture
async def page(browser: Browser, house: House) -> AsyncIterator[Page]:
    """A tab of its own. What the page's scripts throw, and what its policy blocks, fails the test."""
    context = await browser.new_context(base_url=house.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    opened = await context.new_page()
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            faults.append(message.text)

    opened.on("console", hear)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    await context.close()
    assert faults == []
