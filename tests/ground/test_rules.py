"""What rules say of acts, as their author means it and as an agent might try to get round it."""

import subprocess
import time
from pathlib import Path
from random import Random
from shlex import quote
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coderclawlink.rules import Act, Decision, Rule, decide, learnt_from
from coderclawlink.rules.commands import LONGEST_LINE, simple_commands

Effect = Literal["allow", "deny", "ask"]


def rule(effect: Effect, tool: str = "*", **named: str) -> Rule:
    return Rule.model_validate({"effect": effect, "tool": tool, **named})


def said(act: Act, *rules: Rule, otherwise: Effect = "ask") -> str:
    return decide(act, rules, otherwise).effect


def run(command: str) -> Act:
    return Act(tool="execute", command=command)


# ── what a rule is ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_that_would_allow_everything_is_none() -> None:
    with pytest.raises(ValidationError, match="this would allow everything"):
        rule("allow")
    assert str(rule("deny", "execute", command="rm *")) == "deny execute command rm *"


def test_what_is_denied_is_not_allowed_and_what_is_asked_does_not_pass_in_any_order() -> None:
    deny, ask, allow = rule("deny", command="git push *"), rule("ask", command="git *"), rule("allow", command="git *")
    for rules in ((deny, ask, allow), (allow, ask, deny)):
        assert decide(run("git push origin"), rules, "allow") == Decision("deny", deny)
        assert decide(run("git status"), rules, "allow") == Decision("ask", ask)
    assert decide(run("ls"), (deny, ask, allow), "ask") == Decision("ask", None)


# ── allowing ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    [
        "git",
        "git status",
        "git log --oneline | git cat-file --batch",
        "git status 2>&1",
        "git fetch >/dev/null 2>&1 && git status",
        "git commit -m 'a; rm b'",
        'git commit -m "a && rm b"',
        "git status \\\n  --short",
        "git status\ngit log",
        "git log $BRANCH",
        "git switch -c feature",
    ],
)
def test_every_command_of_an_allowed_line_is_allowed(line: str) -> None:
    assert said(run(line), rule("allow", command="git *")) == "allow"


@pytest.mark.parametrize(
    "line",
    [
        "git status; rm -rf ~",
        "git status && rm x",
        "git status || rm x",
        "git status | sh",
        "git status & rm x",
        "git status\nrm x",
        "git status |& tee x",
        "git log $(rm x)",
        "git log `rm x`",
        'git log "$(rm x)"',
        "git log ${x:-$(rm y)}",
        "git log > ~/.bashrc",
        "git log >/dev/null/../x",
        "git log 2>&1x",
        "git diff <(rm x)",
        "git apply <<X\nX",
        "git log $'\\'; rm x #'",
        "git log \\' ; rm x ; \\'",
        "git log '\\' ; rm x #'",
        "git log 'unbalanced",
        "(git status)",
        "X=1 git status",
        "gitx status",
        "/tmp/git status",
        "git\u00a0status",
        "git status\u2028rm x",
        "git \u202estatus",
        "git status\r\nrm x",
        "git status\0",
        "git log #a\\\nrm x",
        "git -c alias.x='!rm -rf ~' x",
        "git -ccore.pager=rm log",
        "git --exec-path=/tmp status",
        "git rebase --exec 'rm x' main",
        "git fetch --upload-pack='rm x' y",
        "git submodule foreach rm x",
        "git status " + "x" * LONGEST_LINE,
        "git status; " + "x" * LONGEST_LINE,
    ],
)
def test_nothing_else_slips_through_with_an_allowed_command(line: str) -> None:
    assert said(run(line), rule("allow", command="git *")) == "ask"


def test_find_is_not_allowed_to_run_or_delete_by_a_pattern_for_find() -> None:
    find = rule("allow", command="find *")
    assert said(run("find . -name '*.py'"), find) == "allow"
    assert said(run("find . -exec rm {} +"), find) == "ask"
    assert said(run("find . -delete"), find) == "ask"
    assert said(run("find . -delete"), rule("allow", command="find . -delete")) == "allow"
    assert said(run("find . -delete"), rule("allow", command="find . -del*")) == "ask"
    assert said(run("find src -exec cat x"), rule("allow", command="find * -exec cat *")) == "allow"


