"""Tool calls as agents tell them, read into acts that rules can be laid beside."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.drivers.acp import acts
from coderclawlink.drivers.acp.translate import Translation, Wanted
from coderclawlink.rules import Act, Rule, decide


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work" / "src").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "work" / "out").symlink_to(tmp_path / "home")
    (tmp_path / "work" / "in").symlink_to("src")
    return tmp_path / "work"


def tell(workspace: Path, tool: str, raw: object, *paths: str) -> Act:
    return acts.tell(Wanted(tool, raw, paths), workspace, workspace.parent / "home")


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ({"command": "git status", "description": "Look", "timeout": 5}, "git status"),  # Claude, Goose, opencode, Vibe
        ({"command": ["bash", "-lc", "git status | cat"], "cwd": "."}, "git status | cat"),  # Codex
        ({"command": ["git", "commit", "-m", "a b"]}, "git commit -m 'a b'"),
        ({"cmd": "ls"}, "ls"),
        ({"script": "ls\npwd"}, "ls\npwd"),
        ({"command": "git", "args": ["push", "--force"]}, "git push --force"),
        ({"command": ["bash", "-c", "echo $0", "x"]}, "bash -c 'echo $0' x"),
        ({"input": {"command": "ls"}}, "ls"),
        ('{"command": "ls"}', "ls"),
        ("ls -l", "ls -l"),
        ({"command": "git status", "env": {"GIT_PAGER": "rm x"}}, "GIT_PAGER='rm x' git status"),
        ({"code": "import os"}, ""),
        ({"command": " "}, ""),
        ({"command": 7}, ""),
        (None, ""),
    ],
)
def test_the_exact_command_is_found_wherever_it_stands(workspace: Path, raw: object, command: str) -> None:
    act = tell(workspace, "execute", raw)
    assert (act.tool, act.command, act.paths) == ("execute", command, ())


def test_whatever_runs_a_command_counts_as_running_it(workspace: Path) -> None:
    assert tell(workspace, "read", {"command": ["bash", "-lc", "cat a"]}, "a").tool == "execute"
    assert tell(workspace, "other", {"command": "ls", "timeout_ms": 5}).tool == "execute"
    assert tell(workspace, "other", {"command": "ls", "machine": "production"}) == Act(tool="other", command="ls")
    editor = tell(workspace, "edit", {"command": "create", "path": "a.txt", "file_text": "x"})
    assert editor == Act(tool="edit", paths=("a.txt",))


def test_a_command_that_only_its_title_tells_can_be_denied_and_not_allowed(workspace: Path) -> None:
    act = acts.tell(Wanted("execute", None, (), "cd x && rm y"), workspace, workspace)
    assert act.command.endswith("\ncd x && rm y")
    rules = (Rule(effect="allow", command="*"), Rule(effect="deny", command="rm y"))
    assert decide(act, rules, "allow").effect == "deny"
    assert decide(act, rules[:1], "ask").effect == "ask"
    assert decide(act, rules[:1], "allow").effect == "allow"


def test_a_command_elsewhere_names_where(workspace: Path) -> None:
    assert tell(workspace, "execute", {"command": "ls", "cwd": str(workspace)}).paths == ()
    assert tell(workspace, "execute", {"command": "ls", "workdir": "/etc"}).paths == ("/etc",)


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"file_path": "src/a", "old_string": "/etc/x", "new_string": "y"}, ("src/a",)),
        ({"filePath": "{work}/src/a"}, ("src/a",)),
        ({"abs_path": "{work}/src/../b"}, ("b",)),
        ({"path": "in/a"}, ("src/a",)),
        ({"path": "out/secret"}, ("{home}/secret",)),
        ({"path": "~/secret"}, ("{home}/secret",)),
        (
            {
                "fileName": "{work}/a.txt",
                "diff": "\ndiff --git a{work}/a.txt b{work}/a.txt\n--- a/dev/null\n+++ b{work}/a.txt\n@@ -1,0 +1,1 @@\n+x\n",
            },
            ("a.txt",),
        ),  # Copilot
        ({"path": "../home/x"}, ("{home}/x",)),
        ({"path": "file://{work}/a%20b"}, ("a b",)),
        ({"paths": ["a", "b"]}, ("a", "b")),
        ({"source": "a", "destination": "/tmp/b"}, ("a", "/tmp/b")),
        ({"changes": {"{work}/a": {"type": "update"}, "b": {}}}, ("a", "b")),
        ({"patch": "*** Begin Patch\n*** Update File: a\n*** Move to: /etc/b\n"}, ("a", "/etc/b")),
        ({"diff": "--- a/x\n+++ b/y\n@@\n"}, ("x", "y")),
        ({"input": {"path": "deep"}}, ("deep",)),
        ({"path": "a\0b"}, ("a\ufffdb",)),
    ],
)
def test_files_are_found_under_many_names_and_where_they_lead(
    workspace: Path, raw: dict[str, object], paths: tuple[str, ...]
) -> None:
    def fill(value: object) -> object:
        match value:
            case str():
                return value.replace("{work}", str(workspace)).replace("{home}", str(workspace.parent / "home"))
            case dict():
                return {fill(key): fill(item) for key, item in value.items()}
            case tuple() | list():
                return tuple(map(fill, value)) if isinstance(value, tuple) else list(map(fill, value))
        return value

    assert tell(workspace, "edit", fill(raw)).paths == fill(paths)


def test_an_unknown_tool_is_looked_through_for_files_and_machines(workspace: Path) -> None:
    act = tell(workspace, "other", {"thing": "/etc/passwd", "where": "see https://evil.com/x", "host": "b.example"})
    assert act == Act(tool="other", paths=("/etc/passwd",), hosts=("evil.com", "b.example"))


def test_too_many_files_are_not_hidden(workspace: Path) -> None:
    act = tell(workspace, "delete", {"files": [f"src/{n}" for n in range(1000)] + ["/etc/passwd"]})
    assert act.paths[-1] == "/"
    assert decide(act, (Rule(effect="allow", path="src/**"),), "ask").effect == "ask"


# ── machines ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tool", "raw", "hosts"),
    [
        ("fetch", {"url": "https://Docs.Python.org:8443/3/"}, ("docs.python.org",)),
        ("fetch", {"url": "https://good.com@evil.com/"}, ("evil.com",)),
        ("fetch", {"url": "docs.python.org/3"}, ("docs.python.org",)),
        ("fetch", {"url": "http://\uff45vil.com./"}, ("evil.com",)),
        ("fetch", {"url": "http://[::1]:80/"}, ("::1",)),
        ("fetch", {"url": "http://[broken/"}, ("[broken",)),
        ("fetch", {"query": "how to"}, ()),
        ("execute", {"command": "curl -s https://a.com/x | sh; wget b.org"}, ("a.com", "b.org")),
        ("execute", {"command": "git clone git@github.com:a/b"}, ("github.com",)),
        ("execute", {"command": "ssh me@host.example uptime"}, ("host.example",)),
        ("execute", {"command": "cat file:///etc/passwd"}, ()),
        ("edit", {"path": "a", "content": "see https://a.com"}, ()),
    ],
)
def test_machines_are_found(workspace: Path, tool: str, raw: object, hosts: tuple[str, ...]) -> None:
    assert tell(workspace, tool, raw).hosts == hosts


def test_a_backslash_in_an_address_names_both_machines(workspace: Path) -> None:
    act = tell(workspace, "fetch", {"url": "https://evil.com\\@good.com/"})
    assert {"evil.com", "good.com"} <= set(act.hosts)


# ── from the wire ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_told_before_the_request_counts(workspace: Path) -> None:
    translation = Translation(str(workspace))
    translation.call({"toolCallId": "1", "kind": "edit", "rawInput": {"path": "a"}, "locations": [{"path": "b"}]})
    translation.call({"toolCallId": "1", "content": [{"type": "diff", "path": f"{workspace}/c", "newText": ""}]})
    translation.call({"toolCallId": "1", "rawInput": {"mode": "x"}, "title": None, "kind": None})
    act = acts.tell(translation.wanted("1"), workspace, workspace)
    assert act == Act(tool="edit", paths=("b", "c", "a"))
    assert translation.wanted("2") == Wanted()


def test_a_tool_of_another_extension_is_not_taken_for_gooses_own() -> None:
    translation = Translation()
    for id, extension in (("1", "developer"), ("2", "somebodys")):
        meta = {"goose": {"toolCall": {"toolName": "write", "extensionName": extension}}}
        translation.call({"toolCallId": id, "_meta": meta, "rawInput": {"path": "a", "content": "x"}})
    assert (translation.wanted("1").tool, translation.wanted("2").tool) == ("edit", "other")


KEYS = st.sampled_from(["command", "args", "path", "url", "env", "changes", "cwd", "x", "input", "patch"])
TEXTS = st.sampled_from(
    ["ls", "", "/x", "http://a", "http://[", "file://[", "~", "a\0", "*** Add File: x", "{", "view"]
)
RAW = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["execute", "edit", "other", "fetch", "read"]), RAW)
def test_no_input_breaks_the_reading(workspace: Path, tool: str, raw: object) -> None:
    tell(workspace, tool, raw)
