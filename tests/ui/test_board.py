"""The board: cards moved by mouse, keys and finger, filtered, selected, done to many at once and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("DEMO", "Demo", hub.repository("demo"))


@pytest.fixture
def cards(hub: Hub, project: int) -> list[str]:
    """Three cards to do and one done, and no others."""
    gone = [task["id"] for task in hub.get("/api/tasks")]
    if gone:
        hub.post("/api/tasks/bulk", {"ids": gone, "delete": True})
    titles = ("Mend the login", "Retry webhooks", "Write the guide")
    tasks = [hub.task(project, title) for title in titles]
    tasks.append(hub.task(project, "Drop old tokens", status="done", priority="high"))
    return [hub.get(f"/api/tasks/{task}")["key"] for task in tasks]


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def card(page: Page, key: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_text(key, exact=True))


def keys_of(hub: Hub, status: str) -> list[str]:
    return [each["key"] for each in hub.get(f"/api/board?status={status}")["cards"]]


async def drag(page: Page, what: Locator, to: Locator, y: float) -> None:
    """With the mouse; `y`: how far below the upper edge of `to` it is let go."""
    start, end = await what.bounding_box(), await to.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 40, start["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 48, start["y"] + 66, steps=3)
    await page.mouse.move(end["x"] + 60, end["y"] + y, steps=8)
    await page.mouse.up()


async def test_a_card_is_dragged_with_the_mouse_to_where_it_is_let_go_and_taken_back(
    page: Page, hub: Hub, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    await drag(page, card(page, cards[0]), column(page, "Done"), 60)
    await expect(column(page, "Done").get_by_role("listitem").first).to_contain_text(cards[0])
    await expect(page.get_by_text(f"{cards[0]} moved to Done")).to_be_visible()
    assert keys_of(hub, "done") == [cards[0], cards[3]]
    await page.get_by_role("button", name="Undo").click()
    await expect(column(page, "To do").get_by_role("listitem").first).to_contain_text(cards[0])
    assert keys_of(hub, "todo") == cards[:3]


async def test_a_card_is_moved_with_keys_and_each_step_is_said(
    page: Page, hub: Hub, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    said = page.locator("[data-board-says]")
    await card(page, cards[0]).get_by_role("link").focus()
    await page.keyboard.press("Space")
    await expect(said).to_have_text(
        f"{cards[0]} lifted, in To do, position 1 of 3. Arrows move it, Space drops it, Escape puts it back."
    )
    await page.keyboard.press("ArrowDown")
    await expect(said).to_have_text(f"{cards[0]}, To do, position 2 of 3.")
    await page.keyboard.press("Escape")
    await expect(said).to_have_text(f"{cards[0]} put back.")
    assert keys_of(hub, "todo") == cards[:3]

    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(said).to_have_text(f"{cards[0]}, In review, position 1 of 1.")
    await page.keyboard.press("Space")
    await expect(column(page, "In review").get_by_role("listitem")).to_contain_text(cards[0])
    await expect(page.get_by_text(f"{cards[0]} moved to In review")).to_be_visible()
    await expect(card(page, cards[0]).get_by_role("link")).to_be_focused()
    assert keys_of(hub, "in_review") == [cards[0]]


async def test_arrows_walk_over_the_cards_and_each_column_is_one_tab_stop(
    page: Page, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    first = card(page, cards[0]).get_by_role("link")
    await first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(card(page, cards[1]).get_by_role("link")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(card(page, cards[3]).get_by_role("link")).to_be_focused()
    await expect(page.locator("article a[tabindex='0']")).to_have_count(2)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name=f"{cards[3]}: Drop old tokens")).to_be_visible()
    await expect(page).to_have_url(f"{page.url.split('/tasks')[0]}/tasks/{cards[3]}")


async def test_what_is_put_in_progress_asks_for_an_agent_and_starts_it(
    page: Page, hub: Hub, project: int, cards: list[str], open_page: OpenPage
) -> None:
    said = "Do it.\nscript:\nsay All is well.\nEND"
    task = hub.task(project, "Say that all is well", description=said)
    key = hub.get(f"/api/tasks/{task}")["key"]
    await open_page("/board")
    await card(page, key).hover()
    await page.get_by_role("button", name=f"More for {key}").click()
    await page.get_by_role("menuitem", name="In progress").click()
    dialog = page.get_by_role("dialog", name=f"Who works on {key}?")
    await dialog.get_by_role("button", name="Agent").click()
    await page.get_by_role("option", name="scripted").click()
    await dialog.get_by_role("button", name="Move and start").click()
    await expect(page.get_by_text(f"{key} started with scripted")).to_be_visible()
    async with asyncio.timeout(60):
        [run] = hub.get(f"/api/runs?task_id={task}")
        await hub.until(run["id"], "completed", "failed")
    # The run ended elsewhere: the live stream moves the card.
    await expect(column(page, "In review").get_by_role("article")).to_contain_text(key, timeout=20_000)


async def test_a_list_of_agents_that_is_opened_before_they_have_come_fills_when_they_come(
    page: Page, hub: Hub, project: int, cards: list[str], open_page: OpenPage
) -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await may_answer.wait()
        await route.continue_()

    await page.route("**/api/runtime/agents*", hold)
    await open_page("/board")
    await card(page, cards[0]).hover()
    await page.get_by_role("button", name=f"More for {cards[0]}").click()
    await page.get_by_role("menuitem", name="In progress").click()
    dialog = page.get_by_role("dialog", name=f"Who works on {cards[0]}?")
    await dialog.get_by_role("button", name="Agent").click()
    async with asyncio.timeout(20):
        await asked.wait()
    choices = page.get_by_role("listbox", name="Agent")
    await expect(choices).to_have_text("Loading…")
    may_answer.set()
    await choices.get_by_role("option", name="scripted").click()
    await expect(dialog.get_by_role("button", name="Agent")).to_contain_text("scripted")


async def test_filters_stand_in_the_address_and_can_be_cleared(
    page: Page, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    await page.keyboard.press("/")
    await page.keyboard.type("webhooks")
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page).to_have_url(page.url.split("?")[0] + "?q=webhooks")
    await page.reload()
    await expect(page.get_by_role("article")).to_have_count(1)
    await page.get_by_role("searchbox", name="Filter by words").fill("nothing like this")
    await expect(page.get_by_text("None of the 4 tasks meets the filter.")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").first.click()
    await expect(page.get_by_role("article")).to_have_count(4)
    await page.get_by_role("button", name="Priority").click()
    await page.get_by_role("menuitem", name="High").click()
    await expect(page.get_by_role("article")).to_have_count(1)
    await page.get_by_role("button", name="Remove the filter Priority: High").click()
    await expect(page.get_by_role("article")).to_have_count(4)


async def test_a_view_is_saved_and_brings_its_filters_back(page: Page, cards: list[str], open_page: OpenPage) -> None:
    await open_page("/board?priority=high&view=list")
    await page.get_by_role("button", name="Views").click()
    await page.get_by_role("menuitem", name="Save this view…").click()
    await page.get_by_role("textbox", name="Name").fill("Urgent")
    await page.get_by_role("button", name="Save view").click()
    await expect(page.get_by_text("View “Urgent” saved")).to_be_visible()
    await open_page("/board")
    await page.get_by_role("button", name="Views").click()
    await page.get_by_role("menuitem", name="Urgent").first.click()
    await expect(page.get_by_role("table", name="Tasks").get_by_role("row")).to_have_count(2)
    assert "priority=high" in page.url
    assert "view=list" in page.url


async def test_many_are_selected_labelled_moved_and_deleted_and_all_of_it_undone(
    page: Page, hub: Hub, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    await card(page, cards[0]).get_by_role("link").focus()
    await page.keyboard.press("x")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("x")
    bar = page.get_by_role("toolbar", name="Selected tasks")
    await expect(bar.get_by_role("status")).to_have_text("2 selected")

    await bar.get_by_role("button", name="Labels…").click()
    await page.get_by_role("textbox", name="New label").fill("urgent")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("dialog").get_by_role("checkbox", name="urgent")).to_be_checked()
    await page.get_by_role("button", name="Done", exact=True).click()
    await expect(page.get_by_role("article").get_by_text("urgent")).to_have_count(2)

    await bar.get_by_role("button", name="Move to…").click()
    await page.get_by_role("menuitem", name="Done").click()
    await expect(column(page, "Done").get_by_role("article")).to_have_count(3)
    await expect(page.get_by_text("2 tasks moved to Done")).to_be_visible()
    assert keys_of(hub, "done") == [cards[0], cards[1], cards[3]]

    await bar.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete 2 tasks").click()
    await expect(page.get_by_role("article")).to_have_count(2)
    await page.get_by_role("status").filter(has_text="2 tasks deleted").get_by_text("2 tasks deleted").wait_for()
    await page.get_by_role("button", name="Undo").last.click()
    await expect(page.get_by_role("article")).to_have_count(4)


async def test_what_another_person_does_appears_without_reloading(
    page: Page, hub: Hub, project: int, cards: list[str], open_page: OpenPage
) -> None:
    await open_page("/board")
    task = hub.task(project, "Come from elsewhere")
    await expect(column(page, "To do").get_by_text("Come from elsewhere")).to_be_visible()
    hub.send("PATCH", f"/api/tasks/{task}", {"status": "in_review", "title": "Moved from elsewhere"})
    await expect(column(page, "In review").get_by_text("Moved from elsewhere")).to_be_visible()
    hub.send("DELETE", f"/api/tasks/{task}", None)
    await expect(page.get_by_text("Moved from elsewhere")).to_have_count(0)


async def test_a_task_is_made_with_c(page: Page, hub: Hub, cards: list[str], open_page: OpenPage) -> None:
    await open_page("/board")
    await page.keyboard.press("c")
    title = "<img src=x onerror=alert(1)> & <b>bold</b>"
    await page.get_by_role("textbox", name="Title").fill(title)
    await page.keyboard.press("Enter")
    await expect(column(page, "To do").get_by_text(title)).to_be_visible()
    assert hub.get("/api/tasks")[-1]["title"] == title


@pytest.fixture
async def phone(browser: Browser, hub: Hub) -> AsyncIterator[Page]:
    context = await browser.new_context(
        base_url=hub.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def test_a_finger_that_holds_a_card_moves_it_and_one_that_swipes_scrolls(
    phone: Page, hub: Hub, cards: list[str]
) -> None:
    await phone.goto("/board")
    await phone.wait_for_selector("html[data-ready]", state="attached")
    held = card(phone, cards[0])
    box = await held.bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 50
    finger = await phone.context.new_cdp_session(phone)

    async def touch(kind: str, *at: tuple[float, float]) -> None:
        points: list[dict[str, Any]] = [{"x": left, "y": top} for left, top in at]
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", (x, y))
    await touch("touchMove", (x, y - 60))
    await touch("touchEnd")
    await expect(phone.locator("body > article")).to_have_count(0)

    await touch("touchStart", (x, y))
    await phone.locator("body > article").wait_for()
    for step in range(1, 11):
        await touch("touchMove", (x, y + 21 * step))
    await touch("touchEnd")
    await expect(phone.locator("body > article")).to_have_count(0)
    await expect(column(phone, "To do").get_by_role("listitem").nth(1)).to_contain_text(cards[0])
    await expect(phone.get_by_text(f"{cards[0]} moved to To do")).to_be_visible()
    assert keys_of(hub, "todo")[1] == cards[0]


async def test_the_board_is_whole_for_people_with_keyboards_and_screen_readers(
    page: Page, hub: Hub, cards: list[str], open_page: OpenPage, axe: Looks
) -> None:
    await open_page("/board")
    await axe()
    await open_page("/board?view=list")
    await axe()
    await page.keyboard.press("c")
    await page.get_by_role("dialog", name="New task").wait_for()
    await axe()
