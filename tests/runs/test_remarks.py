"""Comments on lines: written on what the diff shows, sent as one prompt, and followed from commit to commit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.db.engine import Database, Tx
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.events import RemarksJudged, RemarksSent
from coderclawlink.runs import ledger, patches, prompts, remarks, revisions
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.patches import Side
from coderclawlink.runs.places import NotShown, find, take
from coderclawlink.runs.remarks import AlreadySent, NothingToSend, Remark, RemarkNotFound
from coderclawlink.runs.revisions import FileNotFound, NothingToReview, RevisionNotFound
from coderclawlink.runtime import reviewing
from tests.runs.played import at_node, give, submit, told
from tests.runs.reviewed import changed, commit, diff, follow_up, head_of, with_result

pytestmark = pytest.mark.anyio
ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)
ADMIN = Actor(Role.ADMIN, "root", "r" * 64)
EVE = Actor(Role.VIEWER, "eve", "e" * 64)
FIRST = {"code.py": changed({10: "ten", 11: "eleven", 30: None})}


def make(
    tx: Tx,
    run: Run,
    first: int = 10,
    last: int | None = None,
    *,
    text: str = "Why?",
    side: Side = "new",
    actor: Actor = OWNER,
    path: str = "code.py",
    head: str | None = None,
) -> Remark:
    return remarks.make(tx, actor, run.id, path=path, side=side, first=first, last=last or first, text=text, head=head)


def only(db: Database, run: Run, actor: Actor = OWNER) -> Remark:
    with db.look() as look:
        (remark,) = remarks.of_run(look, actor, run.id)
    return remark


async def test_a_comment_holds_the_lines_and_the_commit_it_was_made_on(db: Database) -> None:
    run = await db.write(with_result, FIRST)
    made = await db.write(make, run, 10, 11)
    assert (made.snippet, made.head, made.state, made.prompt) == ("ten\neleven", head_of(FIRST), "draft", None)
    assert (made.before, made.after, made.base_line) == ("line 9", "line 12", None)
    context = await db.write(make, run, 12)
    assert context.base_line == 12
    gone = await db.write(make, run, 30, side="old")
    assert (gone.snippet, gone.base_line) == ("line 30", None)


def test_only_what_the_diff_shows_can_be_commented(db: Database) -> None:
    run = db.write_now(with_result, FIRST)
    for first, last in ((20, 20), (10, 20), (1, 1)):
        with pytest.raises(NotShown):
            db.write_now(make, run, first, last)
    for first, last in ((10, 9), (0, 0), (1, 400)):
        with pytest.raises(Invalid):
            db.write_now(make, run, first, last)
    with pytest.raises(FileNotFound):
        db.write_now(make, run, path="other.py")
    with pytest.raises(Conflict, match="changed meanwhile"):
        db.write_now(make, run, head="c" * 40)
    with pytest.raises(Invalid, match="needs words"):
        db.write_now(make, run, text=" \n")
    with pytest.raises(NothingToReview):
        db.write_now(make, db.write_now(at_node))


def test_a_draft_is_its_authors_alone(db: Database) -> None:
    run = db.write_now(with_result, FIRST, ANN)
    made = db.write_now(make, run, actor=ANN)
    with pytest.raises(RunNotFound):
        db.write_now(make, run, actor=BOB)
    with pytest.raises((PermissionMissing, RunNotFound)):
        db.write_now(make, run, actor=EVE)
    with db.look() as look:
        assert remarks.of_run(look, ADMIN, run.id) == []
    with pytest.raises(RemarkNotFound):
        db.write_now(remarks.edit, ADMIN, run.id, made.id, "Mine now.")
    with pytest.raises(RemarkNotFound):
        db.write_now(remarks.delete, ADMIN, run.id, made.id)
    assert db.write_now(remarks.edit, ANN, run.id, made.id, "Why ten?").text == "Why ten?"
    db.write_now(remarks.delete, ANN, run.id, made.id)
    with db.look() as look:
        assert remarks.of_run(look, ANN, run.id) == []


def test_all_drafts_become_one_prompt_with_place_lines_and_words(db: Database) -> None:
    run = db.write_now(with_result, FIRST)
    later = db.write_now(make, run, 30, side="old", text="Keep it.")
    first = db.write_now(make, run, 10, 11, text="In digits, please.")
    to, prompt, sent = db.write_now(reviewing.send, OWNER, run.id, "Nearly there.", follow_up)
    assert (to.id, [one.id for one in sent]) == (run.id, [first.id, later.id])
    assert prompt is not None
    assert prompt.text == (
        "Nearly there.\n\n"
        "These are comments on your work, each on lines of it. Heed every one of them.\n\n"
        "1. `code.py:10-11`\n\n```\nten\neleven\n```\n\nIn digits, please.\n\n"
        "2. `code.py:30`, as it was before your change\n\n```\nline 30\n```\n\nKeep it."
    )
    with db.look() as look:
        assert {(one.state, one.prompt) for one in remarks.of_run(look, OWNER, run.id)} == {("sent", 1)}
        assert told(look, run.id)[-1].event == RemarksSent(remarks=(first.id, later.id), prompt=1, by="owner")
    with pytest.raises(AlreadySent):
        db.write_now(remarks.edit, OWNER, run.id, first.id, "Other words.")
    with pytest.raises(NothingToSend):
        db.write_now(reviewing.send, OWNER, run.id, " ", follow_up)


def test_a_fence_cannot_be_closed_by_the_lines_in_it(db: Database) -> None:
    run = db.write_now(with_result, {"code.py": changed({10: "````", 11: "1. `x:1`"})})
    db.write_now(make, run, 10, 11)
    _, prompt, _ = db.write_now(reviewing.send, OWNER, run.id, "", follow_up)
    assert prompt is not None
    assert "`````\n````\n1. `x:1`\n`````" in prompt.text


NEXT: Mapping[str, tuple[Mapping[int, str | None], str, tuple[int, int]]] = {
    "moved": ({3: "three\nand\nmore", 10: "ten", 11: "eleven"}, "sent", (12, 13)),
    "changed": ({10: "10", 11: "eleven"}, "addressed", (10, 11)),
    "taken back": ({30: None}, "addressed", (10, 11)),
    "split": ({10: "ten\n\n", 11: "eleven"}, "addressed", (10, 11)),
}


@pytest.mark.parametrize("how", NEXT)
def test_the_next_commit_addresses_what_changed_and_carries_the_rest_along(db: Database, how: str) -> None:
    lines, state, place = NEXT[how]
    run = db.write_now(with_result, FIRST)
    db.write_now(make, run, 10, 11)
    db.write_now(reviewing.send, OWNER, run.id, "", follow_up)
    after = {"code.py": changed(lines)}
    head = db.write_now(commit, run, after, first=4)
    remark = only(db, run)
    assert (remark.state, (remark.first, remark.last)) == (state, place)
    assert remark.head == (head if state == "sent" else head_of(FIRST))
    assert remark.judged_head == (None if state == "sent" else head)
    with db.look() as look:
        (judged,) = [one.event for one in told(look, run.id) if one.kind == "remarks.judged"]
    addressed, still_open = ((), (remark.id,)) if state == "sent" else ((remark.id,), ())
    assert judged == RemarksJudged(head=head, addressed=addressed, still_open=still_open)


def test_a_line_of_the_base_is_followed_where_no_diff_shows_it_any_more(db: Database) -> None:
    run = db.write_now(with_result, FIRST)
    db.write_now(make, run, 12)
    db.write_now(commit, run, {"code.py": changed({2: "two\nand\nmore"})}, first=4)
    assert (only(db, run).state, only(db, run).first) == ("draft", 14)
    db.write_now(commit, run, {"other.py": changed({2: "two"})}, first=6)
    assert (only(db, run).state, only(db, run).first) == ("draft", 12)
    db.write_now(commit, run, {"code.py": changed({12: "twelve"})}, first=8)
    assert only(db, run).state == "stale"


def test_words_on_a_line_that_was_taken_away_are_answered_when_it_is_back(db: Database) -> None:
    run = db.write_now(with_result, FIRST)
    db.write_now(make, run, 30, side="old")
    db.write_now(reviewing.send, OWNER, run.id, "", follow_up)
    db.write_now(commit, run, {"code.py": changed({10: "ten", 30: None})}, first=4)
    assert only(db, run).state == "sent"
    db.write_now(commit, run, {"code.py": changed({10: "ten", 31: "thirty-one"})}, first=6)
    assert only(db, run).state == "addressed"


def test_a_draft_whose_lines_change_is_stale_and_can_still_be_sent(db: Database) -> None:
    run = db.write_now(with_result, FIRST)
    db.write_now(make, run, text="In digits.")
    db.write_now(commit, run, {"code.py": changed({10: "10"})}, first=4)
    assert only(db, run).state == "stale"
    _, prompt, _ = db.write_now(reviewing.send, OWNER, run.id, "", follow_up)
    assert prompt is not None
    assert f"`code.py:10`, as of {head_of(FIRST)[:12]}, changed since" in prompt.text
    assert only(db, run).state == "sent"


def test_a_diff_that_was_cut_decides_nothing(db: Database) -> None:
    place = take(patches.read(diff(FIRST)).files[0], "new", 10, 10)
    other = diff({"a.py": changed({1: "one"})}) + patches.CUT
    assert find(patches.read(other), place) == "unknown"
    assert find(patches.read(diff({"a.py": changed({1: "one"})})), place) == "changed"
    assert find(patches.read(diff({"code.py": changed({1: "one"})}) + patches.CUT), place) == "unknown"


def test_a_brace_is_not_found_in_every_other_brace() -> None:
    before = patches.read(diff({"code.py": changed({10: "}", 11: "eleven"})})).files[0]
    place = take(before, "new", 10, 10)
    assert find(patches.read(diff({"code.py": changed({30: "}"})})), place) == "changed"
    assert find(patches.read(diff({"code.py": changed({2: "x\ny", 10: "}"})})), place) != "changed"


async def test_what_is_open_goes_along_to_the_run_that_goes_on(db: Database) -> None:
    run = await db.write(with_result, FIRST)
    await db.write(make, run, 10)
    await db.write(make, run, 11)

    def ended(tx: Tx) -> None:
        ledger.complete(tx, ledger.find(tx, run.id), "done")

    def go_on(tx: Tx, actor: Actor, run_id: str, text: str) -> tuple[Run, prompts.Prompt | None]:
        after = submit(tx, actor=actor)
        ledger.note(tx, after.id, continues=run_id)
        return ledger.find(tx, after.id), None

    await db.write(ended)
    to, prompt, _ = await db.write(reviewing.send, OWNER, run.id, "", go_on)
    assert (prompt, to.id != run.id) == (None, True)
    with db.look() as look:
        found = remarks.of_run(look, OWNER, to.id)
        assert {(one.run_id, one.made_on, one.prompt) for one in found} == {(to.id, run.id, 0)}
        assert remarks.of_run(look, OWNER, run.id) == found
    with db.bell.listen("remarks.judged") as ear:
        await db.write(lambda tx: commit(tx, give(tx, to), {"code.py": changed({10: "10", 11: "eleven"})}, first=1))
        async with asyncio.timeout(5):
            assert await ear.wait(5)
    with db.look() as look:
        assert [one.state for one in remarks.of_run(look, OWNER, to.id)] == ["addressed", "sent"]
        after = ledger.find(look, to.id)
        assert revisions.find(look, after, head_of(FIRST)).run_id == run.id
        with pytest.raises(RevisionNotFound):
            revisions.find(look, after, "f" * 40)


def test_a_tick_holds_until_the_file_is_changed_again(db: Database) -> None:
    files = {"a.py": changed({1: "one"}), "b.py": changed({2: "two"})}
    run = db.write_now(with_result, files)
    for path in files:
        db.write_now(revisions.tick, OWNER, run.id, path, viewed=True)
    db.write_now(revisions.tick, ADMIN, run.id, "a.py", viewed=True)
    db.write_now(revisions.tick, ADMIN, run.id, "a.py", viewed=False)
    with pytest.raises(FileNotFound):
        db.write_now(revisions.tick, OWNER, run.id, "c.py", viewed=True)
    after = {**files, "b.py": changed({2: "2"}), "c.py": changed({3: "three"})}
    db.write_now(commit, run, after, first=4)
    with db.look() as look:
        seen = revisions.ticks_of(look, OWNER, [run.id])
        assert revisions.ticks_of(look, ADMIN, [run.id]) == {}
        patch = revisions.patch(look, revisions.latest(look, ledger.find(look, run.id)))
    now = {file.path: file.digest for file in patch.files}
    assert seen[revisions.name_of("a.py")].digest == now["a.py"]
    assert seen[revisions.name_of("b.py")].digest != now["b.py"]
    assert revisions.differences(patches.read(diff(files)), patch) == {"b.py": "changed", "c.py": "new"}
    assert revisions.differences(patch, patches.read(diff(files))) == {"b.py": "changed", "c.py": "gone"}
