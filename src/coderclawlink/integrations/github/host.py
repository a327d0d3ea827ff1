"""GitHub's answer to the port of code hosts: one repository, reached with one access.

Above: `integrations.hosts`. Below: the client. Every answer is read through models of our own that take what they need and overlook the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from coderclawlink.integrations.github import shapes
from coderclawlink.integrations.github.client import Answer, Client
from coderclawlink.integrations.github.shapes import LOG_AT_MOST
from coderclawlink.pulls.hosts import (
    Check,
    Compare,
    HostRefused,
    HostUnreachable,
    MergeMethod,
    Opened,
    Place,
    Proposal,
    Reached,
    Seen,
)

PAGE = 100
PAGES_AT_MOST = 10
"""Of a list: 1,000 remarks or checks of one pull request are looked at, the earliest."""


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

    @property
    def wait(self) -> float:
        return self.client.wait

    async def reach(self) -> Reached:
        found = shapes.read(shapes.Repository, await self.client.call("GET", self._at))
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
            return shapes.read(shapes.User, await self.client.call("GET", "/user")).login
        except HostRefused:  # an App is nobody's
            return "an installed App"

    async def push_token(self) -> str | None:
        return self._push if self._push is not None else await self.client.shown()

    async def propose(self, proposal: Proposal) -> Opened | Compare:
        if (there := await self._find(proposal)) is not None:
            return Opened(there.told, found=True)
        base = proposal.base or shapes.read(shapes.Repository, await self.client.call("GET", self._at)).default_branch
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
        return Opened(shapes.read(shapes.Pull, made).told, found=False)

    async def _find(self, proposal: Proposal) -> shapes.Pull | None:
        """The open pull request of the branch, else one that bears the mark and brings this very commit: a later result of a task
        whose pull request was merged or closed gets a new one."""
        asked = {"head": f"{self._place.owner}:{proposal.branch}", "state": "all", "per_page": str(PAGE)}
        found = shapes.read_all(shapes.Pull, await self.client.call("GET", f"{self._at}/pulls", params=asked))
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
        pull = None if whole.status == 304 else shapes.read(shapes.Pull, whole)
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
            pull = shapes.read(shapes.Pull, await asked.about("pull", f"{self._at}/pulls/{number}", anew=True))
        runs = shapes.read(shapes.CheckRuns, answers["checks"]).check_runs if answers["checks"].json is not None else []
        statuses = (
            shapes.read(shapes.Statuses, answers["statuses"]).statuses if answers["statuses"].json is not None else []
        )
        return Seen(
            pull=pull.told,
            mergeable=pull.may_be_merged,
            checks=(*(one.told for one in runs), *(one.told for one in statuses)),
            remarks=(
                *(one.told("review") for one in shapes.read_all(shapes.Written, answers["reviews"])),
                *(one.told("line") for one in shapes.read_all(shapes.Written, answers["lines"])),
                *(one.told("comment") for one in shapes.read_all(shapes.Written, answers["talk"])),
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
        pull = shapes.read(shapes.Pull, await self.client.call("GET", f"{self._at}/pulls/{number}"))
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
            answer = await self._page(path, 1, known)
            parts = [answer.json]
            last = answer
            while 'rel="next"' in last.headers.get("link", "") and len(parts) < PAGES_AT_MOST:
                last = await self._page(path, len(parts) + 1)
                parts.append(last.json)
        except HostRefused as refused:
            if refused.status != 404 or name == "pull":
                raise
            return Answer(404, None)
        etag = answer.etag or known
        if etag and len(parts) == 1:  # that of a first page does not tell whether a later one has changed
            self.etags[f"{name} {path}"] = etag
        return answer if len(parts) == 1 else replace(answer, json=_joined(parts))

    async def _page(self, path: str, number: int, etag: str | None = None) -> Answer:
        params = {"per_page": str(PAGE)} if number == 1 else {"per_page": str(PAGE), "page": str(number)}
        return await self._client.call("GET", path, params=params, etag=etag)


def _joined(parts: list[object]) -> object:
    """The pages of a list as one; of one that stands within an object, under that name."""
    first = parts[0]
    if not isinstance(first, dict):
        return [one for part in parts if isinstance(part, list) for one in part]
    lists = [name for name, value in first.items() if isinstance(value, list)]
    return {
        **first,
        **{name: [one for part in parts if isinstance(part, dict) for one in part[name]] for name in lists},
    }
