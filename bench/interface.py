"""What people wait for in the web interface: a real browser before a real hub, with ten thousand tasks and a run of a hundred thousand events.

The rows are put in through the hub's own rooms before it serves; what its clock shows is the page's own (`performance.now`), from the moment
the address was asked for. Beside each value stands its limit, and the ratio to it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Literal, cast

from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright

from bench.rows import Found, Row, not_run, quantile
from coderclawlink.access.policy import OWNER
from coderclawlink.app import Hub as OpenHub
from coderclawlink.app import open_hub
from coderclawlink.board import projects, tasks
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Tx
from coderclawlink.events import AgentMessage, AgentTool, AttemptEnded, AttemptEvent, AttemptStarted
from coderclawlink.ids import NodeId, ProjectId, new_id
from coderclawlink.link.protocol import AgentOffer, Entry, Hello, Order
from coderclawlink.runs import ledger, nodes, orders, recording
from coderclawlink.settings import Settings
from tests.ui.hub import Hub

TASKS, EVENTS, LINES = 10_000, 100_000, 3_000
ROUNDS = 3
RATE, RATE_SECONDS = 1_800, 8.0
BATCH = 1_000
NODE = NodeId("played")
FLAGS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --enable-precise-memory-info"
MIB = 1024 * 1024
WATCH = """window.appeared = (text) => new Promise((done) => {
    const look = () => document.body?.innerText.includes(text) ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look)
    look()
})
window.frames = []
window.longest = 0
new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) window.longest = Math.max(window.longest, one.duration) })
    .observe({ type: 'event', durationThreshold: 16 })
