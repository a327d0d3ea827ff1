"""The peers of this folder: a GitHub that somebody else wrote, and git's own server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.git_server import GitServer, git_serving
from tests.peers.github import Peer, PeerMissing
from tests.peers.github import github as github_running


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """One for all tests of a process: each makes a repository of its own."""
    try:
        with github_running(tmp_path_factory.mktemp("github")) as running:
            yield running
    except PeerMissing as missing:
        print(f"not run: {missing}")
        pytest.skip(str(missing))


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    with git_serving(tmp_path / "served") as running:
        yield running
