"""A repository's issues by GitHub's REST interface: listed, read, changed, spoken in. Only what is needed is read, through tolerant models.

Above: `syncing`. Below: the client, and the words of `pulls.issues`. Every verb raises the errors of `pulls.hosts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from coderclawlink.pulls.hosts import HostRefused, HostUnreachable, Place
from coderclawlink.pulls.issues import Issue, Put, Said

PAGE = 100
EVENT_PAGES_AT_MOST = 10
COMMENT_PAGES_AT_MOST = 20
MARK = "<!-- clawlink:notice -->"
"""Stands in our own comment, which is found again by it; only one that our account wrote counts."""
WRITERS = frozenset({"admin", "maintain", "write"})
"""Who may write, as the host calls their permission."""
TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
GONE = frozenset({301, 302, 307, 404, 410, 451})
"""The issue is not there any more, or elsewhere."""

T = TypeVar("T")


class Answered(Protocol):
    """What the host answered. `json`: what the body holds. `etag`: to be shown at the next look."""

    @property
    def status(self) -> int: ...
    @property
    def json(self) -> object: ...
    @property
    def etag(self) -> str | None: ...


class Calling(Protocol):
    """The client as these calls need it."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        etag: str | None = None,
    ) -> Answered:
        """Raises `HostRefused`, `HostUnreachable`, `LimitReached`. Status 304: as it was when this `etag` was told."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of issues, those changed longest ago first. `is_last`: no further one. `etag`: of a first page."""

    issues: tuple[Issue, ...]
    is_last: bool
    etag: str | None


class Issues:
    """Those of one repository."""

    def __init__(self, client: Calling, place: Place) -> None:
        self._client = client
        self.place = place
        self._path = f"/repos/{quote(place.owner, safe='')}/{quote(place.name, safe='')}"
        self._me: str | None = None
        self._writers: dict[str, bool] = {}

    async def page(
        self,
        number: int,
        *,
        since: str | None = None,
        label: str | None = None,
        state: str = "all",
        etag: str | None = None,
    ) -> Listed | None:
        """The page `number`, from 1. Pull requests are left out. `since`: only those changed at that time or later. None: as it was
        when this `etag` was told."""
        params = {"state": state, "sort": "updated", "direction": "asc", "per_page": str(PAGE), "page": str(number)}
        if since is not None:
            params["since"] = since
        if label is not None:
            params["labels"] = label
        answer = await self._client.call("GET", f"{self._path}/issues", params=params, etag=etag)
        if answer.status == 304:
            return None
        found = _read(list[_Issue], answer.json)
        kept = tuple(self._issue(one) for one in found if one.pull_request is None)
        return Listed(kept, len(found) < PAGE, answer.etag)

    async def one(self, number: int) -> Issue | None:
        """None: it is not there any more, is somewhere else, or is a pull request."""
        try:
            answer = await self._client.call("GET", f"{self._path}/issues/{number}")
        except HostRefused as refused:
            if refused.status in GONE:
                return None
            raise
        if answer.status in GONE:
            return None
        found = _read(_Issue, answer.json)
        here = f"/repos/{self.place}".lower()
        is_moved = found.repository_url is not None and not found.repository_url.lower().endswith(here)
        return None if found.pull_request is not None or is_moved else self._issue(found)

    async def change(self, number: int, fields: Mapping[str, object]) -> Issue:
        """`fields`: title, body, labels, closed."""
        body = dict(fields)
        if "closed" in body:
            closed = bool(body.pop("closed"))
            body |= {"state": "closed", "state_reason": "completed"} if closed else {"state": "open"}
        answer = await self._client.call("PATCH", f"{self._path}/issues/{number}", json=body)
        return self._issue(_read(_Issue, answer.json))

    async def said(self, number: int, since: str | None = None) -> list[Said]:
        """The comments, oldest first; those alone that were written or changed at that time or later."""
        me = await self._who_we_are()
        made: list[Said] = []
        for page in range(1, COMMENT_PAGES_AT_MOST + 1):
            params = {"per_page": str(PAGE), "page": str(page), **({} if since is None else {"since": since})}
            answer = await self._client.call("GET", f"{self._path}/issues/{number}/comments", params=params)
            found = _read(list[_Comment], answer.json)
            for one in found:
                login = one.user.login if one.user is not None else "ghost"
                is_ours = MARK in (one.body or "") and me is not None and login.casefold() == me.casefold()
                made.append(Said(one.id, login, one.author_association in TRUSTED, is_ours, one.body or ""))
            if len(found) < PAGE:
                break
        return made

    async def say(self, number: int, text: str, before: int | None) -> int:
        """Our one comment on the issue says this from now on. `before`: its id, if it is known; else it is looked for. Returns the id."""
        text = f"{text}\n\n{MARK}"
        if before is None:
            before = next((one.id for one in await self.said(number) if one.ours), None)
        if before is not None:
            try:
                await self._client.call("PATCH", f"{self._path}/issues/comments/{before}", json={"body": text})
            except HostRefused as refused:
                if refused.status not in GONE:
                    raise
            else:
                return before
        answer = await self._client.call("POST", f"{self._path}/issues/{number}/comments", json={"body": text})
        return _read(_Comment, answer.json).id

    async def put(self, issue: Issue, *, label: str | None, assignee: str | None) -> Put | None:
        """Who put the label on the issue last, or assigned it; None: that cannot be told."""
        newest: _Event | None = None
        for page in range(1, EVENT_PAGES_AT_MOST + 1):
            params = {"per_page": str(PAGE), "page": str(page)}
            answer = await self._client.call("GET", f"{self._path}/issues/{issue.number}/events", params=params)
            found = _read(list[_Event], answer.json)
            for event in found:
                if event.is_about(label, assignee):
                    newest = event
            if len(found) < PAGE:
                break
        else:
            return None  # more has happened to it than is read: the newest is not known
        if newest is None or newest.actor is None:
            return None
        by = newest.actor.login
        trusted = issue.trusted if by.casefold() == issue.author.casefold() else await self._may_write(by)
        return Put(by, trusted, newest.created_at)

    async def _may_write(self, login: str) -> bool:
        if login.casefold() == self.place.owner.casefold():
            return True
        if login not in self._writers:
            path = f"{self._path}/collaborators/{quote(login, safe='')}/permission"
            try:
                answer = await self._client.call("GET", path)
                found = _read(_Permission, answer.json)
                self._writers[login] = found.permission in WRITERS
            except HostRefused as refused:
                if refused.status not in (403, 404):
                    raise
                self._writers[login] = False  # who cannot be looked up is not trusted
        return self._writers[login]

    async def _who_we_are(self) -> str | None:
        """None: an app, whose comments bear a mark instead."""
        if self._me is None:
            try:
                answer = await self._client.call("GET", "/user")
                self._me = _read(_Person, answer.json).login
            except HostRefused as refused:
                if refused.status not in (401, 403, 404):
                    raise
                self._me = ""
        return self._me or None

    def _issue(self, one: _Issue) -> Issue:
        return Issue(
            number=one.number,
            title=one.title,
            body=one.body or "",
            closed=one.state == "closed",
            labels=tuple(name for label in one.labels if (name := label if isinstance(label, str) else label.name)),
            assignees=tuple(person.login for person in one.assignees),
            author=one.user.login if one.user is not None else "ghost",
            trusted=one.author_association in TRUSTED,
            url=one.html_url,
            at=one.updated_at,
            locked=one.locked,
            comments=one.comments,
        )


