"""What every answer to the port of code hosts does: GitHub, and a plain git remote. Each is asked for a repository that git's own server has too."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from coderclawlink.integrations.github.client import Client, Token
from coderclawlink.integrations.github.host import GitHub
from coderclawlink.integrations.plain_git.host import PlainGit
from coderclawlink.pulls.hosts import Check, CodeHost, Compare, HostRefused, HostUnreachable, Opened, Place, Proposal
from tests.journeys.house import make_repository
from tests.peers.git_server import GitServer, git_serving
from tests.peers.github import Peer, PeerMissing, github

pytestmark = pytest.mark.anyio

BRANCH = "task/demo-1"
TOKEN = "tok_ada"
NUMBERS = itertools.count(1)


@dataclass
class Subject:
    """A host whose repository has `BRANCH`, and the same host when it cannot be reached."""

    host: CodeHost
    away: CodeHost
    head: str
    has_pulls: bool
    work: Path

    def proposal(self, branch: str = BRANCH) -> Proposal:
        return Proposal("Say hello", "Done.\n<!-- m:1 -->", branch, self.head, None, False, "<!-- m:1 -->")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    try:
        with github(tmp_path_factory.mktemp("github")) as running:
            yield running
    except PeerMissing as missing:
        print(f"not run: {missing}")
        pytest.skip(str(missing))


@pytest.fixture
def git(tmp_path: Path) -> Iterator[GitServer]:
    with git_serving(tmp_path / "served", TOKEN) as running:
        yield running


@pytest.fixture(params=["github", "plain git over http", "plain git in a folder"])
def subject(request: pytest.FixtureRequest, git: GitServer, tmp_path: Path) -> Subject:
    work, head = _with_branch(tmp_path / "work's")
    if request.param == "github":
        peer: Peer = request.getfixturevalue("peer")
        name = peer.make_repository(f"conformant-{next(NUMBERS)}")
        peer.tell_of_push(name, work, "main")
        peer.tell_of_push(name, work, BRANCH)
        place = Place("https://github.com", *name.split("/"))
        nowhere = GitHub(Client("http://127.0.0.1:9", Token(TOKEN)), place)
        return Subject(GitHub(Client(peer.url, Token(TOKEN)), place), nowhere, head, True, work)
    git.add("ada/shop", work)
    url = f"{git.url}/ada/shop.git" if "http" in request.param else str(work)
    return Subject(PlainGit(url, TOKEN), PlainGit("http://127.0.0.1:9/ada/shop.git"), head, False, work)


def _with_branch(folder: Path) -> tuple[Path, str]:
    """A repository whose `BRANCH` is one commit ahead; that commit."""
    work = make_repository(folder)
    _git(work, "checkout", "-q", "-b", BRANCH)
    (work / "hello.txt").write_text("hello\n")
    _git(work, "add", "-A")
    _git(work, "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "-qm", "Say hello")
    head = _git(work, "rev-parse", "HEAD")
    _git(work, "checkout", "-q", "main")
    return work, head


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


async def test_a_proposal_is_a_pull_request_or_a_way_to_look_at_the_branch(subject: Subject) -> None:
    async with asyncio.timeout(30):
        found = await subject.host.propose(subject.proposal())
    if subject.has_pulls:
        assert isinstance(found, Opened)
        assert (found.pull.branch, found.pull.head) == (BRANCH, subject.head)
    else:
        assert isinstance(found, Compare)
        clone = subject.work.parent / "clone"
        _git(subject.work.parent, "clone", "-q", str(subject.work), str(clone))
        shown = _as_a_person_runs(found.command, clone)
        assert shown.returncode == 0, shown.stderr
        assert "+hello" in shown.stdout


def _as_a_person_runs(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """With git asking a helper for the password."""
    helper = f"!f() {{ echo username=x; echo password={TOKEN}; }}; f"
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper}
    words = ["sh", "-c", command]
    env["PATH"] = "/usr/bin:/bin"
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=env)


async def test_proposing_again_changes_nothing(subject: Subject) -> None:
    async with asyncio.timeout(30):
        first, again = [await subject.host.propose(subject.proposal()) for _ in range(2)]
    if isinstance(first, Opened):
        assert isinstance(again, Opened)
        assert again == Opened(first.pull, found=True)
    else:
        assert first == again


async def test_reaching_tells_what_may_be_done(subject: Subject) -> None:
    async with asyncio.timeout(30):
        found = await subject.host.reach()
    assert found.may_push
    assert found.as_whom


async def test_git_is_shown_the_access_of_the_host(subject: Subject) -> None:
    assert await subject.host.push_token() == TOKEN


async def test_what_is_not_there_is_refused_with_words(subject: Subject) -> None:
    async with asyncio.timeout(30):
        for asked in (
            subject.host.look(4711, {}),
            subject.host.merge(4711, subject.head, "squash"),
            subject.host.make_ready(4711),
        ):
            with pytest.raises(HostRefused) as refusal:
                await asked
            assert refusal.value.message


async def test_a_check_without_a_log_has_no_last_words(subject: Subject) -> None:
    async with asyncio.timeout(30):
        assert await subject.host.log_of(Check("test", "failed")) == ""


async def test_a_host_that_is_away_is_unreachable_or_needs_not_be_asked(subject: Subject) -> None:
    async with asyncio.timeout(30):
        if subject.has_pulls:
            for asked in (subject.away.reach(), subject.away.look(1, {}), subject.away.propose(subject.proposal())):
                with pytest.raises(HostUnreachable):
                    await asked
        else:
            await subject.away.reach()
            assert isinstance(await subject.away.propose(subject.proposal()), Compare)


@pytest.mark.parametrize("branch", ["a b", "it's", "$(touch hacked)", "--upload-pack=touch hacked"])
@pytest.mark.parametrize("over_http", [True, False])
async def test_a_strange_branch_is_no_command(git: GitServer, tmp_path: Path, branch: str, over_http: bool) -> None:
    """What people are told to run has the name as one word."""
    work, head = _with_branch(tmp_path / "work's")
    git.add("ada/shop", work)
    host = PlainGit(f"{git.url}/ada/shop.git" if over_http else str(work))
    found = await host.propose(Proposal("Say hello", "", branch, head, None, False, ""))
    assert isinstance(found, Compare)
    _as_a_person_runs(found.command, work)
    assert not list(tmp_path.rglob("hacked"))