window.record = () => {
    let before = performance.now(); let isOn = true
    const step = (now) => { window.frames.push(now - before); before = now; if (isOn) requestAnimationFrame(step) }
    requestAnimationFrame(step)
    return () => { isOn = false }
}"""
DROPPED = """([title, column]) => new Promise((done) => addEventListener('drop', () => {
    const from = performance.now()
    const look = () => document.querySelector(`[aria-label="${column}"]`)?.innerText.includes(title) ? done(performance.now() - from) : requestAnimationFrame(look)
    look()
}, { capture: true, once: true }))"""


def measure(quick: bool) -> Found:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    rows = (
        [not_run("the web interface", "no Chromium is installed")]
        if chromium is None
        else asyncio.run(_measure(chromium, *((300, 2_000, 1) if quick else (TASKS, EVENTS, ROUNDS))))
    )
    return Found(
        "The interface: what a person waits for, in Chromium at 1440 × 900",
        "the browser, the hub and its node share two cores; without a graphics card the browser draws by itself.",
        rows,
    )


async def _measure(chromium: str, many_tasks: int, many_events: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="clawlink-interface-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        run = await _fill(home, many_tasks, many_events)
        hub = Hub(home)
        try:
            await asyncio.to_thread(hub.start)
            project = hub.project("REV", "Review", hub.repository("review"))
            steps = "\n".join(f"run seq -f 'value_%.0f = {n}' 500 > file_{n}.py" for n in range(LINES // 500))
            reviewed = hub.script(steps, hub.task(project, "Three thousand lines"))
            await hub.until(reviewed, "completed")
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
                rows = [
                    await _visible(browser, hub, rounds, "home", "/", "Inbox", 1.2),
                    await _visible(
                        browser,
                        hub,
                        rounds,
                        f"board of {many_tasks:,} tasks",
                        "/board?project=BIG",
                        "Task 1 of the board",
                        1.8,
                    ),
                    await _visible(
                        browser, hub, rounds, f"run of {many_events:,} events", f"/runs/{run}", "I look at", 2.0
                    ),
                    await _visible(browser, hub, rounds, "the end of that run", f"/runs/{run}", "All is done.", 5.0),
                    await _visible(
                        browser,
                        hub,
                        rounds,
                        f"review of {LINES:,} lines",
                        f"/runs/{reviewed}/review",
                        "value_1 = 0",
                        2.5,
                    ),
                    *await _board(browser, hub),
                    *await _run(browser, hub, run, many_events),
                    await _stream(browser, hub, project),
                    await _two(browser, hub),
                ]
                await browser.close()
        finally:
            await asyncio.to_thread(hub.stop)
    return rows


def _row(what: str, value: float, limit: float, unit: str) -> Row:
    return Row(
        what,
        f"{value:,.2f} {unit}" if unit == "s" else f"{value:,.0f} {unit}",
        f"≤ {limit:g} {unit}",
        f"÷ limit {value / limit:.2f}",
    )


# ── what it looks at ───────────────────────────────────────────────────────────────────────────────────────────────


async def _fill(home: Path, many_tasks: int, many_events: int) -> str:
    """Returns the id of the long run."""
    async with open_hub(Settings(clawlink_home=home, lease_seconds=3600)) as hub:
        project = await hub.db.write(_project)
        for first in range(1, many_tasks + 1, BATCH):
            await hub.db.write(_tasks, project, first, min(BATCH, many_tasks - first + 1))
        offer = AgentOffer(name="claude", description="Played.", available=True)
        await hub.db.write(nodes.join, Hello(node=NODE, boot=new_id(), slots=4, agents=(offer,), sandbox="none"))
        run = (await hub.runtime.submit(OWNER, agent="claude", prompt="Do it")).id
        entries = list(_entries(await _order(hub, run), many_events))
        for first in range(0, len(entries), BATCH):
            await hub.db.write(recording.record, NODE, entries[first : first + BATCH])
        async with asyncio.timeout(240):  # a run's end is read among all its events
            with hub.db.bell.listen("run.completed") as ear:
                while (await hub.db.read(ledger.find, run)).state != "completed":
                    await ear.wait(0.2)
        await hub.db.write(nodes.leave, NODE, "It was played.")
        return run


def _project(tx: Tx) -> ProjectId:
    return projects.create(tx, OWNER, name="Big", key="BIG").id


def _tasks(tx: Tx, project: ProjectId, first: int, count: int) -> None:
    statuses = (TaskStatus.TODO, TaskStatus.IN_PROGRESS, TaskStatus.IN_REVIEW, TaskStatus.DONE)
    for n in range(first, first + count):
        tasks.create(tx, OWNER, project_id=project, title=f"Task {n} of the board", status=statuses[(n - 1) % 4])


async def _order(hub: OpenHub, run: str) -> Order:
    async with asyncio.timeout(30):
        with hub.db.bell.listen(f"node:{NODE}") as ear:
            while True:
                for order in await hub.db.read(orders.waiting_orders, NODE):
                    if order.run == run:
                        return order
                await ear.wait(1)


def _entries(order: Order, many: int) -> Iterator[Entry]:
    def all_events() -> Iterator[AttemptEvent]:
        yield AttemptStarted(agent_version="played 1", sandbox="none", model="none")
        for n in range(many // 4):
            yield AgentMessage(text=f"Step {n}: I look at `file_{n}.py` and change **one** thing in it.")
            for status in ("running", "completed"):
                yield AgentTool(id=f"t{n}", title=f"Edit file_{n}.py", tool="edit", status=status, input=f"file_{n}.py")
            yield AgentTool(id=f"r{n}", title="pytest -q", tool="execute", status="completed", output="12 passed\n")
        yield AgentMessage(text="All is done.")
        yield AttemptEnded(outcome="completed", result="All is done.")

    at = rfc3339(time.time())
    for n, event in enumerate(all_events(), 1):
        yield Entry(run=order.run, attempt=order.attempt, n=n, at=at, event=event.model_dump())


# ── what it measures ───────────────────────────────────────────────────────────────────────────────────────────────


async def _page(browser: Browser, hub: Hub) -> Page:
    context = await browser.new_context(base_url=hub.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.add_init_script(WATCH)
    return page


async def _visible(browser: Browser, hub: Hub, rounds: int, what: str, path: str, text: str, limit: float) -> Row:
    """From a browser without any cache."""
    seconds = []
    for _ in range(rounds):
        page = await _page(browser, hub)
        await page.goto(path, wait_until="commit")
        await page.get_by_text(text).filter(visible=True).first.wait_for()
        seconds.append(cast(float, await page.evaluate("performance.now()")) / 1000)
        await page.context.close()
    return _row(f"visible: {what}", median(seconds), limit, "s")


async def _board(browser: Browser, hub: Hub) -> list[Row]:
    page = await _page(browser, hub)
    await page.goto("/board?project=BIG")
    await page.wait_for_selector("html[data-ready]", state="attached")
    card = page.get_by_role("article").first
    title = await card.get_by_role("link").inner_text()
    start, end = await card.bounding_box(), await page.get_by_role("region", name="Done", exact=True).bounding_box()
    if start is None or end is None:
        return [not_run("dragging", "the board shows no card")]
    await page.evaluate("() => { window.stop = window.record() }")
    async with asyncio.TaskGroup() as group:
        dropped = group.create_task(page.evaluate(DROPPED, [title, "Done"]))
        await page.mouse.move(start["x"] + 40, start["y"] + 60)
        await page.mouse.down()
        for step in range(1, 61):
            across = start["x"] + (end["x"] + 80 - start["x"]) * step / 60
            await page.mouse.move(across, start["y"] + 60 + (step % 7) * 20)
        frames = cast(list[float], await page.evaluate("() => { window.stop(); return window.frames }"))
        await page.mouse.up()
        async with asyncio.timeout(30):
            drop = cast(float, await dropped)
    await page.evaluate("window.longest = 0")
    await page.get_by_role("searchbox", name="Filter by words").click()
    for letter in "task 99":
        await page.keyboard.press(letter if letter != " " else "Space")
    await page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    longest = cast(float, await page.evaluate("window.longest"))
    await page.context.close()
    return [
        _row("board: a frame while dragging, p95", quantile(frames, 0.95), 33, "ms"),
        _row("board: a dropped card stands there", drop, 50, "ms"),
        _row("board: a letter in the filter, the slowest", longest, 200, "ms"),
    ]


async def _run(browser: Browser, hub: Hub, run: str, many: int) -> list[Row]:
    page = await _page(browser, hub)
    await page.goto(f"/runs/{run}")
    await page.wait_for_selector("html[data-ready]", state="attached")
    told = page.get_by_role("region", name="Timeline")
    await told.get_by_text("All is done.").last.wait_for()
    for _ in range(20):  # reads back a good way, as a person does
        await told.evaluate("box => { box.scrollTop -= 4000 }")
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("HeapProfiler.collectGarbage")
    heap = cast(float, (await devtools.send("Runtime.getHeapUsage"))["usedSize"])
    elements = cast(float, await page.evaluate("document.querySelectorAll('*').length"))
    await page.context.close()
    return [
        _row(f"run of {many:,} events: heap", heap / MIB, 80, "MB"),
        _row(f"run of {many:,} events: elements", elements, 1500, "in the page"),
    ]


async def _stream(browser: Browser, hub: Hub, project: int) -> Row:
    """A run's page at its end while its agent works fast: told by a socket of ours in the place of the hub's."""
    run = hub.script("hang", hub.task(project, "At work"))
    await hub.until(run, "running")
    page = await _page(browser, hub)
    seq = 1_000_000_000
    opened: list[WebSocketRoute] = []

    def answer(socket: WebSocketRoute) -> None:
        opened.append(socket)
        place = {"subscribed": {"runs": [run], "tasks": [], "projects": []}, "head": seq}
        socket.on_message(lambda _: socket.send(json.dumps(place)))

    await page.route_web_socket("**/api/live", answer)
    await page.goto(f"/runs/{run}")
    await page.wait_for_selector("html[data-ready]", state="attached")
    told = {"at": rfc3339(time.time()), "project_id": project, "task_id": None, "run_id": run, "attempt": 1}
    await page.evaluate("() => { window.frames = []; window.stop = window.record() }")
    began, sent = time.monotonic(), 0
    while (seconds := time.monotonic() - began) < RATE_SECONDS:
        due = int(seconds * RATE) - sent
        lines = [{"seq": seq + n, **told, **_line(n)} for n in range(sent + 1, sent + due + 1)]
        opened[-1].send(json.dumps({"events": lines}))
        sent += due
        await page.evaluate("() => new Promise((done) => setTimeout(done, 30))")
    frames = cast(list[float], await page.evaluate("() => { window.stop(); return window.frames }"))
    await page.context.close()
    hub.post(f"/api/runs/{run}/cancel", {})
    return _row(f"run: a frame at {sent / RATE_SECONDS:,.0f} events a second, p95", quantile(frames, 0.95), 60, "ms")


def _line(n: int) -> dict[str, object]:
    """Of four events one is a message, and three are of two tool calls."""
    if n % 4 == 0:
        return AgentMessage(text=f"Step {n}: I look at `file_{n}.py` and change **one** thing in it.").model_dump()
    if n % 4 == 3:
        ran = AgentTool(id=f"r{n}", title="pytest -q", tool="execute", status="completed", output="12 passed\n")
        return ran.model_dump()
    status: Literal["running", "completed"] = "running" if n % 4 == 1 else "completed"
    return AgentTool(id=f"t{n // 4}", title=f"Edit file_{n}.py", tool="edit", status=status, input="").model_dump()


async def _two(browser: Browser, hub: Hub) -> Row:
    """From the hub's answer to the one until it stands on the other's board."""
    one, other = await _page(browser, hub), await _page(browser, hub)
    for page in (one, other):
        await page.goto("/board?project=REV")
        await page.wait_for_selector("html[data-ready]", state="attached")
    project = next(each["id"] for each in hub.get("/api/projects") if each["key"] == "REV")
    create = """async ([project_id, title]) => {
        const answer = await fetch('/api/tasks', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ project_id, title }) })
        await answer.text()
        return performance.timeOrigin + performance.now()
    }"""
    seen = "async (text) => performance.timeOrigin + await window.appeared(text)"
    delays = []
    for n in range(5):  # as many as one sees without scrolling
        title = f"Seen by both {n}."
        async with asyncio.TaskGroup() as group:
            sight = group.create_task(other.evaluate(seen, title))
            answered = cast(float, await one.evaluate(create, [project, title]))
            delays.append(max(0.0, cast(float, await sight) - answered))
    for page in (one, other):
        await page.context.close()
    return _row("two browsers: the other sees it, the slowest of five", max(delays), 1000, "ms")
