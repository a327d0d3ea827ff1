"""Agents and nodes: what stands ready and what is missing, and each layer of a configuration read, changed, tried and taken back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

CLAUDE = "/api/agents/claude/configuration"


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("DEMO", "Demo", hub.repository("demo"))


@pytest.fixture
def configured(hub: Hub) -> None:
    """What every test begins with."""
    rules = [
        {"effect": "allow", "command": "git status *"},
        {"effect": "deny", "command": "git push *", "why": "People push."},
    ]
    said = {"model": "claude-sonnet-4-5", "mode": "ask", "env": {"EDITOR": "vi"}, "rules": rules}
    hub.send("PUT", CLAUDE, {"configuration": said})


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


async def test_agents_are_shown_as_they_stand_with_what_is_missing_for_the_others(
    page: Page, open_page: OpenPage, axe: Looks
) -> None:
    await open_page("/agents")
    ready = page.get_by_role("region", name="Ready to work")
    await expect(ready.get_by_role("heading", name="claude")).to_be_visible()
    await expect(card(page, "claude")).to_contain_text("Available")
    missing = page.get_by_role("region", name="Not ready")
    await expect(missing.get_by_role("heading", name="opendevin")).to_be_visible()
    await expect(card(page, "opendevin")).to_contain_text("Missing")
    await expect(card(page, "opendevin").get_by_role("button", name="Copy the command")).to_be_visible()
    await axe()
    await page.get_by_label("Find an agent").fill("openDEVIN")
    await expect(ready).to_have_count(0)
    await expect(page).to_have_url(re.compile(r"q=openDEVIN"))
    await page.get_by_label("Find an agent").fill("nobody")
    await page.get_by_role("button", name="Show all agents").click()
    await expect(ready).to_be_visible()


async def test_a_run_at_work_is_shown_on_its_agents_card(page: Page, open_page: OpenPage, hub: Hub) -> None:
    await open_page("/agents")
    await expect(card(page, "scripted")).to_contain_text("Not at work")
    run = hub.script("hang")
    await hub.until(run, "running")
    await expect(card(page, "scripted")).to_contain_text("1 at work")
    hub.post(f"/api/runs/{run}/cancel", None)
    await expect(card(page, "scripted")).to_contain_text("Not at work")


@pytest.mark.usefixtures("configured")
async def test_a_configuration_is_changed_by_form_and_stands_in_text_and_history(
    page: Page, open_page: OpenPage, hub: Hub
) -> None:
    await open_page("/agents/claude")
    await expect(page.get_by_role("combobox", name="Model")).to_have_value("claude-sonnet-4-5")
    await page.get_by_label("Instructions").fill("Write plain English.")
    await page.get_by_role("button", name="Add a variable").click()
    await page.get_by_label("Name of variable 2").fill("API_TOKEN")
    await page.get_by_label("Value of API_TOKEN").fill("{secret:TOKEN}")
    await expect(page.get_by_text("From the node’s secrets")).to_be_visible()
    await page.get_by_label("US dollars").fill("two")
    await expect(page.get_by_text("This is no number.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    await page.get_by_label("US dollars").fill("2.5")
    await page.get_by_role("button", name="Add a step").click()
    await page.get_by_label("Name of the model of step 1").fill("claude-haiku-4-5")
    await page.keyboard.press("ControlOrMeta+s")
    await expect(page.get_by_text(re.compile("Saved as version"))).to_be_visible()
    said = hub.get(CLAUDE)["configuration"]
    assert said["instructions"] == "Write plain English."
    assert said["env"] == {"EDITOR": "vi", "API_TOKEN": "{secret:TOKEN}"}
    assert (said["budget_usd"], said["fallback"]) == (2.5, [{"model": "claude-haiku-4-5"}])

    await page.get_by_role("tab", name="Text").click()
    await expect(page.get_by_label("Configuration as TOML")).to_have_value(re.compile(r"budget_usd = 2\.5"))
    await page.get_by_role("tab", name="History").click()
    version = hub.get(CLAUDE)["version"]
    await expect(page.get_by_role("region", name=f"What version {version} changed")).to_contain_text(
        "+ budget_usd = 2.5"
    )
    await page.get_by_role("button", name=f"Restore version {version - 1}").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
    await expect(page.get_by_role("heading", name=f"Version {version + 1}", exact=True)).to_be_visible()
    assert "budget_usd" not in hub.get(CLAUDE)["configuration"]


@pytest.mark.usefixtures("configured")
async def test_a_mistake_in_the_text_is_told_with_its_line_and_nothing_is_lost(
    page: Page, open_page: OpenPage, hub: Hub
) -> None:
    before = hub.get(CLAUDE)["version"]
    await open_page("/agents/claude?tab=text")
    text = page.get_by_label("Configuration as TOML")
    await text.fill('model = "m"\nmodle = "n"\n')
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").first).to_contain_text("line 2: modle: is not a known key")
    await expect(text).to_have_value('model = "m"\nmodle = "n"\n')
    await text.fill('model = "m"\nmode = "auto"\n')
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(f"Saved as version {before + 1}")).to_be_visible()
    assert hub.get(CLAUDE)["configuration"] == {"model": "m", "mode": "auto"}


@pytest.mark.usefixtures("configured")
async def test_a_secret_in_plain_text_is_refused_in_the_hubs_own_words(page: Page, open_page: OpenPage) -> None:
    await open_page("/agents/claude")
    await page.get_by_role("button", name="Add a variable").click()
    await page.get_by_label("Name of variable 2").fill("API_KEY")
    await page.get_by_label("Value of API_KEY").fill("sk-ant-" + "api03-" + "a1B2" * 20)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="secret")).to_be_visible()


@pytest.mark.usefixtures("configured")
async def test_rules_are_edited_moved_and_tried(page: Page, open_page: OpenPage, hub: Hub, axe: Looks) -> None:
    await open_page("/agents/claude?tab=rules")
    await axe()
    trial = page.get_by_role("form", name="Try an act")
    await trial.get_by_label("Command").fill("git push origin main")
    await trial.get_by_role("button", name="Try it").click()
    await expect(trial).to_contain_text("Deny")
    await expect(trial).to_contain_text("deny command git push *")
    await trial.get_by_label("Command").fill("make install")
    await page.keyboard.press("Enter")
    await expect(trial).to_contain_text("No rule decides; the mode is ask.")

    await page.get_by_role("button", name="Add a rule").click()
    await page.get_by_label("Command of rule 3").fill("make *")
    await page.get_by_role("button", name="Move rule 3 up").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(re.compile("Saved as version"))).to_be_visible()
    rules = hub.get(CLAUDE)["configuration"]["rules"]
    assert [rule["command"] for rule in rules] == ["git status *", "make *", "git push *"]
    assert rules[1]["effect"] == "ask"


@pytest.mark.usefixtures("configured")
async def test_a_projects_layer_says_what_it_wants_otherwise(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    await open_page(f"/agents/claude?project={project}")
    await expect(page.get_by_role("combobox", name="Model")).to_have_attribute(
        "placeholder", "claude-sonnet-4-5, as the installation"
    )
    await page.get_by_role("combobox", name="Model").fill("claude-haiku-4-5")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved as version 1")).to_be_visible()
    assert hub.get(f"{CLAUDE}?project_id={project}")["configuration"] == {"model": "claude-haiku-4-5"}
    await page.get_by_role("tab", name="Rules").click()
    await expect(page.get_by_role("region", name="Rules of the installation")).to_contain_text("git push *")


@pytest.mark.usefixtures("configured")
async def test_a_change_by_somebody_else_is_told_while_one_edits(page: Page, open_page: OpenPage, hub: Hub) -> None:
    await open_page("/agents/claude")
    await page.get_by_label("Instructions").fill("Mine.")
    hub.send("PUT", CLAUDE, {"configuration": {"mode": "auto"}})
    notice = page.get_by_role("status").filter(has_text="meanwhile")
    await expect(notice).to_be_visible()
    await expect(page.get_by_label("Instructions")).to_have_value("Mine.")
    await notice.get_by_role("button", name="Take theirs").click()
    await expect(page.get_by_label("Instructions")).to_have_value("")


@pytest.mark.usefixtures("configured")
async def test_who_may_not_configure_sees_it_read_only(page: Page, open_page: OpenPage, hub: Hub, axe: Looks) -> None:
    session = hub.post("/api/runtime/sessions", {"user_id": "ann"})["session_id"]
    await page.context.add_cookies([{"name": "clawlink_session", "value": session, "url": hub.url}])
    await open_page("/agents/claude")
    await expect(page.get_by_role("note")).to_contain_text("You see this read-only.")
    await expect(page.get_by_label("Instructions")).not_to_be_editable()
    await expect(page.get_by_role("button", name="Add a variable")).to_have_count(0)
    await axe()


@pytest.mark.usefixtures("configured")
async def test_every_view_of_an_agent_is_sound_for_keyboard_and_screen_reader(
    page: Page, open_page: OpenPage, axe: Looks
) -> None:
    for tab in ("configuration", "text", "history", "nodes"):
        await open_page(f"/agents/claude?tab={tab}")
        await axe()


async def test_nodes_are_shown_with_their_places_and_agents(page: Page, open_page: OpenPage, axe: Looks) -> None:
    await open_page("/nodes")
    await expect(card(page, "local")).to_contain_text("Online")
    await expect(page.get_by_role("meter", name="Places of local")).to_have_attribute("aria-valuemax", "8")
    await expect(card(page, "local").get_by_role("link", name="claude")).to_be_visible()
    await axe()
    await page.get_by_label("Find a node").fill("elsewhere")
    await expect(page.get_by_text("No node fits “elsewhere”.")).to_be_visible()


async def test_what_was_learnt_from_an_answer_is_shown_and_can_be_forgotten(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    run = hub.script("ask Tidy up\nrun ls\nsay Tidied.", hub.task(project, "Tidy the shelves"))
    await hub.until(run, "waiting")
    await open_page(f"/runs/{run}")
    await page.get_by_role("button", name="Allow for this task").click()
    await hub.until(run, "completed")
    await open_page("/agents/scripted?tab=rules")
    learnt = page.get_by_role("region", name="Learnt rules")
    await expect(learnt.get_by_role("listitem")).to_have_count(1)
    await learnt.get_by_role("button", name="Forget").click()
    await expect(learnt).to_contain_text("It has learnt nothing yet.")
    assert hub.get("/api/agents/scripted/learnt") == []
