"""ACP's words read into events: pure, so by example."""

from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.drivers.acp import permissions
from coderclawlink.drivers.acp.translate import LONGEST_TEXT, Raw, Translation, shorten
from coderclawlink.events import (
    AgentChunk,
    AgentEvent,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTitle,
    AgentTool,
    FileChange,
    Option,
    PlanEntry,
)


def chunk(said: str, kind: str = "agent_message_chunk", **more: object) -> Raw:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": said}, **more}


def read(*updates: Raw, done: bool = True) -> list[AgentEvent]:
    translation = Translation("/w")
    told = [event for update in updates for event in translation.update(update)]
    return told + translation.end(done=done)[0]


def whole(*updates: Raw) -> list[AgentEvent]:
    return [event for event in read(*updates) if not isinstance(event, AgentChunk)]


def test_a_block_ends_where_another_kind_begins() -> None:
    assert read(chunk("a"), chunk("b"), chunk("c", "agent_thought_chunk"), chunk("d")) == [
        AgentChunk(text="a"),
        AgentChunk(text="b"),
        AgentMessage(text="ab"),
        AgentChunk(text="c", thought=True),
        AgentThought(text="c"),
        AgentChunk(text="d"),
        AgentMessage(text="d"),
    ]


def test_a_block_ends_where_a_tool_call_begins_but_not_at_its_updates() -> None:
    begun: Raw = {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "T"}
    closed: Raw = {"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "completed"}
    assert whole(chunk("a"), begun, chunk("b"), closed, chunk("c")) == [
        AgentMessage(text="a"),
        AgentTool(id="t", title="T"),
        AgentTool(id="t", title="T", status="completed"),
        AgentMessage(text="bc"),
    ]


def test_a_block_ends_where_the_message_id_changes() -> None:
    assert whole(chunk("a", messageId="1"), chunk("b", messageId="1"), chunk("c", messageId="2")) == [
        AgentMessage(text="ab"),
        AgentMessage(text="c"),
    ]


def test_a_block_of_nothing_is_not_told() -> None:
    assert whole(chunk(""), chunk(" \n"), {"sessionUpdate": "agent_message_chunk", "content": None}) == []


def test_the_last_words_are_those_of_the_turn() -> None:
    translation = Translation()
    translation.update(chunk("first"))
    assert translation.end(done=True)[1] == "first"
    assert translation.end(done=True)[1] == ""


def test_what_is_not_text_is_named() -> None:
    link = {"type": "resource_link", "name": "Docs", "uri": "http://x"}
    resource = {"type": "resource", "resource": {"uri": "file:///a", "text": "A"}}
    image = {"type": "image", "data": "…"}
    updates = [{"sessionUpdate": "agent_message_chunk", "content": content} for content in (link, resource, image)]
    assert whole(*updates) == [AgentMessage(text="[Docs](http://x)A[image]")]


def test_a_call_keeps_what_an_update_leaves_out() -> None:
    told = read(
        {
            "sessionUpdate": "tool_call",
            "toolCallId": "t",
            "title": "Run",
            "kind": "execute",
            "rawInput": {"command": ["ls", "a b"]},
        },
        {"sessionUpdate": "tool_call_update", "toolCallId": "t", "title": "", "kind": None, "status": "in_progress"},
        {"sessionUpdate": "tool_call_update", "toolCallId": "t", "title": None, "rawOutput": {"stdout": "out"}},
        {"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "completed"},
    )
    assert told[-1] == AgentTool(
        id="t", title="Run", tool="execute", status="completed", input="ls 'a b'", output="out"
    )


def test_calls_left_open_are_closed_by_how_the_turn_ended() -> None:
    open_call: Raw = {"sessionUpdate": "tool_call", "toolCallId": "t", "status": "in_progress"}
    assert read(open_call)[-1] == AgentTool(id="t", status="completed")
    assert read(open_call, done=False)[-1] == AgentTool(id="t", status="failed")


def test_diffs_are_changes_with_paths_of_the_workspace() -> None:
    new = {"type": "diff", "path": "/w/a.py", "oldText": None, "newText": "n"}
    changed = {"type": "diff", "path": "/elsewhere/b.py", "oldText": "o", "newText": "n"}
    (told,) = read(
        {"sessionUpdate": "tool_call", "toolCallId": "t", "status": "completed", "content": [new, "nonsense", changed]}
    )
    assert isinstance(told, AgentTool)
    assert told.changes == (
        FileChange(path="a.py", old=None, new="n"),
        FileChange(path="/elsewhere/b.py", old="o", new="n"),
    )


def test_output_while_a_command_runs_is_heard_in_three_dialects() -> None:
    codex: Raw = {"terminal_output_delta": {"terminal_id": "x", "data": "codex"}}
    goose: Raw = {
        "toolNotification": {"type": "live_output", "params": {"chunks": [{"output": "goo"}, {"output": "se"}]}}
    }
    claude: Raw = {"claudeCode": {"toolResponse": {"stdout": "clau", "stderr": "de"}}}
    for meta, output in ((codex, "codex"), (goose, "goose"), (claude, "claude")):
        (*_, told) = read({"sessionUpdate": "tool_call_update", "toolCallId": "t", "_meta": meta})
        assert isinstance(told, AgentTool)
        assert told.output == output


def test_output_that_trickles_in_is_told_each_time_it_has_doubled() -> None:
    pieces: list[Raw] = [
        {
            "sessionUpdate": "tool_call_update",
            "toolCallId": "t",
            "status": "in_progress",
            "_meta": {"terminal_output_delta": {"data": "x"}},
        }
    ] * 1000
    lengths = [len(event.output) for event in read(*pieces) if isinstance(event, AgentTool)]
    assert lengths == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]


def test_long_texts_keep_their_beginning_and_end() -> None:
    assert shorten("a" * 10, 10) == "a" * 10
    assert shorten("abcdefghij", 4) == "ab\n… 6 characters left out …\nij"
    (told,) = read({"sessionUpdate": "tool_call", "toolCallId": "t", "status": "completed", "rawInput": "x" * 10**6})
    assert isinstance(told, AgentTool)
    assert len(told.input) < LONGEST_TEXT + 100


def test_plans_and_titles() -> None:
    entries = [{"content": "one", "status": "completed"}, {"content": "two", "status": "odd"}]
    plan = AgentPlan(entries=(PlanEntry(text="one", status="completed"), PlanEntry(text="two")))
    assert read({"sessionUpdate": "plan", "entries": entries}) == [plan]
    assert read({"sessionUpdate": "plan_update", "plan": {"type": "items", "entries": entries}}) == [plan]
    assert read({"sessionUpdate": "plan_update", "plan": {"type": "markdown", "content": "# P"}}) == [
        AgentPlan(entries=(PlanEntry(text="# P"),))
    ]
    assert read({"sessionUpdate": "session_info_update", "title": "T"}) == [AgentTitle(title="T")]
    assert read({"sessionUpdate": "session_info_update", "title": None}) == []


def test_an_unknown_kind_is_a_log_line_and_known_noise_is_silent() -> None:
    (told,) = read({"sessionUpdate": "telepathy", "x": 1})
    assert isinstance(told, AgentLog)
    assert "telepathy" in told.text
    assert read({"sessionUpdate": "usage_update", "used": 1}, chunk("me", "user_message_chunk")) == []


WORDS = st.sampled_from(["", "text", "diff", "completed", "x"])
NAMES = st.sampled_from(
    ["type", "text", "content", "path", "oldText", "command", "toolNotification", "params", "chunks"]
)
LEAVES = st.none() | st.booleans() | st.integers() | WORDS
JSON = (
    LEAVES
    | st.lists(LEAVES | st.dictionaries(NAMES, LEAVES, max_size=3), max_size=2)
    | st.dictionaries(NAMES, LEAVES | st.lists(st.dictionaries(NAMES, LEAVES, max_size=2), max_size=2), max_size=3)
)
KEYS = st.sampled_from(
    [
        "content",
        "toolCallId",
        "title",
        "kind",
        "status",
        "rawInput",
        "rawOutput",
        "entries",
        "plan",
        "_meta",
        "messageId",
    ]
)
KINDS = st.sampled_from(
    ["agent_message_chunk", "agent_thought_chunk", "tool_call", "tool_call_update", "plan", "plan_update", "odd", ""]
)


@given(st.lists(st.tuples(KINDS, st.dictionaries(KEYS, JSON, max_size=5)), max_size=5))
def test_nothing_that_an_agent_says_breaks_it(updates: list[tuple[str, dict[str, object]]]) -> None:
    translation = Translation("/w")
    for kind, fields in updates:
        translation.update({"sessionUpdate": kind, **fields})
        permissions.ask({"options": [fields], "toolCall": fields}, "q", None)
    translation.end(done=True)


def test_an_option_is_chosen_by_id_then_by_effect_then_by_the_next_best() -> None:
    once = Option(id="a", label="", effect="allow_once")
    again = Option(id="b", label="", effect="allow_once")
    always = Option(id="reject_once", label="", effect="allow_always")
    assert permissions.choose([once, again], "b") is again
    assert permissions.choose([once, again], "allow_once") is once
    assert permissions.choose([always], "allow_once") is always
    assert permissions.choose([always], "reject_once") is always  # an id goes before an effect
    assert permissions.choose([once], "reject_always") is None
    assert permissions.choose([once], "whatever") is None


def test_a_big_diff_is_summed_up_in_a_question() -> None:
    change = FileChange(path="a", old="x\n" * 20_000, new="y\n")
    assert permissions.detail(AgentTool(id="t", changes=(change,))) == "a: 20000 lines become 1"
