"""What becomes of a run's events on a terminal."""

from __future__ import annotations

from coderclawlink.cli.timeline import Timeline
from coderclawlink.events import (
    AgentChunk,
    AgentMessage,
    AgentSession,
    AgentThought,
    AgentTool,
    AgentUsage,
    AnyEvent,
    AttemptEnded,
    BudgetReached,
    ChatAsked,
    ChatProposed,
    CheckEnded,
    ChecksDemanded,
    CheckStarted,
    ComparisonStarted,
    Option,
    Pause,
    PermissionDecided,
    PromptChanged,
    PromptQueued,
    PromptTaken,
    PromptWithdrawn,
    ProposalDecided,
    QuestionAnswered,
    QuestionAsked,
    ReceiptIssued,
    RemarksJudged,
    RemarksSent,
    RunCompleted,
    RunDiscarded,
    RunFailed,
    RunHandedOver,
    RunReviewed,
    WorkCommitted,
)
from coderclawlink.rules import Act


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


def test_prompts_are_told_when_they_wait_and_when_the_agent_takes_them() -> None:
    assert told(
        PromptTaken(number=0, text="Do it"),
        PromptQueued(number=1, text="And\nthe docs", by="ann"),
        PromptQueued(number=2, text="Stop that", by="ann", steer=True),
        PromptChanged(number=1, text="And the tests", by="ann"),
        PromptWithdrawn(number=1, by="ann"),
        PromptTaken(number=2, text="Stop that"),
        PromptTaken(number=None, text="The check failed."),
    ) == (
        "prompt 1 of ann, next: And the docs\n"
        "prompt 2 of ann, at once: Stop that\n"
        "prompt 1 is now: And the tests\n"
        "prompt 1 is withdrawn\n"
        "» Stop that\n"
        "» the node: The check failed.\n"
    )


def test_what_rules_decided_is_told_with_the_rule() -> None:
    assert told(
        PermissionDecided(title="ls", act=Act(), effect="allow"),
        PermissionDecided(title="rm -r /", act=Act(), effect="deny", rule="deny execute command rm *"),
    ) == ("allowed by the agent's mode: ls\ndenied by the rule “deny execute command rm *”: rm -r /\n")


def test_checks_are_told_with_the_last_words_of_what_failed() -> None:
    assert told(
        ChecksDemanded(names=("tests", "lint"), source="repository", base="b" * 40),
        CheckStarted(name="tests", command="make test"),
        CheckEnded(name="tests", command="make test", head="a", passed=True, exit_code=0, seconds=1.25),
        CheckEnded(name="lint", command="lint", head="a", passed=False, exit_code=3, seconds=2, output="x.py: bad\n"),
        CheckEnded(name="slow", command="sleep", head="a", passed=False, exit_code=None, seconds=600),
        ReceiptIssued(head="a", checks=("tests",), digest="0123456789abcdef0123"),
    ) == (
        "the result must pass: tests, lint\n"
        "→ check tests  make test\n"
        "✓ check tests  1.2 s\n"
        "✗ check lint  exit code 3, 2.0 s\n    x.py: bad\n"
        "✗ check slow  out of time, 600.0 s\n"
        "receipt 0123456789abcdef\n"
    )


def test_pauses_hand_overs_budgets_and_reviews_are_told() -> None:
    assert told(
        AttemptEnded(outcome="paused", pause=Pause(reason="quota", why="Too many.", until="2026-11-24T12:00:00Z")),
        RunHandedOver(before="claude", agent="goose", why="its quota is used up"),
        AgentSession(session="s", resumed=False),
        AgentSession(session="s", resumed=True),
        BudgetReached(scope="project", name="DEMO", percent=80, spent_usd=0.8, spent_tokens=1200, usd=1.0, tokens=None),
        RunReviewed(approved=False, by="ann", text="Tests are missing."),
        RunReviewed(approved=True, by="bob"),
    ) == (
        "paused for a quota: Too many., until 2026-11-24T12:00:00Z; the work is saved\n"
        "handed over from claude to goose: its quota is used up\n"
        "it remembers what was said before\n"
        "80 % of the budget of project DEMO: 0.8000 USD, 1,200 tokens spent\n"
        "changes wanted by ann: Tests are missing.\n"
        "approved by bob\n"
    )


def test_an_answer_is_told_with_its_words() -> None:
    asked = QuestionAsked(question="q", title="Run?", options=(Option(id="n", label="No", effect="reject_once"),))
    assert told(asked, QuestionAnswered(question="q", option="n", text="Use the cache.", by="ann")).endswith(
        "  answered by ann: No, “Use the cache.”\n"
    )
    assert (
        told(QuestionAnswered(question="q", option=None, by="the deadline"))
        == "  answered by the deadline: dismissed\n"
    )


def test_comments_comparisons_and_chats_are_told() -> None:
    assert told(RemarksSent(remarks=("a", "b"), prompt=1, by="ann")) == "2 comments on lines, sent by ann\n"
    judged = RemarksJudged(head="abc", addressed=("a",), still_open=("b",))
    assert told(judged) == "comments on lines: 1 addressed, 1 still open\n"
    assert told(RunDiscarded(by="ann", text="Not this.")) == "the result is discarded by ann: Not this.\n"
    started = ComparisonStarted(comparison="c1", runs=("r1", "r2"))
    assert told(started) == "it is compared with 1 other run:  clawlink comparison show c1\n"
    assert told(ChatAsked(chat="c", number=3)) == "message 3 of a chat\n"
    proposed = ChatProposed(chat="c", number=3, proposals=(1, 2))
    assert told(proposed) == "it proposes 2 changes for you to confirm\n"
    decided = ProposalDecided(chat="c", proposal=2, confirmed=False, by="ann")
    assert told(decided) == "proposal 2 is dismissed by ann\n"
