"""The page in a real browser, on the real hub: what a person does there and sees."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import httpx2
import pytest
from playwright.async_api import Page, expect

from coderclawlink.events import (
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTool,
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    FileChange,
    PlanEntry,
    WorkCommitted,
)
from coderclawlink.ids import new_id
from tests.page.house import House, Node

pytestmark = pytest.mark.anyio

DIFF = """diff --git a/README.md b/README.md
index 1111111..2222222 100644
--- a/README.md
+++ b/README.md
@@ -1,2 +1,3 @@
 # Demo
--- not a header
+Hello <b>world</b>
+++ still a line
"""


async def made_task(client: httpx2.AsyncClient, title: str = "Say hello") -> int:
    """A task in a new project."""
    key = "P" + new_id().replace("-", "")[-8:]
    project = await client.post("/api/projects", json={"name": "Demo", "key": key})
    task = await client.post("/api/tasks", json={"project_id": project.json()["id"], "title": title})
    assert task.status_code == 201, task.text
    return int(task.json()["id"])


async def made_run(client: httpx2.AsyncClient, task: int) -> str:
    run = await client.post("/api/runs", json={"agent": "claude", "prompt": "Do it", "task_id": task})
    assert run.status_code == 201, run.text
    return str(run.json()["id"])


async def open_page(page: Page, path: str) -> None:
    await page.goto(path)
    await page.wait_for_selector("html[data-ready]")


async def test_from_a_new_project_to_the_diff_of_a_run(page: Page, node: Node) -> None:
    await open_page(page, "/#/projects/new")
    await page.get_by_label("Name").fill("Demo shop")
    await page.get_by_label("Key").fill("shop")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("There is no task here yet.")).to_be_visible()

    await page.get_by_role("button", name="New task").first.click()
    await page.get_by_label("Title", exact=True).fill("Greet the customer")
    await page.get_by_label("Description").fill("In the README.")
    await page.get_by_role("button", name="Create task").click()
    await page.get_by_role("region", name="To Do, 1").get_by_role("link", name="Greet the customer").click()

    panel = page.get_by_role("region", name="Task", exact=True)
    await expect(panel.get_by_label("Prompt")).to_have_value("Greet the customer\n\nIn the README.")
    goose = panel.get_by_label("Agent").locator("option[value=goose]")
    await expect(goose).to_have_attribute("disabled", "")
    await expect(goose).to_contain_text("goose is not installed")
    await panel.get_by_role("button", name="Start run").click()
    await expect(page.get_by_role("region", name="In Progress, 1")).to_be_visible()
    await panel.get_by_role("link", name="Open").click()
    await page.wait_for_url(re.compile("#/run/"))
    run = page.url.rsplit("/", 1)[1]

    order = await node.start(run)
    standing = page.locator(".standing")
    await expect(standing).to_contain_text("Running")
    await node.say(order, "I will ")
    await node.say(order, "greet")
    await expect(page.locator(".saying")).to_have_text("I will greet")
    await node.tell(order, AgentThought(text="How?"), AgentMessage(text="I will greet them."))
    await expect(page.locator(".saying")).to_have_count(0)
    await expect(page.locator("li.message")).to_have_text("I will greet them.")

    edit = AgentTool(id="t1", title="Edit README.md", tool="edit", status="running", input="README.md")
    await node.tell(order, edit)
    await expect(page.locator("li.tool")).to_contain_text("Running")
    change = FileChange(path="README.md", old="# Demo\n", new="# Demo\nHello\n")
    plan = AgentPlan(entries=(PlanEntry(text="Greet", status="in_progress"), PlanEntry(text="Check")))
    usage = AgentUsage(model="opus", calls=1, input_tokens=1200, output_tokens=34, cost_usd=0.0123)
    await node.tell(
        order, edit.model_copy(update={"status": "completed", "output": "ok", "changes": (change,)}), plan, usage
    )
    await expect(page.locator("li.tool")).to_have_count(1)
    await expect(page.locator("li.tool")).to_contain_text("Completed")
    await page.locator("li.tool summary").click()
    await expect(page.locator("li.tool .plus")).to_have_text("+Hello")
    await expect(page.locator("li.plan")).to_contain_text("In Progress Greet")
    await expect(page.locator(".facts")).to_contain_text("1,200 tokens in, 34 out, $0.0123")

    await node.ask(order, "Run a command?", "rm -r build \x1b[8m&& echo hidden\x1b[0m")
    question = standing.get_by_role("region", name="The agent asks")
    await expect(question.locator("pre")).to_have_text("rm -r build ␛[8m&& echo hidden␛[0m")
    await expect(page.get_by_role("link", name="Runs")).to_contain_text("1")
    assert await page.evaluate("document.activeElement.tagName") != "BUTTON"
    await question.get_by_role("button", name="Allow once").click()
    await expect(question).to_have_count(0)
    await expect(page.locator("li.question")).to_contain_text("Answered “Allow once” by owner.")
    await expect(standing).to_contain_text("Running")

    work = WorkCommitted(
        head="a" * 40, base="b" * 40, branch="task/shop-1", files=1, additions=2, deletions=1, delivered=True
    )
    await node.tell(order, work, ArtifactKept(name="diff", size=len(DIFF), text=DIFF))
    await node.tell(order, AttemptEnded(outcome="completed", result="Greeted."))
    await expect(standing).to_contain_text("Completed")
    await expect(standing.get_by_role("button", name="Stop")).to_have_count(0)
    await expect(page.locator("li.message").last).to_have_text("Greeted.")

    await page.get_by_role("tab", name="Diff").click()
    await expect(page.locator(".files summary")).to_have_text("README.md+2 −1")
    assert [text.strip() for text in await page.locator(".diff .plus").all_inner_texts()] == [
        "+Hello <b>world</b>",
        "+++ still a line",
    ]
    await page.get_by_role("tab", name="Log").click()
    await expect(page.get_by_text("The run has kept no log.")).to_be_visible()
    await page.get_by_role("link", name="Board").click()
    await expect(page.get_by_role("region", name="In Review, 1")).to_contain_text("Completed")


async def test_cards_are_moved_by_menu_and_by_mouse_and_tell_when_blocked(
    page: Page, client: httpx2.AsyncClient
) -> None:
    task = await made_task(client)
    project = (await client.get(f"/api/tasks/{task}")).json()["project_id"]
    await open_page(page, f"/#/board/{project}")
    await page.locator(".card select").select_option("done")
    await expect(page.get_by_role("region", name="Done, 1")).to_be_visible()
    await page.locator(".card").drag_to(page.get_by_role("region", name="In Review"))
    await expect(page.get_by_role("region", name="In Review, 1")).to_be_visible()
    assert (await client.get(f"/api/tasks/{task}")).json()["status"] == "in_review"
    await client.patch(f"/api/tasks/{task}", json={"status": "blocked", "title": "Told by another"})
    todo = page.get_by_role("region", name="To Do, 1")
    await expect(todo).to_contain_text("Told by another")
    await expect(todo.locator(".card > .row .mark.bad")).to_have_text("Blocked")
    await page.get_by_label("Project").select_option("")
    await page.wait_for_url(re.compile("#/board/$"))


async def test_a_refused_wish_is_told_in_the_dialog_and_a_deletion_asks_before(
    page: Page, client: httpx2.AsyncClient
) -> None:
    task = await made_task(client)
    key = (await client.get(f"/api/tasks/{task}")).json()["key"].split("-")[0]
    await open_page(page, "/#/projects")
    await page.get_by_role("button", name="New project").click()
    await page.get_by_label("Name").fill("Again")
    await page.get_by_label("Key").fill(key)
    await page.get_by_role("button", name="Create project").click()
    await expect(page.get_by_role("alert")).to_have_text(f"A project with the key {key} already exists.")
    await expect(page.get_by_label("Name")).to_have_value("Again")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.get_by_role("button", name=f"Delete {key}").click()
    await expect(page.get_by_role("dialog")).to_contain_text("1 task and")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await page.get_by_role("button", name="Delete project").click()
    await expect(page.get_by_role("button", name=f"Delete {key}")).to_have_count(0)
    await page.goto(f"/#/task/{task}")
    await expect(page.get_by_text("This task is not there, or not any more.")).to_be_visible()


async def test_hostile_text_is_shown_and_never_obeyed(page: Page, client: httpx2.AsyncClient, node: Node) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\u202ereversed"
    key = "X" + new_id().replace("-", "")[-8:]
    made = await client.post("/api/projects", json={"name": evil, "key": key, "description": "javascript:alert(1)"})
    task = (await client.post("/api/tasks", json={"project_id": made.json()["id"], "title": evil})).json()["id"]
    run = await made_run(client, task)
    order = await node.start(run)
    hostile_diff = f"diff --git a/{evil} b/{evil}\n@@ -1 +1 @@\n+{evil}\n"
    await node.tell(
        order,
        AgentMessage(text=f"\x1b[31m{evil}\x1b[0m"),
        AgentTool(id=evil, title=evil, tool=evil, input=evil, output=evil, changes=(FileChange(path=evil, new=evil),)),
        ArtifactKept(name="diff", size=1, text=hostile_diff),
        ArtifactKept(name="log", size=1, text=evil),
    )
    await node.ask(order, evil, evil)
    await node.say(order, evil)
    for path in (f"/#/run/{run}", f"/#/task/{task}", "/#/projects", "/#/runs", f"/#/board/{made.json()['id']}"):
        await open_page(page, path)
        await expect(page.get_by_text("<img src=x").filter(visible=True).first).to_be_visible()
    await open_page(page, f"/#/run/{run}")
    await expect(page.locator("li.message .words")).to_contain_text("‹U+202E›reversed")
    await expect(page.locator("li.message .words")).not_to_contain_text("[31m")
    for tab in ("Diff", "Log"):
        await page.get_by_role("tab", name=tab).click()
        await expect(page.locator("pre").last).to_contain_text("<img src=x")
    assert await page.locator("img, script[src='x'], iframe").count() == 0
    assert "owned" not in await page.title()
    assert await page.evaluate("document.querySelectorAll('script').length") == 1


async def test_a_run_is_stopped_and_says_so(page: Page, client: httpx2.AsyncClient, node: Node) -> None:
    run = await made_run(client, await made_task(client))
    await node.start(run)
    await open_page(page, f"/#/run/{run}")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator(".standing")).to_contain_text("Cancelled")
    await expect(page.locator("li.note", has_text="Cancelled by owner")).to_be_visible()


async def test_a_run_that_does_not_move_says_why(page: Page, client: httpx2.AsyncClient, node: Node) -> None:
    await open_page(page, f"/#/run/{await made_run(client, await made_task(client))}")
    run = page.url.rsplit("/", 1)[1]
    await node.ask(await node.start(run), "May I?", "")
    await expect(page.locator(".standing")).to_contain_text("Needs you")
    await expect(page.locator(".standing")).to_contain_text("It asks for approval; who may answer: anyone who may")


async def test_what_is_not_there_is_told_with_a_way_on(page: Page) -> None:
    await open_page(page, f"/#/run/{new_id()}")
    await expect(page.get_by_role("alert")).to_contain_text("Run not found")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()


async def test_after_a_restart_of_the_hub_the_page_goes_on_where_it_was(
    page: Page, client: httpx2.AsyncClient, node: Node, house: House
) -> None:
    run = await made_run(client, await made_task(client))
    order = await node.start(run)
    await node.tell(order, AgentMessage(text="Before."))
    await open_page(page, f"/#/run/{run}")
    await expect(page.locator("li.message")).to_have_text(["Before."])
    house.stop()
    await expect(page.get_by_text("Offline: the hub does not answer.")).to_be_visible()
    house.start()
    await node.tell(order, AgentMessage(text="While the page was away."))
    await page.get_by_role("button", name="Try now").click()
    await expect(page.get_by_text("Offline: the hub does not answer.")).to_have_count(0)
    await node.tell(order, AgentMessage(text="After."))
    everything = ["Before.", "While the page was away.", "After."]
    await expect(page.locator("li.message")).to_have_text(everything)
    await page.reload()
    await expect(page.locator("li.message")).to_have_text(everything)


async def test_a_page_that_is_opened_while_the_hub_starts_comes_by_itself(page: Page, house: House) -> None:
    await open_page(page, "/")
    house.stop()
    await page.evaluate("document.documentElement.removeAttribute('data-ready')")
    await expect(page.get_by_text("Offline: the hub does not answer.")).to_be_visible()
    house.start()
    await expect(page.get_by_text("Offline: the hub does not answer.")).to_have_count(0, timeout=20_000)


async def test_a_run_of_five_thousand_events_stays_usable(page: Page, client: httpx2.AsyncClient, node: Node) -> None:
    run = await made_run(client, await made_task(client))
    order = await node.start(run)
    for first in range(0, 5000, 500):
        await node.tell(order, *(AgentMessage(text=f"Step {n}") for n in range(first, first + 500)))
    await open_page(page, f"/#/run/{run}")
    await expect(page.get_by_text("Step 4999", exact=True)).to_be_in_viewport()
    assert await page.locator(".timeline > ol > li").count() == 500
    slowest = await page.evaluate(
        """() => new Promise((done) => {
            const frames = []; let before = performance.now();
            const step = (now) => { frames.push(now - before); before = now; frames.length < 60 ? requestAnimationFrame(step) : done(Math.max(...frames)); };
            requestAnimationFrame(step); })"""
    )
    assert slowest < 500, f"a frame took {slowest:.0f} ms"
    await page.get_by_role("button", name=re.compile("Show earlier")).click()
    await expect(page.locator(".timeline > ol > li")).to_have_count(1000)
    await node.tell(order, AgentMessage(text="One more"))
    await expect(page.get_by_text("One more", exact=True)).to_be_attached()


async def test_who_scrolls_away_from_the_end_is_left_there(page: Page, client: httpx2.AsyncClient, node: Node) -> None:
    run = await made_run(client, await made_task(client))
    order = await node.start(run)
    await node.tell(order, *(AgentMessage(text=f"Step {n}") for n in range(100)))
    await open_page(page, f"/#/run/{run}")
    await expect(page.get_by_text("Step 99", exact=True)).to_be_in_viewport()
    await page.locator(".view").hover()
    await page.mouse.wheel(0, -3000)
    await expect(page.get_by_text("Step 5", exact=True)).to_be_in_viewport()
    await node.tell(order, AgentMessage(text="Step 100"))
    await expect(page.get_by_text("Step 100", exact=True)).to_be_attached()
    await expect(page.get_by_text("Step 5", exact=True)).to_be_in_viewport()


async def test_what_is_being_typed_survives_the_events_that_come_in(
    page: Page, client: httpx2.AsyncClient, node: Node
) -> None:
    task = await made_task(client)
    await open_page(page, f"/#/task/{task}")
    prompt = page.get_by_label("Prompt")
    await prompt.fill("My own words")
    await client.patch(f"/api/tasks/{task}", json={"priority": "critical"})
    await expect(page.locator(".panel .facts")).to_contain_text("Critical")
    await expect(prompt).to_have_value("My own words")
    await expect(prompt).to_be_focused()


async def lively_scene(client: httpx2.AsyncClient, node: Node) -> dict[str, str]:
    """A board with something in each state; returns the addresses that are worth a look, by name."""
    project = {"name": "Demo shop", "key": "D" + new_id().replace("-", "")[-6:], "github_repo_url": "/srv/git/shop.git"}
    shop = (await client.post("/api/projects", json=project)).json()
    wanted = [
        ("Greet the customer by name", "high", "todo", "Ask for the name first."),
        ("Prices with more than two decimals are rounded wrongly in the basket", "critical", "todo", None),
        ("a" * 120, "low", "blocked", None),
        ("Send the receipt by mail", "medium", "todo", None),
        ("Describe the interface in the README", "low", "in_review", None),
        ("Remove the old stylesheet", "medium", "done", None),
    ]
    tasks = []
    for title, priority, status, description in wanted:
        body = {
            "project_id": shop["id"],
            "title": title,
            "priority": priority,
            "status": status,
            "description": description,
        }
        tasks.append((await client.post("/api/tasks", json=body)).json()["id"])
    asking, failed = await made_run(client, tasks[0]), await made_run(client, tasks[1])
    order = await node.start(failed)
    await node.tell(order, AttemptEnded(outcome="failed", error="The model's key was refused: 401 invalid x-api-key"))
    order = await node.start(asking)
    change = FileChange(
        path="src/greet.py",
        old='def greet():\n    """Say hello."""\n    print("Hello")\n',
        new='def greet(name):\n    """Say hello."""\n    print(f"Hello {name}")\n',
    )
    await node.tell(
        order,
        AgentThought(text="The greeting is printed in greet.py. I should look at who calls it before I change it."),
        AgentMessage(text="I will make `greet` take a name and change its two callers."),
        AgentPlan(
            entries=(
                PlanEntry(text="Find the callers of greet", status="completed"),
                PlanEntry(text="Change them", status="in_progress"),
                PlanEntry(text="Run the tests"),
            )
        ),
        AgentTool(id="1", title="Search for greet(", tool="search", status="completed", output="src/greet.py:1\n"),
        AgentTool(id="2", title="Edit src/greet.py", tool="edit", status="completed", changes=(change,)),
        AgentTool(id="3", title="pytest -q", tool="execute", status="failed", input="pytest -q", output="1 failed\n"),
        AgentUsage(model="opus", calls=3, input_tokens=18_250, output_tokens=912, cost_usd=0.0412),
        WorkCommitted(head="4f9c1b2a7d" * 4, base="b" * 40, branch="task/demo-1", files=3, additions=41, deletions=7),
        ArtifactKept(name="diff", size=len(DIFF), text=DIFF),
    )
    await node.ask(order, "Run this command?", "rm -r build/ && python -m build --wheel --outdir dist/")
    await node.say(order, "While you decide I read on: the receipt is made in ")
    return {
        "board": f"/#/board/{shop['id']}",
        "task": f"/#/task/{tasks[0]}",
        "run": f"/#/run/{asking}",
        "failed": f"/#/run/{failed}",
        "projects": "/#/projects",
        "runs": "/#/runs",
        "agents": "/#/agents",
        "nodes": "/#/nodes",
    }


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_its_window(
    page: Page, client: httpx2.AsyncClient, node: Node, scheme: Literal["light", "dark"], width: int, tmp_path: Path
) -> None:
    """Pictures of them are put into the folder that CLAWLINK_SHOTS names, to be looked at."""
    shots = Path(os.environ.get("CLAWLINK_SHOTS") or tmp_path)
    addresses = await lively_scene(client, node)
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 900 if width > 400 else 844})
    for name, address in addresses.items():
        await page.goto("about:blank")
        await open_page(page, address)
        await expect(page.locator(".loading")).to_have_count(0)
        if name == "run":
            await page.locator("li.tool summary").nth(1).click()
        await page.screenshot(path=shots / f"{name}-{width}-{scheme}.png")
        wide = await page.evaluate(
            """() => [...document.querySelectorAll('html, main, .view, .page, .columns, .column, .card, .run, .standing, nav')]
            .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
            .map((one) => `${one.tagName}.${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)"""
        )
        assert wide == [], f"{name} at {width}"


async def test_what_is_deleted_meanwhile_is_told_where_it_is_looked_at(
    page: Page, client: httpx2.AsyncClient, node: Node
) -> None:
    task = await made_task(client)
    run = await made_run(client, task)
    await node.start(run)
    await open_page(page, f"/#/run/{run}")
    await expect(page.locator(".standing")).to_contain_text("Running")
    assert (await client.delete(f"/api/tasks/{task}")).status_code == 204
    await expect(page.get_by_role("alert")).to_contain_text("This run is not there any more.")
