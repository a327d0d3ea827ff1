"""Further repositories of a run: what it is ordered, what it brings, and what counts as its result."""

from __future__ import annotations

from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import ArtifactKept, AttemptEnded, AttemptEvent, AttemptStarted, WorkCommitted, WorkSaved
from coderclawlink.link.protocol import Beside
from coderclawlink.runs import attempts, beside, ledger, orders, receipts, recording, reviews, revisions
from coderclawlink.runs.ledger import Run, Wish
from tests.runs.played import NODE, give, said

WEB = Beside(name="web", repository="/srv/web", branch="task/demo-1")
DOCS = Beside(name="docs", repository="/srv/docs", branch="task/demo-1")
STARTED = AttemptStarted(agent_version="1", sandbox="none", model=None)
DIFF = ArtifactKept(name="diff", size=1, text="x")
OVER = AttemptEnded(outcome="completed", result="Done.")


def placed(tx: Tx, *further: Beside) -> Run:
    wish = Wish("a", "Do it", {}, "Do it", repository="/srv/api", branch="task/demo-1", beside=further)
    run = attempts.submit(tx, OWNER, wish)
    attempts.offer(tx, run)
    return give(tx, ledger.find(tx, run.id))


def hear(tx: Tx, run: Run, *events: AttemptEvent) -> Run:
    recording.record(tx, NODE, said(run, STARTED, DIFF, *events))
    return ledger.find(tx, run.id)


def committed(letter: str, repository: str = "") -> WorkCommitted:
    words = {"branch": "task/demo-1-2", "repository": repository}
    return WorkCommitted(head=letter * 40, base="0" * 40, files=1, additions=2, deletions=3, **words)


def test_the_order_names_the_further_repositories(db: Database) -> None:
    run = db.write_now(placed, WEB, DOCS)
    with db.look() as look:
        assert orders.order_of(look, run, 1).beside == (DOCS, WEB)


def test_what_was_made_in_each_is_kept_and_the_first_ones_stays_the_runs_own(db: Database) -> None:
    run = db.write_now(placed, WEB, DOCS)
    run = db.write_now(hear, run, committed("a"), committed("c", "web"))
    assert (run.head, run.branch, run.files) == ("a" * 40, "task/demo-1-2", 1)
    with db.look() as look:
        docs, web = beside.of_run(look, run.id)
        assert (docs.head, docs.branch) == (None, "task/demo-1")
        assert (web.head, web.base, web.branch) == ("c" * 40, "0" * 40, "task/demo-1-2")
        assert (web.files, web.additions, web.deletions) == (1, 2, 3)
        assert revisions.latest(look, run).head == "a" * 40
        assert beside.result(look, run) == "a" * 40


def test_a_change_of_a_further_one_alone_is_a_result_to_be_reviewed_and_proven(db: Database) -> None:
    run = db.write_now(placed, WEB)
    run = db.write_now(hear, run, committed("c", "web"), OVER)

    def story(tx: Tx) -> None:
        ledger.complete(tx, run, "Done.")
        done = ledger.find(tx, run.id)
        assert done.head is None
        assert beside.result(tx, done) == "c" * 40
        assert revisions.latest(tx, done).head == "c" * 40
        reviews.approve(tx, OWNER, run.id)
        assert reviews.of_run(tx, run.id)[-1].head == "c" * 40
        attempt = attempts.find(tx, run.id, 1)
        assert attempt is not None
        receipt = receipts.issue(tx, done, attempt, None)
        assert [(one.name, one.head) for one in receipt.repositories] == [("web", "c" * 40)]
        text = ledger.find(tx, run.id).receipt
        assert text is not None
        assert receipts.verify(text)
        assert not receipts.verify(text.replace("c" * 40, "d" * 40))

    db.write_now(story)


def test_a_repository_that_the_run_is_not_about_is_passed_over(db: Database) -> None:
    run = db.write_now(placed)
    run = db.write_now(hear, run, committed("c", "web"))
    with db.look() as look:
        assert beside.of_run(look, run.id) == []
        assert beside.result(look, run) is None
        assert revisions.of_run(look, run.id) == []


def test_of_work_put_aside_the_first_ones_commit_stands_for_all(db: Database) -> None:
    def saved(letter: str, repository: str) -> WorkSaved:
        return WorkSaved(ref="refs/x", commit=letter * 40, repository=repository)

    both = db.write_now(placed, WEB)
    db.write_now(hear, both, saved("a", ""), saved("c", "web"))
    alone = db.write_now(placed, WEB)
    db.write_now(hear, alone, saved("c", "web"))
    with db.look() as look:
        assert revisions.latest(look, both).head == "a" * 40
        assert revisions.latest(look, alone).head == "c" * 40


def test_a_receipt_without_further_repositories_does_not_speak_of_them(db: Database) -> None:
    run = db.write_now(placed)
    run = db.write_now(hear, run, committed("a"), OVER)

    def issued(tx: Tx) -> str:
        attempt = attempts.find(tx, run.id, 1)
        assert attempt is not None
        receipts.issue(tx, run, attempt, None)
        return ledger.find(tx, run.id).receipt or ""

    text = db.write_now(issued)
    assert "repositories" not in text
    assert receipts.verify(text)
