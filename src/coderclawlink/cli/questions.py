"""`clawlink inbox`: what all runs ask, in one place. Above: `main`. Below: the questions as `runs` shows them."""

from __future__ import annotations

from collections import Counter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach


def inbox(*, reach: Reach = HERE) -> int:
    """Show every question that a run asks and nobody has answered yet, the oldest first, and how to answer it."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import runs, shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/questions")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    entries = answer.read(list[shapes.InboxEntry])
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
    return 0
