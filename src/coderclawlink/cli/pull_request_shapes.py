"""What the hub answers of pull requests and deliveries, as the commands show it. Beside: `hub`."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Proposable(Shape):
    """A task."""

    key: str
    title: str
    status: str
    github_pr_url: str | None
    github_pr_number: int | None


class Proposed(Shape):
    pr_url: str | None
    pr_number: int | None
    branch_name: str
    draft: bool
    compare: str | None


class Delivery(Shape):
    branch: str
    head: str
    state: str
    compare: str | None
    error: str | None


class Pull(Shape):
    number: int
    url: str
    place: str
    title: str
    branch: str
    base: str
    draft: bool
    state: str
    checks: str
    review: str
    mergeable: str
    error: str | None
    looked_at: str | None


class OfTask(Shape):
    pull_requests: list[Pull]
    deliveries: list[Delivery]


class Answering(Shape):
    run_id: str


class Webhook(Shape):
    url: str
    secret: str
    content_type: str
