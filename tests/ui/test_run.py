"""A run's page, as a person uses it: what the agent does, what it asks, asking for more, stopping; and the list of runs."""

from __future__ import annotations

import re
from typing import cast

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

WORK = """think The README is the place.
plan Look; Write
say ## A plan\\n\\nI add a <b>greeting</b> with `Hello`.
run printf '\\033[32mall green\\033[0m\\n'
write README.md | # Sample\\n\\nHello\\n
run false
say It greets now."""


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("RUNS", "Runs", hub.repository("runs"))


@pytest.fixture(scope="module")
async def done(hub: Hub, project: int) -> str:
    """A run that has completed."""
    run = hub.script(WORK, hub.task(project, "Greet the customer"))
    await hub.until(run, "completed")
    return run


def asking(hub: Hub, project: int, title: str = "Clean up") -> str:
    return hub.script("ask Remove the build folder\nrun rm -rf build\nsay Gone on.", hub.task(project, title))


async def test_a_run_tells_what_was_said_done_and_changed(
    page: Page, open_page: OpenPage, axe: Looks, done: str
) -> None:
    await open_page(f"/runs/{done}")
    told = page.get_by_role("region", name="Timeline")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Greet the customer")
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    await expect(told.get_by_role("heading", name="A plan")).to_be_visible()
    await expect(told.get_by_text("I add a greeting with Hello.", exact=True)).to_be_visible()
    await expect(told.get_by_role("button", name="Plan: 0 of 2 done")).to_be_visible()
    await expect(told.get_by_text("Failed", exact=True)).to_have_count(1)

    edit = told.get_by_role("button", name="Write README.md")
    await expect(edit).to_have_attribute("aria-expanded", "false")
    await edit.click()
    await expect(told.get_by_role("group", name="Changes of README.md")).to_contain_text("+Hello")
    await told.get_by_role("button", name="printf").click()
    await expect(told.get_by_text("all green", exact=True)).to_have_class(re.compile("text-ok"))
    await axe()


