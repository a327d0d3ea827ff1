"""What strangers and agents write is text everywhere: no element, no script, no address and no turned writing comes of it."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

EVIL = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
TURNED = "\u202egnp.exe"
ADDRESSES = (
    "[one](javascript:window.owned=1) [two](data:text/html,<script>window.owned=1</script>) [three](//evil.example/x)"
)
MARKDOWN = f"# {EVIL}\n\n{ADDRESSES}\n\n<iframe src='https://evil.example'></iframe><svg onload='window.owned=1'></svg>\n\n![shot](https://evil.example/a.png)\n\n{TURNED}"
ANSI = "\\033]8;;javascript:window.owned=1\\033\\\\a link\\033]8;;\\033\\\\ \\033[31m<b>red</b>\\033[0m \\033[2J\\033[8mhidden\\033[0m"
LONG = 100_000
WATCH = """
window.violations = []
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`))
"""


@dataclass(frozen=True)
class Scene:
    key: str
    done: str
    asking: str


@pytest.fixture(scope="module")
async def scene(hub: Hub) -> Scene:
    """A task, a finished run and one that asks: all of them with words that would do harm as anything but words."""
    project = hub.project("EVIL", f"Evil {EVIL}", hub.repository("evil"))
    name = f"<img src=x onerror=owned()> {TURNED}.txt"
    steps = [
        f"think {MARKDOWN}".replace("\n", "\\n"),
        f"plan {EVIL}; {TURNED}",
        f"say {MARKDOWN}".replace("\n", "\\n"),
        f"run printf '{ANSI}'",
        f"run head -c {LONG} /dev/zero | tr '\\0' x",
        f"run printf %s {shlex.quote(EVIL)} > {shlex.quote(name)}",
        f"run (head -c {LONG} /dev/zero | tr '\\0' y; echo; printf '%s\\n' {shlex.quote(EVIL)} '{TURNED}') > long.html",
    ]
    task = hub.task(project, f"{EVIL} {TURNED}", description=MARKDOWN)
    hub.post(f"/api/tasks/{task}/comments", {"text": MARKDOWN})
    done = hub.script("\n".join(steps), task)
    found = await hub.until(done, "completed", "failed")
    assert found["state"] == "completed", found["error"]
    remark = {"path": "long.html", "first": 2, "text": MARKDOWN, "head": found["head"]}
    hub.post(f"/api/runs/{done}/remarks", remark)
    asking = hub.script(f"ask {EVIL} {TURNED}\nrun printf {shlex.quote(EVIL)}", hub.task(project, EVIL))
    await hub.until(asking, "waiting")
    failing = hub.script(f"fail {EVIL} {TURNED}", hub.task(project, f"Failing {EVIL}"))
    await hub.until(failing, "failed")
    return Scene(hub.get(f"/api/tasks/{task}")["key"], done, asking)


@pytest.fixture
async def harmless(page: Page, hub: Hub) -> AsyncIterator[None]:
    """Fails the test when anything came of it: a dialog, a request to elsewhere, a script, a blocked act."""
    dialogs: list[str] = []
    elsewhere: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on(
        "request", lambda one: None if one.url.startswith((hub.url, "data:", "blob:")) else elsewhere.append(one.url)
    )
    await page.add_init_script(WATCH)
    yield
    assert (dialogs, elsewhere) == ([], [])


async def nothing_came_of_it(page: Page) -> None:
    found = await page.evaluate(
        """() => ({
            owned: window.owned ?? 0,
            violations: window.violations,
            elements: [...document.querySelectorAll('iframe, object, embed, img[onerror], svg[onload], img[src="x"], main img')].map((one) => one.outerHTML),
            scripts: [...document.scripts].filter((one) => !one.src.startsWith(location.origin)).map((one) => one.outerHTML),
            addresses: [...document.links].map((one) => one.getAttribute('href')).filter((one) => /^\\s*(javascript|data|vbscript):|^\\/\\//i.test(one)),
            wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        })"""
    )
    assert found == {
        "owned": 0, "violations": [], "elements": [], "scripts": [], "addresses": [], "wide": False
    }  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("place", ["board", "list", "task", "projects", "runs", "inbox", "asking"])
async def test_hostile_text_is_only_text(
    page: Page, open_page: OpenPage, harmless: None, scene: Scene, place: str, width: int
) -> None:
    paths = {
        "board": "/board",
        "list": "/board?view=list",
        "task": f"/tasks/{scene.key}",
        "projects": "/projects",
        "runs": "/runs",
        "inbox": "/inbox",
        "asking": f"/runs/{scene.asking}",
    }
    await page.set_viewport_size({"width": width, "height": 844})
    await open_page(paths[place])
    await expect(page.get_by_text("<img src=x").filter(visible=True).first).to_be_visible()
    await nothing_came_of_it(page)


async def test_what_an_agent_says_and_its_programs_write_is_only_text(
    page: Page, open_page: OpenPage, harmless: None, axe: Looks, scene: Scene
) -> None:
    await open_page(f"/runs/{scene.done}")
    told = page.get_by_role("region", name="Timeline")
    folds = told.locator("button[aria-expanded=false]")
    await told.evaluate("box => { box.scrollTop = 0 }")
    await expect(told.get_by_text("<img src=x").filter(visible=True).first).to_be_visible()
    while await folds.count():
        await folds.first.click()
        await nothing_came_of_it(page)
    await page.keyboard.press("End")
    await nothing_came_of_it(page)
    await axe()


@pytest.mark.parametrize("view", ["unified", "split"])
async def test_hostile_changes_in_files_with_hostile_names_are_only_text(
    page: Page, open_page: OpenPage, harmless: None, axe: Looks, scene: Scene, view: str
) -> None:
    await open_page(f"/runs/{scene.done}/review?view={view}")
    grid = page.get_by_role("grid", name="Changes")
    await expect(grid.get_by_text("<script>window.owned=1</script>").first).to_be_visible()
    await expect(page.get_by_role("list", name="Changed files")).to_contain_text("U+202E")
    await nothing_came_of_it(page)
    await page.get_by_role("list", name="Changed files").get_by_role("button", name="long.html").click()
    await expect(grid.get_by_role("article", name="Comment on line 2")).to_contain_text("<iframe")
    await nothing_came_of_it(page)
    await axe()