def test_a_rule_for_a_tool_allows_it_in_the_workspace() -> None:
    read = rule("allow", "read")
    assert said(Act(tool="read", paths=("a.py", "src/b.py")), read) == "allow"
    for outside in ("/etc/passwd", "../x", "a/../../x"):
        assert said(Act(tool="read", paths=("a.py", outside)), read) == "ask"
    both = (read, rule("allow", "read", path="/etc/hosts"))
    assert said(Act(tool="read", paths=("a.py", "/etc/hosts")), *both) == "allow"
    assert said(run("anything > goes"), rule("allow", "execute")) == "allow"
    assert said(run("anything"), read) == "ask"


def test_paths_are_matched_by_folder() -> None:
    def path(pattern: str, path: str) -> str:
        return said(Act(tool="edit", paths=(path,)), rule("allow", "edit", path=pattern))

    assert path("src/*.py", "src/a.py") == "allow"
    assert path("src/*.py", "src/b/a.py") == "ask"
    assert path("src/**", "src/b/a.py") == "allow"
    assert path("src/**", "src/../secret") == "ask"
    assert path("**/a.py", "a.py") == path("**/a.py", "x/y/a.py") == "allow"
    assert path("**/a*", "a/x/ab") == "allow"
    assert path("**/test_*.py", "x/test_/y/test_a.py") == "allow"
    assert path("**", "../x") == path("**", "/etc/x") == path("*/x", "../x") == path("*", "..") == "ask"
    assert path("a?c", "abc") == "allow"
    assert path("a?c", "a/c") == "ask"
    assert path("a\\*", "a*") == "allow"
    assert path("a\\*", "ab") == "ask"


def test_a_rule_that_names_more_allows_only_what_has_all_of_it() -> None:
    cat = rule("allow", command="cat *", path="docs/**")
    assert said(Act(tool="execute", command="cat x", paths=("docs/x",)), cat) == "allow"
    assert said(Act(tool="execute", command="cat x"), cat) == "ask"
    assert said(Act(tool="execute", command="cat x", paths=("docs/x", "secrets/y")), cat) == "ask"
    assert said(Act(tool="execute", command="cat x; ls", paths=("docs/x",)), cat, rule("allow", command="ls")) == "ask"


def test_what_cannot_be_told_is_allowed_by_nothing_that_names_something_else() -> None:
    broad = (rule("allow", command="*"), rule("allow", path="**"), rule("allow", host="*"), rule("allow", "edit"))
    for act in (
        Act(),
        Act(command="git status"),
        Act(paths=("a.py",)),
        Act(hosts=("example.com",)),
        Act(tool="execute", paths=("a.py",)),
        Act(tool="fetch", paths=("a.py",)),
    ):
        assert said(act, *broad) == "ask"
    assert said(Act(), rule("allow", "other")) == "allow"


def test_hosts_are_matched_whole_and_without_case() -> None:
    docs = rule("allow", "fetch", host="*.Python.org")
    assert said(Act(tool="fetch", hosts=("docs.python.ORG",)), docs) == "allow"
    assert said(Act(tool="fetch", hosts=("docs.python.org.evil.com",)), docs) == "ask"
    assert said(Act(tool="fetch", hosts=("docs.python.org", "evil.com")), docs) == "ask"


# ── forbidding ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf x",
        "rm",
        "cd x && rm -rf y",
        "X=1 rm x",
        "X='a b' Y=2 rm x",
        "/bin/rm x",
        "'rm' x",
        '"r"m x',
        "r\\m x",
        "sudo rm x",
        "sudo -u root rm x",
        "env -i X=1 rm x",
        "timeout -s KILL 5 rm x",
        "nice -n 5 ionice -c 3 rm x",
        "nohup rm x &",
        "find . -name y -exec rm {} ;",
        "ls | xargs -0 rm",
        "bash -c 'rm x'",
        'sh -c "cd y; rm x"',
        "bash -lc 'sudo sh -c \"rm x\"'",
        "eval 'rm x'",
        "echo $(rm x)",
        "echo `rm x`",
        "(rm x)",
        "{ rm x; }",
        "if true; then rm x; fi",
        "for f in *; do rm $f; done",
        "! rm x",
        "ls\nrm x",
        "cat <<X | rm y\nX",
        "rm x > /tmp/log",
        "command rm x",
    ],
)
def test_a_denied_command_is_found_in_disguise(line: str) -> None:
    assert said(run(line), rule("deny", command="rm *"), otherwise="allow") == "deny"


