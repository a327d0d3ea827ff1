"""The stand-in knows a pushed branch by its true commits, and a request that GitHub does not describe is found."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.journeys.house import make_repository
from tests.peers.git_server import GitServer
from tests.peers.github import Peer, github

ANN = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")


def _git(*words: str, at: Path) -> str:
    done = subprocess.run(["git", "-C", str(at), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_branch_pushed_to_gits_server_is_known_to_the_stand_in_by_its_true_commits(
    github: Peer, git_server: GitServer, tmp_path: Path
) -> None:
    name = github.make_repository("pushed")
    work = make_repository(tmp_path / "work")
    served = git_server.add(name, work)
    told: list[str] = []
    git_server.after_push = lambda there: told.append(github.tell_of_push(name, there, "task/1"))
    (work / "folder").mkdir()
    (work / "folder" / "Übung.txt").write_bytes(b"\x00\xff")
    _git("add", "-A", at=work)
    _git(*ANN, "commit", "-qm", "Add a file\n\nWith words.", at=work)
    url = f"{git_server.url.replace('//', f'//x:{git_server.token}@')}/{name}.git"
    _git("push", "-q", url, "HEAD:refs/heads/task/1", at=work)
    head = _git("rev-parse", "HEAD", at=work)
    assert told == [head]
    assert github.do("GET", f"/repos/{name}/git/ref/heads/task/1")["object"]["sha"] == head
    assert _git("rev-parse", "task/1", at=served) == head
    opened = github.do("POST", f"/repos/{name}/pulls", title="One", head="task/1", base="main")
    assert opened["head"]["sha"] == head
    assert git_server.pushes == 1


def test_a_request_that_github_does_not_describe_is_found(tmp_path: Path) -> None:
    found = ""
    try:
        with github(tmp_path) as peer:
            Peer(peer.url, peer.url).do("GET", "/repos/ada/shop/pulls?state=odd")
    except AssertionError as error:
        found = str(error)
    assert "/repos/ada/shop/pulls?state=odd" in found
    assert "request.query.state" in found
