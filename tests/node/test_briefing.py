"""What an agent is told before it is asked: its task as a colleague would tell it, and no word twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coderclawlink.link.protocol import Attached, Order
from coderclawlink.node.briefing import attached, brief
from coderclawlink.node.prompts import Prompt, opening

TASK = {
    "key": "DEMO-1",
    "title": "Mend the login",
    "description": "It fails with 500.",
    "labels": ["bug", "ui"],
    "comments": [{"author": "ann", "at": "2026-11-24T10:00Z", "text": "Only on Mondays."}],
    "comments_left_out": 3,
}
CONTEXT = {"project": {"key": "DEMO", "name": "Demo", "github_repo": None}, "task": TASK}


def order(context: Any = CONTEXT, *files: Attached) -> Order:
    return Order(run="r", attempt=1, agent="a", prompt="", context=context, timeout_seconds=1, attachments=files)


def test_all_that_is_known_is_said_in_the_order_in_which_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("boom")
    files = (Attached(name="log.txt", sha256="0" * 64, size=2048), Attached(name="gone", sha256="0" * 64, size=1))
    assert brief(order(CONTEXT, *files), "Begin", tmp_path) == (
        "You work on task DEMO-1: Mend the login\n"
        "Project: Demo (DEMO)\n"
        "Labels: bug, ui\n\n"
        "It fails with 500.\n\n"
        "Comments on the task, oldest first (3 older ones are left out):\n\n"
        "ann, 2026-11-24T10:00Z:\nOnly on Mondays.\n\n"
        f"Attachments of the task, to be read only, in {tmp_path}: log.txt (2 KiB)"
    )


def test_what_the_prompt_says_itself_is_not_said_before_it(tmp_path: Path) -> None:
    told = brief(
        order({"task": {**TASK, "comments": [], "labels": []}}), "Mend the login\n\nIt fails with 500.", tmp_path
    )
    assert told == "You work on task DEMO-1"


def test_linked_tasks_are_named_with_how_they_stand(tmp_path: Path) -> None:
    link = {"kind": "blocked_by", "key": "DEMO-2", "title": "Set it up", "status": "in_progress"}
    told = brief(order({"task": {"key": "DEMO-1", "links": [link]}}), "Begin", tmp_path)
    assert told == "You work on task DEMO-1\nBlocked by: DEMO-2 Set it up (in progress)"


@pytest.mark.parametrize(
    "context", [{}, {"task": "DEMO-1"}, {"task": {"title": "no key"}}, {"task": None}, {"note": 1}]
)
def test_a_context_of_another_shape_is_not_put_into_words(tmp_path: Path, context: object) -> None:
    assert brief(order(context), "Begin", tmp_path) == ""


def test_it_stands_before_what_was_said_and_what_is_asked_now(tmp_path: Path) -> None:
    def first(transcript: str, *said: str, briefing: str, resumed: bool = False) -> str:
        begun = order().model_copy(update={"transcript": transcript})
        return opening(
            begun, Prompt(0, "Begin"), said, briefing=briefing, resumed=resumed, work=tmp_path, before=tmp_path
        )

    assert first("", briefing="") == "Begin"
    assert first("", briefing="Task.") == "Task.\n\nNow:\n\nBegin"
    assert first("Long ago", "Just now", briefing="Task.") == (
        "Task.\n\nWhat was said and done before:\n\nLong ago\n\nJust now\n\nNow:\n\nBegin"
    )
    assert first("", briefing="Files.", resumed=True) == "Files.\n\nBegin"


def test_a_folder_without_files_is_not_named(tmp_path: Path) -> None:
    assert attached((Attached(name="gone", sha256="0" * 64, size=1),), tmp_path) == ""
