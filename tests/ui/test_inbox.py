"""The inbox: what agents wait for, answered where it stands, put off without being denied."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("INBOX", "Inbox", hub.repository("inbox"))


def asking(hub: Hub, project: int, title: str) -> str:
    return hub.script(f"ask {title}?\nrun true\nsay Gone on.", hub.task(project, title))


async def test_with_nothing_to_do_the_inbox_says_so(page: Page, open_page: OpenPage, axe: Looks) -> None:
    await open_page("/inbox")
    await expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    await axe()
    await page.get_by_role("link", name="See what is running").click()
    await expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()


async def test_questions_come_live_and_are_answered_by_keys(
    page: Page, open_page: OpenPage, axe: Looks, hub: Hub, project: int
) -> None:
    await open_page("/inbox")
    first = asking(hub, project, "First thing")
    await expect(page.get_by_role("region", name="The agent asks: First thing?")).to_be_visible(timeout=20_000)
    second = asking(hub, project, "Second thing")
    card = page.get_by_role("region", name="The agent asks: Second thing?")
    await expect(card).to_be_visible(timeout=20_000)
    await expect(card).to_contain_text("No rule decides it, so you are asked")
    await expect(page.get_by_role("navigation", name="Main").get_by_label("2 need you")).to_be_visible()
    await axe()

    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(card).to_have_count(0)
    await hub.until(second, "completed")
    assert hub.get(f"/api/runs/{first}")["state"] == "waiting"
    await page.keyboard.press("d")
    await page.get_by_role("textbox", name="Why not?").fill("Not today")
    await page.get_by_role("button", name="Deny", exact=True).click()
    await expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    await hub.until(first, "completed")


async def test_to_put_off_is_not_to_deny(page: Page, open_page: OpenPage, hub: Hub, project: int) -> None:
    run = asking(hub, project, "Third thing")
    await hub.until(run, "waiting")
    await open_page("/inbox")
    card = page.get_by_role("region", name="The agent asks: Third thing?")
    await card.get_by_role("button", name="Later").click()
    await expect(card).to_have_count(0)
    await expect(page.get_by_role("heading", name="Nothing else needs you")).to_be_visible()
    assert hub.get(f"/api/runs/{run}")["questions"][0]["is_open"]
    await page.get_by_role("button", name="Show", exact=True).click()
    await card.get_by_role("button", name="Allow once").click()
    await expect(card).to_have_count(0)
    await hub.until(run, "completed")


async def test_failed_runs_can_be_dismissed_and_that_undone(
    page: Page, open_page: OpenPage, axe: Looks, hub: Hub, project: int
) -> None:
    run = hub.script("fail The disk is full", hub.task(project, "A failing thing"))
    await hub.until(run, "failed")
    await open_page("/inbox")
    group = page.get_by_role("region", name="Failed in the last week")
    await expect(group).to_contain_text("The disk is full")
    await axe()
    await group.get_by_role("button", name="Dismiss").click()
    await expect(group).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(group).to_be_visible()


async def test_a_result_to_be_reviewed_waits_here(page: Page, open_page: OpenPage, hub: Hub, project: int) -> None:
    hub.send("PUT", f"/api/projects/{project}/verification", {"checks": [], "review": True})
    run = hub.script("write A.md | one\\n\nsay Done.", hub.task(project, "Reviewed thing"))
    await hub.until(run, "waiting")
    await open_page("/inbox")
    group = page.get_by_role("region", name="Waiting for your review")
    await group.get_by_role("link", name="Review", exact=True).click()
    await page.wait_for_url(f"**/runs/{run}/review")
