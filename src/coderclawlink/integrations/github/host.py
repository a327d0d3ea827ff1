"""GitHub's answer to the port of code hosts: one repository, reached with one access.

Above: `integrations.hosts`. Below: the client. Every answer is read through models of our own that take what they need and overlook the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from coderclawlink.integrations.github.client import Answer, Client
from coderclawlink.pulls.hosts import (
    Check,
    CheckState,
    Compare,
    HostRefused,
    HostUnreachable,
    Mergeable,
    MergeMethod,
    Opened,
    Place,
    Proposal,
    Pull,
    Reached,
    Remark,
    Seen,
    Verdict,
)

LOG_AT_MOST = 20_000
"""Characters of a check's log, its last ones."""
PAGE = 100
PAGES_AT_MOST = 10
TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Whose words count: `author_association` of who may write there, or belongs to it."""
T = TypeVar("T", bound=BaseModel)


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _User(_Told):
    login: str = "somebody"


class _Rights(_Told):
    push: bool = False
    admin: bool = False


class _Repository(_Told):
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    permissions: _Rights | None = None


class _End(_Told):
    ref: str
    sha: str


class _Pull(_Told):
    number: int
    html_url: str
    title: str
    state: Literal["open", "closed"]
    head: _End
    base: _End
    draft: bool = False
    merged: bool = False
    merged_at: str | None = None
    merged_by: _User | None = None
    mergeable: bool | None = None
    mergeable_state: str = "unknown"
    body: str | None = None
    node_id: str = ""

    @property
    def told(self) -> Pull:
        merged = self.merged or self.merged_at is not None
        return Pull(
            number=self.number,
            url=self.html_url,
            title=self.title,
            branch=self.head.ref,
            base=self.base.ref,
            head=self.head.sha,
            draft=self.draft,
            state="merged" if merged else self.state,
            merged_by=None if self.merged_by is None else self.merged_by.login,
        )

    @property
    def may_be_merged(self) -> Mergeable:
        if self.mergeable is False or self.mergeable_state == "dirty":
            return "conflict"
        if self.mergeable_state in ("blocked", "behind", "draft"):
            return "blocked"
        return "unknown" if self.mergeable is None else "clean"


class _Output(_Told):
    title: str | None = None
    summary: str | None = None
    text: str | None = None


class _CheckRun(_Told):
    id: int
    name: str
    status: str = "completed"
    conclusion: str | None = None
    html_url: str | None = None
    details_url: str | None = None
    output: _Output | None = None

    @property
    def told(self) -> Check:
        said = self.output or _Output()
        summary = "\n\n".join(filter(None, (said.title, said.summary, said.text)))
        return Check(self.name, self._state, self.html_url or self.details_url, summary[:LOG_AT_MOST], str(self.id))

    @property
    def _state(self) -> CheckState:
        if self.status != "completed":
            return "pending"
        return _CONCLUSIONS.get(self.conclusion or "", "failed")


_CONCLUSIONS: Mapping[str, CheckState] = {
    "success": "passed",
    "neutral": "neutral",
    "skipped": "neutral",
    "stale": "neutral",
    "cancelled": "neutral",
}


class _CheckRuns(_Told):
    check_runs: list[_CheckRun] = []


class _Status(_Told):
    context: str = "status"
    state: str = "pending"
    description: str | None = None
    target_url: str | None = None

    @property
    def told(self) -> Check:
        states: Mapping[str, CheckState] = {"success": "passed", "pending": "pending"}
        return Check(self.context, states.get(self.state, "failed"), self.target_url, self.description or "")


class _Statuses(_Told):
    statuses: list[_Status] = []


class _Written(_Told):
    id: int
    user: _User | None = None
    author_association: str = "NONE"
    body: str | None = None
    html_url: str | None = None
    created_at: str | None = None
    submitted_at: str | None = None
    state: str | None = None
    path: str | None = None
    line: int | None = None
    original_line: int | None = None

    def told(self, kind: str) -> Remark:
        return Remark(
            id=f"{kind}:{self.id}",
            author=(self.user or _User()).login,
            trusted=self.author_association in TRUSTED,
            text=self.body or "",
            at=self.submitted_at or self.created_at or "",
            verdict=_VERDICTS.get((self.state or "").upper()) if kind == "review" else None,
            path=self.path,
            line=self.line or self.original_line,
            url=self.html_url,
        )


_VERDICTS: Mapping[str, Verdict] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
}


class GitHub:
    """One repository on GitHub."""

    def __init__(self, client: Client, place: Place, push: str | None = None) -> None:
        """`push`: what git is shown over https where that is not the client's own token."""
        self.client = client
        self._place = place
        self._push = push
        self._at = f"/repos/{quote(place.owner, safe='')}/{quote(place.name, safe='')}"

    @property
    def place(self) -> Place:
        return self._place

    async def reach(self) -> Reached:
        found = _read(_Repository, await self.client.call("GET", self._at))
        lacks = []
        if found.archived:
            lacks.append("The repository is archived: nothing can be pushed to it.")
        if found.permissions is not None and not found.permissions.push:
            lacks.append(
                "The token may not write to the repository: give it contents and pull requests, read and write."
            )
        may = not found.archived and (found.permissions is None or found.permissions.push)
        return Reached(await self._as_whom(), found.default_branch, found.private, may, tuple(lacks))

    async def _as_whom(self) -> str:
        try:
            return _read(_User, await self.client.call("GET", "/user")).login
        except HostRefused:  # an App is nobody's
            return "an installed App"

    async def push_token(self) -> str | None:
        return self._push if self._push is not None else await self.client.shown()

    async def propose(self, proposal: Proposal) -> Opened | Compare:
        if (there := await self._find(proposal)) is not None:
            return Opened(there.told, found=True)
        base = proposal.base or _read(_Repository, await self.client.call("GET", self._at)).default_branch
        wanted: dict[str, object] = {
            "title": proposal.title,
            "body": proposal.body,
            "head": proposal.branch,
            "base": base,
            "draft": proposal.draft,
        }
        try:
            made = await self.client.call("POST", f"{self._at}/pulls", json=wanted)
        except HostRefused as refused:
            if refused.status == 422 and proposal.draft and "draft" in refused.message.lower():
                made = await self.client.call("POST", f"{self._at}/pulls", json={**wanted, "draft": False})
            elif refused.status == 422 and (there := await self._find(proposal)) is not None:
                return Opened(there.told, found=True)  # somebody was quicker, perhaps we ourselves
            else:
                raise
        return Opened(_read(_Pull, made).told, found=False)

    async def _find(self, proposal: Proposal) -> _Pull | None:
        """The open pull request of the branch, else one that bears the mark and brings this very commit: a later result of a task
        whose pull request was merged or closed gets a new one."""
        asked = {"head": f"{self._place.owner}:{proposal.branch}", "state": "all", "per_page": str(PAGE)}
        found = _read_all(_Pull, await self.client.call("GET", f"{self._at}/pulls", params=asked))
        ours = [one for one in found if one.head.ref == proposal.branch]
        return next(
            (one for one in ours if one.state == "open"),
            next(
                (
                    one
                    for one in ours
                    if one.head.sha == proposal.head and proposal.mark and proposal.mark in (one.body or "")
                ),
                None,
            ),
        )

    async def look(self, number: int, etags: Mapping[str, str]) -> Seen | None:
        """Five questions at most; those whose answer has not changed cost nothing of the limit."""
        asked = _Looking(self.client, etags)
        whole = await asked.about("pull", f"{self._at}/pulls/{number}")
        pull = None if whole.status == 304 else _read(_Pull, whole)
        head = pull.head.sha if pull is not None else etags.get("head", "")
        paths = {
            "checks": f"{self._at}/commits/{head}/check-runs",
            "statuses": f"{self._at}/commits/{head}/status",
            "reviews": f"{self._at}/pulls/{number}/reviews",
            "lines": f"{self._at}/pulls/{number}/comments",
            "talk": f"{self._at}/issues/{number}/comments",
        }
        answers = {name: await asked.about(name, path) for name, path in paths.items()}
        if all(one.status in (304, 404) for one in (whole, *answers.values())) and whole.status == 304:
            return None
        for name, answer in answers.items():  # what has changed is told whole: the rest is asked again without its etag
            if answer.status == 304:
                answers[name] = await asked.about(name, paths[name], anew=True)
        if pull is None:
            pull = _read(_Pull, await asked.about("pull", f"{self._at}/pulls/{number}", anew=True))
        runs = _read(_CheckRuns, answers["checks"]).check_runs if answers["checks"].json is not None else []
        statuses = _read(_Statuses, answers["statuses"]).statuses if answers["statuses"].json is not None else []
        return Seen(
            pull=pull.told,
            mergeable=pull.may_be_merged,
            checks=(*(one.told for one in runs), *(one.told for one in statuses)),
            remarks=(
                *(one.told("review") for one in _read_all(_Written, answers["reviews"])),
                *(one.told("line") for one in _read_all(_Written, answers["lines"])),
                *(one.told("comment") for one in _read_all(_Written, answers["talk"])),
            ),
            etags={**asked.etags, "head": pull.head.sha},
        )

    async def log_of(self, check: Check) -> str:
        """Of a job of GitHub Actions its log, whose id is the check run's; of others what they said themselves."""
        if check.id:
            try:
                there = await self.client.where(f"{self._at}/actions/jobs/{check.id}/logs")
            except HostUnreachable:
                there = None
            if there:
                return (await self.client.text_at(there))[-LOG_AT_MOST:]
        return check.summary[-LOG_AT_MOST:]

    async def make_ready(self, number: int) -> None:
        """Only GraphQL knows this verb."""
        pull = _read(_Pull, await self.client.call("GET", f"{self._at}/pulls/{number}"))
        if not pull.draft:
            return
        asked = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
        told = await self.client.call(
            "POST", self.client.graphql, json={"query": asked, "variables": {"id": pull.node_id}}
        )
        errors = told.json.get("errors") if isinstance(told.json, dict) else None
        if errors:
            raise HostRefused(
                f"GitHub did not take the pull request out of draft: {errors[0].get('message', '')}", status=422
            )

    async def merge(self, number: int, head: str, method: MergeMethod) -> None:
        await self.client.call("PUT", f"{self._at}/pulls/{number}/merge", json={"sha": head, "merge_method": method})


