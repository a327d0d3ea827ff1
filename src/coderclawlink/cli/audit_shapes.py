"""What the hub answers of the audit chain, as the commands show it, and what is reckoned here. Beside: `hub`, with the shapes of the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from coderclawlink.cli.hub import Shape
from coderclawlink.errors import Invalid, NotFound

_FILE = re.compile(r"audit-(\d+)-(\d+)\.jsonl\.gz")


class Event(Shape):
    seq: int
    timestamp: str
    actor: str | None
    action: str | None
    resource_type: str | None
    resource_id: str | None
    status: str


class Page(Shape):
    events: list[Event]


class Sent(Shape):
    at: str | None = None
    why: str | None = None


class Kept(Shape):
    """A checkpoint as it is kept outside of the hub."""

    seq: int
    hash: str
    at: str
    key: str
    signature: str


class Checkpoint(Kept):
    sent: dict[str, Sent] = {}  # noqa: RUF012 - pydantic copies it


class Cut(Kept):
    first: int
    sha256: str


class Key(Shape):
    key: str


class Chain(Shape):
    events: int
    seconds: float
    head: str
    broken: str | None
    signed: int
    first: int
    cuts: list[Cut]
    keys: list[str]
    sinks_away: dict[str, str]


class Count(Shape):
    name: str
    success: int
    denied: int
    failure: int


class Analytics(Shape):
    counts: list[Count]
    denied: list[Event]
    new_devices: list[Event]
    off_hours: list[Event]


@dataclass(frozen=True)
class Reckoned:
    """What came of a file of what was cut off. `broken`: what does not hold; None: all holds."""

    file: Path
    events: int
    broken: str | None


def checkpoints_in(file: Path) -> list[Kept]:
    """Those in a file, a line of JSON each. Raises `Invalid`, `NotFound`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        found = {one.seq: one for one in (Kept.model_validate_json(line) for line in lines if line.strip())}
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {file}.") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} does not hold checkpoints as the hub tells them, a line each.") from error
    # As many as one request takes: the newest say most, and each is of all before it.
    return [found[seq] for seq in sorted(found)][-4000:]


def reckoned(file: Path, chain: Chain, kept: Sequence[Kept]) -> Reckoned:
    """Reckon a file of what was cut off, and lay it beside the chain. Raises `Invalid`, `NotFound`."""
    from coderclawlink.access import proof
    from coderclawlink.access.checkpoints import Checkpoint as Signed
    from coderclawlink.access.cuts import Cut as Made
    from coderclawlink.clock import seconds
    from coderclawlink.journal.chain import GENESIS

    named = _FILE.fullmatch(file.name)
    if named is None:
        raise Invalid(f"{file.name} is not named as a file of what was cut off is: audit-1-1000.jsonl.gz")
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    before = {cut.seq: cut.hash for cut in chain.cuts} | {0: GENESIS}
    cut = next((one for one in chain.cuts if (one.first, one.seq) == (int(named[1]), int(named[2]))), None)
    if cut is None:
        return Reckoned(file, 0, "The hub tells of no such cut.")
    made = Made(cut.seq, cut.first, cut.hash, cut.sha256, seconds(cut.at), cut.key, cut.signature)
    signed = [Signed(one.seq, one.hash, seconds(one.at), one.key, one.signature) for one in kept]
    found = proof.verify_file(file, made, before.get(cut.first - 1), signed, chain.keys)
    return Reckoned(file, found.events, found.broken)
