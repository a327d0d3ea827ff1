"""Routes of the audit chain as a whole: verified, signed, exported; where it was cut, and whom its checkpoints were told. An administrator's.

Above: `api`. Below: `access.proof`, `access.checkpoints`, `access.cuts`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from coderclawlink.access import audit, checkpoints, cuts, policy, proof, sinks
from coderclawlink.access.checkpoints import Checkpoint
from coderclawlink.access.cuts import Cut
from coderclawlink.access.ocsf import as_ocsf
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.secrets import Vault
from coderclawlink.clock import rfc3339, seconds
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.journal import chain
from coderclawlink.journal.chain import Row
from coderclawlink.web.audit import Admin
from coderclawlink.web.csv_text import written
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/audit", tags=["audit"])

FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, step_up=True)]
EXPORT_BATCH = 1000
KEPT_AT_MOST = 4000
"""Checkpoints in one body."""
Text = Annotated[str, Field(max_length=200)]


class Sent(Told):
    """`at`: when the sink took it; null: it has not, as `why` says."""

    at: str | None = None
    why: str | None = None
    failures: int = 0


class CheckpointTold(Told):
    """Row `seq` of the chain has this `hash`, signed with the `key` (Ed25519, base64url). `sent`: of each sink, what came of telling it."""

    seq: int
    hash: str
    at: Stamp
    key: str
    signature: str
    sent: dict[str, Sent] = Field(default_factory=dict)


class CutTold(Told):
    """The rows from `first` to `seq` lie in `file` and are no longer in the database. `hash`: of the row `seq`; `sha256`: of the file."""

    seq: int
    first: int
    hash: str
    sha256: str
    at: Stamp
    key: str
    signature: str
    file: str


class Chain(Told):
    """`broken`: what does not hold, in words, at row `at`; null: all holds. `first`: the first row in the database. `events`: how many were
    reckoned. `signed`: checkpoints that agree with the chain; `checkpoints`: the latest of them. `sinks_away`: who did not take one, and
    why."""

    events: int
    seconds: float
    head: str
    broken: str | None
    at: int | None
    signed: int
    latest: int | None
    first: int
    checkpoints: list[CheckpointTold]
    cuts: list[CutTold]
    keys: list[str]
    sinks_away: dict[str, str]


class Kept(Asked):
    """A checkpoint that was kept outside of this hub, as the hub has told it."""

    seq: Annotated[int, Field(ge=1, le=2**53)]
    hash: Text
    at: Annotated[str, Field(max_length=40)]
    key: Text
    signature: Text


class Beside(Asked):
    """What is laid beside the chain. `keys`: further ones that the hub has signed with; each as a checkpoint tells it. `files`: also reckon
    what was cut off, where its files are still in the data directory."""

    checkpoints: Annotated[list[Kept], Field(max_length=KEPT_AT_MOST)] = Field(default_factory=list)
    keys: Annotated[list[Text], Field(max_length=50)] = Field(default_factory=list)
    files: bool = False


@router.get("/chain")
async def verify_chain(actor: Admin, here: Here) -> Chain:
    """Reckons the whole chain anew: some seconds for a million events."""
    return await _verified(actor, here, Beside())


@router.post("/chain")
async def verify_chain_beside(actor: Admin, here: Here, beside: Beside) -> Chain:
    """The same, beside checkpoints that were kept outside of this hub, and the files of what was cut off."""
    return await _verified(actor, here, beside)


async def _verified(actor: Actor, here: Rooms, beside: Beside) -> Chain:
    policy.require(actor, Permission.ADMIN_SYSTEM)
    kept = [Checkpoint(one.seq, one.hash, _when(one.at), one.key, one.signature) for one in beside.checkpoints]
    folder = here.home / cuts.FOLDER if beside.files else None
    return await here.db.read(_look, here.vault, kept, frozenset(beside.keys), folder)


def _look(look: Look, vault: Vault, kept: list[Checkpoint], keys: frozenset[str], folder: Path | None) -> Chain:
    keys |= proof.own_keys(look, vault)
    found = proof.verify(look, kept=kept, keys=keys, files=folder)
    return Chain(
        **asdict(found),
        checkpoints=_told(look, 100, None),
        cuts=[_cut(one) for one in cuts.all_of(look)],
        keys=sorted(keys),
        sinks_away=sinks.away(look),
    )


def _cut(one: Cut) -> CutTold:
    return CutTold.model_validate(one)


def _when(text: str) -> float:
    try:
        return seconds(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{text!r} is no time.") from error


@router.get("/checkpoints")
async def list_checkpoints(
    actor: Admin,
    here: Here,
    before: Annotated[Seq | None, Query(description="Below this row.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
) -> list[CheckpointTold]:
    """Newest first."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    return await here.db.read(_told, limit, before)


def _told(look: Look, limit: int, before: int | None) -> list[CheckpointTold]:
    found = checkpoints.latest(look, limit, before)
    sent = sinks.sent(look, [one.seq for one in found])
    return [CheckpointTold(**asdict(one), sent=sent.get(one.seq, {})) for one in found]


@router.post("/checkpoints")
async def sign_chain(actor: Admin, here: Here) -> CheckpointTold | None:
    """Sign where the chain ends now; null when it is signed there already. Keep the answer outside of this hub."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    made = await here.db.write(checkpoints.sign, here.vault)
    return None if made is None else CheckpointTold.model_validate(made)


class KeyTold(Told):
    """`key`: the public half, base64url."""

    key: str


@router.post("/key")
async def renew_key(actor: FreshAdmin, here: Here) -> KeyTold:
    """Sign with a new key, where the one that this hub has signed with is lost; 409 where it is not. To verify, name the older one from
    then on: each checkpoint tells it."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    return KeyTold(key=await here.db.write(checkpoints.renew, here.vault, actor.name))


@router.get(
    "/export", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}}}
)
async def export_events(
    actor: Admin,
    here: Here,
    form: Annotated[
        Literal["jsonl", "ocsf", "csv"], Query(description="As it is kept, as OCSF 1.3, or as a table.")
    ] = "jsonl",
    after: Annotated[
        Seq, Query(description="From the row after this one on, to go on where an earlier export ended.")
    ] = 0,
) -> StreamingResponse:
    """All of it, oldest first, a line each."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    await here.db.write(chain.accessed, actor, ("audit", "export"), None, {"form": form, "after": after})
    headers = {"content-disposition": f'attachment; filename="audit.{form}"'}
    if form == "csv":
        return StreamingResponse(_table(here, after), media_type="text/csv", headers=headers)
    shape = audit.as_json if form == "jsonl" else as_ocsf
    return StreamingResponse(_lines(here, shape, after), media_type="application/x-ndjson", headers=headers)


async def _table(here: Rooms, after: int) -> AsyncIterator[str]:
    names = tuple(Row.__dataclass_fields__)
    yield written([names])
    while batch := await here.db.read(_batch, after):
        after = batch[-1].seq
        yield written([rfc3339(row.at) if name == "at" else getattr(row, name) for name in names] for row in batch)


async def _lines(here: Rooms, shape: Callable[[Row], Mapping[str, object]], after: int) -> AsyncIterator[str]:
    while batch := await here.db.read(_batch, after):
        after = batch[-1].seq
        yield "".join(json.dumps(shape(row), ensure_ascii=False) + "\n" for row in batch)


def _batch(look: Look, after: int) -> list[Row]:
    return audit.batch(look, after, EXPORT_BATCH)
