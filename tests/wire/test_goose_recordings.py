"""Recorded conversations with Goose 1.52.0, read into events. `record.py` makes the recordings."""

import json
from collections.abc import Iterator
from pathlib import Path

from coderclawlink.drivers.acp import permissions
from coderclawlink.drivers.acp.translate import Raw, Translation, part, text
from coderclawlink.events import AgentChunk, AgentEvent, AgentMessage, AgentTitle, AgentTool, FileChange, QuestionAsked

HERE = Path(__file__).parent


def heard(name: str) -> Iterator[Raw]:
    """What the agent says in a recording."""
    for line in (HERE / f"{name}.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["way"] == "in":
            yield record["message"]


def replay(name: str) -> tuple[list[AgentEvent | QuestionAsked], str]:
    """The events of a recording, without titles (a model makes them up on the side), and the agent's last words."""
    translation = Translation("/workspace")
    told: list[AgentEvent | QuestionAsked] = []
    for message in heard(name):
        match message.get("method"):
            case "session/update":
                told += translation.update(part(part(message, "params"), "update"))
            case "session/request_permission":
                params = part(message, "params")
                call = part(params, "toolCall")
                told += translation.call(call)
                told.append(permissions.ask(params, "q", translation.known(text(call, "toolCallId"))))
    ended, words = translation.end(done=stop_reason(name) == "end_turn")
    return [event for event in [*told, *ended] if not isinstance(event, AgentTitle)], words


def stop_reason(name: str) -> str:
    return next(reason for message in heard(name) if (reason := text(part(message, "result"), "stopReason")))


def calls(events: list[AgentEvent | QuestionAsked]) -> list[tuple[str, str, str, str]]:
    return [(e.title, e.tool, e.status, e.output) for e in events if isinstance(e, AgentTool)]


def test_an_edit() -> None:
    events, words = replay("goose-edit")
    assert calls(events) == [
        ("write · a.txt", "edit", "pending", ""),
        ("write · a.txt", "edit", "completed", "Created a.txt (1 lines)"),
        ("edit · a.txt", "edit", "pending", ""),
        ("edit · a.txt", "edit", "completed", "Edited a.txt (1 lines -> 1 lines)"),
        ("shell · cat a.txt && sleep 0.3", "execute", "pending", ""),
        ("shell · cat a.txt && sleep 0.3", "execute", "running", "bye\n"),
        ("shell · cat a.txt && sleep 0.3", "execute", "completed", "bye"),
    ]
    changes = [event.changes for event in events if isinstance(event, AgentTool) and event.status == "completed"]
    assert changes == [
        (FileChange(path="a.txt", old=None, new="hello\n"),),
        (FileChange(path="a.txt", old="hello", new="bye"),),
        (),
    ]
    assert events[-2:] == [AgentChunk(text="All done."), AgentMessage(text="All done.")]
    assert (words, stop_reason("goose-edit")) == ("All done.", "end_turn")


def test_an_allowed_edit() -> None:
    events, words = replay("goose-allowed")
    (question,) = [event for event in events if isinstance(event, QuestionAsked)]
    assert question.title == "write · a.txt"
    assert question.detail == "--- /dev/null\n+++ a.txt\n@@ -0,0 +1 @@\n+hello"
    assert [option.effect for option in question.options] == [
        "allow_always",
        "allow_once",
        "reject_once",
        "reject_always",
    ]
    assert calls(events)[-1] == ("write · a.txt", "edit", "completed", "Created a.txt (1 lines)")
    assert words == "All done."


def test_a_refused_command() -> None:
    events, words = replay("goose-refused")
    (question,) = [event for event in events if isinstance(event, QuestionAsked)]
    assert question.detail == "touch a.txt"
    title, tool, status, output = calls(events)[-1]
    assert (title, tool, status) == ("shell · touch a.txt", "execute", "failed")
    assert output.startswith("The user has declined to run this tool.")
    assert words == "Then not."


def test_a_cancel_in_the_stream() -> None:
    events, words = replay("goose-cancelled-in-stream")
    assert stop_reason("goose-cancelled-in-stream") == "cancelled"
    chunks = [event.text for event in events if isinstance(event, AgentChunk)]
    assert chunks
    assert events[-1] == AgentMessage(text="".join(chunks))
    assert words == "".join(chunks)


def test_a_cancel_in_a_command() -> None:
    events, _ = replay("goose-cancelled-in-command")
    assert stop_reason("goose-cancelled-in-command") == "cancelled"
    assert [(status, output) for _, _, status, output in calls(events)] == [
        ("pending", ""),
        ("running", "begun\n"),
        ("failed", "begun\n"),  # never closed by the agent
    ]


def test_a_cancel_at_an_open_question() -> None:
    events, _ = replay("goose-cancelled-at-question")
    assert stop_reason("goose-cancelled-at-question") == "cancelled"
    assert calls(events)[-1][2] == "failed"


def test_a_model_that_refuses_is_told_as_a_turn_that_ended_well() -> None:
    events, words = replay("goose-model-refuses")
    assert stop_reason("goose-model-refuses") == "end_turn"
    assert words.startswith("Ran into this error: Request failed: Bad request (400): no such model.")
    assert events[-1] == AgentMessage(text=words)
