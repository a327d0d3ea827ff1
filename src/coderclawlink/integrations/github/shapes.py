"""What GitHub tells, as far as we read it: models that take what they need and overlook the rest, and what they mean to the port.

Above: `host`. Below: pure data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from coderclawlink.integrations.github.client import Answer
from coderclawlink.pulls import hosts
from coderclawlink.pulls.hosts import HostUnreachable

LOG_AT_MOST = 20_000
"""Characters of a check's log, its last ones."""
TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Whose words count: `author_association` of who may write there, or belongs to it."""
T = TypeVar("T", bound=BaseModel)


class Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class User(Told):
    login: str = "somebody"


class Rights(Told):
    push: bool = False
    admin: bool = False


class Repository(Told):
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    permissions: Rights | None = None


class End(Told):
    ref: str
    sha: str


class Pull(Told):
    number: int
    html_url: str
    title: str
    state: Literal["open", "closed"]
    head: End
    base: End
    draft: bool = False
    merged: bool = False
    merged_at: str | None = None
    merged_by: User | None = None
    mergeable: bool | None = None
    mergeable_state: str = "unknown"
    body: str | None = None
    node_id: str = ""

    @property
    def told(self) -> hosts.Pull:
        merged = self.merged or self.merged_at is not None
        return hosts.Pull(
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
    def may_be_merged(self) -> hosts.Mergeable:
        if self.mergeable is False or self.mergeable_state == "dirty":
            return "conflict"
        if self.mergeable_state in ("blocked", "behind", "draft"):
            return "blocked"
        return "unknown" if self.mergeable is None else "clean"


class Output(Told):
    title: str | None = None
    summary: str | None = None
    text: str | None = None


class CheckRun(Told):
    id: int
    name: str
    status: str = "completed"
    conclusion: str | None = None
    html_url: str | None = None
    details_url: str | None = None
    output: Output | None = None

    @property
    def told(self) -> hosts.Check:
        said = self.output or Output()
        summary = "\n\n".join(filter(None, (said.title, said.summary, said.text)))
        return hosts.Check(
            self.name, self._state, self.html_url or self.details_url, summary[:LOG_AT_MOST], str(self.id)
        )

    @property
    def _state(self) -> hosts.CheckState:
        if self.status != "completed":
            return "pending"
        return _CONCLUSIONS.get(self.conclusion or "", "failed")


_CONCLUSIONS: Mapping[str, hosts.CheckState] = {
    "success": "passed",
    "neutral": "neutral",
    "skipped": "neutral",
    "stale": "neutral",
    "cancelled": "neutral",
}


class CheckRuns(Told):
    check_runs: list[CheckRun] = []


class Status(Told):
    context: str = "status"
    state: str = "pending"
    description: str | None = None
    target_url: str | None = None

    @property
    def told(self) -> hosts.Check:
        states: Mapping[str, hosts.CheckState] = {"success": "passed", "pending": "pending"}
        return hosts.Check(self.context, states.get(self.state, "failed"), self.target_url, self.description or "")


class Statuses(Told):
    statuses: list[Status] = []


class Written(Told):
    id: int
    user: User | None = None
    author_association: str = "NONE"
    body: str | None = None
    html_url: str | None = None
    created_at: str | None = None
    submitted_at: str | None = None
    state: str | None = None
    path: str | None = None
    line: int | None = None
    original_line: int | None = None

    def told(self, kind: str) -> hosts.Remark:
        return hosts.Remark(
            id=f"{kind}:{self.id}",
            author=(self.user or User()).login,
            trusted=self.author_association in TRUSTED,
            text=self.body or "",
            at=self.submitted_at or self.created_at or "",
            verdict=_VERDICTS.get((self.state or "").upper()) if kind == "review" else None,
            path=self.path,
            line=self.line or self.original_line,
            url=self.html_url,
        )


_VERDICTS: Mapping[str, hosts.Verdict] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
}


def read(model: type[T], answer: Answer) -> T:
    try:
        return model.model_validate(answer.json)
    except ValidationError as error:
        raise HostUnreachable(f"GitHub's answer is not understood: {error.errors()[0]['msg']}") from error


def read_all(model: type[T], answer: Answer) -> list[T]:
    if answer.json is None:
        return []
    try:
        return TypeAdapter(list[model]).validate_python(answer.json)  # type: ignore[valid-type]
    except ValidationError as error:
        raise HostUnreachable(f"GitHub's answer is not understood: {error.errors()[0]['msg']}") from error
