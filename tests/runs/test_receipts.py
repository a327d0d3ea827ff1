"""Receipts: what stands in them, that the same rows make the same one, and that altering one shows."""

from __future__ import annotations

import hashlib
import json

import pytest
import sqlalchemy as sa

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.configuration import AgentConfiguration, Check, Verification
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import attempts as attempts_table
from coderclawlink.db.schema import prompts as prompts_table
from coderclawlink.events import (
    AgentUsage,
    AttemptEnded,
    AttemptStarted,
    CheckEnded,
    Option,
    QuestionAsked,
    ReceiptIssued,
    WorkCommitted,
)
from coderclawlink.ids import QuestionId, new_id
from coderclawlink.rules import Act, Rule
from coderclawlink.runs import attempts, checks, ledger, questions, receipts, recording
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.receipts import Receipt
from tests.runs.played import NODE, give, said, told

HEAD = "a" * 40
WITH = AgentConfiguration(
    mode="ask", rules=(Rule(effect="deny", command="git push *"), Rule(effect="allow", tool="read"))
)


def worked(tx: Tx, verification: Verification | None = None) -> Run:
    """A run of a task that asked, committed, was checked and has ended, but is not settled."""
    project = projects.create(tx, OWNER, name="P", key="p")
    task = tasks.create(tx, OWNER, project_id=project.id, title="T")
    run = attempts.submit(
        tx,
        OWNER,
        Wish(
            "a",
            "Do it",
            {},
            "Do it",
            project_id=project.id,
            task_id=task.id,
            branch="task/p-1",
            verification=verification,
        ),
    )
    attempts.offer(tx, run)
    run = give(tx, ledger.find(tx, run.id))
    tx.change(
        attempts_table.update()
        .where(attempts_table.c.run_id == run.id)
        .values(configuration=WITH.model_dump_json(exclude_defaults=True), configured="a@3 P/a@1")
    )
    question = QuestionId(new_id())
    asked = QuestionAsked(
        question=question,
        title="Remove the build folder?",
        options=(Option(id="y", label="Yes", effect="allow_once"), Option(id="n", label="No", effect="reject_once")),
        act=Act(tool="execute", command="rm -r build"),
    )
    recording.record(tx, NODE, said(run, AttemptStarted(agent_version="a 1.2", sandbox="bubblewrap", model="m"), asked))
    questions.answer(tx, OWNER, run.id, question, "y")
    recording.record(
        tx,
        NODE,
        said(
            run,
            AgentUsage(model="m", calls=3, input_tokens=100, output_tokens=20, cached_tokens=5, cost_usd=0.25),
            WorkCommitted(head=HEAD, base="b" * 40, branch="task/p-1", files=2, additions=30, deletions=4),
            AttemptEnded(outcome="completed", result="done"),
            first=3,
        ),
    )
    for nth, code in ((0, 1), (1, 0)):
        checks.end(tx, run.id, 1, checked(nth, code))
    return ledger.find(tx, run.id)


def checked(nth: int, code: int) -> CheckEnded:
    return CheckEnded(
        name="tests",
        command="make test",
        head=HEAD,
        passed=code == 0,
        exit_code=code,
        seconds=2.0,
        output="secret",
        round=nth,
    )


def attempt_of(tx: Tx, run: Run) -> Attempt:
    found = attempts.find(tx, run.id, 1)
    assert found is not None
    return found


def issue(tx: Tx, run: Run, reviewer: str | None = None) -> Receipt:
    return receipts.issue(tx, ledger.find(tx, run.id), attempt_of(tx, run), reviewer)


def test_a_receipt_tells_what_was_asked_what_made_it_what_proves_it_and_what_it_cost(db: Database) -> None:
    run = db.write_now(worked)
    receipt = db.write_now(issue, run, "ann")
    assert (receipt.run, receipt.task, receipt.project, receipt.requester) == (run.id, "P-1", "P", "owner")
    assert receipt.prompts == (hashlib.sha256(b"Do it").hexdigest(),)
    assert (receipt.agent, receipt.agent_version, receipt.model, receipt.sandbox) == ("a", "a 1.2", "m", "bubblewrap")
    assert (receipt.node, receipt.attempts) == (NODE, 1)
    assert (receipt.base, receipt.head, receipt.branch) == ("b" * 40, HEAD, "task/p-1")
    assert (receipt.files, receipt.additions, receipt.deletions) == (2, 30, 4)
    assert [(one.name, one.passed, one.round, one.head) for one in receipt.checks] == [("tests", True, 1, HEAD)]
    assert (receipt.calls, receipt.input_tokens, receipt.output_tokens, receipt.cached_tokens) == (3, 100, 20, 5)
    assert (receipt.cost_usd, receipt.reviewer) == (0.25, "ann")
    assert (receipt.policy.configured, receipt.policy.mode, receipt.policy.rules) == ("a@3 P/a@1", "ask", 2)
    (answer,) = receipt.policy.answers
    assert (answer.question, answer.tool, answer.effect, answer.by) == (
        "Remove the build folder?",
        "execute",
        "allow_once",
        "owner",
    )
    assert receipt.started_at is not None
    assert receipt.ended_at is not None
    assert "secret" not in receipt.model_dump_json()


