"""From the browser to a code host and back: connected, proposed, checked, mended and merged; and what comes in from other programs.

The host is git's own server and a GitHub that somebody else wrote (tests/journeys/code_host.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from coderclawlink.web.page import STATIC
from tests.board.test_imports import EXPORT
from tests.journeys.code_host import TOKEN, Door, code_host
from tests.peers.github import PeerMissing
from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import Hub

pytestmark = pytest.mark.anyio

WORK = "say Working.\nwrite hello.txt | hello\nsay Said hello."
PANEL = re.compile(r"Pull request \d+")


@dataclass
class Shop:
    """A hub and the host that its project ada/shop lies on."""

    hub: Hub
    door: Door

    def project(self, key: str, *, name: str = "shop", connected: bool = True) -> int:
        wanted = {"key": key, "name": "Shop", "github_repo_url": f"{self.door.url}/ada/{name}"}
        made = self.hub.post("/api/projects", wanted)
        if connected:
            self.hub.send("PUT", f"/api/projects/{made['id']}/connection", {"token": TOKEN})
        return int(made["id"])

    async def result(self, project: int, title: str) -> tuple[int, str, str]:
        """A task with a completed run: its id, key, and the run."""
        task = self.hub.task(project, title)
        run = self.hub.script(WORK, task)
        ended = await self.hub.until(run, "completed", "failed")
        assert ended["state"] == "completed", ended
        return task, str(self.hub.get(f"/api/tasks/{task}")["key"]), run

    def ask(self, method: str, at: str, **body: object) -> Any:
        """What people and robots do on the host."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx2.request(
            method, f"{self.door.peer}/repos/ada/shop{at}", json=body or None, headers=headers, timeout=20
        )
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not (STATIC / "index.html").is_file():
        pytest.fail("The web interface is not built: make ui")
    scratch = tmp_path_factory.mktemp("shop")
    home = scratch / "home"
    home.mkdir()
    hub = Hub(home)
    repository = hub.repository("origin")
    try:
        with code_host(scratch, repository) as door:
            hub.environment = {"GITHUB_SERVER_URL": door.url}
            try:
                hub.start()
                yield Shop(hub, door)
            finally:
                hub.stop()
    except PeerMissing as missing:
        print(f"not run: {missing}")
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def hub(shop: Shop) -> Hub:
    return shop.hub


