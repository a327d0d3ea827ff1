"""What OpenHands tells beyond what was recorded of it, and what its acts are to rules."""

from pathlib import Path

from coderclawlink.drivers.acp import acts
from coderclawlink.drivers.openhands.translate import Translation
from coderclawlink.events import AgentLog, AgentMessage, AgentThought, AgentTool
from coderclawlink.rules import Act, Rule, decide


def action(tool: str, call: str = "c1", **arguments: object) -> dict[str, object]:
    return {
        "kind": "ActionEvent",
        "id": f"event-{call}",
        "tool_name": tool,
        "tool_call_id": call,
        "action": {"kind": "SomeAction", **arguments},
    }


def act(tool: str, tmp_path: Path, **arguments: object) -> Act:
    translation = Translation(str(tmp_path), asks=True)
    translation.event(action(tool, "c1", **arguments))
    return acts.tell(translation.wanted("c1"), tmp_path, tmp_path / "home")


def test_acts_are_told_by_type(tmp_path: Path) -> None:
    assert act("terminal", tmp_path, command="git status", is_input=False) == Act(tool="execute", command="git status")
    for command in ("create", "str_replace", "insert", "undo_edit"):
        assert act("file_editor", tmp_path, command=command, path=f"{tmp_path}/a.txt") == Act(
            tool="edit", paths=("a.txt",)
        )
    assert act("file_editor", tmp_path, command="view", path="/etc/passwd") == Act(tool="read", paths=("/etc/passwd",))
    assert act("browser_navigate", tmp_path, url="https://example.org/x").hosts == ("example.org",)
    assert act("some_mcp_tool", tmp_path, data={"query": "x"}).tool == "other"


def test_what_is_typed_into_a_running_program_is_covered_by_no_rule_for_commands(tmp_path: Path) -> None:
    typed = act("terminal", tmp_path, command="git status", is_input=True)
    allow, deny = Rule(effect="allow", command="git *"), Rule(effect="deny", command="git *")
    assert decide(typed, [allow], "ask").effect == "ask"
    assert decide(typed, [deny], "allow").effect == "deny"
    assert decide(act("terminal", tmp_path, command="git status", is_input=False), [allow], "ask").effect == "allow"


def test_looking_on_at_a_command_needs_no_leave_and_nothing_else_does_without(tmp_path: Path) -> None:
    for arguments, harmless in (
        ({"command": "", "is_input": False, "reset": False}, True),
        ({"command": "", "is_input": True}, False),
        ({"command": " ", "is_input": False}, False),
        ({"command": "", "is_input": False, "reset": True}, False),
        ({"command": "", "other": "x"}, False),
        ({"command": "ls"}, False),
    ):
        translation = Translation(asks=True)
        translation.event(action("terminal", "c1", **arguments))
        assert translation.harmless("c1") is harmless, arguments


def test_thinking_waits_for_leave_too_and_is_known_to_be_only_that() -> None:
    translation = Translation(asks=True)
    assert not translation.only_thinks()  # nothing known is not nothing
    assert translation.event(action("think", thought="Hm.")) == [AgentThought(text="Hm.")]
    assert translation.only_thinks()
    translation.event(action("terminal", "c2", command="ls"))
    assert not translation.only_thinks()


def test_an_answer_without_a_tool_is_the_last_word() -> None:
    translation = Translation()
    message = {"role": "assistant", "content": [{"type": "text", "text": "Yes."}], "reasoning_content": "Hm."}
    told = translation.event({"kind": "MessageEvent", "id": "1", "source": "agent", "llm_message": message})
    assert told == [AgentThought(text="Hm."), AgentMessage(text="Yes.")]
    assert translation.event({"kind": "MessageEvent", "id": "2", "source": "user", "llm_message": message}) == []
    assert translation.end(done=True) == ([], "Yes.")


def test_what_is_open_at_the_end_is_closed() -> None:
    translation = Translation()
    translation.event(action("terminal", command="sleep 9"))
    (closed,), _ = translation.end(done=False)
    assert isinstance(closed, AgentTool)
    assert closed.status == "failed"
    assert translation.end(done=True) == ([], "")


def test_a_terminals_commands_are_not_shown() -> None:
    translation = Translation()
    translation.event(action("terminal", command="ls"))
    content = [{"type": "text", "text": "\x1b[?2004l\x1b[01;32mgreen\x1b[0m\x1b]0;title\x07"}]
    observed = {"kind": "ObservationEvent", "id": "o", "tool_call_id": "c1", "observation": {"content": content}}
    (told,) = translation.event(observed)
    assert isinstance(told, AgentTool)
    assert (told.status, told.output) == ("completed", "green")


def test_junk_never_breaks_it() -> None:
    translation = Translation()
    (log,) = translation.event({"kind": "NewKindOfEvent", "id": "1", "what": [1]})
    assert isinstance(log, AgentLog)
    for event in (
        {},
        {"kind": 3},
        {"kind": "ActionEvent"},
        {"kind": "ActionEvent", "id": "2", "action": "none", "thought": "x", "tool_call": None},
        {"kind": "ObservationEvent", "tool_call_id": "nobody", "observation": [1]},
        {"kind": "MessageEvent", "source": "agent", "llm_message": {"content": "text"}},
        {"kind": "AgentErrorEvent", "error": None},
        {"kind": "ConversationErrorEvent", "classification": 7},
        {"kind": "StreamingDeltaEvent", "content": 7},
        {"kind": "UserRejectObservation"},
    ):
        translation.event(event)
    translation.end(done=True)
