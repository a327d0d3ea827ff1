"""The audit in the browser: found, opened, counted, verified, taken along."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.team import ADMINISTRATOR, VIEWER, Team

pytestmark = pytest.mark.anyio


@pytest.fixture
def site(team: Team) -> str:
    return team.site


async def look_once(page: Page) -> None:
    """As `axe` does, at one size and in one theme: for what is made of the same pieces as what was looked at in all."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture(scope="module")
def project(team: Team) -> int:
    """Three tasks of root's, and one that vic was refused."""
    made = team.project("TRAIL", "Trail")
    for title in ("One", "Two", "Three"):
        team.task(made, title)
    with team.client(VIEWER) as client:
        assert client.post("/api/tasks", json={"project_id": made, "title": "No"}).status_code == 403
    return made


@pytest.fixture
async def administrator(page: Page, team: Team) -> None:
    await team.sign_in(page.context, ADMINISTRATOR)


@pytest.mark.usefixtures("administrator", "project")
async def test_what_was_done_is_found_and_opened_with_the_rows_that_it_hangs_on(
    page: Page, open_page: OpenPage, axe: Looks
) -> None:
    await open_page("/audit?q=TRAIL-")
    rows = page.get_by_role("list", name="Events").get_by_role("button")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("TRAIL-3")
    await page.keyboard.press("j")
    await page.keyboard.press("o")
    panel = page.get_by_role("complementary", name="The event")
    await expect(panel).to_contain_text('"key": "TRAIL-2"')
    await expect(panel.get_by_text("Follows row")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"event=\d+"))
    first = await panel.get_by_text("of the chain").inner_text()
    await panel.get_by_role("button", name="Row before", exact=True).click()
    await expect(panel.get_by_text("of the chain")).not_to_have_text(first)
    await axe()
    await panel.get_by_role("button", name="Close").click()

    await page.get_by_role("searchbox", name="Words").fill("")
    await expect(page).not_to_have_url(re.compile("q="))
    await page.get_by_role("button", name=re.compile("Outcome$")).click()
    await page.get_by_role("option", name="Refused").click()
    await page.get_by_role("combobox", name="Person").fill("vic")
    await page.keyboard.press("Tab")
    await expect(page).to_have_url(re.compile("person=vic"))
    await rows.filter(has_text="project:write").first.click()
    await expect(panel).to_contain_text("POST /api/tasks: Permission denied: project:write")
    bars = page.get_by_role("slider", name="Events by day")
    await bars.press("ArrowLeft")
    await expect(bars).to_have_attribute("aria-valuetext", re.compile("refused$"))
    await expect(page).to_have_url(re.compile("at=20"))
    await page.get_by_role("button", name="Clear").click()
    await expect(rows.nth(3)).to_be_visible()
    await page.goto("/audit?q=there+is+no+such+thing")
    await page.get_by_role("button", name="Show everything").click()
    await expect(rows.first).to_be_visible()


@pytest.mark.usefixtures("administrator", "project")
async def test_it_is_counted_in_charts_that_are_tables_too(page: Page, open_page: OpenPage, tmp_path: Path) -> None:
    await open_page("/audit?tab=analytics")
    await expect(page.get_by_role("figure", name="Events by person")).to_be_visible()
    row = page.get_by_role("region", name="Events by person as a table").get_by_role("row", name="vic")
    await expect(row.get_by_role("cell").nth(1)).not_to_have_text("0")
    refused = page.get_by_role("region", name="Refused", exact=True)
    await expect(refused.get_by_role("row", name="vic").first).to_contain_text("Permission denied: project:write")
    async with page.expect_download() as coming:
        await refused.get_by_role("link", name="CSV").click()
    await (await coming.value).save_as(tmp_path / "denied.csv")
    assert "permission.denied" in (tmp_path / "denied.csv").read_text()
    await look_once(page)
    await page.get_by_role("button", name=re.compile("^Person")).click()
    await page.get_by_role("option", name="Day").click()
    await expect(page.get_by_role("figure", name="Events by day")).to_be_visible()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV", exact=True).click()
    await (await coming.value).save_as(tmp_path / "days.csv")
    assert (tmp_path / "days.csv").read_text().startswith("day,success,denied,failure,all")


@pytest.mark.usefixtures("administrator", "project")
async def test_the_chain_is_verified_signed_and_taken_along(page: Page, open_page: OpenPage, tmp_path: Path) -> None:
    await open_page("/audit?tab=chain")
    await page.get_by_role("button", name="Sign now").click()
    await expect(page.get_by_text("Signed at row").or_(page.get_by_text("Its end is signed already"))).to_be_visible()
    await page.get_by_role("button", name="Verify").click()
    await expect(page.get_by_text("It holds")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"checkpoints? agrees?, the last at row"))).to_be_visible()
    await look_once(page)
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download JSON lines").click()
    await (await coming.value).save_as(tmp_path / "audit.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert all(after["previous"] == before["hash"] for before, after in itertools.pairwise(lines))
