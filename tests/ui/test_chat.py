"""Conversations with a project: begun from nothing, answered as it is said, and nothing proposed is done before a person says so."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

ACTIONS = [
    {"create_task": {"title": "Test the <b>edges</b>", "description": "Below **zero**."}},
    {"start_run": {"task": "#1", "agent": "scripted", "prompt": "Do it."}},
    {"create_pr": {"task": "DEMO-1", "title": "All <i>edges</i>"}},
]
FENCED = f"```clawlink-actions\\n{json.dumps(ACTIONS)}\\n```"
PROPOSING = f"What is missing?\n\nSCRIPT:\nfinish There are **two** tests. <script>document.title = 1</script><img src=//x.example/y>\\n\\n{FENCED}\n"


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("DEMO", "Demo", hub.repository("demo"))


@pytest.mark.usefixtures("project")
async def test_a_conversation_begins_with_a_suggestion(page: Page, open_page: OpenPage, axe: Looks) -> None:
    await open_page("/chat/DEMO")
    await expect(page.get_by_role("heading", name="Talk about Demo")).to_be_visible()
    await axe()
    await page.get_by_role("button", name=re.compile("Propose tasks")).click()
    message = page.get_by_label("Message about Demo")
    await expect(message).to_have_value(re.compile("Propose a task for each"))
    await expect(message).to_be_focused()


async def test_an_answer_proposes_and_a_person_decides(
    page: Page, open_page: OpenPage, hub: Hub, project: int, axe: Looks
) -> None:
    await open_page("/chat/demo")
    await page.get_by_role("button", name=re.compile("Agent")).click()
    await page.get_by_role("option", name="claude").click()
    await page.get_by_label("Message about Demo").fill(PROPOSING)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("thread="))
    log = page.get_by_role("log")
    await expect(log).to_contain_text("There are two tests.", timeout=60_000)
    proposals = page.get_by_role("list", name="Proposals")
    await expect(proposals.get_by_role("listitem")).to_have_count(3)
    await expect(log.locator("img, script")).to_have_count(0)
    await expect(proposals.get_by_role("heading", name="Test the <b>edges</b>", exact=True)).to_be_visible()
    assert hub.get(f"/api/tasks?project_id={project}") == []
    await axe()

    await expect(page.get_by_role("button", name="Confirm: Let scripted work on")).to_be_disabled()
    await page.get_by_role("button", name="Confirm: Test the <b>edges</b>").click()
    await expect(proposals.get_by_role("link", name="DEMO-1")).to_be_visible()
    [task] = hub.get(f"/api/tasks?project_id={project}")
    assert (task["title"], task["description"]) == ("Test the <b>edges</b>", "Below **zero**.")
    await page.get_by_role("button", name="Dismiss: Let scripted work on").click()
    await expect(proposals.get_by_text("Dismissed")).to_be_visible()
    assert hub.get(f"/api/runs?task_id={task['id']}") == []

    title = "The result of DEMO-1 as “All <i>edges</i>”"
    await expect(proposals.get_by_text("Proposes a pull request")).to_be_visible()
    await expect(proposals.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await page.get_by_role("button", name=f"Confirm: {title}").click()
    await expect(page.get_by_text("There is nothing to propose")).to_be_visible()


async def test_a_conversation_goes_on_and_is_found_again(
    page: Page, open_page: OpenPage, hub: Hub, project: int
) -> None:
    begun = {"text": "First\n\nSCRIPT:\nfinish One.", "agent": "claude"}
    chat = hub.post(f"/api/projects/{project}/chat", begun)
    await hub.until(chat["messages"][0]["run_id"], "completed")
    await open_page("/chat/DEMO")
    await page.get_by_role("navigation", name="Conversations").get_by_role("link", name=re.compile("First")).click()
    log = page.get_by_role("log", name="First")
    await expect(log).to_contain_text("One.")
    await page.get_by_label("Message", exact=True).fill("Second\n\nSCRIPT:\nstream 20 0.02\nfinish Two.")
    await page.get_by_role("button", name="Send").click()
    await expect(log.get_by_text("Second")).to_be_visible()
    await expect(page.get_by_text("claude has answered.")).to_be_attached(timeout=60_000)
    await expect(log.locator(".prose").last).to_contain_text("Two.")


async def test_a_project_that_is_not_there_is_told(page: Page, open_page: OpenPage) -> None:
    await open_page("/chat/NOWHERE")
    await expect(page.get_by_text("There is no project “NOWHERE”.")).to_be_visible()
