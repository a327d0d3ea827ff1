"""Secrets stand in configurations by name; their values lie on the machine, for its owner alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from coderclawlink.configuration import AgentConfiguration, McpServer
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.node import secrets


def test_what_is_kept_is_read_again_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secrets.keep(tmp_path, "TOKEN", "first\nsecond\r\n")
        secrets.keep(tmp_path, "_other9", "ü")
    finally:
        os.umask(before)
    assert secrets.read(tmp_path) == {"TOKEN": "first\nsecond\r\n", "_other9": "ü"}
    assert list(secrets.names(tmp_path)) == ["TOKEN", "_other9"]
    folder = secrets.directory(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    secrets.keep(tmp_path, "TOKEN", "new")
    secrets.drop(tmp_path, "_other9")
    assert secrets.read(tmp_path) == {"TOKEN": "new"}
    assert [path.name for path in folder.iterdir()] == ["TOKEN"]


def test_before_the_first_there_are_none(tmp_path: Path) -> None:
    assert secrets.read(tmp_path) == {}
    assert secrets.names(tmp_path) == {}
    with pytest.raises(NotFound):
        secrets.drop(tmp_path, "TOKEN")


@pytest.mark.parametrize("name", ["", "1A", "a-b", "../x", ".hidden", "a/b", "A" * 65, "A\n", "Ä"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        secrets.keep(tmp_path, name, "value")
    with pytest.raises(Invalid):
        secrets.drop(tmp_path, name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["", "a\0b", "\ud800", "x" * (64 * 1024 + 1)])
def test_what_is_no_value_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(Invalid):
        secrets.keep(tmp_path, "NAME", value)
    assert not list(tmp_path.iterdir())


def test_drafts_links_and_folders_are_no_secrets(tmp_path: Path) -> None:
    secrets.keep(tmp_path, "REAL", "value")
    folder = secrets.directory(tmp_path)
    (folder / ".draft").write_text("half")
    (folder / "FOLDER").mkdir()
    (folder / "LINK").symlink_to("/etc/hostname")
    (folder / "BYTES").write_bytes(b"\xff\xfe")
    assert secrets.read(tmp_path) == {"REAL": "value"}


def test_values_take_the_places_of_names_wherever_they_may_stand() -> None:
    given = AgentConfiguration(
        model="m",
        env={"A": "x{secret:ONE}y{secret:TWO}", "B": "plain"},
        mcp_servers=(
            McpServer(name="p", command="server", env={"KEY": "{secret:ONE}"}),
            McpServer(name="u", url="https://x", headers={"Authorization": "Bearer {secret:TWO}"}),
        ),
    )
    filled = secrets.fill(given, {"ONE": "1\\g<0>", "TWO": "{secret:ONE}", "UNUSED": "u"})
    assert filled.env == {"A": "x1\\g<0>y{secret:ONE}", "B": "plain"}
    assert filled.mcp_servers[0].env == {"KEY": "1\\g<0>"}
    assert filled.mcp_servers[1].headers == {"Authorization": "Bearer {secret:ONE}"}
    assert filled.model == "m"
    assert secrets.fill(AgentConfiguration(model="m"), {}) == AgentConfiguration(model="m")


def test_a_secret_that_is_not_set_is_told_with_what_to_do() -> None:
    with pytest.raises(Invalid) as raised:
        secrets.fill(AgentConfiguration(env={"A": "{secret:MISSING}"}), {})
    assert "clawlink secret set MISSING" in raised.value.message


@pytest.mark.parametrize(
    "configuration",
    [
        AgentConfiguration(instructions="Use {secret:ONE}."),
        AgentConfiguration(mcp_servers=(McpServer(name="m", command="server", args=("--key", "{secret:ONE}")),)),
        AgentConfiguration(mcp_servers=(McpServer(name="m", url="https://x?key={secret:ONE}"),)),
    ],
)
def test_a_secret_stands_nowhere_where_others_could_read_it(configuration: AgentConfiguration) -> None:
    with pytest.raises(Invalid) as raised:
        secrets.fill(configuration, {"ONE": "value-of-one"})
    assert "only stand in env" in raised.value.message
    assert "value-of-one" not in raised.value.message


def clawlink(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coderclawlink", "secret", *words, "--data", str(home)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=home,
    )


def test_the_command_line_sets_lists_and_deletes_and_never_shows_a_value(tmp_path: Path) -> None:
    assert clawlink(tmp_path, "set", "TOKEN", stdin="a-long-value\n").returncode == 0
    assert secrets.read(tmp_path) == {"TOKEN": "a-long-value"}
    short = clawlink(tmp_path, "set", "PIN", stdin="1234")
    assert "will not be redacted" in short.stderr
    listed = clawlink(tmp_path, "list")
    assert "TOKEN" in listed.stdout
    assert "a-long-value" not in listed.stdout + clawlink(tmp_path, "list", "--json").stdout
    assert clawlink(tmp_path, "delete", "TOKEN").returncode == 0
    assert clawlink(tmp_path, "delete", "TOKEN").returncode == 2
    assert clawlink(tmp_path, "set", "TOKEN", "a-value").returncode == 2
    assert secrets.read(tmp_path) == {"PIN": "1234"}
