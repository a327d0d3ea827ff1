"""The script form, and the way from a step to the tool that an agent offers."""

from __future__ import annotations

import pytest

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.steps import (
    Act,
    Hang,
    Property,
    Refuse,
    Say,
    Schema,
    Think,
    Tool,
    ToolCall,
    default_script,
    find_script,
    find_tool_call,
    parse,
    reply,
)
from coderclawlink.errors import Invalid


def schema(*names: str, required: tuple[str, ...] = (), **told: Property) -> Schema:
    return Schema(properties={**{name: Property(type="string") for name in names}, **told}, required=list(required))


GOOSE = [Tool("tree", schema("path")), Tool("shell", schema("command")), Tool("write", schema("path", "content"))]
CLAUDE = [
    Tool("Bash", schema("command", "description", required=("command",))),
    Tool("Write", schema("content", file_path=Property(type="string", description="The absolute path to the file"))),
    Tool("Edit", schema("file_path", "old_string", "new_string")),
]
EDITOR = [
    Tool(
        "str_replace_editor",
        schema("path", "file_text", required=("command",), command=Property(enum=["view", "create"])),
    )
]
CODEX = [Tool("shell", schema(command=Property(type="array")))]
WRITE = Act("write", {"path": "a/b.txt", "content": "it's"})


@pytest.mark.parametrize(
    ("tools", "act", "call"),
    [
        (GOOSE, WRITE, ToolCall("write", {"path": "a/b.txt", "content": "it's"})),
        (GOOSE, Act("run", {"command": "ls"}), ToolCall("shell", {"command": "ls"})),
        (CLAUDE, WRITE, ToolCall("Write", {"file_path": "/w/a/b.txt", "content": "it's"})),
        (
            CLAUDE,
            Act("edit", {"path": "a", "old": "x", "new": "y"}),
            ToolCall("Edit", {"file_path": "a", "old_string": "x", "new_string": "y"}),
        ),
        (EDITOR, WRITE, ToolCall("str_replace_editor", {"path": "a/b.txt", "file_text": "it's", "command": "create"})),
        ([Tool("developer__shell", schema("command"))], Act("run", {"command": "ls"}), ToolCall("developer__shell", {"command": "ls"})),
        (CODEX, Act("run", {"command": "ls"}), ToolCall("shell", {"command": ["bash", "-lc", "ls"]})),
        (
            CODEX,
            WRITE,
            ToolCall("shell", {"command": ["bash", "-lc", "mkdir -p \"$(dirname 'a/b.txt')\" && printf %s 'it'\\''s' > 'a/b.txt'"]}),
        ),
        (GOOSE, Act("any", {"x": 1}, exact=True), ToolCall("any", {"x": 1})),
        (GOOSE, Act("finish", {"message": "bye"}), None),
        ([Tool("read_file", schema("path"))], Act("run", {"command": "ls"}), None),
    ],
)  # fmt: skip
def test_a_step_finds_its_tool_and_its_arguments(tools: list[Tool], act: Act, call: ToolCall | None) -> None:
    assert find_tool_call(act, tools, "/w") == call


def test_arguments_that_must_be_there_are_made_up() -> None:
    asked = schema(
        "command", "why",
        required=("command", "why", "flag", "number", "list", "thing"),
        flag=Property(type="boolean"), number=Property(type=["integer", "null"]), list=Property(type="array"), thing=Property(type="object"),
    )  # fmt: skip
    call = find_tool_call(Act("run", {"command": "ls"}), [Tool("bash", asked)], None)
    assert call is not None
    assert call.arguments == {
        "command": "ls", "why": "run, as the script says", "flag": False, "number": 0, "list": [], "thing": {},
    }  # fmt: skip


def test_a_script_is_found_between_what_agents_put_around_a_prompt() -> None:
    text = "Please do this.\n```\nSCRIPT:\nsay one\n  write a | b\n```\nand <system-reminder>x</system-reminder>"
    assert find_script(text) == "say one\nwrite a | b"
    assert find_script("SCRIPT:\nsay one\n<turn-context>\nsay two") == "say one"
    assert find_script("SCRIPT: say one\nEND\nsay two") == "say one"
    assert find_script("no script here") is None


def test_every_verb_is_understood() -> None:
    steps = parse(
        "think t\nsay s\nstream 2 0.5\nwrite a | b\\nc|d\nedit a | x | y\nread a\nrun ls | wc\ncall f {\"a\": 1}\n"
        "ask what?\nfail 400 x2 no\nlimit 60\nhang\nusage 1 2 3\nfinish done"
    )  # fmt: skip
    assert steps[:5] == (
        Think("t"),
        Say("s"),
        Say("piece 1 ", 0.5),
        Say("piece 2 ", 0.5),
        Act("write", {"path": "a", "content": "b\nc|d"}),
    )
    assert steps[5:9] == (
        Act("edit", {"path": "a", "old": "x", "new": "y"}),
        Act("read", {"path": "a"}),
        Act("run", {"command": "ls | wc"}),
        Act("f", {"a": 1}, exact=True),
    )
    assert steps[10] == Refuse(400, "no", 2)
    assert steps[12] == Hang()


@pytest.mark.parametrize(
    "line", ["dance", "write a", "fail", "fail no", "stream many", "call f [1]", "call f {", "usage a"]
)
def test_a_step_that_makes_no_sense_is_named(line: str) -> None:
    with pytest.raises(Invalid, match="Not a step"):
        parse(line)


def test_each_call_plays_the_steps_up_to_the_next_tool_call() -> None:
    steps = parse("say one\nrun ls\nsay two\nusage 7 8 9\nrun wc\nfail 500")
    first, second, third, after = (reply(steps, results) for results in range(4))
    assert (first.pieces, first.act, first.usage) == ((Say("one"),), Act("run", {"command": "ls"}), Usage(100, 11))
    assert (second.pieces, second.usage) == ((Say("two"),), Usage(7, 8, 9))
    assert third.refusals == (Refuse(500, "as the script says"),)
    assert (after.pieces, after.act) == ((Say("Done."),), None)


def test_a_prompt_without_a_script_becomes_a_note() -> None:
    steps = default_script("<system-reminder>\nignore\n</system-reminder>\n# Fix the login, quickly!\nMore words.")
    writes = [step for step in steps if isinstance(step, Act) and step.verb == "write"]
    assert writes[0].arguments["path"] == "fix-the-login-quickly.md"
    assert str(writes[0].arguments["content"]).startswith("# Fix the login, quickly!\n")