# ── what it answers ────────────────────────────────────────────────────────────────────────────────────────────────


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Person(_Shape):
    login: str


class _Label(_Shape):
    name: str = ""


class _Issue(_Shape):
    number: int
    title: str
    body: str | None = None
    state: str
    labels: Sequence[str | _Label] = ()
    assignees: Sequence[_Person] = Field(default=())
    user: _Person | None = None
    author_association: str = "NONE"
    html_url: str = ""
    repository_url: str | None = None
    updated_at: str
    locked: bool = False
    comments: int = 0
    pull_request: object | None = None


class _Comment(_Shape):
    id: int
    user: _Person | None = None
    author_association: str = "NONE"
    body: str | None = None


class _Event(_Shape):
    event: str = ""
    actor: _Person | None = None
    created_at: str = ""
    label: _Label | None = None
    assignee: _Person | None = None

    def is_about(self, label: str | None, assignee: str | None) -> bool:
        """Whether it put this label on, or gave the issue to this person."""
        if label is not None and self.event == "labeled" and self.label is not None:
            return self.label.name.casefold() == label.casefold()
        if assignee is not None and self.event == "assigned" and self.assignee is not None:
            return self.assignee.login.casefold() == assignee.casefold()
        return False


class _Permission(_Shape):
    permission: str = "none"


def _read(shape: type[T], json: object) -> T:
    """Raises `HostUnreachable`: what answers is no GitHub."""
    try:
        return TypeAdapter(shape).validate_python(json)
    except ValidationError as error:
        raise HostUnreachable("The code host answers something else than GitHub would.") from error
