"""A comparison: contenders as they come to their ends, what sets their results apart, and the one that is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

PROMPT = "Do it.\nscript:\nwrite README.md | # Better\\n\nrun pwd > where.txt\nusage 1200 34\nEND"


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("CMP", "Compared", hub.repository("compared"))


def compare(hub: Hub, project: int, prompt: str, *agents: str) -> Any:
    """Several agents at work on one task."""
    body = {"prompt": prompt, "contenders": [{"agent": agent} for agent in agents]}
    return hub.post(f"/api/tasks/{hub.task(project, 'Make it better')}/comparisons", body)


async def test_contenders_are_followed_to_their_ends_and_one_is_kept(
    page: Page, hub: Hub, project: int, open_page: OpenPage, axe: Looks
) -> None:
    begun = compare(hub, project, PROMPT, "scripted", "scripted", "claude")
    await open_page(f"/comparisons/{begun['id']}")
    cards = page.get_by_role("list", name="Contenders").get_by_role("article")
    await expect(cards).to_have_count(3)
    for card in await cards.all():
        await expect(card.get_by_text("Completed")).to_be_visible(timeout=60_000)

    files = page.get_by_role("list", name="Files of both")
    await expect(files.get_by_role("button", name="where.txt")).to_contain_text("Different")
    await expect(files.get_by_role("button", name="README.md")).to_contain_text("Alike")
    await expect(page.get_by_role("grid")).to_have_count(2)
    await page.get_by_role("button", name="Right").click()
    await page.get_by_role("option", name="claude").click()
    await expect(files.get_by_role("button", name="README.md")).to_contain_text("Only in scripted")
    await files.get_by_role("button", name="README.md").click()
    await expect(page.get_by_text("This one leaves the file as it was.")).to_be_visible()
    assert "file=README.md" in page.url
    await axe()

    await cards.nth(1).get_by_role("button", name="Keep this one").click()
    confirm = page.get_by_role("alertdialog")
    await expect(confirm).to_contain_text("stands in review")
    await expect(confirm.get_by_role("button", name="Cancel")).to_be_focused()
    await confirm.get_by_role("button", name="Keep it").click()
    await expect(cards.nth(1).get_by_role("button", name="Kept")).to_be_disabled()
    assert hub.get(f"/api/comparisons/{begun['id']}")["kept"] == begun["runs"][1]["run"]

    await cards.nth(1).get_by_role("link", name="Review of").click()
    await expect(page.get_by_role("grid", name="Changes")).to_contain_text("# Better")


async def test_while_they_are_at_work_nothing_can_be_kept_or_compared(
    page: Page, hub: Hub, project: int, open_page: OpenPage, axe: Looks
) -> None:
    begun = compare(hub, project, "Do it.\nscript:\nhang\nEND", "scripted", "scripted")
    await open_page(f"/comparisons/{begun['id']}")
    cards = page.get_by_role("list", name="Contenders").get_by_role("article")
    for card in await cards.all():
        await expect(card.get_by_text("Running")).to_be_visible(timeout=30_000)
        await expect(card.get_by_role("button", name="Keep this one")).to_be_disabled()
    await expect(page.get_by_text("As soon as two of them have a result")).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.set_viewport_size({"width": 1440, "height": 900})
    await axe()
    for run in begun["runs"]:
        hub.post(f"/api/runs/{run['run']}/cancel", {})
    for card in await cards.all():
        await expect(card.get_by_text("Cancelled")).to_be_visible()


async def test_one_that_is_not_there_says_so(page: Page, open_page: OpenPage) -> None:
    await open_page("/comparisons/00000000-0000-7000-8000-000000000000")
    await expect(page.get_by_role("alert")).to_contain_text("The comparison could not be read.")


async def test_several_agents_are_started_from_the_task_and_two_of_them_chosen_in_the_address(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Say it in three ways", description=PROMPT)
    key = hub.get(f"/api/tasks/{task}")["key"]
    await open_page(f"/tasks/{key}")
    await page.get_by_role("button", name="Start a run").click()
    form = page.get_by_role("region", name="Start a run")
    for _ in range(2):
        await form.get_by_role("button", name=re.compile("^(Several at once|One more)$")).click()
    for number in (1, 2, 3):
        await form.get_by_role("button", name=re.compile(f"^(?!Leave).*Agent {number}$")).click()
        await page.get_by_role("option", name="scripted").click()
    await form.get_by_role("button", name="Start and compare 3").click()
    await page.wait_for_url("**/comparisons/*")
    cards = page.get_by_role("list", name="Contenders").get_by_role("article")
    for card in await cards.all():
        await expect(card.get_by_text("Completed")).to_be_visible(timeout=60_000)
    runs = [each["run"] for each in hub.get(f"/api/tasks/{task}/comparisons")[0]["runs"]]
    await page.get_by_role("button", name="Right").click()
    await page.get_by_role("option").nth(2).click()
    await page.wait_for_url(f"**left={runs[0]}&right={runs[2]}*")
    await page.reload()
    await expect(page.get_by_role("list", name="Files of both").get_by_role("button").first).to_be_visible()
    assert f"right={runs[2]}" in page.url
