"""Several runs of one task side by side: what is shown of each, what becomes of the card, what keeping one does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import comparisons, projects, tasks
from coderclawlink.board.comparisons import CannotKeep, Comparison, ComparisonNotFound, Side
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import (
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    AttemptStarted,
    CheckEnded,
    ChecksDemanded,
    WorkCommitted,
)
from coderclawlink.ids import RunId, new_id
from coderclawlink.runs import artifacts, attempts, checks, ledger, orders, recording
from coderclawlink.runs.ledger import Run, RunNotFound, Wish
from coderclawlink.runs.run import State
from tests.runs.played import NODE, give, kinds, said

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)
EVE = Actor(Role.VIEWER, "eve", "e" * 64)
HEAD = "a" * 40


@dataclass(frozen=True)
class Played:
    """A task with a comparison of three runs: all are at work."""

    task: Task
    id: str
    runs: tuple[Run, Run, Run]


def begun(tx: Tx, actor: Actor = OWNER) -> Played:
    project = projects.create(tx, OWNER, name="P", key="p")
    task = tasks.create(tx, OWNER, project_id=project.id, title="T")
    comparison = new_id()
    runs: list[Run] = []
    for nth, (agent, model) in enumerate((("claude", "opus"), ("claude", "haiku"), ("goose", None)), 1):
        wish = Wish(
            agent,
            "Do it",
            {},
            "Do it",
            project_id=project.id,
            task_id=task.id,
            branch=f"task/p-1-{nth}",
            options=AgentConfiguration(model=model),
            comparison=comparison,
        )
        run = attempts.submit(tx, actor, wish)
        attempts.offer(tx, run)
        run = give(tx, ledger.find(tx, run.id))
        recording.record(tx, NODE, said(run, AttemptStarted()))
        tasks.run_submitted(tx, task.id, agent, actor)
        runs.append(ledger.find(tx, run.id))
    comparisons.start(tx, actor, comparison, task.id, "Do it", runs)
    first, second, third = runs
    return Played(tasks.find(tx, task.id), comparison, (first, second, third))


def completed(tx: Tx, run: Run, *, cost: float | None = 0.5, diff: str = "") -> None:
    """The run ends as the engine ends it."""
    recording.record(
        tx,
        NODE,
        said(
            run,
            AgentUsage(model=run.options.model or "m", calls=2, input_tokens=10, output_tokens=5, cost_usd=cost),
            WorkCommitted(head=HEAD, base="b" * 40, branch=run.branch or "", files=2, additions=7, deletions=1),
            AttemptEnded(outcome="completed", result="done"),
            first=2,
        ),
    )
    if diff:
        artifacts.keep(tx, run.id, 1, ArtifactKept(name="diff", size=len(diff), text=diff))
    ledger.complete(tx, ledger.find(tx, run.id), "done")
    comparisons.run_ended(tx, ledger.find(tx, run.id))


def failed(tx: Tx, run: Run) -> None:
    ledger.fail(tx, ledger.find(tx, run.id), "It would not.")
    comparisons.run_ended(tx, ledger.find(tx, run.id))


def show(db: Database, played: Played, actor: Actor = OWNER) -> Comparison:
    with db.look() as look:
        return comparisons.show(look, actor, played.id)


def card(db: Database, played: Played) -> Task:
    with db.look() as look:
        return tasks.find(look, played.task.id)


def keep(tx: Tx, played: Played, nth: int, actor: Actor = OWNER) -> Comparison:
    return comparisons.keep(tx, actor, played.id, played.runs[nth].id)


def test_a_comparison_shows_for_each_run_what_it_is_and_how_it_went(db: Database) -> None:
    played = db.write_now(begun)
    db.write_now(completed, played.runs[0])
    db.write_now(checks.demand, played.runs[0].id, ChecksDemanded(names=("t", "l"), source="repository", base=HEAD))
    for name, code in (("t", 0), ("l", 1)):
        ended = CheckEnded(name=name, command="c", head=HEAD, passed=code == 0, exit_code=code, seconds=1.0)
        db.write_now(checks.end, played.runs[0].id, 1, ended)
    db.write_now(failed, played.runs[1])
    shown = show(db, played)
    assert (shown.task_id, shown.prompt, shown.kept) == (played.task.id, "Do it", None)
    first, second, third = shown.runs
    assert (first.run, first.number) == (played.runs[0].id, played.runs[0].number)
    assert (first.agent, first.model, first.state) == ("claude", "opus", State.COMPLETED)
    assert (first.files, first.additions, first.deletions) == (2, 7, 1)
    assert (first.checks_demanded, first.checks_passed, first.checks_failed) == (2, 1, 1)
    assert (first.cost_usd, first.calls, first.input_tokens, first.output_tokens) == (0.5, 2, 10, 5)
    assert first.seconds is not None
    assert (first.branch, first.head) == ("task/p-1-1", HEAD)
    assert (second.model, second.state, second.error) == ("haiku", State.FAILED, "It would not.")
    assert (second.cost_usd, second.calls, second.files) == (None, None, None)
    assert (third.agent, third.model, third.state) == ("goose", None, State.RUNNING)
    assert third.seconds is not None


def test_a_task_lists_its_comparisons_the_newest_first(db: Database) -> None:
    played = db.write_now(begun)

    def again(tx: Tx) -> str:
        ledger.note(tx, played.runs[2].id, comparison="again")
        comparisons.start(tx, OWNER, "again", played.task.id, "Once more", [played.runs[2]])
        return "again"

    db.write_now(again)
    with db.look() as look:
        listed = comparisons.of_task(look, OWNER, played.task.id)
        assert [one.id for one in listed] == ["again", played.id]
        assert kinds(look, played.runs[0].id).count("comparison.started") == 0  # it is the task's
        with pytest.raises(ComparisonNotFound):
            comparisons.find(look, "nothing")


def test_one_session_does_not_see_the_comparison_of_another(db: Database) -> None:
    played = db.write_now(begun, ANN)
    assert len(show(db, played, ANN).runs) == len(show(db, played).runs) == 3
    with pytest.raises(ComparisonNotFound):
        show(db, played, BOB)
    with pytest.raises(ComparisonNotFound):
        db.write_now(keep, played, 0, BOB)
    with db.look() as look:
        assert comparisons.of_task(look, BOB, played.task.id) == []


def test_the_card_stays_in_progress_until_one_is_kept(db: Database) -> None:
    played = db.write_now(begun)
    assert played.task.status is TaskStatus.IN_PROGRESS
    db.write_now(failed, played.runs[0])
    db.write_now(completed, played.runs[1])
    assert card(db, played).agent_execution_status == "pending"
    db.write_now(completed, played.runs[2])
    ended = card(db, played)
    assert (ended.status, ended.agent_execution_status) == (TaskStatus.IN_PROGRESS, "completed")
    assert ended.github_branch_name is None


def test_a_card_whose_contenders_all_failed_says_so(db: Database) -> None:
    played = db.write_now(begun)
    for run in played.runs:
        db.write_now(failed, run)
    assert (card(db, played).status, card(db, played).agent_execution_status) == (TaskStatus.IN_PROGRESS, "failed")


def test_keeping_one_gives_the_card_its_branch_and_cancels_what_is_still_open(db: Database) -> None:
    played = db.write_now(begun)
    db.write_now(completed, played.runs[0])
    db.write_now(failed, played.runs[1])
    kept = db.write_now(keep, played, 0)
    assert kept.kept == played.runs[0].id
    assert [one.state for one in kept.runs] == [State.COMPLETED, State.FAILED, State.CANCELLED]
    db.write_now(lambda tx: comparisons.run_ended(tx, ledger.find(tx, played.runs[2].id)))
    shown = card(db, played)
    assert (shown.status, shown.github_branch_name) == (TaskStatus.IN_REVIEW, "task/p-1-1")
    assert (shown.assigned_agent_type, shown.agent_execution_status) == ("claude", "completed")
    with db.look() as look:
        assert "comparison.kept" in kinds(look, played.runs[0].id)
        assert [stop.run for stop in orders.stops(look, NODE)] == [played.runs[2].id]


def test_another_may_be_kept_later_but_not_once_the_task_is_done(db: Database) -> None:
    played = db.write_now(begun)
    for run in played.runs:
        db.write_now(completed, run)
    db.write_now(keep, played, 0)
    db.write_now(keep, played, 2)
    shown = card(db, played)
    assert (shown.github_branch_name, shown.assigned_agent_type) == ("task/p-1-3", "goose")
    db.write_now(tasks.change, OWNER, played.task.id, {"status": TaskStatus.DONE})
    with pytest.raises(CannotKeep, match="done"):
        db.write_now(keep, played, 1)
    assert db.write_now(keep, played, 2).kept == played.runs[2].id  # said again: nothing to do
    with db.look() as look:
        assert kinds(look, played.runs[2].id).count("comparison.kept") == 1


def test_only_a_completed_run_of_this_comparison_can_be_kept(db: Database) -> None:
    played = db.write_now(begun)
    with pytest.raises(CannotKeep, match="this one is running"):
        db.write_now(keep, played, 0)
    db.write_now(failed, played.runs[1])
    with pytest.raises(CannotKeep, match="this one is failed"):
        db.write_now(keep, played, 1)
    db.write_now(completed, played.runs[0])
    db.write_now(lambda tx: ledger.note(tx, played.runs[0].id, comparison=None))
    with pytest.raises(RunNotFound):
        db.write_now(keep, played, 0)
    with pytest.raises(RunNotFound):
        db.write_now(comparisons.keep, OWNER, played.id, RunId("nothing"))


def test_who_may_not_write_in_projects_keeps_nothing(db: Database) -> None:
    played = db.write_now(begun)
    db.write_now(completed, played.runs[0])
    with pytest.raises(PermissionMissing):
        db.write_now(keep, played, 0, EVE)


def test_what_a_session_still_has_at_work_is_not_the_owners_to_cancel_and_nothing_is_kept(db: Database) -> None:
    played = db.write_now(begun, ANN)
    db.write_now(completed, played.runs[0])
    with pytest.raises(PermissionMissing, match="task:cancel"):
        db.write_now(keep, played, 0)
    assert show(db, played).kept is None
    assert db.write_now(keep, played, 0, ANN).kept == played.runs[0].id


def test_a_later_run_of_the_task_says_how_the_card_stands(db: Database) -> None:
    played = db.write_now(begun)

    def later(tx: Tx) -> None:
        attempts.submit(tx, OWNER, Wish("a", "x", {}, "x", project_id=played.task.project_id, task_id=played.task.id))

    db.write_now(later)
    for run in played.runs:
        db.write_now(failed, run)
    assert card(db, played).agent_execution_status == "pending"


# ── two results beside each other ──────────────────────────────────────────────────────────────────────────────────

LEFT = """diff --git a/same.txt b/same.txt
index 111..222 100644
--- a/same.txt
+++ b/same.txt
@@ -1 +1 @@
-old
+new
diff --git a/both.sql b/both.sql
index 111..222 100644
--- a/both.sql
+++ b/both.sql
@@ -1,2 +1,2 @@
 SELECT
