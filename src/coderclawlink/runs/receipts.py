"""The receipt of a run: what was asked, by whom, what made it, what it was checked by, what it cost; with a digest of all that.

Above: the engine, which issues one with a run's completion; the routes that show it. Below: the run's rows. The digest stands in
the receipt and in the journal, in the transaction that completes the run: a receipt that was altered afterwards no longer agrees
with itself, and one that was made anew no longer agrees with the journal. Numbers and names come from the hub's rows alone; of the
agent's words there are none.

    digest = SHA-256 of the receipt without `digest`, as canonical JSON (`canonical`) in UTF-8
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import metadata
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, JsonValue

from coderclawlink.clock import rfc3339
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, Mode
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects, prompts, tasks
from coderclawlink.events import ReceiptIssued
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import attempts, beside, checks, ledger, questions
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run

TITLE_AT_MOST = 500
"""Characters of a question that stand in a receipt."""
Source = Literal["project", "repository", "none"]
"""Who says what a result must pass."""
VERSION = metadata.version("coderclawlink")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Checked(_Part):
    """A check of the result. `seconds`: how long it took; `round`: the mendings before it."""

    name: str
    command: str
    head: str
    passed: bool
    exit_code: int | None
    seconds: float
    round: int


class Permitted(_Part):
    """What a person was asked and answered. `effect`: of the option chosen, as `allow_once`."""

    question: str
    tool: str
    effect: str
    by: str


class Policy(_Part):
    """What the agent was allowed. `configured`: the versions that its configuration was made of; `rules_sha256`: of their
    canonical JSON; `verification`: who says what the result must pass."""

    configured: str
    mode: Mode | None
    rules: int
    rules_sha256: str
    answers: tuple[Permitted, ...]
    verification: Source


class MadeBeside(_Part):
    """The commit in a further repository; counts are lines and files against `base`."""

    name: str
    base: str
    head: str
    branch: str | None
    files: int
    additions: int
    deletions: int


class Receipt(_Part):
    """All of a result on one page. Times are RFC 3339 in UTC; `prompts`: SHA-256 of each prompt that the agent was given, the
    run's own first; tokens, calls and `cost_usd` are over all attempts, null where no model was called or has no known price."""

    run: str
    task: str | None
    project: str | None
    requester: str
    prompts: tuple[str, ...]
    agent: str
    agent_version: str | None
    model: str | None
    sandbox: str | None
    node: str | None
    attempts: int
    base: str | None
    head: str | None
    branch: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    checks: tuple[Checked, ...]
    reviewer: str | None
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    policy: Policy
    started_at: str | None
    ended_at: str | None
    version: str
    """Of coderClawLink."""
    digest: str
    repositories: tuple[MadeBeside, ...] = ()
    """The further ones that were changed. It is left out of the JSON, and so of the digest, where there are none."""


def issue(tx: Tx, run: Run, attempt: Attempt, reviewer: str | None) -> Receipt:
    """Make the receipt of the result that `attempt` brought, keep it with the run and tell of it. The same rows make the same
    receipt; issued again unchanged, nothing is told again."""
    made = attempts.of_run(tx, run.id)
    results = checks.last_round(checks.of_run(tx, run.id), attempt.number)
    unsigned = Receipt(
        run=run.id,
        task=_key(tx, tasks, run.task_id),
        project=_key(tx, projects, run.project_id),
        requester=run.user_id or ("owner" if run.session is None else f"session:{run.session[:8]}"),
        prompts=_prompts(tx, run),
        agent=attempt.agent,
        agent_version=attempt.agent_version,
        model=attempt.model,
        sandbox=attempt.sandbox,
        node=attempt.node,
        attempts=len(made),
        base=run.base if run.head else None,
        head=run.head,
        branch=run.branch if run.head else None,
        files=run.files if run.head else None,
        additions=run.additions if run.head else None,
        deletions=run.deletions if run.head else None,
        checks=tuple(
            Checked(
                name=one.name,
                command=one.command,
                head=one.head,
                passed=one.passed,
                exit_code=one.exit_code,
                seconds=round(one.seconds, 3),
                round=one.round,
            )
            for one in sorted(results, key=lambda result: result.name)
        ),
        reviewer=reviewer,
        calls=_sum([one.calls for one in made]),
        input_tokens=_sum([one.input_tokens for one in made]),
        output_tokens=_sum([one.output_tokens for one in made]),
        cached_tokens=_sum([one.cached_tokens for one in made]),
        cost_usd=_cost(made),
        policy=_policy(tx, run, attempt),
        started_at=None if run.started_at is None else rfc3339(run.started_at),
        ended_at=None if attempt.ended_at is None else rfc3339(attempt.ended_at),
        version=VERSION,
        digest="",
        repositories=_beside(tx, run),
    )
    told = unsigned.model_dump(mode="json", exclude={"digest"}, exclude_defaults=True)
    receipt = unsigned.model_copy(update={"digest": _digest(told)})
    text = canonical(receipt.model_dump(mode="json", exclude_defaults=True))
    if ledger.find(tx, run.id).receipt != text:
        ledger.note(tx, run.id, receipt=text)
        names = tuple(one.name for one in receipt.checks if one.passed)
        log.append(tx, ReceiptIssued(head=run.head, checks=names, digest=receipt.digest), run.about)
    return receipt


