"""Recorded conversations with OpenHands' agent server 1.58.0, read into events. `record_openhands.py` makes the recordings."""

import json
from pathlib import Path

import pytest

from coderclawlink.drivers.acp.translate import Raw
from coderclawlink.drivers.openhands.server import status, whole_state
from coderclawlink.drivers.openhands.translate import Translation
from coderclawlink.events import (
    AgentChunk,
    AgentEvent,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTool,
    FileChange,
    PlanEntry,
)

HERE = Path(__file__).parent
SCENES = sorted(file.stem for file in HERE.glob("openhands-*.jsonl"))


def heard(name: str) -> list[Raw]:
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text().splitlines()]


def replay(name: str, *, asks: bool = False, twice: bool = False) -> tuple[list[AgentEvent], str, Translation]:
    """The events of a recording and the agent's last words. `twice`: each comes again, as after a reconnection."""
    translation = Translation("/workspace", asks=asks)
    told: list[AgentEvent] = []
    for event in heard(name):
        told += translation.event(event)
        if twice:
            told += translation.event(event)
    ended, words = translation.end(done=last_state(name) == "finished")
    return [*told, *ended], words, translation


def last_state(name: str) -> str:
    return [status(state) for event in heard(name) if (state := whole_state(event)) is not None][-1]


def calls(events: list[AgentEvent]) -> list[tuple[str, str, str, str]]:
    return [(e.title, e.tool, e.status, e.output) for e in events if isinstance(e, AgentTool)]


def test_an_edit() -> None:
    events, words, _ = replay("openhands-edit")
    assert calls(events)[0] == ("create a.txt", "edit", "running", "")
    assert calls(events)[1] == (
        "create a.txt",
        "edit",
        "completed",
        "File created successfully at: /workspace/a.txt",
    )
    assert [(title, tool, state) for title, tool, state, _ in calls(events)[2:]] == [
        ("str replace a.txt", "edit", "running"),
        ("str replace a.txt", "edit", "completed"),
        ("cat a.txt && false", "execute", "running"),
        ("cat a.txt && false", "execute", "failed"),
    ]
    assert calls(events)[-1][3] == "bye"
    changes = [event.changes for event in events if isinstance(event, AgentTool) and event.status == "completed"]
    assert changes == [
        (FileChange(path="a.txt", old=None, new="hello\n"),),
        (FileChange(path="a.txt", old="hello", new="bye"),),
    ]
    assert events[:4] == [
        AgentChunk(text="Well.", thought=True),
        AgentChunk(text="I begin."),
        AgentThought(text="Well."),
        AgentMessage(text="I begin."),
    ]
    assert [event for event in events if isinstance(event, AgentPlan)] == [
        AgentPlan(entries=(PlanEntry(text="Look", status="completed"), PlanEntry(text="Leap", status="pending")))
    ]
    assert events[-1] == AgentMessage(text="All done.")
    assert (words, last_state("openhands-edit")) == ("All done.", "finished")


def test_what_waits_for_leave_is_known_until_it_is_answered() -> None:
    translation = Translation("/workspace", asks=True)
    waiting: list[list[str]] = []
    for event in heard("openhands-allowed"):
        translation.event(event)
        state = whole_state(event)
        if state is not None and status(state) == "waiting_for_confirmation":
            waiting.append([call.title for call in translation.pending()])
            assert translation.wanted(translation.pending()[0].id).tool == "edit"
            assert [call.status for call in translation.running() if isinstance(call, AgentTool)] == ["running"]
            assert translation.pending() == []
    assert waiting == [["create a.txt"]]
    assert translation.end(done=True)[1] == "All done."


def test_a_refused_command() -> None:
    events, words, translation = replay("openhands-refused", asks=True)
    assert calls(events) == [
        ("touch a.txt", "execute", "pending", ""),
        ("touch a.txt", "execute", "failed", "The user has refused this."),
    ]
    assert words == "Then not."
    assert translation.pending() == []


def test_an_interruption_in_the_stream_leaves_what_was_said() -> None:
    events, words, _ = replay("openhands-interrupted-in-stream")
    chunks = "".join(event.text for event in events if isinstance(event, AgentChunk))
    assert chunks.startswith("piece 1 ")
    assert events[-1] == AgentMessage(text=chunks)
    assert words == chunks
    assert last_state("openhands-interrupted-in-stream") == "paused"


def test_an_interruption_in_a_command() -> None:
    events, _, _ = replay("openhands-interrupted-in-command")
    assert [(state, output) for _, _, state, output in calls(events)] == [
        ("running", ""),
        ("failed", "Tool call interrupted before completion. The conversation was paused."),
    ]


def test_a_model_that_refuses() -> None:
    events, words, translation = replay("openhands-model-refuses")
    assert (events, words, last_state("openhands-model-refuses")) == ([], "", "error")
    assert translation.trouble is not None
    assert "no such model" in translation.trouble.words
    assert not translation.trouble.retry


@pytest.mark.parametrize("name", SCENES)
def test_what_is_told_again_is_not_told_again(name: str) -> None:
    assert replay(name, twice=True)[:2] == replay(name)[:2]


@pytest.mark.parametrize("name", SCENES)
def test_nothing_in_a_recording_is_unknown(name: str) -> None:
    assert not [event for event in replay(name)[0] if event.kind == "agent.log"]
