"""Whole stories, as people live them: with keys alone from a new project to an approved commit; two people at one board; a hub that dies
and comes back; a card that a finger carries to another column."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.async_api import Browser, Locator, Page, Response, expect

from tests.ui.conftest import OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

TABS_AT_MOST = 120
SECONDS_AT_MOST = 1.0
"""Until one person sees what another has done."""
BEGIN = "script:\nask Begin the work\nrun sleep 4\nwrite steps.txt | one\\ntwo\\n\nsay Two steps.\nEND"
GO_ON = "script:\nwrite steps.txt | one\\ntwo\\nthree\\n\nsay Three steps.\nEND"
HEED = "script:\nwrite steps.txt | one\\nthe second\\nthree\\n\nsay I said which.\nEND"
"""What the agent `scripted` does, in place of thinking."""
POINTERS = "addEventListener('pointerdown', () => { window.pointers = (window.pointers ?? 0) + 1 }, true)"
SEEN = """({ within, text }) => new Promise((done) => {
    const look = () => {
        const isThere = [...document.querySelectorAll(within)].some((one) => one.textContent.includes(text))
        if (isThere) done(performance.timeOrigin + performance.now())
        return isThere
    }
    if (!look()) new MutationObserver((_, observer) => look() && observer.disconnect()).observe(document.body, { childList: true, subtree: true, characterData: true })
})"""
"""When the words stood there: milliseconds since 1970."""


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("TALE", "Tales", hub.repository("tales"))


def told(page: Page) -> Locator:
    return page.get_by_role("region", name="Timeline")


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def git(repository: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True, text=True).stdout.strip()


# ── with keys alone ────────────────────────────────────────────────────────────────────────────────────────────────


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    await wanted.wait_for()
    for _ in range(TABS_AT_MOST):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"{TABS_AT_MOST} times Tab did not lead to {wanted}")


async def press(page: Page, wanted: Locator) -> None:
    """Go there with Tab and press Enter."""
    await tab_to(page, wanted)
    await page.keyboard.press("Enter")


async def test_from_a_new_project_to_an_approved_commit_with_keys_alone(
    page: Page, hub: Hub, open_page: OpenPage
) -> None:
    repository = hub.repository("by-keys")
    keys = page.keyboard
    await page.add_init_script(POINTERS)
    await open_page("/projects")
    await keys.press("c")
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    await keys.type("By keys")
    await tab_to(page, page.get_by_role("textbox", name="Key", exact=True))
    await keys.press("Control+a")
    await keys.type("keys")
    await tab_to(page, page.get_by_role("textbox", name="Repository"))
    await keys.type(str(repository))
    await keys.press("Enter")
    await page.wait_for_url("**/projects/KEYS")

    await press(page, page.get_by_role("main").get_by_role("link", name="Board"))
    await page.wait_for_url("**/board?project=KEYS")
    await expect(page.get_by_role("button", name="New task").last).to_be_visible()
    await keys.press("c")
    await expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    await keys.type("Write down the steps")
    await keys.press("Tab")
    await keys.type(BEGIN)
    await press(page, page.get_by_role("button", name="Create task"))
    await tab_to(page, page.get_by_role("link", name="Write down the steps"))
    await keys.press("Enter")
    await page.wait_for_url("**/tasks/KEYS-1**")

    await page.get_by_role("region", name="KEYS-1: Write down the steps").wait_for()
    await keys.press("r")
    form = page.get_by_role("region", name="Start a run")
    await press(page, form.get_by_role("button", name="Agent"))
    await page.get_by_role("listbox").wait_for()
    await keys.type("scripted")
    await expect(page.get_by_role("option", name="scripted")).to_be_focused()
    await keys.press("Enter")
    await press(page, form.get_by_role("button", name="Start", exact=True))
    await press(page, page.get_by_role("link", name="Follow the run"))
    await page.wait_for_url("**/runs/*")

    run = page.url.rsplit("/", 1)[1]
    question = page.get_by_role("region", name="The agent asks: Begin the work")
    await expect(question).to_be_visible(timeout=20_000)
    await keys.press("a")
    await expect(question).to_have_count(0)
    await keys.press("p")
    await expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    await keys.type(GO_ON)
    await keys.press("Control+Enter")
    await expect(page.get_by_role("list", name="Prompts that wait")).to_contain_text("script:")
    await hub.until(run, "completed", "failed")
    assert [one["state"] for one in hub.get(f"/api/runs/{run}/prompts")] == ["taken"]
    await expect(told(page).get_by_text("Three steps.").last).to_be_visible()

    await keys.press("Escape")
    await keys.press("v")
    await page.wait_for_url("**/review**")
    await page.get_by_role("grid", name="Changes").get_by_role("row").nth(2).wait_for()
    await keys.press("j")
    await keys.press("j")
    await keys.press("c")
    await expect(page.get_by_role("textbox", name="Comment on line 2")).to_be_focused()
    await keys.type("The second of *what*?")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("article", name="Comment on line 2")).to_contain_text("Draft")
    await press(page, page.get_by_role("button", name="Send 1 comment to the agent"))
    dialog = page.get_by_role("dialog", name="Send 1 comment")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await keys.type(HEED)
    await press(page, dialog.get_by_role("button", name="Send"))
    await page.wait_for_url(lambda url: "/runs/" in url and run not in url)

    after = page.url.rsplit("/", 1)[1]
    assert (await hub.until(after, "completed", "failed"))["state"] == "completed"
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    await keys.press("v")
    await page.wait_for_url("**/review**")
    await page.get_by_role("button", name="Approve & create PR").wait_for()
    await keys.press("Shift+P")
    dialog = page.get_by_role("dialog", name="Approve & create a pull request")
    await expect(dialog.get_by_role("textbox", name="Title")).to_be_focused()
    await expect(dialog).to_contain_text("is no repository on GitHub")
    await keys.press("Enter")
    there = page.get_by_role("dialog", name="The branch is there")
    await expect(there).to_contain_text(f"git -C {repository} diff HEAD...", timeout=20_000)
    await press(page, there.get_by_role("button", name="Close").last)
    await expect(page.get_by_label("Verdict", exact=True).get_by_text("Approved")).to_be_visible()

    assert await page.evaluate("window.pointers ?? 0") == 0, "a pointer was used"
    found = hub.get(f"/api/runs/{after}")
    assert git(repository, "rev-parse", found["branch"]) == found["head"]
    assert git(repository, "show", f"{found['branch']}:steps.txt") == "one\nthe second\nthree"
    assert git(repository, "show", "main:README.md") == "# Sample"


# ── two people ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def other(browser: Browser, hub: Hub) -> AsyncIterator[Page]:
    """Another person's browser."""
    context = await browser.new_context(base_url=hub.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def answered_at(response: Response) -> float:
    """When the hub's answer was whole: seconds since 1970."""
    await response.finished()
    timing = response.request.timing
    return (timing["startTime"] + timing["responseEnd"]) / 1000


async def test_two_people_see_each_others_doings_within_a_second(
    page: Page, other: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    key = hub.get(f"/api/tasks/{hub.task(project, 'Carried over')}")["key"]
    delays: dict[str, float] = {}

    async def seen(what: str, answer: Response, sight: asyncio.Task[Any]) -> None:
        async with asyncio.timeout(10):
            delays[what] = cast(float, await sight) / 1000 - await answered_at(answer)

    await open_page("/board?project=TALE")
    await other.goto("/board?project=TALE")
    await column(other, "To do").get_by_text(key, exact=True).wait_for()

    async with asyncio.TaskGroup() as group:
        sight = group.create_task(other.evaluate(SEEN, {"within": "article", "text": "Come from the first"}))
        await page.keyboard.press("c")
        await page.get_by_role("textbox", name="Title").fill("Come from the first")
        async with page.expect_response(lambda answer: answer.url.endswith("/api/tasks")) as made:
            await page.keyboard.press("Enter")
        await seen("a task is created", await made.value, sight)

        within = "[role=region][aria-label='In review'] article, section[aria-label='In review'] article"
        sight = group.create_task(page.evaluate(SEEN, {"within": within, "text": key}))
        moved = other.get_by_role("article").filter(has=other.get_by_text(key, exact=True)).get_by_role("link")
        await moved.focus()
        for stroke in ("Space", "ArrowRight", "ArrowRight"):
            await other.keyboard.press(stroke)
        async with other.expect_response(lambda answer: answer.request.method == "POST") as made:
            await other.keyboard.press("Space")
        await seen("a card is moved", await made.value, sight)

        await open_page(f"/tasks/{key}")
        await other.goto(f"/tasks/{key}")
        await other.get_by_role("textbox", name="New comment").wait_for()
        await page.get_by_role("textbox", name="New comment").fill("Said by the first")
        sight = group.create_task(other.evaluate(SEEN, {"within": "article", "text": "Said by the first"}))
        async with page.expect_response(lambda answer: answer.request.method == "POST") as made:
            await page.keyboard.press("Control+Enter")
        await seen("a comment is written", await made.value, sight)

    print({what: f"{delay * 1000:.0f} ms" for what, delay in delays.items()})
    assert all(delay < SECONDS_AT_MOST for delay in delays.values()), delays


async def test_what_is_being_typed_survives_what_others_do(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Written on by two")
    await open_page(f"/tasks/{hub.get(f'/api/tasks/{task}')['key']}")
    box = page.get_by_role("textbox", name="New comment")
    await box.fill("My own words")
    hub.send("PATCH", f"/api/tasks/{task}", {"priority": "critical"})
    hub.post(f"/api/tasks/{task}/comments", {"text": "Words of another"})
    await expect(page.get_by_text("Words of another")).to_be_visible()
    panel = page.get_by_role("region", name="Written on by two")
    await expect(panel.get_by_role("button", name="Priority")).to_contain_text("Critical")
    await expect(box).to_have_value("My own words")
    await expect(box).to_be_focused()


async def test_what_is_deleted_meanwhile_is_told_where_it_is_looked_at(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Soon gone")
    await open_page(f"/tasks/{hub.get(f'/api/tasks/{task}')['key']}")
    await expect(page.get_by_role("textbox", name="Title")).to_have_value("Soon gone")
    hub.send("DELETE", f"/api/tasks/{task}", None)
    await expect(page.get_by_text("It may have been deleted.")).to_be_visible()


# ── a hub that dies ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_killed_hub_comes_back_and_nothing_is_lost_or_doubled(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    run = hub.run("steady", "steps=60 pause=0.15", hub.task(project, "Outlives the hub"))
    await open_page(f"/runs/{run}")
    await expect(told(page).get_by_role("button", name="step 3", exact=False).first).to_be_visible(timeout=20_000)
    banner = page.get_by_text("The hub does not answer.")
    hub.kill()
    await expect(banner).to_be_visible()
    await expect(told(page).get_by_text("step 3").first).to_be_visible()
    hub.start()
    await expect(banner).to_have_count(0, timeout=20_000)
    await hub.until(run, "completed", "failed")
    await expect(told(page).get_by_text("All 60 steps are done.").last).to_be_visible(timeout=20_000)

    async def lines() -> list[str]:
        """Each entry of the timeline, read from its beginning to its end by scrolling."""
        found: dict[str, str] = {}
        await told(page).evaluate("box => { box.scrollTop = 0 }")
        while True:
            await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            shown = (
                await told(page)
                .locator("[data-index]")
                .evaluate_all("rows => rows.map((row) => [row.dataset.index, row.innerText])")
            )
            found |= dict(shown)
            is_end = await told(page).evaluate(
                """box => {
                    const isEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 2
                    box.scrollTop += box.clientHeight / 2
                    return isEnd
                }"""
            )
            if is_end:
                return [found[at] for at in sorted(found, key=int)]

    async def whole() -> list[str]:
        """All lines. While the list finds out how high they are, a read by scrolling may pass some over: read again."""
        steps = {f"step {n}" for n in range(1, 61)}
        async with asyncio.timeout(30):
            found = await lines()
            while not steps <= {line for text in found for line in text.split("\n")}:
                found = await lines()
        for step in steps:
            assert sum(step in text.split("\n") for text in found) == 1, f"{step} in {found}"
        return found

    await whole()
    await page.reload()
    await expect(told(page).get_by_text("All 60 steps are done.").last).to_be_visible()
    await whole()


# ── a finger ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_finger_carries_a_card_over_the_columns_of_a_phone(browser: Browser, hub: Hub, project: int) -> None:
    key = hub.get(f"/api/tasks/{hub.task(project, 'Carried by a finger', status='in_review')}")["key"]
    context = await browser.new_context(
        base_url=hub.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    phone = await context.new_page()
    await phone.goto("/board?project=TALE&q=finger")
    await phone.wait_for_selector("html[data-ready]", state="attached")
    held = column(phone, "In review").get_by_role("article")
    await held.scroll_into_view_if_needed()
    box = await held.bounding_box()
    assert box is not None
    finger = await context.new_cdp_session(phone)

    async def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": left, "y": top} for left, top in at]
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + 60, box["y"] + 50
    await touch("touchStart", (x, y))
    await phone.locator("body > article").wait_for()
    await touch("touchMove", (200, y))
    await touch("touchMove", (375, y))  # at the edge the board turns to the next column, which is the last
    await expect(column(phone, "Done")).to_be_in_viewport(ratio=0.95)
    await touch("touchMove", (220, y + 30))
    await touch("touchEnd")
    await expect(column(phone, "Done").get_by_role("article")).to_contain_text(key)
    await expect(phone.get_by_text(f"{key} moved to Done")).to_be_visible()
    assert key in [card["key"] for card in hub.get("/api/board?status=done")["cards"]]
    await context.close()