--- a comment
+1
diff --git a/left.txt b/left.txt
new file mode 100644
--- /dev/null
+++ b/left.txt
@@ -0,0 +1 @@
+mine
"""
RIGHT = """diff --git a/same.txt b/same.txt
index 111..999 100644
--- a/same.txt
+++ b/same.txt
@@ -1 +1 @@
-old
+new
diff --git a/both.sql b/both.sql
index 111..333 100644
--- a/both.sql
+++ b/both.sql
@@ -1,2 +1,2 @@
 SELECT
--- a comment
+2
"""


def test_what_sets_two_results_apart_is_told_file_by_file() -> None:
    assert comparisons.difference(Side("claude #1", LEFT), Side("goose #2", RIGHT)).splitlines() == [
        "--- claude #1",
        "+++ goose #2",
        "! both.sql: different",
        "@@ -1,4 +1,4 @@",
        " @@ -1,2 +1,2 @@",
        "  SELECT",
        " --- a comment",
        "-+1",
        "++2",
        "- left.txt: only in claude #1",
        "-new file mode 100644",
        "-@@ -0,0 +1 @@",
        "-+mine",
        "= same.txt: alike in both",
    ]


def test_results_without_any_change_have_nothing_between_them() -> None:
    assert comparisons.difference(Side("a", ""), Side("b", "")) == "--- a\n+++ b\n"


def test_very_long_changes_are_told_of_and_not_laid_beside_each_other() -> None:
    def diff(word: str) -> str:
        return "diff --git a/f b/f\n@@ @@\n" + "".join(f"+{word} {n}\n" for n in range(5000))

    assert "too long" in comparisons.difference(Side("a", diff("x")), Side("b", diff("y")))


def test_the_diffs_of_two_runs_are_those_they_kept_and_no_others_are_told(db: Database) -> None:
    played = db.write_now(begun)
    db.write_now(lambda tx: completed(tx, played.runs[0], diff=LEFT))
    first, second, _ = (run.id for run in played.runs)
    with db.look() as look:
        left, right = comparisons.diffs(look, OWNER, played.id, first, second)
        assert (left.name, left.diff) == (f"claude #{played.runs[0].number}", LEFT)
        assert right.diff == ""
        with pytest.raises(RunNotFound):
            comparisons.diffs(look, OWNER, played.id, first, RunId("nothing"))
