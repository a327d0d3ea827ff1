"""Connections from the command line: tried before they are kept, shown without their secret, forgotten; and what is done with what GitHub tells."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, opened
from tests.peers.github import APP, INSTALLATION, Peer, PeerMissing, app_key, github

NUMBERS = itertools.count(1)
SERVER = "https://github.example"


@dataclass
class Connecting:
    """A hub whose GitHub is the stand-in."""

    cli: Cli
    peer: Peer

    def project(self, repository: str = "shop") -> str:
        key = f"HUB{next(NUMBERS)}"
        self.cli.say("project", "create", key, "Shop", "--repo", f"{SERVER}/ada/{repository}")
        return key


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connecting]:
    try:
        with github(tmp_path_factory.mktemp("github")) as peer, opened(tmp_path_factory.mktemp("house")) as cli:
            cli.serve(GITHUB_SERVER_URL=SERVER, GITHUB_API_URL=peer.url)
            yield Connecting(cli, peer)
    except PeerMissing as missing:
        print(f"not run: {missing}")
        pytest.skip(str(missing))


def test_a_projects_token_is_tried_kept_shown_without_it_and_forgotten(hub: Connecting) -> None:
    key = hub.project("none")
    refusal = hub.cli.run("github", "connect", "--project", key, stdin="tok_ada\n", code=2)
    assert "knows nothing of ada/none: it is not there, or the token may not see it" in refusal.stderr
    assert "tok_ada" not in refusal.stderr
    assert "no connection here" in hub.cli.refuse("github", "show", "--project", key)
    key = hub.project()
    done = hub.cli.run("github", "connect", "--project", key, stdin="tok_ada\n").stdout
    assert "as              ada\n" in done
    assert done.endswith("Connected.\n")
    shown = hub.cli.say("github", "show", "--project", key) + hub.cli.say("github", "show", "--project", key, "--json")
    assert "the project's" in shown
    assert "tok_ada" not in done + shown
    assert hub.cli.say("github", "check", "--project", key).endswith("It works.\n")
    hub.cli.say("github", "disconnect", "--project", key)
    assert "no connection here" in hub.cli.refuse("github", "check", "--project", key)


def test_an_app_is_connected_by_its_key_file(hub: Connecting, tmp_path: Path) -> None:
    key, file = hub.project(), tmp_path / "app.pem"
    file.write_text(app_key())
    words = ("github", "connect", "--project", key, "--app-id", APP)
    assert f"App {APP}" in hub.cli.say(*words, "--key-file", str(file), "--installation-id", INSTALLATION)
    file.write_text("no key\n")
    assert "PEM file" in hub.cli.refuse(*words, "--key-file", str(file))
    assert "takes both" in hub.cli.refuse(*words)
    assert "cannot be read" in hub.cli.refuse(*words, "--key-file", str(tmp_path / "none"))


def test_ones_own_and_the_hubs_are_tried_on_a_repository_and_count_in_projects_without_one(hub: Connecting) -> None:
    key = hub.project()
    for whose, told in (("--installation", "the hub's"), ("--mine", "yours")):
        hub.cli.run("github", "connect", whose, "--repository", f"{SERVER}/ada/shop", stdin="tok_ada")
        assert told in hub.cli.say("github", "show", "--project", key)
    assert hub.cli.say("github", "check", "--mine", "--repository", f"{SERVER}/ada/shop").endswith("It works.\n")
    failed = hub.cli.run("github", "check", "--mine", "--repository", f"{SERVER}/ada/none", code=1)
    assert "knows nothing of ada/none" in failed.stderr
    for whose in ("--installation", "--mine"):
        hub.cli.say("github", "disconnect", whose)


def test_what_is_done_with_what_github_tells_is_shown_and_changed(hub: Connecting) -> None:
    key = hub.project()
    hub.cli.run("github", "connect", "--project", key, stdin="tok_ada")
    changed = hub.cli.say("github", "answers", key, "--no-reviews", "--rounds", "5", "--merge", "rebase", "--propose")
    assert changed == hub.cli.say("github", "answers", key)
    told = {name: value for name, _, value in (line.rpartition("  ") for line in changed.splitlines())}
    assert {name.strip(): value for name, value in told.items()} == {
        "checks": "yes",
        "reviews": "no",
        "conflicts": "yes",
        "rounds at most": "5",
        "merge": "rebase",
        "propose": "yes",
        "draft": "unproven",
    }
    assert "rounds_at_most" in hub.cli.refuse("github", "answers", key, "--rounds", "-1")


def test_it_must_be_said_whose_connection_is_meant_and_what_it_is_tried_on(hub: Connecting) -> None:
    for words in (("show",), ("connect", "--mine", "--installation"), ("disconnect",)):
        assert "Say whose connection is meant" in hub.cli.refuse("github", *words)
    assert "--repository URL" in hub.cli.refuse("github", "check", "--mine")
    assert "Give the token on standard input" in hub.cli.refuse("github", "connect", "--mine")
