"""A task's panel: its facts, description, links, files, comments and runs."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from coderclawlink.access import sessions
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import open_database
from coderclawlink.settings import Settings
from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = (
    "See <script>document.title='taken'</script> [look](javascript:alert(1)) ![far](https://example.org/a.png) **bold**"
)


@pytest.fixture(scope="module")
def project(hub: Hub) -> int:
    return hub.project("WORK", "Work", hub.repository("work"))


def key_of(hub: Hub, task: int) -> str:
    return str(hub.get(f"/api/tasks/{task}")["key"])


async def test_its_facts_are_changed_where_they_stand(page: Page, hub: Hub, project: int, open_page: OpenPage) -> None:
    task = hub.task(project, "Mend it")
    await open_page(f"/tasks/{key_of(hub, task)}")
    title = page.get_by_role("textbox", name="Title")
    await title.fill("Mend it well")
    await title.press("Enter")
    await expect(page.get_by_role("region", name="Mend it well")).to_be_visible()
    await page.keyboard.press("s")
    await page.get_by_role("option", name="In review").click()
    await page.keyboard.press("l")
    await page.get_by_role("textbox", name="New label").fill("urgent")
    await page.get_by_role("textbox", name="New label").press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("checkbox", name="urgent")).to_be_checked()
    await page.get_by_role("button", name="Done", exact=True).click()
    await page.get_by_role("button", name="Describe what is to be done").click()
    await page.get_by_role("textbox", name="Description").fill(HOSTILE)
    await page.get_by_role("textbox", name="Description").press("Control+Enter")
    section = page.get_by_role("region", name="Description")
    await expect(section.locator("strong")).to_have_text("bold")
    assert await section.locator("img, a[href^=javascript]").count() == 0
    assert await page.title() != "taken"
    now = hub.get(f"/api/tasks/{task}")
    assert (now["title"], now["status"], now["description"]) == ("Mend it well", "in_review", HOSTILE)
    # The board beside it has heard of all that.
    card = page.get_by_role("article").filter(has_text="Mend it well")
    await expect(card.get_by_text("urgent")).to_be_visible()


async def test_comments_are_written_edited_and_deleted(page: Page, hub: Hub, project: int, open_page: OpenPage) -> None:
    task = hub.task(project, "Talk about it")
    await open_page(f"/tasks/{key_of(hub, task)}")
    new = page.get_by_role("textbox", name="New comment")
    await new.fill("Half a th")
    await page.reload()
    await expect(new).to_have_value("Half a th")
    await new.fill("A **whole** thought")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("region", name="Activity").locator("strong")).to_have_text("whole")
    await page.get_by_role("button", name="Comment", exact=True).click()
    comment = page.get_by_role("article", name="Comment by")
    await expect(comment).to_contain_text("A whole thought")
    await comment.hover()
    await comment.get_by_role("button", name="Edit the comment").click()
    await comment.get_by_role("textbox", name="Comment").fill("Another thought")
    await comment.get_by_role("button", name="Save").click()
    await expect(comment).to_contain_text("Another thought")
    await expect(comment).to_contain_text("edited")
    await comment.get_by_role("button", name="Delete the comment").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete comment").click()
    await expect(comment).to_have_count(0)
    assert hub.get(f"/api/tasks/{task}/comments") == []


async def test_a_link_that_closes_a_circle_is_refused_and_the_circle_named(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    first, second = hub.task(project, "First of all"), hub.task(project, "Second after it")
    one, two = key_of(hub, first), key_of(hub, second)
    await open_page(f"/tasks/{two}")
    links = page.get_by_role("region", name="Links")
    await links.get_by_role("button", name="Add a link").click()
    await links.get_by_role("textbox", name="Other task").fill("First of")
    await links.get_by_role("button", name=one).click()
    await expect(links.get_by_role("link", name=one)).to_be_visible()
    await expect(links).to_contain_text("Waits for")

    await links.get_by_role("link", name=one).click()
    await expect(page).to_have_url(re.compile(f"/tasks/{one}$"))
    await links.get_by_role("button", name="Add a link").click()
    await links.get_by_role("textbox", name="Other task").fill(two)
    await links.get_by_role("textbox", name="Other task").press("Enter")
    await expect(links).to_contain_text(re.compile(f"{one}.*→.*{two}|{two}.*→.*{one}"))
    await links.get_by_role("button", name="Leave it").click()
    await links.get_by_role("button", name=f"Remove the link to {two}").click()
    await expect(links).to_contain_text("It waits for no other task.")


async def test_files_are_attached_pasted_downloaded_and_deleted(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "With files")
    await open_page(f"/tasks/{key_of(hub, task)}")
    files = page.get_by_role("region", name="Attachments")
    await files.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"some notes"}
    )
    await expect(files).to_contain_text("notes.txt")
    await expect(files).to_contain_text("10 B")
    await page.evaluate(
        """(base64) => {
            const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
            const clipboardData = new DataTransfer()
            clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }))
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        }""",
        PIXEL,
    )
    await expect(files).to_contain_text(re.compile(r"Pasted .*\.png"))
    async with page.expect_download() as begun:
        await files.get_by_role("link", name="Download notes.txt").click()
    download = await begun.value
    assert download.suggested_filename == "notes.txt"
    await files.get_by_role("button", name="Delete notes.txt").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete file").click()
    await expect(files).not_to_contain_text("notes.txt")
    assert len(hub.get(f"/api/tasks/{task}/attachments")) == 1


async def test_a_run_is_started_with_the_tasks_own_words_and_followed_here(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    said = "Do it.\nscript:\nwrite A.md | one\\n\nsay All is well.\nEND"
    task = hub.task(project, "Write A", description=said)
    await open_page(f"/tasks/{key_of(hub, task)}")
    await page.keyboard.press("r")
    box = page.get_by_role("region", name="Start a run")
    await expect(box.get_by_role("textbox", name="What it is asked")).to_have_value(f"Write A\n\n{said}")
    await box.get_by_role("textbox", name="At most").fill("lots")
    await expect(box).to_contain_text("Dollars, as 2.50")
    await box.get_by_role("textbox", name="At most").fill("2.50")
    await box.get_by_role("button", name="Agent").click()
    await page.get_by_role("option", name=re.compile("^scripted")).click()
    await box.get_by_role("button", name="Start", exact=True).click()
    runs = page.get_by_role("region", name="Runs")
    await expect(runs.get_by_text("Completed", exact=True)).to_be_visible(timeout=60_000)
    await expect(runs).to_contain_text("+1")
    await expect(runs.get_by_role("link", name="Review the changes")).to_be_visible()
    await expect(page.get_by_role("button", name="Create pull request")).to_be_enabled()
    await expect(page.get_by_role("region", name="Activity")).to_contain_text(re.compile("scripted|run"))


async def test_a_deleted_task_can_be_brought_back_and_an_unknown_one_is_said_to_be(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Delete me")
    key = key_of(hub, task)
    await open_page(f"/tasks/{key}")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Delete task").click()
    await page.get_by_role("alertdialog").get_by_role("button", name=f"Delete {key}").click()
    await expect(page).to_have_url(re.compile("/board$"))
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("article").filter(has_text="Delete me")).to_be_visible()
    await open_page("/tasks/WORK-999")
    await expect(page.get_by_text("There is no task WORK-999.")).to_be_visible()


async def test_a_task_is_whole_for_people_with_keyboards_and_screen_readers(
    page: Page, hub: Hub, project: int, open_page: OpenPage, axe: Looks
) -> None:
    task = hub.task(project, "Look at me", description="Some `code` and a [link](https://example.org).")
    hub.post(f"/api/tasks/{task}/comments", {"text": "A comment"})
    other = hub.task(project, "Other")
    hub.post(f"/api/tasks/{task}/links", {"link": "blocked_by", "other": other})
    await open_page(f"/tasks/{key_of(hub, task)}")
    await page.keyboard.press("r")
    await axe()


async def test_who_may_only_look_is_offered_nothing_else_and_told_who_can_grant_it(
    page: Page, hub: Hub, project: int, open_page: OpenPage, axe: Looks
) -> None:
    task = hub.task(project, "Look at me", assignee="ann", description="Here it stands.")
    key = hub.get(f"/api/tasks/{task}")["key"]
    hub.post(f"/api/tasks/{task}/comments", {"text": "The owner's words"})
    await page.context.add_cookies([{"name": "clawlink_session", "value": viewer(hub), "url": hub.url}])
    await open_page(f"/tasks/{key}")
    await expect(page.get_by_role("note").first).to_contain_text("You are here as viewer; an administrator")
    await expect(page.get_by_text("The owner's words")).to_be_visible()
    for name in (
        "Start a run",
        "New task",
        "Comment",
        "Edit the comment",
        "Delete the comment",
        "Attach a file",
    ):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    panel = page.get_by_role("region", name=f"{key}:")  # the board beside it filters by "Label"
    await expect(panel.get_by_role("button", name="Label", exact=True)).to_have_count(0)
    await expect(page.get_by_role("textbox", name="Title")).not_to_be_editable()
    await expect(page.get_by_role("region", name=f"{key}:").get_by_role("button", name="Status")).to_be_disabled()
    await axe()
    for path in ("/projects", "/board"):
        await open_page(path)
        await expect(page.get_by_role("button", name="New", exact=False)).to_have_count(0)
    await open_page("/usage?tab=budgets")
    await open_page("/agents/scripted")
    await expect(page.get_by_role("note")).to_contain_text("You see this read-only.")


def viewer(hub: Hub) -> str:
    """A session that may look, made as only who may write the database can."""
    with open_database(Settings(clawlink_home=hub.home).store_url) as db:
        return str(db.write_now(sessions.create, "vera", None, role=Role.VIEWER).id)


async def test_others_comments_and_files_are_not_offered_for_changing(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Talked about")
    hub.post(f"/api/tasks/{task}/comments", {"text": "The owner's words"})
    session = hub.post("/api/runtime/sessions", {"user_id": "ben"})["session_id"]
    await page.context.add_cookies([{"name": "clawlink_session", "value": session, "url": hub.url}])
    await open_page(f"/tasks/{hub.get(f'/api/tasks/{task}')['key']}")
    await page.get_by_role("textbox", name="New comment").fill("Mine")
    await page.get_by_role("button", name="Comment", exact=True).click()
    mine, theirs = (page.get_by_role("article", name=f"Comment by {who}") for who in ("ben", "owner"))
    await expect(mine.get_by_role("button", name="Edit the comment")).to_have_count(1)
    await expect(theirs).to_be_visible()
    await expect(theirs.get_by_role("button")).to_have_count(0)


async def test_what_is_written_while_the_hub_is_out_of_reach_is_kept_until_it_is_back(
    page: Page, hub: Hub, project: int, open_page: OpenPage
) -> None:
    task = hub.task(project, "Written in a tunnel")
    await open_page(f"/tasks/{hub.get(f'/api/tasks/{task}')['key']}")
    await page.context.set_offline(True)
    field = page.get_by_role("textbox", name="New comment")
    await field.fill("From the tunnel")
    await page.get_by_role("button", name="Comment", exact=True).click()
    await expect(page.get_by_text("The hub does not answer.").first).to_be_visible()
    await expect(field).to_have_value("From the tunnel")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Comment", exact=True).click()
    await expect(page.get_by_role("article", name="Comment by owner")).to_contain_text("From the tunnel")
    await expect(field).to_have_value("")


async def test_a_task_is_given_to_a_person_and_an_agent_by_key(
    page: Page, hub: Hub, project: int, open_page: OpenPage, axe: Looks
) -> None:
    task = hub.task(project, "Whose is it")
    key = hub.get(f"/api/tasks/{task}")["key"]
    await open_page(f"/tasks/{key}")
    await expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Board")).to_have_attribute(
        "aria-current", "page"
    )
    await page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name=f"Who sees to {key}?")
    await axe()
    await dialog.get_by_role("group", name="People").get_by_role("button", name="owner").click()
    await dialog.get_by_role("button", name="Agent").click()
    await page.get_by_role("option", name="steady").click()
    await dialog.get_by_role("button", name="Assign").click()
    await expect(page.get_by_role("button", name="Person: owner")).to_be_visible()
    card = page.get_by_role("article").filter(has_text=key).first
    await expect(card.get_by_text("Assigned to owner")).to_have_count(1)
    found = hub.get(f"/api/tasks/{task}")
    assert (found["assignee"], found["assigned_agent_type"]) == ("owner", "steady")
