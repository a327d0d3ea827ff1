"""Rules learnt from answers hold for their agent and task, or for their run, until they are forgotten."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.agents import learnt
from coderclawlink.agents.learnt import LearntNotFound
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Tx
from coderclawlink.ids import TaskId
from coderclawlink.rules import Rule
from tests.runs.played import submit

TESTS = Rule(effect="allow", tool="execute", command="make test")
DOCS = Rule(effect="allow", tool="edit", path="docs/*")


def card(tx: Tx) -> TaskId:
    project = projects.create(tx, OWNER, name="Demo", key="DEMO").id
    return tasks.create(tx, OWNER, project_id=project, title="One").id


def test_what_was_learnt_on_a_task_holds_for_its_later_runs_and_for_no_other_agent_or_task(db: Database) -> None:
    def story(tx: Tx) -> None:
        task = card(tx)
        first, later, elsewhere = submit(tx, task=task), submit(tx, task=task), submit(tx)
        learnt.learn(tx, "a", task, first.id, [TESTS, DOCS], "ann")
        assert learnt.rules_for(tx, "a", task, later.id) == (TESTS, DOCS)
        assert learnt.rules_for(tx, "b", task, later.id) == ()
        assert learnt.rules_for(tx, "a", None, elsewhere.id) == ()
        assert learnt.rules_for(tx, "a", TaskId(task + 1), elsewhere.id) == ()

    db.write_now(story)


def test_without_a_task_it_holds_for_the_run_alone(db: Database) -> None:
    def story(tx: Tx) -> None:
        run, other = submit(tx), submit(tx)
        learnt.learn(tx, "a", None, run.id, [TESTS], "ann")
        assert learnt.rules_for(tx, "a", None, run.id) == (TESTS,)
        assert learnt.rules_for(tx, "a", None, other.id) == ()

    db.write_now(story)


def test_the_same_rule_is_kept_once_with_who_answered(db: Database) -> None:
    def story(tx: Tx) -> None:
        task = card(tx)
        run = submit(tx, task=task)
        learnt.learn(tx, "a", task, run.id, [TESTS, TESTS], "ann")
        learnt.learn(tx, "a", task, run.id, [TESTS, DOCS], "ben")
        assert [(one.rule, one.by, one.agent, one.task) for one in learnt.all_of(tx, task)] == [
            (TESTS, "ann", "a", task), (DOCS, "ben", "a", task)
        ]  # fmt: skip

    db.write_now(story)


def test_it_is_forgotten_by_who_may_answer_and_goes_with_its_task(db: Database) -> None:
    def story(tx: Tx) -> None:
        task = card(tx)
        run = submit(tx, task=task)
        learnt.learn(tx, "a", task, run.id, [TESTS, DOCS], "ann")
        first, _ = learnt.all_of(tx, task)
        with pytest.raises(PermissionMissing):
            learnt.forget(tx, Actor(Role.VIEWER, None, "v" * 64), first.id)
        assert learnt.forget(tx, OWNER, first.id) == first
        assert learnt.rules_for(tx, "a", task, run.id) == (DOCS,)
        with pytest.raises(LearntNotFound):
            learnt.forget(tx, OWNER, first.id)
        tasks.delete(tx, OWNER, task)
        tasks.bury(tx, tx.now() + 1)
        assert learnt.all_of(tx, task) == []

    db.write_now(story)
