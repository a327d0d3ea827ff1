"""Routes of what a result is proven by: a project's verification, a run's checks, its receipt; and to let a run that waits go on
now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import Discriminator, Field, Tag

from coderclawlink import configuration_file
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import verification
from coderclawlink.configuration import (
    NOTHING_SAID,
    TOKENS_AT_MOST,
    USD_AT_MOST,
    AgentConfiguration,
    Verification,
)
from coderclawlink.db.engine import Look
from coderclawlink.errors import NotFound
from coderclawlink.ids import ProjectId, RunId
from coderclawlink.runs import checks, ledger, receipts
from coderclawlink.runs.checks import CheckResult
from coderclawlink.runs.receipts import Receipt
from coderclawlink.web.rooms import Here
from coderclawlink.web.runs import RunTold, told
from coderclawlink.web.shapes import LONG_TEXT_AT_MOST, Asked, Demanded, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["verification"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]


class NoReceipt(NotFound):
    """The run has no receipt: one is issued when it completes."""


class NoVerification(NotFound):
    """The project says nothing of its own; its repository's `.clawlink.toml` counts."""


# ── a project's verification ───────────────────────────────────────────────────────────────────────────────────────


class VerificationText(Asked):
    """As in a repository's `.clawlink.toml`; a mistake is told with its line."""

    toml: Annotated[str, Field(max_length=LONG_TEXT_AT_MOST)]


def _form(given: Any) -> str:
    return "toml" if isinstance(given, dict) and "toml" in given else "json"


Wanted = Annotated[
    Annotated[Demanded, Tag("json")] | Annotated[VerificationText, Tag("toml")],
    Discriminator(_form),
]


@router.get("/api/projects/{project_id}/verification")
async def show_verification(actor: Reader, here: Here, project_id: Id) -> Verification:
    """404 also where the project says nothing of its own: then its repository's `.clawlink.toml` counts."""
    found = await here.db.read(verification.of_project, ProjectId(project_id))
    if found is None:
        raise NoVerification
    return found


@router.put("/api/projects/{project_id}/verification")
async def put_verification(
    actor: Writer, here: Here, project_id: Id, wanted: Annotated[Wanted, Body()]
) -> Verification:
    """What results must pass from now on, as JSON or as `{"toml": "…"}`. Runs under way keep what they began with."""
    if isinstance(wanted, VerificationText):
        wanted = configuration_file.read_verification(wanted.toml, "verification")
    await here.db.write(verification.put, actor, ProjectId(project_id), wanted)
    return wanted


@router.delete("/api/projects/{project_id}/verification", status_code=204)
async def clear_verification(actor: Writer, here: Here, project_id: Id) -> None:
    """The repository says again."""
    await here.db.write(verification.put, actor, ProjectId(project_id), None)


# ── a run's checks and receipt ─────────────────────────────────────────────────────────────────────────────────────


class CheckTold(Told):
    """`seconds`: how long it took; `round`: the mendings before it; `output`: its last words."""

    attempt: int
    round: int
    name: str
    command: str
    head: str
    passed: bool
    exit_code: int | None
    seconds: float
    output: str
    at: Stamp


class Checks(Told):
    """`demanded`: what the result must pass. `missing`: what keeps it from being taken for done, null when nothing does."""

    demanded: list[str]
    missing: str | None
    results: list[CheckTold]


@router.get("/api/runs/{run_id}/checks")
async def show_checks(actor: Viewer, here: Here, run_id: str) -> Checks:
    """All of all attempts and rounds, in order."""
    demanded, missing, results = await here.db.read(_checks, actor, RunId(run_id.lower()))
    return Checks(demanded=list(demanded), missing=missing, results=[CheckTold.model_validate(one) for one in results])


def _checks(look: Look, actor: Actor, run_id: RunId) -> tuple[tuple[str, ...], str | None, list[CheckResult]]:
    run = ledger.find_for(look, actor, run_id)
    return checks.demanded(run), checks.missing(look, run, run.attempt), checks.of_run(look, run.id)


@router.get("/api/runs/{run_id}/receipt", response_model_exclude_defaults=True)
async def show_receipt(actor: Viewer, here: Here, run_id: str) -> Receipt:
    """The proof of a completed run's result. `digest` is the SHA-256 of the rest as JSON with sorted keys and no spaces."""
    return await here.db.read(_receipt, actor, RunId(run_id.lower()))


def _receipt(look: Look, actor: Actor, run_id: RunId) -> Receipt:
    found = receipts.find(look, ledger.find_for(look, actor, run_id).id)
    if found is None:
        raise NoReceipt
    return found


# ── going on ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Resumed(Asked):
    """What is to be otherwise from now on for this run; all may be left out."""

    budget_usd: Annotated[float, Field(ge=0, le=USD_AT_MOST)] | None = None
    budget_tokens: Annotated[int, Field(ge=0, le=TOKENS_AT_MOST)] | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    account: Annotated[str, Field(min_length=1, max_length=200)] | None = None


@router.post("/api/runs/{run_id}/resume")
async def resume(actor: Submitter, here: Here, run_id: str, wanted: Resumed | None = None) -> RunTold:
    """Go on now, for a run that waits for a quota or a budget."""
    options = NOTHING_SAID if wanted is None else AgentConfiguration(**wanted.model_dump())
    return told(actor, await here.runtime.resume(actor, RunId(run_id.lower()), options))
