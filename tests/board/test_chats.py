"""Conversations on both databases: what is kept of them, and what an ended run makes of its answer."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import chats, projects
from coderclawlink.board.chats import AlreadyDecided, Chat, ChatNotFound
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AgentMessage, ChatProposed, PromptTaken
from coderclawlink.runs import ledger, recording
from coderclawlink.runs.ledger import Run
from tests.runs.played import NODE, give, join, said, submit, told

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
ANN_AGAIN = Actor(Role.DEVELOPER, "ann", "c" * 64)
EVE = Actor(Role.VIEWER, "eve", "e" * 64)
ONE = '```clawlink-actions\n[{"create_task": {"title": "Mend it"}}]\n```'


def talk(tx: Tx, actor: Actor = OWNER) -> tuple[Chat, Run]:
    """A conversation whose first message is being answered."""
    project = projects.create(tx, actor, name="Demo", key="DEMO")
    join(tx)
    run = give(tx, submit(tx, actor=actor, project=project.id))
    chat = chats.start(tx, actor, project.id, "a", "\n  What is open?\nAnd why?")
    chats.asked(tx, actor, chat, run, 0, "What is open?")
    return chats.find(tx, actor, chat.id), run


def end(tx: Tx, run: Run, result: str) -> None:
    ledger.complete(tx, ledger.find(tx, run.id), result)
    chats.run_ended(tx, ledger.find(tx, run.id))


def test_an_answer_is_what_was_said_to_its_message(db: Database) -> None:
    chat, run = db.write_now(talk)
    assert chat.title == "What is open?"
    db.write_now(lambda tx: chats.asked(tx, OWNER, chat, run, 1, "And now?"))
    spoken = (
        PromptTaken(number=0, text="What is open?"), AgentMessage(text="Let me see."), AgentMessage(text="Nothing."),
        PromptTaken(number=None, text="Mend it."), AgentMessage(text="Mended."),
        PromptTaken(number=1, text="And now?"), AgentMessage(text=f"Still.\n{ONE}"),
    )  # fmt: skip
    db.write_now(recording.record, NODE, said(run, *spoken))
    with db.look() as look:
        answers = [one.answer for one in chats.messages(look, chat)]
    assert answers == ["Let me see.\n\nNothing.\n\nMended.", "Still."]


def test_what_an_ended_run_proposes_is_kept_once_and_told_without_its_words(db: Database) -> None:
    chat, run = db.write_now(talk)
    db.write_now(end, run, f"Well.\n{ONE}")
    db.write_now(lambda tx: chats.run_ended(tx, ledger.find(tx, run.id)))
    with db.look() as look:
        (proposal,) = chats.proposals_of(look, chat)
        kept = [one.event for one in told(look, run.id) if one.kind == "chat.proposed"]
    assert (proposal.state, proposal.message) == ("proposed", 1)
    assert kept == [ChatProposed(chat=chat.id, number=1, proposals=(1,))]
    decided = db.write_now(lambda tx: chats.decide(tx, OWNER, chat, proposal, confirmed=False))
    assert (decided.state, decided.decided_by) == ("dismissed", "owner")
    with db.look() as look, pytest.raises(AlreadyDecided, match="dismissed already"):
        chats.undecided(look, chat, 1)


def test_a_run_that_failed_proposes_nothing(db: Database) -> None:
    chat, run = db.write_now(talk)

    def fail(tx: Tx) -> None:
        ledger.fail(tx, ledger.find(tx, run.id), "The model is away.")
        chats.run_ended(tx, ledger.find(tx, run.id))

    db.write_now(fail)
    with db.look() as look:
        assert chats.proposals_of(look, chat) == []
        assert [one.error for one in chats.messages(look, chat)] == ["The model is away."]


def test_naming_oneself_ann_does_not_open_anns_conversation(db: Database) -> None:
    chat, _ = db.write_now(talk, ANN)
    with db.look() as look:
        assert chats.find(look, ANN, chat.id) == chat
        for actor in (ANN_AGAIN, OWNER):
            assert chats.of_project(look, actor, chat.project_id) == []
            with pytest.raises(ChatNotFound):
                chats.find(look, actor, chat.id)


def test_who_may_submit_nothing_begins_no_conversation(db: Database) -> None:
    chat, _ = db.write_now(talk)
    with pytest.raises(PermissionMissing):
        db.write_now(chats.start, EVE, chat.project_id, "a", "Hello")


def test_a_deleted_project_takes_its_conversations_along(db: Database) -> None:
    chat, _ = db.write_now(talk)
    db.write_now(projects.delete, OWNER, chat.project_id)
    with db.look() as look, pytest.raises(ChatNotFound):
        chats.find(look, OWNER, chat.id)