@pytest.mark.parametrize(
    "line", ["ls", "echo rm", "git rm x", "rmdir x", "grep 'rm -rf' x", "echo 'a; rm b'", "[ -f rm ]"]
)
def test_what_only_looks_like_it_is_not_denied(line: str) -> None:
    assert said(run(line), rule("deny", command="rm *"), otherwise="allow") == "allow"


@pytest.mark.parametrize("line", ["$X y", "$(echo rm) y", "`echo rm` y", "/bin/r? x", "{rm,x}", "ls; $X", "x" * 30_000])
def test_a_command_that_hides_what_it_runs_is_asked_about_where_commands_are_denied(line: str) -> None:
    assert said(run(line), rule("deny", command="rm *"), otherwise="allow") == "ask"
    assert said(run(line), rule("deny", "edit"), otherwise="allow") == "allow"


def test_a_command_that_is_not_told_at_all_is_asked_about_where_commands_are_denied() -> None:
    assert said(Act(tool="execute"), rule("deny", command="rm *"), otherwise="allow") == "ask"
    assert said(Act(tool="execute"), rule("deny", path="x"), otherwise="allow") == "allow"


def test_a_document_that_is_only_read_hides_nothing() -> None:
    line = "cat > a.php <<'EOF'\n$x = `y`;\nEOF\nls"
    assert said(run(line), rule("deny", command="rm *"), otherwise="allow") == "allow"
    assert said(run("bash <<EOF\nrm x\nEOF"), rule("deny", command="rm *"), otherwise="allow") == "deny"


def test_git_is_found_behind_its_own_options() -> None:
    push = rule("deny", command="git push *")
    for line in ("git push", "git -C x push --force", "git --no-pager -c a=b push", "/usr/bin/git push"):
        assert said(run(line), push, otherwise="allow") == "deny"


def test_a_denied_path_is_denied_wherever_it_lies() -> None:
    env = rule("deny", path="**/.env")
    for path in (".env", "a/.env", "/home/me/.env", "a/../.env", "../.env"):
        assert said(Act(tool="read", paths=("b", path)), env, otherwise="allow") == "deny"
    secrets = rule("deny", path="secrets/**")
    for tool, verdict in (("delete", "deny"), ("move", "deny"), ("read", "allow")):
        assert said(Act(tool=tool, paths=("secrets",)), secrets, otherwise="allow") == verdict


def test_a_tool_nobody_knows_counts_as_any_when_it_comes_to_forbidding() -> None:
    assert said(Act(command="rm x"), rule("deny", "execute", command="rm *"), otherwise="allow") == "deny"
    assert said(Act(), rule("deny", "edit"), otherwise="allow") == "ask"
    assert said(Act(), rule("deny", "edit"), rule("allow", "other"), otherwise="allow") == "allow"


# ── learning ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "act",
    [
        run("npm test"),
        run("npm test | tail -5"),
        run("git -c x=y log *"),
        Act(tool="execute", command="ls", paths=("/elsewhere",)),
        Act(tool="execute", command="curl https://example.com", hosts=("example.com",)),
        Act(tool="edit", paths=("src/a*b.py", "c")),
        Act(tool="fetch", hosts=("example.com",)),
    ],
)
def test_what_is_learnt_allows_the_same_again_and_no_more(act: Act) -> None:
    learnt = learnt_from(act)
    assert said(act, *learnt) == "allow"
    assert said(run("rm x"), *learnt) == "ask"
    assert said(act.model_copy(update={"paths": (*act.paths, "other")}), *learnt) == "ask"


