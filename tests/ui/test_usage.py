"""Usage and budgets: the sums, the same as a file, and caps that are set, changed and removed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

PROMPT = "Look around.\n\nSCRIPT:\nusage 12000 850 3000\nfinish Done."


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("DEMO", "Demo", hub.repository("demo"))


async def test_before_anything_was_used_there_is_one_sentence_and_one_way_on(
    page: Page, open_page: OpenPage, axe: Looks
) -> None:
    await open_page("/usage?since=ever")
    await expect(page.get_by_text("No agent has been at work yet")).to_be_visible()
    await axe()
    await open_page("/usage?tab=budgets")
    await expect(page.get_by_text("Nothing caps what agents may spend")).to_be_visible()
    await axe()


async def test_what_was_used_is_summed_drawn_and_taken_along(
    page: Page, open_page: OpenPage, hub: Hub, project: int, axe: Looks, tmp_path: Path
) -> None:
    for agent in ("claude", "ollama"):
        await hub.until(hub.run(agent, PROMPT, project_id=project), "completed")
    await open_page("/usage?by=model")
    await expect(page.get_by_role("note")).to_contain_text("1 call has no known price")
    table = page.get_by_role("region", name="Usage by model as a table")
    await expect(table.get_by_role("row", name=re.compile("claude-sonnet-4-5"))).to_contain_text("12K")
    await expect(table.get_by_role("row", name=re.compile("qwen3-coder"))).to_contain_text("1 unpriced")
    await axe()
    await page.get_by_role("button", name="Tokens", exact=True).click()
    await expect(page.get_by_role("figure", name="Tokens by model")).to_be_visible()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV").click()
    file = await coming.value
    assert file.suggested_filename == "usage-by-model.csv"
    await file.save_as(tmp_path / "usage.csv")
    head, *rows = (tmp_path / "usage.csv").read_text().splitlines()
    assert head.startswith("key,label,runs")
    assert any(row.startswith("claude-sonnet-4-5,claude-sonnet-4-5,1,1,1,12000") for row in rows)

    await page.get_by_role("button", name=re.compile("^Model")).click()
    await page.get_by_role("option", name="Day").click()
    await expect(page).to_have_url(re.compile("by=day"))
    await expect(page.get_by_role("figure", name="Cost by day")).to_be_visible()


async def test_a_budget_is_set_by_keys_changed_and_removed(
    page: Page, open_page: OpenPage, hub: Hub, project: int, axe: Looks
) -> None:
    await open_page("/usage?tab=budgets")
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Set a budget")
    await dialog.get_by_role("button", name=re.compile("Project")).last.click()
    await page.get_by_role("option", name="DEMO").click()
    await dialog.get_by_label("US dollars", exact=True).fill("-1")
    await expect(dialog.get_by_text("A number from 0 on.")).to_be_visible()
    await dialog.get_by_label("US dollars", exact=True).fill("10")
    await dialog.get_by_label("Tokens", exact=True).fill("20000")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    [set_] = hub.get("/api/budgets")
    assert (set_["scope"], set_["name"], set_["usd"], set_["period"]) == ("project", str(project), 10, "month")
    tokens = page.get_by_role("meter", name="Tokens of DEMO")
    await expect(tokens).to_have_attribute("aria-valuetext", re.compile(r"of 20K tokens, .* tokens left$"))
    await axe()

    await page.get_by_role("button", name="Change the budget of DEMO").click()
    change = page.get_by_role("dialog", name="Change the budget")
    await change.get_by_label("US dollars", exact=True).fill("")
    await change.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("meter", name="Money of DEMO")).to_have_count(0)

    await page.get_by_role("button", name="Remove the budget of DEMO").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove the budget").click()
    await expect(page.get_by_text("Nothing caps what agents may spend")).to_be_visible()
    assert hub.get("/api/budgets") == []


async def test_what_one_may_not_cap_is_refused_in_the_dialog(page: Page, open_page: OpenPage, hub: Hub) -> None:
    session = hub.post("/api/runtime/sessions", {"user_id": "ann"})["session_id"]
    await page.context.add_cookies([{"name": "clawlink_session", "value": session, "url": hub.url}])
    await open_page("/usage?tab=budgets")
    await page.get_by_role("button", name="Set a budget").click()
    dialog = page.get_by_role("dialog", name="Set a budget")
    await dialog.get_by_role("button", name=re.compile("^A project")).click()
    await page.get_by_role("option", name="The whole installation").click()
    await dialog.get_by_label("Tokens", exact=True).fill("5")
    await dialog.get_by_role("button", name="Set the budget").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Permission denied")
