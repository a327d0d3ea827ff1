"""GitHub's answer to the port, on a GitHub that somebody else wrote: what is proposed, seen, merged; and how few calls it takes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from coderclawlink.integrations.github.client import App, Client, Token
from coderclawlink.integrations.github.host import GitHub
from coderclawlink.integrations.github.shapes import LOG_AT_MOST
from coderclawlink.pulls.hosts import Check, HostRefused, Opened, Place, Proposal
from tests.journeys.house import make_repository
from tests.peers.git_server import Requests, serving
from tests.peers.github import APP, Peer, app_key

pytestmark = pytest.mark.anyio

NUMBERS = itertools.count(1)
SERVER = "https://github.com"
BRANCH = "task/demo-1"


@dataclass
class Shop:
    """A repository of ada's whose branch was pushed, and the host as one with this token sees it."""

    peer: Peer
    name: str
    head: str
    host: GitHub

    def proposal(self, **other: Any) -> Proposal:
        said = {
            "title": "Say hello",
            "body": "Done.\n<!-- mark:1 -->",
            "branch": BRANCH,
            "head": self.head,
            "base": None,
        }
        return Proposal(**{**said, "draft": False, "mark": "<!-- mark:1 -->", **other})

    async def opened(self, **other: Any) -> Opened:
        made = await self.host.propose(self.proposal(**other))
        assert isinstance(made, Opened)
        return made


@pytest.fixture
def shop(github: Peer, tmp_path: Path) -> Shop:
    name = github.make_repository(f"shop-{next(NUMBERS)}")
    work = make_repository(tmp_path / "work")
    head = github.tell_of_push(name, work, "main")
    github.do("POST", f"/repos/{name}/git/refs", ref=f"refs/heads/{BRANCH}", sha=head)
    place = Place(SERVER, *name.split("/"))
    return Shop(github, name, head, GitHub(Client(github.url, Token("tok_ada")), place))


async def test_a_repository_is_reached_and_tells_what_may_be_done(shop: Shop) -> None:
    async with asyncio.timeout(30):
        found = await shop.host.reach()
    assert (found.as_whom, found.default_branch, found.may_push, found.lacks) == ("ada", "main", True, ())


async def test_an_app_is_reached_as_itself(shop: Shop) -> None:
    access = App(APP, app_key(), None, shop.host.place.owner, shop.host.place.name)
    async with asyncio.timeout(30):
        found = await GitHub(Client(shop.peer.url, access), shop.host.place).reach()
    assert found.may_push


async def test_a_pull_request_is_opened_once_and_found_afterwards(shop: Shop) -> None:
    async with asyncio.timeout(30):
        made, again = await shop.opened(), await shop.opened(title="Another title")
    assert (made.found, again.found) == (False, True)
    assert made.pull == again.pull
    assert (made.pull.title, made.pull.branch, made.pull.base) == ("Say hello", BRANCH, "main")
    assert (made.pull.head, made.pull.state, made.pull.draft) == (shop.head, "open", False)


async def test_a_closed_pull_request_is_found_by_its_mark_and_no_other(shop: Shop) -> None:
    async with asyncio.timeout(30):
        made = await shop.opened()
        shop.peer.do("PATCH", f"/repos/{shop.name}/pulls/{made.pull.number}", state="closed")
        marked = await shop.opened()
        other = await shop.opened(mark="<!-- mark:2 -->", body="More.\n<!-- mark:2 -->")
    assert (marked.found, marked.pull.number, marked.pull.state) == (True, made.pull.number, "closed")
    assert (other.found, other.pull.state) == (False, "open")


async def test_a_draft_is_one(shop: Shop) -> None:
    async with asyncio.timeout(30):
        assert (await shop.opened(draft=True)).pull.draft