def test_a_receipt_is_kept_with_its_run_and_told_with_its_digest(db: Database) -> None:
    run = db.write_now(worked)
    with db.look() as look:
        assert receipts.find(look, run.id) is None
    receipt = db.write_now(issue, run)
    with db.look() as look:
        assert receipts.find(look, run.id) == receipt
        event = told(look, run.id)[-1].event
    assert event == ReceiptIssued(head=HEAD, checks=("tests",), digest=receipt.digest)


def test_the_same_rows_make_the_same_receipt_and_it_is_told_once(db: Database) -> None:
    run = db.write_now(worked)
    first = db.write_now(issue, run)
    assert db.write_now(issue, run) == first
    with db.look() as look:
        assert len([one for one in told(look, run.id) if one.kind == "run.receipt"]) == 1
    other = db.write_now(issue, run, "ann")
    assert other.digest != first.digest
    with db.look() as look:
        assert receipts.find(look, run.id) == other


def test_the_digest_can_be_computed_by_anybody_as_the_documentation_says(db: Database) -> None:
    run = db.write_now(worked)
    receipt = db.write_now(issue, run)
    with db.look() as look:
        text = ledger.find(look, run.id).receipt
    assert text is not None
    body = json.loads(text)
    digest = body.pop("digest")
    again = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(again.encode()).hexdigest() == digest == receipt.digest


def test_a_receipt_that_was_altered_no_longer_agrees_with_itself(db: Database) -> None:
    run = db.write_now(worked)
    db.write_now(issue, run)
    with db.look() as look:
        text = ledger.find(look, run.id).receipt
    assert text is not None
    assert receipts.verify(text)
    assert receipts.verify(json.dumps(json.loads(text), indent=2))
    for name, value in json.loads(text).items():
        changed = {**json.loads(text), name: "other" if value != "other" else None}
        assert not receipts.verify(json.dumps(changed)), name
    assert not receipts.verify(json.dumps({**json.loads(text), "more": 1}))
    assert not receipts.verify(text.replace('"exit_code":0', '"exit_code":1'))


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "null", "{}", '{"digest": null}', '{"digest": 7}', '{"a": "\\ud800"}']
)
def test_what_is_no_receipt_is_not_verified(text: str) -> None:
    assert not receipts.verify(text)


def test_a_whole_number_is_the_same_with_and_without_its_point() -> None:
    assert receipts.canonical({"b": 1.0, "a": [0.5, 2]}) == '{"a":[0.5,2],"b":1}'


def test_further_prompts_that_the_agent_took_are_in_it_and_withdrawn_ones_are_not(db: Database) -> None:
    def prompted(tx: Tx) -> Receipt:
        run = worked(tx)
        for number, (text, state) in enumerate((("More", "taken"), ("Never mind", "withdrawn")), 1):
            tx.change(
                prompts_table.insert().values(
                    run_id=run.id,
                    number=number,
                    text=text,
                    steer=False,
                    state=state,
                    author="owner",
                    created_at=tx.now(),
                )
            )
        return issue(tx, run)

    receipt = db.write_now(prompted)
    assert receipt.prompts == tuple(hashlib.sha256(text).hexdigest() for text in (b"Do it", b"More"))


def test_a_cost_of_which_a_part_is_unknown_is_not_told_as_the_whole(db: Database) -> None:
    def unpriced(tx: Tx) -> Receipt:
        run = worked(tx)
        table = attempts_table
        row = tx.rows(sa.select(table).where(table.c.run_id == run.id))[0]
        tx.change(table.insert().values({**row, "number": 2, "calls": 4, "cost_usd": None}))
        return issue(tx, run)

    receipt = db.write_now(unpriced)
    assert (receipt.attempts, receipt.calls, receipt.cost_usd) == (2, 7, None)


def test_a_run_that_has_changed_nothing_has_a_receipt_without_a_commit(db: Database) -> None:
    def unchanged(tx: Tx) -> Receipt:
        run = worked(tx)
        ledger.note(tx, run.id, head=None)
        return issue(tx, run)

    receipt = db.write_now(unchanged)
    assert (receipt.head, receipt.base, receipt.branch, receipt.files) == (None, None, None, None)


def test_it_says_who_said_what_the_result_must_pass(db: Database) -> None:
    own = Verification(checks=(Check(name="tests", run="make test"),))

    def source(tx: Tx, verification: Verification | None, names: str | None) -> str:
        run = worked(tx, verification)
        ledger.note(tx, run.id, demanded=names)
        said_by = issue(tx, run).policy.verification
        projects.delete(tx, OWNER, run.project_id)  # type: ignore[arg-type]  # it has one
        return said_by

    assert db.write_now(source, own, None) == "project"
    assert db.write_now(source, None, '["tests"]') == "repository"
    assert db.write_now(source, None, "[]") == "none"
