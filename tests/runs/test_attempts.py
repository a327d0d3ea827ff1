"""What nodes tell: fenced, exactly once, in order, whatever they say and however it comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.access.policy import OWNER
from coderclawlink.db import schema
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentMessage,
    AgentTool,
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    Option,
    QuestionAsked,
    WorkCommitted,
)
from coderclawlink.ids import NodeId, QuestionId, RunId, new_id
from coderclawlink.link.protocol import Entry, Fence
from coderclawlink.runs import artifacts, attempts, leases, ledger, orders, questions, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason
from tests.runs.played import AT, NODE, at_node, give, join, kinds, said, submit, told

on_one_database = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
OTHER = NodeId("n2")


def conversation() -> list[AttemptEvent]:
    return [
        AttemptStarted(agent_version="1.2", sandbox="bubblewrap", model="m"),
        AgentMessage(text="I begin."),
        AgentTool(id="t1", title="write", status="running"),
        QuestionAsked(
            question=new_id(), title="Write it?", options=(Option(id="y", label="Yes", effect="allow_once"),)
        ),
        AgentChunk(text="shown only"),
        AgentTool(id="t1", title="write", status="completed"),
        AgentUsage(model="m", calls=2, input_tokens=10, output_tokens=5, cost_usd=0.01),
        WorkCommitted(head="h" * 40, base="b" * 40, branch="task/x-1", files=1, additions=2, deletions=3),
        ArtifactKept(name="diff", size=5, text="+new\n"),
        AttemptEnded(outcome="completed", result="Done."),
    ]


def shape(db: Database, run: RunId) -> dict[str, object]:
    """All that should be the same however the entries came in."""

    def look_at(look: Look) -> dict[str, object]:
        found, attempt = ledger.find(look, run), attempts.find(look, run, 1)
        assert attempt is not None
        return {
            "journal": [
                (one.kind, one.n, {key: value for key, value in json.loads(one.data).items() if key != "question"})
                for one in told(look, run)
                if one.n is not None
            ],
            "run": (found.state, found.wait_reason, found.head, found.branch, found.files, found.result),
            "attempt": (attempt.state, attempt.kept, attempt.outcome, attempt.result, attempt.calls, attempt.cost_usd),
            "diff": artifacts.find(look, run, "diff"),
            "open": questions.open_in(look, run),
        }

    with db.look() as look:
        return look_at(look)


def test_in_order_each_entry_becomes_one_line_and_the_rows_follow(db: Database) -> None:
    run = db.write_now(at_node)
    taken = db.write_now(recording.record, NODE, said(run, *conversation()))
    assert [(kept.n, kept.attempt) for kept in taken.kept] == [(10, 1)]
    assert taken.stale == ()
    found = shape(db, run.id)
    assert [n for _, n, _ in found["journal"]] == [1, 2, 3, 4, 6, 7, 8, 9, 10]  # type: ignore[attr-defined]
    assert found["attempt"] == ("ended", 10, "completed", "Done.", 2, 0.01)
    assert (found["diff"], found["open"]) == ("+new\n", False)
    with db.look() as look:
        artifact = next(one for one in told(look, run.id) if one.kind == "artifact.kept")
        assert json.loads(artifact.data) == {"kind": "artifact.kept", "name": "diff", "size": 5, "text": ""}


@on_one_database
@given(st.data())
def test_however_entries_are_cut_mixed_and_repeated_the_journal_is_the_same(db: Database, data: st.DataObject) -> None:
    straight, mixed = db.write_now(at_node), db.write_now(at_node)
    events = conversation()
    db.write_now(recording.record, NODE, said(straight, *events))
    entries = said(mixed, *(event.model_copy(update=fresh(event)) for event in events))
    batches = data.draw(st.lists(st.lists(st.sampled_from(entries), max_size=12), max_size=8))
    kept = 0
    for batch in [*batches, entries]:
        taken = db.write_now(recording.record, NODE, batch)
        assert taken.stale == ()
        for one in taken.kept:
            assert one.n >= kept
            kept = one.n
    assert shape(db, mixed.id) == shape(db, straight.id)


def fresh(event: AttemptEvent) -> dict[str, object]:
    return {"question": new_id()} if isinstance(event, QuestionAsked) else {}


def test_a_gap_is_not_kept_nor_what_follows_it(db: Database) -> None:
    run = db.write_now(at_node)
    entries = said(run, AttemptStarted(), AgentMessage(text="2"), AgentMessage(text="3"), AgentMessage(text="4"))
    taken = db.write_now(recording.record, NODE, [entries[0], *entries[2:]])
    assert [kept.n for kept in taken.kept] == [1]
    taken = db.write_now(recording.record, NODE, entries[1:])
    assert [kept.n for kept in taken.kept] == [4]


def test_entries_of_several_runs_in_one_word_are_kept_each_for_itself(db: Database) -> None:
    one, two = db.write_now(at_node), db.write_now(at_node)
    mixed = [
        entry for pair in zip(said(one, *conversation()), said(two, *conversation()), strict=True) for entry in pair
    ]
    taken = db.write_now(recording.record, NODE, [*mixed, *said(RunId("nobody"), AgentMessage(text="?"))])
    assert {(kept.run, kept.n) for kept in taken.kept} == {(one.id, 10), (two.id, 10)}
    assert taken.stale == (Fence(run="nobody", attempt=1),)


# ── the fence ──────────────────────────────────────────────────────────────────────────────────────────────────────


def nobody_else_may_write(db: Database, node: NodeId, entries: list[Entry], run: Run) -> None:
    before = shape(db, run.id)
    taken = db.write_now(recording.record, node, entries)
    assert taken.kept == ()
    assert taken.stale == (Fence(run=entries[0].run, attempt=entries[0].attempt),)
    assert shape(db, run.id) == before


def test_another_nodes_words_are_refused(db: Database) -> None:
    run = db.write_now(at_node)
    nobody_else_may_write(db, OTHER, said(run, *conversation()), run)


def test_the_words_of_a_lost_attempt_are_refused_even_after_the_next_was_given_to_the_same_node(db: Database) -> None:
    run = db.write_now(at_node)
    db.write_now(recording.record, NODE, said(run, AttemptStarted()))
    assert db.write_now(attempts.lose, run.id, 1, "gone")
    nobody_else_may_write(db, NODE, said(run, AttemptStarted(), AttemptEnded(outcome="completed")), run)

    def again(tx: Tx) -> None:
        attempts.settle(tx, run.id, 1)
        attempts.offer(tx, ledger.find(tx, run.id))
        give(tx, ledger.find(tx, run.id))

    db.write_now(again)
    nobody_else_may_write(db, NODE, said(run, AttemptEnded(outcome="completed"), first=2), run)
    taken = db.write_now(recording.record, NODE, said(run, AttemptStarted(), attempt=2))
    assert [(kept.attempt, kept.n) for kept in taken.kept] == [(2, 1)]


def test_words_of_an_attempt_that_never_was_are_refused(db: Database) -> None:
    run = db.write_now(at_node)
    nobody_else_may_write(db, NODE, said(run, AttemptStarted(), attempt=2), run)


def test_words_of_an_attempt_that_has_no_place_yet_are_refused(db: Database) -> None:
    run = db.write_now(submit)
    nobody_else_may_write(db, NODE, said(run, AttemptStarted()), run)


def test_words_of_a_deleted_run_are_refused_and_break_nothing(db: Database) -> None:
    gone, stays = db.write_now(at_node), db.write_now(at_node)
    db.write_now(lambda tx: tx.change(schema.runs.delete().where(schema.runs.c.id == gone.id)))
    taken = db.write_now(
        recording.record, NODE, [*said(gone, AttemptStarted()), *said(stays, AttemptStarted(), AgentMessage(text="hi"))]
    )
    assert taken.stale == (Fence(run=gone.id, attempt=1),)
    assert [(kept.run, kept.n) for kept in taken.kept] == [(stays.id, 2)]


def test_a_double_of_the_last_words_is_acknowledged_and_changes_nothing(db: Database) -> None:
    run = db.write_now(at_node)
    entries = said(run, *conversation())
    db.write_now(recording.record, NODE, entries)
    before = shape(db, run.id)
    taken = db.write_now(recording.record, NODE, entries)
    assert [(kept.n, taken.stale) for kept in taken.kept] == [(10, ())]
    assert shape(db, run.id) == before


def test_nothing_is_taken_after_the_last_word_in_one_batch_or_two(db: Database) -> None:
    for in_one in (True, False):
        run = db.write_now(at_node)
        ends = said(run, AttemptStarted(), AttemptEnded(outcome="failed", error="no"))
        more = said(run, AttemptStarted(), AgentMessage(text="I live!"), first=3)
        for batch in [[*ends, *more]] if in_one else [ends, more]:
            taken = db.write_now(recording.record, NODE, batch)
            assert [kept.n for kept in taken.kept] == [2]
        assert shape(db, run.id)["attempt"] == ("ended", 2, "failed", "", None, None)


def test_the_late_words_of_a_cancelled_run_are_kept_and_it_stays_cancelled(db: Database) -> None:
    run = db.write_now(at_node)
    db.write_now(recording.record, NODE, said(run, AttemptStarted()))
    db.write_now(ledger.cancel, OWNER, run.id)
    late = conversation()[1:]
    taken = db.write_now(recording.record, NODE, said(run, *late, first=2))
    assert [kept.n for kept in taken.kept] == [10]
    with db.look() as look:
        found = ledger.find(look, run.id)
        assert (found.state, found.wait_reason, found.result) == (State.CANCELLED, None, None)
        assert not questions.open_in(look, run.id)
        assert kinds(look, run.id).count("run.cancelled") == 1


def test_what_is_started_late_does_not_start_a_cancelled_run(db: Database) -> None:
    run = db.write_now(at_node)
    db.write_now(ledger.cancel, OWNER, run.id)
    db.write_now(recording.record, NODE, said(run, AttemptStarted()))
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.CANCELLED
        assert "run.started" not in kinds(look, run.id)


# ── what cannot be stored as it is ─────────────────────────────────────────────────────────────────────────────────

NASTY = ["\x00", "a\x00b", "\ud800", "\udfff\ud83d", "😀", "\u2028", "x" * 300_000, "\\u0000", "'; DROP TABLE runs; --"]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_any_text_an_agent_can_say_is_kept_in_every_column(db: Database, text: str) -> None:
    run = db.write_now(at_node)
    raw: list[dict[str, Any]] = [
        {"kind": "attempt.started", "agent_version": text, "sandbox": text, "model": text},
        {"kind": "agent.message", "text": text},
        {"kind": "agent.tool", "id": text, "input": text, "changes": [{"path": text, "old": text, "new": text}]},
        {"kind": "agent.usage", "model": text, "calls": 1, "input_tokens": 1, "output_tokens": 1},
        {
            "kind": "question.asked",
            "question": text[:30],
            "title": text,
            "detail": text,
            "options": [{"id": text, "label": text}],
        },
        {
            "kind": "work.committed",
            "head": text,
            "base": text,
            "branch": text,
            "files": 1,
            "additions": 1,
            "deletions": 1,
        },
        {"kind": "artifact.kept", "name": text, "size": 1, "text": text},
        {"kind": "attempt.ended", "outcome": "failed", "result": text, "error": text},
    ]
    entries = [Entry(run=run.id, attempt=1, n=n, at=AT, event=event) for n, event in enumerate(raw, 1)]
    taken = db.write_now(recording.record, NODE, entries)
    assert [kept.n for kept in taken.kept] == [8]
    with db.look() as look:
        for one in told(look, run.id):
            json.dumps(one.as_json()).encode()
        found = attempts.find(look, run.id, 1)
        assert found is not None
        assert (found.state, found.outcome) == ("ended", "failed")


@pytest.mark.parametrize("number", [-1, 0, 2**31, 2**63, 10**40, 1e30, "9" * 30])
def test_any_number_a_provider_can_say_is_kept(db: Database, number: object) -> None:
    run = db.write_now(at_node)
    counts = {"calls": number, "input_tokens": number, "output_tokens": number, "cost_usd": number}
    raw: list[dict[str, Any]] = [
        {"kind": "agent.usage", "model": "m", **counts},
        {"kind": "agent.usage", "model": "m", **counts, "cost_usd": "inf"},
        {
            "kind": "work.committed",
            "head": "h",
            "base": "b",
            "branch": "x",
            "files": number,
            "additions": number,
            "deletions": number,
        },
        {"kind": "attempt.ended", "outcome": "completed"},
    ]
    entries = [Entry(run=run.id, attempt=1, n=n, at=AT, event=event) for n, event in enumerate(raw, 1)]
    assert [kept.n for kept in db.write_now(recording.record, NODE, entries).kept] == [4]
    with db.look() as look:
        for one in told(look, run.id):
            json.dumps(one.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    "at", ["", "soon", "0001-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "\x00"]
)
def test_any_time_a_node_can_say_is_kept_as_one_that_can_be_shown(db: Database, at: str) -> None:
    run = db.write_now(at_node)
    entry = said(run, AgentMessage(text="hi"))[0].model_copy(update={"at": at})
    assert [kept.n for kept in db.write_now(recording.record, NODE, [entry]).kept] == [1]
    with db.look() as look:
        line = told(look, run.id)[-1]
        assert 0 <= line.at <= look.now()
        assert str(line.as_json()["at"]).endswith("Z")


def test_what_no_node_may_tell_becomes_a_line_of_the_log_and_the_rest_goes_on(db: Database) -> None:
    run = db.write_now(at_node)
    raw: list[dict[str, Any]] = [
        {"kind": "run.completed", "result": "trust me"},
        {"kind": "from.the.future", "x": 1},
        {},
        {"kind": "question.asked", "question": "q" * 65, "title": "?", "options": []},
        {"kind": "attempt.ended", "outcome": "completed"},
    ]
    entries = [Entry(run=run.id, attempt=1, n=n, at=AT, event=event) for n, event in enumerate(raw, 1)]
    assert [kept.n for kept in db.write_now(recording.record, NODE, entries).kept] == [5]
    with db.look() as look:
        lines = [one for one in told(look, run.id) if one.n is not None]
        assert [one.kind for one in lines] == ["agent.log"] * 4 + ["attempt.ended"]
        assert isinstance(lines[0].event, AgentLog)
        assert "trust me" in lines[0].event.text
        assert ledger.find(look, run.id).state is State.PLANNING


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(NASTY[:6]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KINDS = [
    "attempt.started", "attempt.ended", "work.saved", "work.committed", "artifact.kept", "question.asked", "agent.message",
    "agent.thought", "agent.chunk", "agent.tool", "agent.plan", "agent.title", "agent.usage", "agent.log", "run.failed",
]  # fmt: skip
FIELDS = [
    "text", "id", "title", "status", "question", "options", "outcome", "result", "error", "head", "base", "branch", "files",
    "additions", "deletions", "name", "size", "model", "calls", "input_tokens", "output_tokens", "cost_usd", "entries",
]  # fmt: skip
wild = st.builds(
    lambda kind, fields: {**fields, "kind": kind},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=len(FIELDS)),
)


@on_one_database
@given(st.lists(wild, min_size=1, max_size=12))
def test_no_words_of_a_node_can_ever_stop_the_hub_from_taking_the_next(
    db: Database, events: list[dict[str, Any]]
) -> None:
    run = db.write_now(at_node)
    entries = [Entry(run=run.id, attempt=1, n=n, at=AT, event=event) for n, event in enumerate(events, 1)]
    taken = db.write_now(recording.record, NODE, entries)
    attempt = found(db, run.id)
    assert [kept.n for kept in taken.kept] == [attempt.kept]
    assert attempt.kept == len(events) or attempt.state == "ended"
    with db.look() as look:
        for one in told(look, run.id):
            json.dumps(one.as_json(), allow_nan=False).encode()


def found(db: Database, run: RunId, number: int = 1) -> attempts.Attempt:
    with db.look() as look:
        attempt = attempts.find(look, run, number)
    assert attempt is not None
    return attempt


# ── offering, leases, time ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_offer_is_made_once_until_it_is_settled(db: Database) -> None:
    run = db.write_now(at_node)

    def offer(tx: Tx) -> int:
        return attempts.offer(tx, ledger.find(tx, run.id))

    assert db.write_now(offer) == 1
    db.write_now(attempts.lose, run.id, 1, "gone")
    assert db.write_now(offer) == 1
    db.write_now(attempts.settle, run.id, 1)
    assert db.write_now(offer) == 2
    assert db.write_now(offer) == 2
    with db.look() as look:
        order = orders.order_of(look, ledger.find(look, run.id), 2)
    assert (order.attempt, order.resume) == (2, (1,))


def test_a_node_that_is_back_takes_its_runs_up_where_they_were(db: Database) -> None:
    def begin(tx: Tx) -> tuple[Run, Run, Run]:
        join(tx)
        placed, running, asking = at_node(tx), at_node(tx), at_node(tx)
        recording.record(tx, NODE, [*said(running, AttemptStarted()), *said(asking, AttemptStarted(), question())])
        return placed, running, asking

    placed, running, asking = db.write_now(begin)
    db.write_now(leases.wait_for_node, NODE, 123.0)

    def states(look: Look) -> list[tuple[State, WaitReason | None]]:
        rows = [ledger.find(look, run.id) for run in (placed, running, asking)]
        return [(row.state, row.wait_reason) for row in rows]

    with db.look() as look:
        assert states(look) == [(State.WAITING, WaitReason.NODE_OFFLINE)] * 3
    db.write_now(leases.take_up, NODE)
    with db.look() as look:
        assert states(look) == [
            (State.PLANNING, None),
            (State.RUNNING, None),
            (State.WAITING, WaitReason.APPROVAL),
        ]


def question() -> QuestionAsked:
    return QuestionAsked(question=new_id(), title="May I?", options=(Option(id="y", label="Yes"),))


def test_a_node_that_says_goodbye_gives_back_what_it_has_not_begun(db: Database) -> None:
    run, cancelled = db.write_now(at_node), db.write_now(at_node)
    db.write_now(ledger.cancel, OWNER, cancelled.id)
    db.write_now(leases.give_back, NODE)
    assert (found(db, run.id).state, found(db, run.id).node) == ("queued", None)
    assert (found(db, cancelled.id).state, found(db, cancelled.id).outcome) == ("ended", "cancelled")
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.PENDING
        assert ledger.find(look, cancelled.id).state is State.CANCELLED
    assert db.write_now(lambda tx: give(tx, ledger.find(tx, run.id), OTHER)).state is State.PLANNING


def test_an_attempt_past_its_time_is_overdue_but_for_the_time_that_people_took(db: Database) -> None:
    def begin(tx: Tx, timeout: float) -> Run:
        run = give(tx, submit(tx, timeout_seconds=timeout))
        recording.record(tx, NODE, said(run, AttemptStarted()))
        return run

    long, short, asked = (db.write_now(begin, timeout) for timeout in (3600.0, 100.0, 100.0))
    asking = question()
    db.write_now(recording.record, NODE, said(asked, asking, first=2))
    db.write_now(age, 200.0, asked.id)  # it has waited for 200 seconds
    db.write_now(questions.answer, OWNER, asked.id, QuestionId(asking.question), "y")
    for run in (long, short):
        db.write_now(age, 200.0, run.id)
    with db.look() as look:
        assert leases.overdue(look, 30.0) == [(short.id, 1)]
        assert leases.overdue(look, 150.0) == []
    db.write_now(age, 200.0, asked.id)  # and now it has worked for as long
    with db.look() as look:
        assert {run for run, _ in leases.overdue(look, 30.0)} == {short.id, asked.id}


def age(tx: Tx, seconds: float, run: RunId) -> None:
    """Let what has happened in the run have happened so much earlier."""
    table, journal = schema.attempts, schema.events
    tx.change(table.update().where(table.c.run_id == run).values(placed_at=table.c.placed_at - seconds))
    tx.change(journal.update().where(journal.c.run_id == run).values(at=journal.c.at - seconds))
