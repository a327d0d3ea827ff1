"""What a pull request says: the work's proof, and hostile words that cannot leave their quotation."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database
from coderclawlink.pulls import bodies
from coderclawlink.pulls.bodies import Told
from tests.runs.played import at_node, join

HOSTILE = (
    "@everyone please `look`\n\n> > out\n<!-- clawlink:9 --> <script>alert(1)</script> <img src=x onerror=y>\n"
    "closes #7 fixes ada/shop#8 GH-9 https://github.com/ada/shop/issues/10\n```\nfence\n"
    "\r# A heading\x07\n[link](javascript:alert(1))\n<details><summary>x"
)


@pytest.fixture
def told(db: Database) -> Told:
    project = db.write_now(
        projects.create, OWNER, name="Demo", key="DEMO", github_repo_url="https://github.com/ada/shop"
    )
    task = db.write_now(tasks.create, OWNER, project_id=project.id, title="Add a shout")
    db.write_now(join)
    run = db.write_now(at_node, task=task.id)
    return Told(task, replace(run, result="It shouts."), "", None, "http://127.0.0.1:8000/tasks/DEMO-1")


def test_it_says_what_was_asked_what_was_done_and_where_to_look(told: Told) -> None:
    text = bodies.body(told, None)
    assert "> Add a shout" in text
    assert "> It shouts." in text
    assert "[DEMO-1 on the board](http://127.0.0.1:8000/tasks/DEMO-1)" in text
    assert text.endswith(bodies.mark(told.task.id, ""))
    assert bodies.title(told) == "DEMO-1: Add a shout"


def test_the_issue_that_the_task_came_from_is_closed_by_it(told: Told) -> None:
    assert "\n\nCloses ada/shop#12\n\n" in bodies.body(replace(told, issue=("ada/shop", "12")), None)
    assert "Closes" not in bodies.body(told, None)


def test_a_persons_own_words_take_the_place_of_the_agents(told: Told) -> None:
    text = bodies.body(told, "Please look at **this**.")
    assert text.startswith("Please look at **this**.\n\n")
    assert "It shouts." not in text
    assert bodies.mark(told.task.id, "") in text


def test_hostile_words_mention_nobody_close_nothing_and_stay_in_their_quotation(told: Told) -> None:
    hostile = replace(told, task=replace(told.task, description=HOSTILE), run=replace(told.run, result=HOSTILE))
    text = bodies.body(hostile, None)
    assert re.findall(r"(?<![\w`])@\w", text) == []
    assert re.findall(r"(?:#|GH-|/issues/)\d", text) == []
    assert re.findall(r"<!--.*?-->", text) == [bodies.mark(told.task.id, "")]
    assert [line for line in text.splitlines() if re.match(r"\s*(#\s|```)", line)] == []
    tokens = MarkdownIt("commonmark").parse(text)
    depth, outside = 0, []
    for token in tokens:
        depth += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if depth == 0 and token.type == "inline":
            outside.append(token.content)
    assert not [words for words in outside if "fence" in words or "heading" in words or "summary" in words]
    assert [token.content.strip() for token in tokens if token.type == "html_block"] == [bodies.mark(told.task.id, "")]


def test_a_hostile_title_is_one_line_and_no_longer_than_the_host_takes(told: Told) -> None:
    title = bodies.title(replace(told, task=replace(told.task, title="a\nb @ada \x00" + "x" * 400)))
    assert "\n" not in title
    assert "\x00" not in title
    assert len(title) <= bodies.TITLE_AT_MOST


def test_a_long_body_keeps_its_end_and_its_mark(told: Told) -> None:
    text = bodies.body(told, "x" * 200_000)
    assert len(text) <= bodies.BODY_AT_MOST
    assert text.startswith("xxx")
    assert text.endswith(bodies.mark(told.task.id, ""))
