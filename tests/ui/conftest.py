"""A real browser before a real hub with real agents: a tab for each test, whose faults fail it.

`open_page` goes to an address and returns when html[data-ready] stands there; `axe` demands that nothing is wrong for people who
use a keyboard or a screen reader. The interface must have been built (`make ui`).
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from coderclawlink.web.page import STATIC
from tests.ui.hub import Hub
from tests.ui.team import Team

FLAGS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync"
EXPECTED = ("Failed to load resource", "WebSocket connection to")
"""What the browser itself notes of answers that are not 2xx and of a hub that is away; the page tells it in its own words."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    if not (STATIC / "index.html").is_file():
        pytest.fail("The web interface is not built: make ui")
    home = tmp_path_factory.mktemp("hub") / "home"
    home.mkdir()
    started = Hub(home)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """One hub of a team for all files: people and projects that a test changes are its own (`person`, `project`)."""
    if not (STATIC / "index.html").is_file():
        pytest.fail("The web interface is not built: make ui")
    home = tmp_path_factory.mktemp("team") / "home"
    home.mkdir()
    started = Team(home)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield opened
        await opened.close()


@pytest.fixture
def site(hub: Hub) -> str:
    """Where `page` goes. A file whose hub is `team` has its own of the same name, which gives `team.site`."""
    return hub.url


@pytest.fixture
async def page(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A tab of its own. What the page's scripts throw, and what its policy blocks, fails the test."""
    context = await browser.new_context(base_url=site, viewport={"width": 1440, "height": 900})
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


OpenPage = Callable[[str], Awaitable[None]]
Looks = Callable[[], Awaitable[None]]


@pytest.fixture
def open_page(page: Page) -> OpenPage:
    async def open_it(path: str) -> None:
        await page.goto(path)
        await page.wait_for_selector("html[data-ready]", state="attached")

    return open_it


@pytest.fixture
def axe(page: Page) -> Looks:
    """Demands that axe finds nothing, in light and dark, on a desk and on a phone; the page stays as it was at first."""

    async def look() -> None:
        for width, height in ((1440, 900), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
                await page.wait_for_selector(f"html[data-theme={theme}]", state="attached")
                found = await Axe().run(page)
                assert found.violations_count == 0, f"{width} px, {theme}: {found.generate_report()}"
        await page.set_viewport_size({"width": 1440, "height": 900})

    return look
