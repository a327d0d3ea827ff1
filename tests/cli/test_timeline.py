"""What becomes of a run's events on a terminal."""

from __future__ import annotations

from coderclawlink.cli.timeline import Timeline
from coderclawlink.events import (
    AgentChunk,
    AgentMessage,
    AgentThought,
    AgentTool,
    AgentUsage,
    AnyEvent,
    Option,
    QuestionAnswered,
    QuestionAsked,
    RunCompleted,
    RunFailed,
    WorkCommitted,
)


def told(*events: AnyEvent) -> str:
    written: list[str] = []
    timeline = Timeline("7", written.append, lambda words, colour: words)
    for event in events:
        timeline.tell(event)
    return "".join(written)


def test_a_message_that_was_streamed_is_not_written_again() -> None:
    assert told(AgentChunk(text="Hel"), AgentChunk(text="lo"), AgentMessage(text="Hello")) == "Hello\n"


def test_a_message_that_nobody_watched_is_written_whole() -> None:
    assert told(AgentMessage(text="Hello")) == "Hello\n"


def test_what_was_missed_of_a_message_is_written_when_it_is_whole() -> None:
    assert told(AgentChunk(text="Hel"), AgentMessage(text="Hello")) == "Hello\n"


def test_thoughts_and_words_that_overlap_are_each_written_once() -> None:
    events = (
        AgentChunk(text="Hm.", thought=True),
        AgentChunk(text="I do it."),
        AgentThought(text="Hm."),
        AgentMessage(text="I do it."),
    )
    assert told(*events) == "Hm.\nI do it.\n"


def test_the_next_message_may_begin_before_the_last_is_told_whole() -> None:
    events = (
        AgentChunk(text="One."),
        AgentChunk(text="Two"),
        AgentMessage(text="One."),
        AgentChunk(text="!"),
        AgentMessage(text="Two!"),
    )
    assert told(*events) == "One.Two!\n"


def test_a_tool_call_is_told_when_it_begins_and_when_it_is_over() -> None:
    def call(status: str, output: str = "") -> AgentTool:
        return AgentTool.model_validate(
            {"id": "t", "title": "make test", "tool": "execute", "status": status, "output": output}
        )

    assert told(call("pending"), call("running"), call("completed", "2 passed"), call("completed", "2 passed")) == (
        "→ execute  make test\n✓ execute  make test\n    2 passed\n"
    )


def test_long_output_is_shown_by_its_end() -> None:
    tool = AgentTool(id="t", title="ls", tool="execute", status="failed", output="\n".join(map(str, range(100))))
    lines = told(tool).splitlines()
    assert lines[:3] == ["✗ execute  ls", "    … 88 lines more", "    88"]
    assert lines[-1] == "    99"


def test_a_question_shows_exactly_what_it_decides_about_and_how_to_answer() -> None:
    asked = QuestionAsked(
        question="q",
        title="Run a command?",
        detail="rm -rf build\x1b[8m /\x1b[0m",
        options=(Option(id="yes", label="Allow", effect="allow_once"), Option(id="no", label="Reject")),
    )
    assert told(asked, QuestionAnswered(question="q", option="yes", by="owner")) == (
        "? Run a command?\n"
        "    rm -rf build /\n"
        "  Allow:  clawlink run answer 7 yes\n"
        "  Reject:  clawlink run answer 7 no\n"
        "  answered by owner: Allow\n"
    )


def test_the_end_says_what_was_used_and_what_came_of_it() -> None:
    usage = AgentUsage(model="m", calls=2, input_tokens=1200, output_tokens=30, cost_usd=0.5)
    commit = WorkCommitted(head="a" * 40, base="b" * 40, branch="task/d-1", files=1, additions=2, deletions=0)
    assert told(usage, commit, RunCompleted(result="done")) == (
        "commit aaaaaaaaaaaa on task/d-1: 1 file, +2 −0\n"
        "2 model calls, 1,200 tokens in, 30 out, 0.5000 USD\n"
        "completed\n"
    )


def test_nothing_an_agent_says_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b]0;title\x07\x1b[2J"
    written = told(
        AgentChunk(text=evil + "a"),
        AgentMessage(text=evil + "a"),
        AgentTool(id="t", title=evil + "b", tool="other", status="failed", output=evil + "c"),
        RunFailed(error=evil + "d"),
    )
    assert "\x1b" not in written
    assert written.splitlines() == ["a", "✗ other  b", "    c", "failed: d"]
