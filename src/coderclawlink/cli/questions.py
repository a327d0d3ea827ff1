"""`clawlink inbox`: what all runs ask and wait for, in one place. Above: `main`. Below: the questions as `runs` shows them."""

from __future__ import annotations

from collections import Counter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach


def inbox(*, reach: Reach = HERE) -> int:
    """Show every question that a run asks and nobody has answered yet, the oldest first, and how to answer it; then the runs that
    wait for a review or for money, what failed in the last week, and the pull requests that need a person. With --json: the questions."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import runs, shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        if reach.json:
            screen.as_json(hub.get("/api/questions").text)
            return 0
        found = hub.get("/api/inbox").read(shapes.Inbox)
    entries = found.questions
    if not entries:
        screen.say("Nobody asks anything.")
    asking = Counter(entry.run_id for entry in entries)
    for number, entry in enumerate(entries):
        if number:
            screen.say()
        task = f"{line(entry.task_key)}  " if entry.task_key else ""
        since = screen.when(entry.asked_at)
        screen.say(
            screen.paint(f"run {entry.run_number}  {line(entry.agent)}  {task}{line(entry.run_title)}  {since}", "bold")
        )
        runs.show_question(entry.run_number, entry, alone=asking[entry.run_id] == 1)
    for title, some in (
        ("Waiting for a review:  clawlink review show RUN", found.reviews),
        ("Budget or quota used up:  clawlink run resume RUN", found.money),
        ("Failed in the last week", found.failed),
    ):
        if some:
            screen.say("\n" + screen.paint(title, "bold"))
        for run in some:
            screen.say(f"  run {run.number}  {line(run.agent)}  {line(run.title)}  {screen.when(run.created_at)}")
    if found.pulls:
        screen.say("\n" + screen.paint("Pull requests that need a person:  clawlink pr show TASK", "bold"))
    for pull in found.pulls:
        which = "" if pull.number is None else f"  #{pull.number}"
        screen.say(f"  {line(pull.task_key)}{which}  {line(pull.task_title)}  {line(pull.why)}")
    return 0