async def test_checks_reviews_and_comments_are_seen_with_who_may_be_trusted(shop: Shop) -> None:
    async with asyncio.timeout(60):
        number = (await shop.opened()).pull.number
        at = f"/repos/{shop.name}"
        shop.peer.check(shop.name, shop.head, "lint", "success")
        shop.peer.check(shop.name, shop.head, "test", "failure", "1 failed")
        shop.peer.check(shop.name, shop.head, "build", None)
        shop.peer.do("POST", f"{at}/pulls/{number}/reviews", "eve", event="REQUEST_CHANGES", body="Not so.")
        shop.peer.do("POST", f"{at}/issues/{number}/comments", body="Nice.")
        line = {"body": "Off by one", "commit_id": shop.head, "path": "README.md", "line": 1, "side": "RIGHT"}
        shop.peer.do("POST", f"{at}/pulls/{number}/comments", **line)
        before = shop.host.client.calls
        seen = await shop.host.look(number, {})
    assert seen is not None
    assert shop.host.client.calls - before == 6
    assert {one.name: one.state for one in seen.checks} == {"lint": "passed", "test": "failed", "build": "pending"}
    assert "1 failed" in next(one.summary for one in seen.checks if one.name == "test")
    said = {one.text: one for one in seen.remarks}
    assert (said["Not so."].verdict, said["Not so."].trusted, said["Not so."].author) == (
        "changes_requested",
        False,
        "eve",
    )
    assert (said["Nice."].verdict, said["Nice."].trusted) == (None, True)
    assert (said["Off by one"].path, said["Off by one"].line) == ("README.md", 1)
    assert seen.mergeable == "clean"


async def test_exactly_the_head_that_was_seen_is_merged(shop: Shop) -> None:
    async with asyncio.timeout(60):
        number = (await shop.opened()).pull.number
        with pytest.raises(HostRefused, match="out of date"):
            await shop.host.merge(number, "f" * 40, "squash")
        await shop.host.merge(number, shop.head, "squash")
        seen = await shop.host.look(number, {})
    assert seen is not None
    assert (seen.pull.state, seen.pull.merged_by) == ("merged", "ada")


# ── what the stand-in cannot do: a server of the test's own ────────────────────────────────────────────────────────


@dataclass
class Paper:
    """A GitHub that answers each path as written, by ETag too, or in pages; `asked`: method and path of every request."""

    url: str = ""
    pages: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    shown: list[str | None] = field(default_factory=list)

    def host(self) -> GitHub:
        return GitHub(Client(self.url, Token("tok")), Place(SERVER, "ada", "shop"))


@pytest.fixture
def paper() -> Iterator[Paper]:
    state = Paper()

    class Answers(Requests):
        def do_GET(self) -> None:
            body = self.body()
            state.sent.append(json.loads(body) if body else None)
            state.asked.append(f"{self.command} {self.path}")
            state.shown.append(self.headers.get("Authorization"))
            path, _, query = self.path.partition("?")
            found = state.pages.get(f"{path}?page=2" if "page=2" in query.split("&") else path)
            if isinstance(found, str):
                return self.answer(302, {"Location": found})
            if isinstance(found, bytes):
                return self.answer(200, {"Content-Type": "text/plain"}, found)
            if found is None:
                return self.answer(404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}')
            content = json.dumps(found).encode()
            etag = f'"{hash(content)}"'
            if self.headers.get("If-None-Match") == etag:
                return self.answer(304, {"ETag": etag})
            more = {}
            if f"{path}?page=2" in state.pages and "page=2" not in query.split("&"):
                more = {"Link": f'<{state.url}{path}?per_page=100&page=2>; rel="next"'}
            return self.answer(200, {"Content-Type": "application/json", "ETag": etag, **more}, content)

        do_POST = do_PUT = do_GET

    with serving(Answers) as state.url:
        at = "/repos/ada/shop"
        end = {"ref": "main", "sha": "b" * 40}
        state.pages = {
            f"{at}/pulls/7": {
                "number": 7,
                "html_url": "https://github.com/ada/shop/pull/7",
                "title": "One",
                "state": "open",
                "head": {"ref": BRANCH, "sha": "a" * 40},
                "base": end,
                "mergeable": False,
                "node_id": "PR_7",
                "draft": True,
            },
            f"{at}/commits/{'a' * 40}/check-runs": {"check_runs": []},
            f"{at}/commits/{'a' * 40}/status": {
                "statuses": [{"context": "ci", "state": "error", "description": "Bad"}]
            },
            f"{at}/pulls/7/reviews": [],
            f"{at}/pulls/7/comments": [],
            f"{at}/issues/7/comments": [{"id": 1, "body": "Hello", "user": None, "author_association": "OWNER"}],
        }
        yield state


