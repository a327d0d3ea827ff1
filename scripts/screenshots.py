"""Pictures of the web interface for the documentation: `make screenshots`. The demo, with its real agents, on a fuller board; Chromium looks.

Writes docs/board.png, run.png, review.png and inbox.png, and each once more in the dark. Above: the Makefile. Below: `clawlink demo`.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

import httpx2
from playwright.sync_api import Page, ViewportSize, sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
SIZE: ViewportSize = {"width": 1440, "height": 900}
MS_AT_MOST = 60_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]

CAREFUL = """Round to one decimal

Nobody needs 37.77777777777778 °C. Round both functions to one decimal, and keep the tests green.

SCRIPT:
think Both functions are in temperature.py. Rounding belongs there, not where the numbers are printed.
say I round in **both** functions:\\n\\n1. `to_fahrenheit` and `to_celsius` return one decimal\\n2. the tests stay as they are\\n\\nFirst I look at the file.
run cat temperature.py
edit temperature.py | return (fahrenheit - 32) * 5 / 9 | return round((fahrenheit - 32) * 5 / 9, 1)
run python3 -m unittest -v test_temperature
finish Both functions round to one decimal.
"""
LONG = """Measure how fast it is

SCRIPT:
say I measure a million conversions, five times.
run sleep 600
finish Measured.
"""
TIDY = """Tidy up

SCRIPT:
run rm -rf build dist
finish Tidied up.
"""
OF_THE_DEMO = {
    "Make the failing test pass": "bug",
    "Add a command line": "command line",
    "Document the functions": "docs",
}
TASKS = (
    ("Say which unit was given", "todo", "high", ("command line",)),
    ("Refuse temperatures below absolute zero", "todo", "critical", ("bug",)),
    ("Convert to Kelvin too", "todo", "medium", ("feature",)),
    ("Read many temperatures from a file", "todo", "low", ("feature", "command line")),
    ("Publish it as a package", "todo", "low", ()),
    ("Choose a licence", "done", "medium", ("docs",)),
    ("Run the tests on each push", "done", "high", ()),
)
COLOURS = {"bug": "red", "feature": "green", "command line": "blue", "docs": "purple"}
REMARK = "A name for the 32 would say what it is: `FREEZING_POINT`."


class Scene:
    """The demo's hub, with more on its board."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.Client(base_url=url, timeout=30)
        self.project = cast(int, self.get("/api/projects")[0]["id"])

    def get(self, path: str) -> list[dict[str, object]]:
        return cast(list[dict[str, object]], self.http.get(path).raise_for_status().json())

    def post(self, path: str, body: object) -> dict[str, object]:
        answer = self.http.post(path, json=body)
        if answer.is_error:
            raise SystemExit(f"{path}: {answer.text}")
        return cast(dict[str, object], answer.json())

    def fill(self) -> dict[str, str]:
        """Returns the addresses that are worth a picture."""
        for name, colour in COLOURS.items():
            self.post(f"/api/projects/{self.project}/labels", {"name": name, "colour": colour})
        ids = {}
        for title, status, priority, labels in TASKS:
            ids[title] = self.task(title, status=status, priority=priority)
            self.label(ids[title], *labels)
        for task in self.get("/api/tasks"):
            if label := OF_THE_DEMO.get(str(task["title"])):
                self.label(cast(int, task["id"]), label)
        blocked = {"link": "blocked_by", "other": ids["Convert to Kelvin too"]}
        self.post(f"/api/tasks/{ids['Publish it as a package']}/links", blocked)
        for words in ("Which one comes first on the line?", "The number, then the unit."):
            self.post(f"/api/tasks/{ids['Say which unit was given']}/comments", {"text": words})
        reviewed = self.get("/api/runs")[-1]
        remark = {"path": "temperature.py", "first": 5, "text": REMARK, "head": reviewed["head"]}
        self.post(f"/api/runs/{reviewed['id']}/remarks", remark)
        self.run("Measure how fast it is", LONG, {})
        self.run("Tidy up", TIDY, {"mode": "ask"})
        asking = self.run("Round to one decimal", CAREFUL, {"mode": "ask"})
        return {
            "board": "/board?project=DEMO",
            "run": f"/runs/{asking}",
            "review": f"/runs/{reviewed['id']}/review?file=temperature.py",
            "inbox": "/inbox",
        }

    def task(self, title: str, **more: object) -> int:
        return cast(int, self.post("/api/tasks", {"project_id": self.project, "title": title, **more})["id"])

    def label(self, task: int, *names: str) -> None:
        self.http.patch(f"/api/tasks/{task}/labels", json={"add": names, "remove": ()}).raise_for_status()

    def run(self, title: str, prompt: str, options: dict[str, object]) -> str:
        wanted = {"agent": "claude", "prompt": prompt, "task_id": self.task(title), "options": options}
        return str(self.post("/api/runs", wanted)["id"])


def bring_to_its_question(page: Page, run: str) -> None:
    """Whether it may look is answered; whether it may change the file is worth a picture."""
    page.goto(run)
    asked = "The agent asks: {}"
    page.get_by_role("region", name=asked.format("cat temperature.py")).get_by_role("button", name="Allow once").click()
    page.get_by_role("region", name=asked.format("Change temperature.py")).wait_for()
    page.goto("/inbox")
    page.get_by_role("region", name=asked.format("rm -rf build dist")).wait_for()


def take(page: Page, places: dict[str, str]) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        for name, path in places.items():
            page.goto(path)
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_load_state("networkidle")
            page.mouse.move(0, 0)
            to = DOCS / f"{name}{'' if theme == 'light' else '-dark'}.png"
            page.screenshot(path=to)
            sys.stdout.write(f"{to.relative_to(DOCS.parent)}\n")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("No Chromium is installed: apt-get install chromium")
    data = Path(tempfile.mkdtemp(prefix="clawlink-pictures-")) / "data"
    command = [sys.executable, "-m", "coderclawlink", "demo", "--keep", "--data", str(data)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as demo:
        try:
            # It says this when its own runs are done.
            ready = next(line for line in demo.stdout or () if "Ctrl-C ends" in line)
            [url] = re.findall(r"http://\S+", ready)
            places = Scene(url).fill()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                page = browser.new_page(base_url=url, viewport=SIZE)
                page.set_default_timeout(MS_AT_MOST)
                bring_to_its_question(page, places["run"])
                take(page, places)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
            shutil.rmtree(data.parent, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