@pytest.mark.parametrize(
    "act", [Act(), Act(command="ls"), run("ls > x"), run("ls " + "x" * 3000), Act(tool="edit"), run("")]
)
def test_nothing_is_learnt_from_what_cannot_be_told_from_others(act: Act) -> None:
    assert learnt_from(act) == ()


# ── for all lines ──────────────────────────────────────────────────────────────────────────────────────────────────

WORD = st.text(st.sampled_from("ab-/.=$*'\"\\ #{}[]~!"), max_size=8)


@given(WORD, st.sampled_from([";", "&&", "||", "|", "&", "|&", "\n", "\r\n", ";;"]), WORD)
def test_no_operator_brings_another_command_along(before: str, operator: str, after: str) -> None:
    """If a shell sees an operator here at all, what follows it is another command."""
    commands = simple_commands(f"p {before}{operator} rm {after}")
    allowed = said(run(f"p {before}{operator} rm {after}"), rule("allow", command="p *")) == "allow"
    quoted = commands is not None and len(commands) == 1  # the operator stands within quotes, or is escaped
    assert not allowed or quoted
    if quoted:
        text = f"p {before}"
        inside = text.count("'") or text.count('"') or text.endswith("\\")
        assert inside


SHELL = """p,q,q x, ,;,&,|,&&,||,|&,',",$,$',$",#,{,},!,2>&1,>/dev/null,2>,1,>,<,&>,a,=,[,*,~,x=,`,(,)"""


def test_what_is_allowed_runs_nothing_else_in_a_real_shell(tmp_path: Path) -> None:
    random = Random(7)  # noqa: S311  # the same lines each time
    pieces = [*SHELL.split(","), "\\", "\n", "\\\n"]
    lines = {"p " + "".join(random.choices(pieces, k=random.randint(1, 9))) for _ in range(30_000)}
    allowed = [line for line in lines if said(run(line), rule("allow", command="p *")) == "allow" and "q" in line]
    assert len(allowed) > 200
    script = "p() { :; }\nq() { printf 'RAN %s\\n' \"$L\"; }\nPATH=/nowhere\n"
    script += "".join(f"L={quote(line)}\n(eval {quote(line)}) </dev/null 2>/dev/null\n" for line in allowed)
    for shell in ("/bin/sh", "/bin/bash"):
        ran = subprocess.run(
            [shell], input=script, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
        )
        assert ran.stdout == ""
    assert not list(tmp_path.iterdir())


@given(st.text(st.sampled_from("p ab'\"\\;&|\n$(){}<>2`/#"), max_size=40))
def test_any_line_is_read_or_given_up(line: str) -> None:
    for otherwise in ("allow", "ask", "deny"):
        decide(run(line), (rule("allow", command="p *"), rule("deny", command="rm *")), otherwise)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_literal_pattern_matches_itself_alone(path: str, other: str) -> None:
    act = Act(tool="edit", paths=(path,))
    for learnt in learnt_from(act):
        assert said(Act(tool="edit", paths=(other,)), learnt) == ("allow" if _same(path, other) else "ask")


def _same(path: str, other: str) -> bool:
    import posixpath

    return posixpath.normpath(path).lstrip("/") == posixpath.normpath(other).lstrip("/") and path[:1] == other[:1]


@pytest.mark.parametrize(
    "line",
    [
        "a" * 200_000,
        ";" * 200_000,
        "a;" * 100_000,
        "'" * 199_999,
        '"\\' * 100_000,
        "sudo " * 40_000,
        "bash -c " * 20_000,
        "<<A\n" * 50_000,
        "$(" * 100_000,
        "a=" * 100_000,
        "x[" * 100_000,
        "find -exec " * 1_800,
        "env a=b " * 2_400,
    ],
)
def test_time_grows_with_the_line_and_no_faster(line: str) -> None:
    rules = (rule("deny", command="*a*b*c*d*e"), rule("allow", command="*x*y*z"), rule("deny", command="rm *"))
    began = time.monotonic()
    for piece in (line, line[: LONGEST_LINE - 10]):
        decide(run(piece), rules, "allow")
        decide(Act(tool="edit", paths=(piece,)), (rule("deny", path="**/*a*b/**/*c*/**"),), "allow")
    assert time.monotonic() - began < 3