async def test_who_may_only_read_is_told_so(paper: Paper) -> None:
    rights = {"push": False, "admin": False}
    paper.pages |= {"/user": {"login": "eve"}, "/repos/ada/shop": {"private": True, "permissions": rights}}
    async with asyncio.timeout(30):
        found = await paper.host().reach()
    assert (found.as_whom, found.private, found.may_push) == ("eve", True, False)
    assert "may not write" in found.lacks[0]
    paper.pages["/repos/ada/shop"] = {"archived": True, "permissions": {"push": True}}
    found = await paper.host().reach()
    assert (found.may_push, found.lacks) == (False, ("The repository is archived: nothing can be pushed to it.",))


async def test_a_look_at_what_has_not_changed_costs_nothing(paper: Paper) -> None:
    host = paper.host()
    async with asyncio.timeout(30):
        seen = await host.look(7, {})
        assert seen is not None
        assert seen.mergeable == "conflict"
        assert seen.checks == (Check("ci", "failed", None, "Bad"),)
        assert seen.remarks[0].author == "somebody"
        before = host.client.calls
        assert await host.look(7, seen.etags) is None
        assert host.client.calls == before
        paper.pages["/repos/ada/shop/issues/7/comments"] = [{"id": 2, "body": "New", "author_association": "NONE"}]
        again = await host.look(7, seen.etags)
    assert again is not None
    assert [(one.text, one.trusted) for one in again.remarks] == [("New", False)]
    assert again.checks == seen.checks


async def test_remarks_beyond_the_first_page_are_seen(paper: Paper) -> None:
    many = [{"id": n, "body": f"Remark {n}", "author_association": "OWNER"} for n in range(101)]
    path = "/repos/ada/shop/issues/7/comments"
    paper.pages |= {path: many[:100], f"{path}?page=2": many[100:]}
    async with asyncio.timeout(30):
        seen = await paper.host().look(7, {})
    assert seen is not None
    assert len(seen.remarks) == 101
    assert seen.remarks[-1].text == "Remark 100"
    paper.pages[f"{path}?page=2"] = [{"id": 100, "body": "Another word", "author_association": "OWNER"}]
    async with asyncio.timeout(30):
        again = await paper.host().look(7, seen.etags)
    assert again is not None
    assert again.remarks[-1].text == "Another word"


async def test_checks_beyond_the_first_page_are_seen(paper: Paper) -> None:
    path = f"/repos/ada/shop/commits/{'a' * 40}/check-runs"
    many = [{"id": n, "name": f"check {n}", "conclusion": "success"} for n in range(101)]
    paper.pages |= {path: {"check_runs": many[:100]}, f"{path}?page=2": {"check_runs": many[100:]}}
    async with asyncio.timeout(30):
        seen = await paper.host().look(7, {})
    assert seen is not None
    assert len(seen.checks) == 102  # and the one commit status


async def test_a_draft_becomes_ready_by_the_only_way_there_is(paper: Paper) -> None:
    paper.pages["/graphql"] = {"data": {}}
    async with asyncio.timeout(30):
        await paper.host().make_ready(7)
    assert paper.asked == ["GET /repos/ada/shop/pulls/7", "POST /graphql"]
    assert paper.sent[-1]["variables"] == {"id": "PR_7"}
    paper.pages["/graphql"] = {"errors": [{"message": "No."}]}
    with pytest.raises(HostRefused, match=r"out of draft: No\."):
        await paper.host().make_ready(7)


async def test_a_log_lies_elsewhere_and_is_fetched_without_the_token(paper: Paper) -> None:
    paper.pages |= {"/repos/ada/shop/actions/jobs/5/logs": f"{paper.url}/log", "/log": b"x" * 30_000 + b"the end"}
    async with asyncio.timeout(30):
        log = await paper.host().log_of(Check("test", "failed", id="5", summary="short"))
    assert len(log) == LOG_AT_MOST
    assert log.endswith("the end")
    assert paper.shown == ["Bearer tok", None]


async def test_a_check_without_a_log_says_what_it_said_itself(paper: Paper) -> None:
    async with asyncio.timeout(30):
        assert await paper.host().log_of(Check("test", "failed", id="6", summary="short")) == "short"
        assert await paper.host().log_of(Check("test", "failed", summary="short")) == "short"