async def test_a_token_is_tried_before_it_is_kept_and_what_the_host_says_is_told(
    page: Page, shop: Shop, open_page: OpenPage
) -> None:
    shop.project("LOST", name="lost", connected=False)
    await open_page("/projects/LOST")
    await page.get_by_role("button", name="Connect GitHub").click()
    dialog = page.get_by_role("dialog", name="Connect ada/lost")
    token = dialog.get_by_role("textbox", name="Token")
    await expect(token).to_have_attribute("type", "password")
    await token.fill(TOKEN)
    await token.press("Enter")
    await expect(dialog.get_by_role("alert")).to_be_visible(timeout=20_000)

    project = shop.project("CONN", connected=False)
    await open_page("/projects/CONN")
    await page.get_by_role("button", name="Connect GitHub").click()
    dialog = page.get_by_role("dialog", name="Connect ada/shop")
    await dialog.get_by_role("textbox", name="Token").fill(TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Connected as ada")).to_be_visible()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("A public repository with the default branch")).to_be_visible()
    assert TOKEN not in await page.content()

    async with page.expect_response(lambda answer: answer.url.endswith("/answers")):
        await page.get_by_text("An agent mends failed checks").click()
    async with page.expect_response(lambda answer: answer.url.endswith("/answers")):
        await page.get_by_role("button", name="At most, until a person acts").click()
        await page.get_by_role("option", name="Once").click()
    told = shop.hub.get(f"/api/projects/{project}/connection")["answers"]
    assert (told["checks"], told["rounds_at_most"]) == (False, 1)

    await page.get_by_role("button", name="Disconnect").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Disconnect").click()
    await expect(page.get_by_role("button", name="Connect GitHub")).to_be_visible()


async def test_a_webhooks_secret_is_shown_once(page: Page, shop: Shop, open_page: OpenPage) -> None:
    shop.project("HOOK")
    await open_page("/projects/HOOK")
    await page.get_by_role("button", name="Webhook…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Make the secret").click()
    dialog = page.get_by_role("dialog", name="Tell GitHub of this hub")
    await expect(dialog).to_contain_text("/api/github/webhook")
    secret = await dialog.locator("code").last.inner_text()
    assert len(secret) > 20
    await dialog.get_by_role("button", name="I have it").click()
    assert secret not in await page.content()


async def test_a_result_becomes_a_pull_request_that_is_checked_mended_and_merged_live(
    page: Page, shop: Shop, open_page: OpenPage
) -> None:
    project = shop.project("PULL")
    task, key, run = await shop.result(project, "Say hello")
    await open_page(f"/runs/{run}/review")
    await page.get_by_role("button", name="Approve & create PR").click()
    dialog = page.get_by_role("dialog", name="Approve & create a pull request")
    await expect(dialog).to_contain_text("ada/shop")
    title = dialog.get_by_role("textbox", name="Title")
    await expect(title).to_have_value(f"{key}: Say hello")
    await title.fill("Say <b>hello</b>")
    await dialog.get_by_role("button", name="Begins as").click()
    await page.get_by_role("option", name="Ready for review").click()
    await dialog.get_by_role("button", name="Approve & create PR").click()
    there = page.get_by_role("dialog", name=re.compile(r"Pull request #\d+"))
    await expect(there).to_contain_text("Open", timeout=20_000)
    [pull] = shop.hub.get(f"/api/tasks/{task}/pull_requests")["pull_requests"]
    assert pull["title"] == "Say <b>hello</b>"
    number = pull["number"]
    await page.keyboard.press("Escape")
    verdict = page.get_by_role("region", name="Verdict")
    await expect(verdict.get_by_text("Approved")).to_be_visible()
    await expect(verdict.get_by_role("link", name=f"#{number}")).to_have_attribute("href", pull["url"])

    await open_page(f"/tasks/{key}")
    panel = page.get_by_role("article", name=f"Pull request {number}")
    await expect(panel).to_contain_text("Say <b>hello</b>")
    await expect(panel.get_by_text("Open", exact=True)).to_be_visible()

    made_up = shop.ask("GET", f"/pulls/{number}")["head"]["sha"]
    shop.door.stands_for[made_up] = pull["branch"]
    shop.hub.send("PUT", f"/api/projects/{project}/connection/answers", {"checks": False})
    failed = {"name": "unit tests", "head_sha": made_up, "status": "completed", "conclusion": "failure"}
    check = shop.ask("POST", "/check-runs", **failed)
    await panel.get_by_role("button", name=f"Look at #{number} now").click()
    await expect(panel.get_by_text("unit tests failed")).to_be_visible()
    await expect(page.locator(f"[title='Pull request {number}, open, checks failed']")).to_be_visible()
    await panel.get_by_role("button", name="Ask the agent to mend it").click()
    await expect(page.get_by_text(f"An agent mends #{number}")).to_be_visible()
    runs = shop.hub.get(f"/api/runs?task_id={task}")
    assert len(runs) == 2
    await shop.hub.until(max(runs, key=lambda one: one["number"])["id"], "completed", "failed", "cancelled")

    shop.ask("PATCH", f"/check-runs/{check['id']}", status="completed", conclusion="success")
    await panel.get_by_role("button", name=f"Look at #{number} now").click()
    await expect(panel.get_by_text("Checks passed")).to_be_visible()
    await panel.get_by_role("button", name="Merge…").click()
    dialog = page.get_by_role("dialog", name=f"Merge #{number} into main")
    await dialog.get_by_role("button", name=f"Merge #{number}").click()
    await expect(panel.get_by_text("Merged", exact=True).first).to_be_visible(timeout=20_000)
    done = page.get_by_role("region", name="Done", exact=False).get_by_role("article").filter(has_text=key)
    await expect(done).to_be_visible()


async def test_what_the_host_refuses_is_told_where_it_was_asked_with_the_way_to_connect(
    page: Page, shop: Shop, open_page: OpenPage
) -> None:
    project = shop.project("NONE")
    _, key, _ = await shop.result(project, "Nobody is connected")
    shop.hub.send("DELETE", f"/api/projects/{project}/connection", None)
    await open_page(f"/tasks/{key}")
    await page.get_by_role("button", name="Create pull request").wait_for()
    await page.keyboard.press("Shift+P")
    dialog = page.get_by_role("dialog", name=f"Create a pull request for {key}")
    await expect(dialog.get_by_role("link", name="connect GitHub")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_be_visible(timeout=30_000)
    await dialog.get_by_role("link", name="connect GitHub", exact=True).click()
    await expect(page).to_have_url(re.compile("/projects/NONE$"))


async def test_a_file_is_tried_before_it_is_imported(
    page: Page, shop: Shop, open_page: OpenPage, tmp_path: Path
) -> None:
    project = shop.project("BRING")
    await open_page("/projects/BRING")
    field = page.get_by_label("File to import")
    (tmp_path / "other.csv").write_bytes(b"hello")
    await field.set_input_files(tmp_path / "other.csv")
    await expect(page.get_by_role("alert")).to_be_visible()
    (tmp_path / "jira.csv").write_text(EXPORT, encoding="utf-8")
    await field.set_input_files(tmp_path / "jira.csv")
    await expect(page.get_by_role("region", name="What would be imported")).to_contain_text("To be made")
    assert [one for one in shop.hub.get("/api/tasks") if one["project_id"] == project] == []
    await page.get_by_role("button", name="Import 3 tasks").click()
    await expect(page.get_by_role("region", name="What was imported")).to_contain_text("Made")
    await page.get_by_role("link", name="To the board").click()
    await expect(page.get_by_role("article")).to_have_count(3)
    await expect(page.get_by_title("Jira: ABC-1", exact=True)).to_be_visible()


async def test_an_issue_becomes_a_task_that_names_it(page: Page, shop: Shop, open_page: OpenPage) -> None:
    number = shop.ask("POST", "/issues", title="It <i>breaks</i>", body="Often.")["number"]
    shop.project("ISSUE")
    await open_page("/projects/ISSUE")
    await page.get_by_role("textbox", name="Bring in once").fill(str(number))
    await page.get_by_role("button", name="Import the issue").click()
    await expect(page.get_by_text("Made ISSUE-1.")).to_be_visible()
    await page.get_by_role("button", name="Keep in step…").click()
    await page.get_by_role("textbox", name="Only with the label").fill("agents")
    await page.get_by_role("button", name="Keep in step", exact=True).click()
    await expect(page.get_by_text("Issues with the label agents and their tasks")).to_be_visible()
    await open_page("/tasks/ISSUE-1")
    await expect(page.get_by_role("link", name=f"GitHub: ada/shop#{number}")).to_have_attribute(
        "href", re.compile(f"/ada/shop/issues/{number}$")
    )


async def test_it_is_whole_for_people_with_keyboards_and_screen_readers(
    page: Page, shop: Shop, open_page: OpenPage, axe: Looks
) -> None:
    project = shop.project("AXES")
    task, key, _ = await shop.result(project, "Looked at closely")
    shop.hub.post(f"/api/tasks/{task}/create_pr", {})
    await open_page("/projects/AXES")
    await page.get_by_text("What happens by itself").wait_for()
    await axe()
    await open_page(f"/tasks/{key}")
    await page.get_by_role("article", name=PANEL).wait_for()
    await axe()


async def test_a_task_is_about_further_repositories_of_its_project(page: Page, shop: Shop, open_page: OpenPage) -> None:
    project = shop.project("TWO", connected=False)
    task = shop.hub.task(project, "Change both")
    await open_page("/projects/TWO")
    await page.get_by_role("button", name="Add a repository").click()
    await page.get_by_role("textbox", name="Where it is").fill(f"{shop.door.url}/ada/Docs.git")
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("docs")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("button", name="Remove docs")).to_be_visible()
    await open_page("/tasks/TWO-1")
    await page.get_by_role("button", name="Choose", exact=True).click()
    dialog = page.get_by_role("dialog", name="TWO-1 is about")
    await dialog.get_by_text("docs", exact=False).first.click()
    await dialog.get_by_role("button", name="Done").click()
    await page.reload()
    await expect(page.locator("[data-property=repositories]")).to_contain_text("docs")
    assert [one["name"] for one in shop.hub.get(f"/api/tasks/{task}/repositories")] == ["docs"]