def find(look: Look, run: RunId) -> Receipt | None:
    """The run's receipt; None while there is none. Raises `RunNotFound`."""
    text = ledger.find(look, run).receipt
    return None if text is None else Receipt.model_validate_json(text)


def verify(receipt_json: str) -> bool:
    """Whether a receipt's digest is that of what stands in it. That it is the receipt which this hub issued only the digest in
    the journal proves."""
    try:
        told = json.loads(receipt_json)
    except ValueError:
        return False
    if not isinstance(told, dict):
        return False
    digest = told.pop("digest", None)
    return bool(digest) and _digest(told) == digest


def canonical(value: JsonValue) -> str:
    """JSON with sorted keys and without spaces: the same bytes for the same data. A whole number is written without `.0`, as
    programs do that know but one kind of number."""
    plain = json.loads(json.dumps(value), parse_float=_number)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _digest(value: JsonValue) -> str:
    # What is no text, a lone surrogate in a receipt that somebody made up, is no error here but another digest.
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _beside(look: Look, run: Run) -> tuple[MadeBeside, ...]:
    return tuple(
        MadeBeside(
            name=part.name,
            base=part.base or "",
            head=part.head,
            branch=part.branch,
            files=part.files or 0,
            additions=part.additions or 0,
            deletions=part.deletions or 0,
        )
        for part in beside.of_run(look, run.id)
        if part.head
    )


def _key(look: Look, table: sa.Table, number: int | None) -> str | None:
    return None if number is None else look.scalar(sa.select(table.c.key).where(table.c.id == number))


def _prompts(look: Look, run: Run) -> tuple[str, ...]:
    taken = look.rows(
        sa.select(prompts.c.text)
        .where(prompts.c.run_id == run.id, prompts.c.state == "taken")
        .order_by(prompts.c.number)
    )
    return tuple(hashlib.sha256(text.encode()).hexdigest() for text in (run.prompt, *(row["text"] for row in taken)))


def _policy(look: Look, run: Run, attempt: Attempt) -> Policy:
    said = attempt.configuration
    made_with = NOTHING_SAID if said is None else AgentConfiguration.model_validate_json(said)
    rules: list[JsonValue] = [rule.model_dump(mode="json") for rule in made_with.rules]
    answers = []
    for asked in questions.of_run(look, run.id):
        chosen = next((option for option in asked.options if option.id == asked.option), None)
        if chosen is not None:
            answers.append(
                Permitted(
                    question=asked.title[:TITLE_AT_MOST],
                    tool=asked.act.tool,
                    effect=chosen.effect,
                    by=asked.answered_by or "",
                )
            )
    return Policy(
        configured=attempt.configured or "",
        mode=made_with.mode,
        rules=len(rules),
        rules_sha256=_digest(rules),
        answers=tuple(answers),
        verification=_verified_as(run),
    )


def _verified_as(run: Run) -> Source:
    if run.verification is not None:
        return "project"
    return "repository" if run.demanded or run.review else "none"


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _cost(made: Sequence[Attempt]) -> float | None:
    """US dollars; None when a part of it has no known price, for a sum of the rest would look like the whole."""
    called = [one for one in made if one.calls]
    costs = [one.cost_usd for one in called if one.cost_usd is not None]
    return round(sum(costs), 6) if called and len(costs) == len(called) else None