async def test_focus_hides_the_noise_and_stays_in_the_address(page: Page, open_page: OpenPage, done: str) -> None:
    await open_page(f"/runs/{done}")
    await expect(page.get_by_role("button", name="Write README.md")).to_be_visible()
    await page.keyboard.press("f")
    await expect(page).to_have_url(re.compile("focus=true"))
    await expect(page.get_by_role("button", name="Write README.md")).to_have_count(0)
    await expect(page.get_by_text("It greets now.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="false Failed")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("It greets now.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Write README.md")).to_have_count(0)


async def test_finding_goes_from_hit_to_hit(page: Page, open_page: OpenPage, done: str) -> None:
    await open_page(f"/runs/{done}")
    await expect(page.get_by_text("It greets now.", exact=True)).to_be_visible()
    await page.keyboard.press("Control+f")
    field = page.get_by_role("searchbox", name="Find in the run")
    await expect(field).to_be_focused()
    await field.fill("it greets now")
    status = page.get_by_role("search").get_by_role("status")
    await expect(status).to_have_text("2")
    await field.press("Enter")
    await expect(status).to_have_text("1 of 2")
    await field.press("Shift+Enter")
    await expect(status).to_have_text("2 of 2")
    await field.fill("nothing like that")
    await expect(status).to_have_text("Nothing found")
    await field.press("Escape")
    await expect(field).to_have_count(0)


async def test_a_link_leads_to_the_event(page: Page, open_page: OpenPage, hub: Hub, done: str) -> None:
    events = hub.get(f"/api/runs/{done}/events")["events"]
    seq = next(event["seq"] for event in events if event["kind"] == "agent.plan")
    await open_page(f"/runs/{done}#{seq}")
    await expect(page.locator("[data-kind=plan] > .ring-2")).to_be_in_viewport()


async def test_the_receipt_holds_all_facts_and_how_to_check_them(
    page: Page, open_page: OpenPage, axe: Looks, hub: Hub, done: str
) -> None:
    receipt = hub.get(f"/api/runs/{done}/receipt")
    await open_page(f"/runs/{done}")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Receipt").click()
    panel = page.get_by_role("dialog", name="Receipt")
    await expect(panel.get_by_text(receipt["digest"])).to_be_visible()
    await expect(panel.get_by_text(receipt["head"], exact=True)).to_be_visible()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await panel.get_by_role("button", name="Copy JSON").click()
    await expect(page.get_by_text("Receipt copied")).to_be_visible()
    assert receipt["digest"] in cast(str, await page.evaluate("navigator.clipboard.readText()"))
    await axe()


async def test_leave_is_given_by_key_for_the_very_command(
    page: Page, open_page: OpenPage, axe: Looks, hub: Hub, project: int
) -> None:
    run = asking(hub, project)
    await hub.until(run, "waiting")
    await open_page(f"/runs/{run}")
    card = page.get_by_role("region", name="The agent asks: Remove the build folder")
    await expect(card.get_by_role("group", name="The command")).to_have_text("rm -rf build")
    assert await page.evaluate("document.activeElement?.closest('button')") is None
    await axe()
    await card.get_by_role("button", name="Later").click()
    await expect(card).to_have_count(0)
    assert hub.get(f"/api/runs/{run}")["state"] == "waiting"
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(card).to_be_visible()
    await page.keyboard.press("a")
    await expect(page.get_by_role("region", name="Timeline").get_by_text("Gone on.").last).to_be_visible()
    await expect(card).to_have_count(0)
    await hub.until(run, "completed")


async def test_who_denies_can_say_why(page: Page, open_page: OpenPage, hub: Hub, project: int) -> None:
    run = asking(hub, project)
    await hub.until(run, "waiting")
    await open_page(f"/runs/{run}")
    await expect(page.get_by_role("button", name="Deny…")).to_be_visible()
    await page.keyboard.press("d")
    reason = page.get_by_role("textbox", name="Why not?")
    await expect(reason).to_be_focused()
    await reason.fill("It is still needed")
    await reason.press("Enter")
    await expect(page.get_by_role("region", name="Timeline").get_by_text("It is still needed")).to_be_visible()
    found = await hub.until(run, "completed")
    assert found["questions"][0]["text"] == "It is still needed"


async def test_what_is_queued_can_be_changed_withdrawn_and_is_heard(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    run = hub.script("ask Go on\nrun true\nsay Ready.", hub.task(project, "Queue"))
    await hub.until(run, "waiting")
    await open_page(f"/runs/{run}")
    box = page.get_by_role("textbox", name="Prompt", exact=True)
    await box.fill("Then write the docs")
    await box.press("Control+Enter")
    waiting = page.get_by_role("list", name="Prompts that wait").get_by_role("listitem")
    await expect(waiting).to_contain_text(["Then write the docs"])
    await expect(box).to_have_value("")
    await page.get_by_role("button", name="Change “Then write the docs”").click()
    await page.get_by_role("textbox", name="Words of the prompt").fill("Then write the tests")
    await page.get_by_role("button", name="Save").click()
    await expect(waiting).to_contain_text(["Then write the tests"])
    await box.fill("And tidy up")
    await page.get_by_role("button", name="Queue").click()
    await expect(waiting).to_have_count(2)
    await page.get_by_role("button", name="Withdraw “And tidy up”").click()
    await expect(waiting).to_have_count(1)
    await page.get_by_role("button", name="Allow once").click()
    await expect(waiting).to_have_count(0)
    await hub.until(run, "completed")
    assert [one["state"] for one in hub.get(f"/api/runs/{run}/prompts")] == ["taken", "withdrawn"]


async def test_after_its_end_a_prompt_makes_the_next_run(page: Page, open_page: OpenPage, hub: Hub, done: str) -> None:
    await open_page(f"/runs/{done}")
    await page.get_by_role("textbox", name="Prompt", exact=True).fill(
        "Now the second part\nscript:\nsay The second part.\nEND"
    )
    await page.get_by_role("button", name="Go on in a new run").click()
    await expect(page).not_to_have_url(re.compile(done))
    await expect(page.get_by_role("region", name="Timeline").get_by_text("The second part.").last).to_be_visible()
    await hub.until(page.url.split("/runs/")[1].split("?")[0], "completed")


async def test_a_run_is_stopped_only_after_asking(page: Page, open_page: OpenPage, hub: Hub, project: int) -> None:
    run = hub.run("steady", "steps=2000 pause=0.05", hub.task(project, "Long work"))
    await hub.until(run, "running")
    await open_page(f"/runs/{run}")
    await expect(page.get_by_role("region", name="Timeline").get_by_role("button", name="step").first).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    sure = page.get_by_role("alertdialog")
    await expect(sure.get_by_role("button", name="Cancel")).to_be_focused()
    await sure.get_by_role("button", name="Cancel").click()
    assert hub.get(f"/api/runs/{run}")["state"] == "running"
    await page.get_by_role("button", name="Stop").click()
    await sure.get_by_role("button", name="Stop the run").click()
    await expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    await hub.until(run, "cancelled")


async def test_the_end_is_followed_until_somebody_scrolls_up(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    run = hub.run("steady", "steps=2000 pause=0.03", hub.task(project, "Much work"))
    await hub.until(run, "running")
    await open_page(f"/runs/{run}")
    told = page.get_by_role("region", name="Timeline")
    await page.wait_for_function(
        "() => Number(document.querySelector('[role=slider]')?.ariaValueMax) > 80", timeout=20_000
    )
    await expect(told.get_by_role("button", name="step").last).to_be_in_viewport()
    await told.hover()
    await page.mouse.wheel(0, -500)
    latest = page.get_by_role("button", name="Jump to latest")
    await expect(latest).to_be_visible()
    before = await told.evaluate("box => box.scrollTop")
    await page.wait_for_function(
        "from => Number(document.querySelector('[role=slider]').ariaValueMax) > from",
        arg=int(cast(str, await page.get_by_role("slider").get_attribute("aria-valuemax"))) + 20,
    )
    assert abs(await told.evaluate("box => box.scrollTop") - before) < 4
    await latest.click()
    await expect(latest).to_have_count(0)
    assert await page.evaluate("document.querySelectorAll('*').length") < 1500
    hub.post(f"/api/runs/{run}/cancel", {})


async def test_runs_are_filtered_by_the_address_and_live(
    page: Page, open_page: OpenPage, axe: Looks, hub: Hub, project: int, done: str
) -> None:
    failed = hub.script("fail The disk is full", hub.task(project, "A failing thing"))
    await hub.until(failed, "failed")
    await open_page("/runs")
    rows = page.get_by_role("list", name="Runs").get_by_role("listitem")
    await expect(rows.filter(has_text="A failing thing")).to_contain_text("The disk is full")
    await page.get_by_role("navigation", name="State").get_by_role("link", name="Failed").click()
    await expect(page).to_have_url(re.compile("state=failed"))
    await expect(rows).to_have_count(1)
    await page.reload()
    await expect(rows).to_have_count(1)
    await page.get_by_role("searchbox", name="Filter by words").fill("nothing like that")
    await expect(page.get_by_text("No run fits these filters.")).to_be_visible()
    await axe()
    await page.get_by_role("button", name="Clear the filters").click()
    await expect(rows.filter(has_text="Greet the customer")).not_to_have_count(0)

    new = hub.script("say Hello.", hub.task(project, "Something new"))
    row = rows.filter(has_text="Something new")
    await expect(row).to_contain_text("Completed")
    await hub.until(new, "completed")
    await axe()
    await row.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(new))


async def test_a_run_that_is_not_there_is_told(page: Page, open_page: OpenPage, axe: Looks) -> None:
    await open_page("/runs/01a20da7-0000-7004-bdd3-000000000000")
    await expect(page.get_by_role("alert")).to_contain_text("The run could not be read.")
    await axe()


async def test_a_run_is_handed_to_another_agent_that_goes_on(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    run = hub.script("say I begin.\nhang", hub.task(project, "Hand it over"))
    await hub.until(run, "running")
    await open_page(f"/runs/{run}")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Hand over to another agent…").click()
    dialog = page.get_by_role("dialog", name="Hand over to another agent")
    await expect(dialog.get_by_role("button", name="Hand over")).to_be_disabled()
    await dialog.get_by_role("button", name="Agent").click()
    await expect(page.get_by_role("option", name="scripted")).to_have_count(0)
    await page.get_by_role("option", name="steady").click()
    await dialog.get_by_label("What it is told").fill("steps=1 pause=0.01")
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(dialog).to_have_count(0)
    told = page.get_by_role("region", name="Timeline")
    await expect(told.get_by_text("Handed over from scripted to steady")).to_be_visible()
    await expect(page.get_by_role("region", name="Facts")).to_contain_text("steady")
    ended = await hub.until(run, "completed", "waiting", "failed", "cancelled")
    assert ended["agent"] == "steady"
    if ended["may_cancel"]:
        hub.post(f"/api/runs/{run}/cancel", {})


async def test_a_run_whose_budget_is_used_up_goes_on_when_it_is_given_more(
    page: Page, open_page: OpenPage, hub: Hub, project: int, axe: Looks
) -> None:
    steps = "\n".join(f"run echo {n} >> log.txt" for n in range(3))
    prompt = f"Please.\n\nSCRIPT:\nusage 20000 200\n{steps}\nfinish Paid for."
    run = hub.run("claude", prompt, hub.task(project, "Costs more"), options={"budget_usd": 0.1})
    assert (await hub.until(run, "waiting"))["wait"]["reason"] == "budget"
    await open_page(f"/runs/{run}")
    await expect(page.get_by_role("status").filter(has_text="Its budget is used up")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog", name="Go on with run")
    await axe()
    await dialog.get_by_label("Budget in US dollars").fill("5")
    await dialog.get_by_role("button", name="Go on").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    assert (await hub.until(run, "completed", "failed"))["state"] == "completed"
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()


async def test_the_lines_are_one_tab_stop_and_arrows_lead_over_them(page: Page, open_page: OpenPage, done: str) -> None:
    await open_page(f"/runs/{done}")
    told = page.get_by_role("region", name="Timeline")
    await expect(told.get_by_role("button", name="Write README.md")).to_be_visible()
    stops = told.locator("[data-index]").filter(has=page.locator("button[tabindex='0']"))
    await expect(stops).to_have_count(1)
    await told.focus()
    await page.keyboard.press("Tab")
    first = await page.evaluate("document.activeElement.closest('[data-index]').dataset.index")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    second = await page.evaluate("document.activeElement.closest('[data-index]').dataset.index")
    assert int(second) == int(first) + 2
    await expect(stops).to_have_count(1)
