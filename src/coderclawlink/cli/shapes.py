"""What the hub answers of a run's proof, of runs side by side, of the inbox and of prompts, as the commands show it. Beside: `hub`,
with the shapes of the rest.

Each holds what the commands show and ignores what else there is.
"""

from __future__ import annotations

from coderclawlink.cli.hub import Question, Run, Shape


class Contestant(Shape):
    run: str
    number: int
    agent: str
    model: str | None
    state: str
    files: int | None
    additions: int | None
    deletions: int | None
    checks_demanded: int
    checks_passed: int
    checks_failed: int
    cost_usd: float | None
    seconds: float | None
    error: str | None


class Comparison(Shape):
    id: str
    task_id: int
    prompt: str
    kept: str | None
    created_at: str
    runs: list[Contestant]


class CheckResult(Shape):
    attempt: int
    round: int
    name: str
    command: str
    head: str
    passed: bool
    exit_code: int | None
    seconds: float
    output: str


class Checks(Shape):
    demanded: list[str]
    missing: str | None
    results: list[CheckResult]


class Event(Shape):
    kind: str
    digest: str | None = None


class Events(Shape):
    events: list[Event]
    next: int | None


class Check(Shape):
    name: str
    run: str
    timeout_seconds: float
    network: bool


class Verification(Shape):
    checks: list[Check]
    rounds: int
    review: bool


class InboxEntry(Question):
    run_id: str
    run_number: int
    run_title: str
    agent: str
    task_key: str | None
    may_answer: bool
    asked_at: str


class Me(Shape):
    name: str
    user: str | None
    role: str
    permissions: list[str]
    is_owner: bool


class Standing(Shape):
    project_id: int
    open: int
    running: int
    needs_you: int


class InboxRun(Shape):
    number: int
    agent: str
    title: str
    created_at: str


class InboxPull(Shape):
    task_key: str
    task_title: str
    number: int | None
    why: str


class Inbox(Shape):
    questions: list[InboxEntry]
    money: list[InboxRun]
    reviews: list[InboxRun]
    pulls: list[InboxPull]
    failed: list[InboxRun]


class Prompt(Shape):
    number: int
    text: str
    steer: bool
    state: str
    author: str
    created_at: str


class FollowUp(Shape):
    run: Run
    prompt: Prompt | None


# ── reviews ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ChangedLine(Shape):
    kind: str
    old: int | None
    new: int | None
    text: str


class ChangedHunk(Shape):
    old_start: int
    new_start: int
    heading: str
    lines: list[ChangedLine]


class ChangedFile(Shape):
    path: str
    old_path: str | None
    status: str
    binary: bool
    additions: int
    deletions: int
    hunks: list[ChangedHunk]
    next_line: int | None
    viewed: bool
    viewed_head: str | None
    since: str | None


class ChangedFiles(Shape):
    next: int | None
    gone: list[str]
    files: list[ChangedFile]


class Remark(Shape):
    id: str
    author: str
    state: str
    path: str
    side: str
    first: int
    last: int
    text: str


class Sent(Shape):
    run: Run
    remarks: list[str]


class Verdict(Shape):
    verdict: str
    author: str
    text: str
    at: str


class Review(Shape):
    head: str | None
    verdict: str | None
    verdicts: list[Verdict]
    last_seen: str | None
    files: int
    viewed: int
    drafts: int


# ── conversations ──────────────────────────────────────────────────────────────────────────────────────────────────


class Chat(Shape):
    id: str
    agent: str
    title: str
    created_at: str
    updated_at: str


class Message(Shape):
    run_id: str
    text: str
    state: str
    answer: str
    error: str | None
    refused: str | None


class NewTask(Shape):
    title: str
    description: str | None


class NewRun(Shape):
    task: str
    agent: str
    prompt: str


class NewPullRequest(Shape):
    task: str
    title: str | None


class Proposal(Shape):
    number: int
    message: int
    create_task: NewTask | None
    start_run: NewRun | None
    create_pr: NewPullRequest | None
    state: str
    task_id: int | None
    run_id: str | None


class ChatDetail(Chat):
    messages: list[Message]
    proposals: list[Proposal]


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SignedIn(Shape):
    user: str
    role: str
    session_id: str


class User(Shape):
    id: str
    role: str
    state: str
    name: str | None
    email: str | None
    service: bool
    seen_at: str | None


class InvitedTo(Shape):
    key: str
    role: str


class Invitation(Shape):
    id: str
    role: str
    email: str | None
    projects: list[InvitedTo]
    made_by: str
    expires_at: str


class InvitationMade(Shape):
    link: str


class Token(Shape):
    name: str
    scopes: list[str] | None
    project_id: int | None
    used_at: str | None
    expires_at: str


class TokenMade(Shape):
    token: str


class Passkey(Shape):
    id: str
    name: str
    backed_up: bool
    made_at: str
    used_at: str | None


class HubSecret(Shape):
    name: str
    set_by: str
    set_at: str


class Rekeyed(Shape):
    secrets: int
