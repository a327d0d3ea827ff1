"""Projects: made, told apart, changed, given checks and a budget, deleted."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio


async def test_without_projects_one_is_made_from_a_path_and_refusals_stand_beside_their_field(
    page: Page, hub: Hub, open_page: OpenPage
) -> None:
    for project in hub.get("/api/projects"):
        hub.send("DELETE", f"/api/projects/{project['id']}", None)
    await open_page("/projects")
    await page.get_by_role("button", name="Connect a repository").click()
    dialog = page.get_by_role("dialog", name="New project")
    await dialog.get_by_role("textbox", name="Name").fill("Billing portal")
    await expect(dialog.get_by_role("textbox", name="Key")).to_have_value("BILLING")
    repository = dialog.get_by_role("textbox", name="Repository")
    await repository.fill("not a repository")
    await dialog.get_by_role("button", name="Create project").click()
    await expect(repository).to_have_attribute("aria-invalid", "true")
    await expect(dialog).to_contain_text("That is no repository git could clone")
    path = str(hub.repository("billing"))
    await repository.fill(path)
    await dialog.get_by_role("button", name="Create project").click()
    await expect(page).to_have_url(re.compile("/projects/BILLING$"))
    await expect(page.get_by_text(path)).to_be_visible()


async def test_a_card_tells_how_its_project_stands(page: Page, hub: Hub, open_page: OpenPage) -> None:
    project = hub.project("STAND", "Standing")
    for status in ("todo", "blocked", "in_review", "done"):
        hub.task(project, f"One that is {status}", status=status)
    await open_page("/projects")
    card = page.get_by_role("article").filter(has_text="STAND")
    await expect(card).to_contain_text("3 open")
    await expect(card).to_contain_text("0 running")
    await expect(card).to_contain_text("1 need you")
    await expect(card.get_by_role("img", name="1 tasks done in the last 14 days")).to_be_visible()


async def test_a_project_is_edited_and_given_checks_and_a_budget(page: Page, hub: Hub, open_page: OpenPage) -> None:
    project = hub.project("EDIT", "To edit")
    await open_page("/projects/EDIT")
    await page.keyboard.press("e")
    await page.get_by_role("textbox", name="Name").fill("Edited <b>well</b>")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name="Edited <b>well</b>")).to_be_visible()

    await expect(page.get_by_text("The project demands nothing of its own")).to_be_visible()
    await page.get_by_role("button", name="Add checks").click()
    await page.get_by_role("textbox", name="Command").fill("make test")
    await page.get_by_text("A person must approve the result").click()
    await page.get_by_role("button", name="Save checks").click()
    await expect(page.get_by_text("A person must approve the result.")).to_be_visible()
    said = hub.get(f"/api/projects/{project}/verification")
    assert said["review"] is True
    assert [(check["name"], check["run"]) for check in said["checks"]] == [("tests", "make test")]

    await page.get_by_role("button", name="Set a budget").click()
    total = page.get_by_role("textbox", name="At most, in dollars")
    await total.fill("many")
    await expect(page.get_by_text("Dollars, as 25 or 2.50")).to_be_visible()
    await total.fill("25")
    await page.get_by_role("button", name="Save budget").click()
    await expect(page.get_by_role("meter", name="Used up")).to_have_attribute("aria-valuemax", "25")
    [budget] = [each for each in hub.get("/api/budgets") if each["name"] == str(project)]
    assert (budget["usd"], budget["period"]) == (25, "month")


async def test_a_project_is_deleted_only_when_its_key_is_typed(page: Page, hub: Hub, open_page: OpenPage) -> None:
    hub.project("GONE", "Soon gone")
    await open_page("/projects/GONE")
    for typed, is_gone in (("GONER", False), ("gone", True)):
        await page.get_by_role("button", name="Delete project…").click()
        dialog = page.get_by_role("alertdialog")
        await dialog.get_by_role("textbox", name="Type GONE to delete it").fill(typed)
        await dialog.get_by_role("button", name="Delete GONE").click()
        if is_gone:
            await expect(page).to_have_url(re.compile("/projects$"))
        else:
            await expect(page.get_by_text("Nothing was deleted: that is not GONE.")).to_be_visible()
        assert any(each["key"] == "GONE" for each in hub.get("/api/projects")) is not is_gone


async def test_projects_are_whole_for_people_with_keyboards_and_screen_readers(
    page: Page, hub: Hub, open_page: OpenPage, axe: Looks
) -> None:
    hub.project("WHOLE", "Whole")
    await open_page("/projects")
    await axe()
    await open_page("/projects/WHOLE")
    await page.get_by_role("button", name="Add checks").click()
    await axe()