class _Looking:
    """One look: remembers what each answer may be asked by next time."""

    def __init__(self, client: Client, etags: Mapping[str, str]) -> None:
        self._client = client
        self._known = etags
        self.etags: dict[str, str] = {}

    async def about(self, name: str, path: str, *, anew: bool = False) -> Answer:
        # Those of a commit are another's once the head has moved.
        known = None if anew else self._known.get(f"{name} {path}")
        try:
            answer = await self._client.call("GET", path, params={"per_page": str(PAGE)}, etag=known)
        except HostRefused as refused:
            if refused.status != 404 or name == "pull":
                raise
            return Answer(404, None)
        etag = answer.etag or known
        if etag:
            self.etags[f"{name} {path}"] = etag
        return answer


def _read(model: type[T], answer: Answer) -> T:
    try:
        return model.model_validate(answer.json)
    except ValidationError as error:
        raise HostUnreachable(f"GitHub's answer is not understood: {error.errors()[0]['msg']}") from error


def _read_all(model: type[T], answer: Answer) -> list[T]:
    if answer.json is None:
        return []
    try:
        return TypeAdapter(list[model]).validate_python(answer.json)  # type: ignore[valid-type]
    except ValidationError as error:
        raise HostUnreachable(f"GitHub's answer is not understood: {error.errors()[0]['msg']}") from error
