"""Whether the audit chain holds: every hash reckoned anew, the signed checkpoints and cuts laid beside it.

Above: the routes, `clawlink audit verify`. Below: `journal.chain`, which wrote it; `checkpoints` and `cuts`, which signed it. What somebody does
who has the database alone shows: rows that were changed, removed, inserted or swapped break the chain; what was cut off at either end lacks a
signature of the hub's key. Who has the key too shows only in what was kept outside of the hub.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from coderclawlink.access import checkpoints, cuts
from coderclawlink.access.checkpoints import Checkpoint
from coderclawlink.access.cuts import Cut
from coderclawlink.access.secrets import KeyMissing, SecretNotFound, Vault
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import audit as table
from coderclawlink.journal.chain import COLUMNS, GENESIS, hash_of

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Verified:
    """`events`: how many were read, from row `first` on, in so many `seconds`. `broken`: what does not hold, in words, at the row `at`;
    None: all holds. `head`: the last row's hash. `signed`: checkpoints that agree with the chain; `latest`: the row of the last of them."""

    events: int
    seconds: float
    head: str
    broken: str | None = None
    at: int | None = None
    signed: int = 0
    latest: int | None = None
    first: int = 1


class Broken(Exception):
    """The chain does not hold at a row."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class Walk:
    """Goes along rows in their order. `wanted`: the hashes that rows must have, by number."""

    def __init__(self, wanted: Mapping[int, str], after: int, previous: str | None) -> None:
        """`previous`: the hash of the row `after`; None: it is not known."""
        self.wanted = wanted
        self.seq = after
        self.head = previous
        self.events = 0
        self.agree = 0

    def go(self, rows: Iterable[Sequence[object]]) -> None:
        """Raises `Broken`."""
        wanted = self.wanted
        for values in rows:
            seq, previous, hash = values[0], values[-2], values[-1]
            if seq != self.seq + 1:
                raise Broken(f"Row {self.seq + 1} is missing.", self.seq + 1)
            if previous != self.head and self.head is not None:
                raise Broken(f"Row {seq} does not follow the one before it.", self.seq + 1)
            if hash_of(str(previous), values[:-2]) != hash:
                raise Broken(f"Row {seq} was changed.", self.seq + 1)
            if seq in wanted:
                if wanted[seq] != hash:
                    raise Broken(f"Row {seq} is another one than was signed.", self.seq + 1)
                self.agree += 1
            self.seq, self.head = self.seq + 1, str(hash)
            self.events += 1


def verify(
    look: Look, *, kept: Iterable[Checkpoint] = (), keys: Collection[str] | None = None, files: Path | None = None
) -> Verified:
    """Reckon the whole chain anew. `kept`: further checkpoints, kept outside of the hub. `keys`: those that may have signed; None: any.
    `files`: the folder of what was cut off, to be reckoned as well where it is still there."""
    began = time.perf_counter()
    walk = Walk({}, 0, GENESIS)
    first = 1
    broken: Broken | None = None
    try:
        made = cuts.all_of(look)
        walk.wanted = _wanted([*checkpoints.all_of(look), *kept], made, keys)
        if files is not None:
            _go_along_files(walk, made, files)
        first = _begin(look, walk, made)
        for batch in _batches(look, walk.seq):
            walk.go(batch)
        if cut := next((seq for seq in sorted(walk.wanted) if seq > walk.seq), None):
            raise Broken(f"The chain was cut: it ends at row {walk.seq}, and row {cut} was signed.", walk.seq + 1)
    except Broken as error:
        broken = error
    return _verified(walk, began, broken, max(walk.wanted, default=None), first)


def verify_file(
    file: Path, cut: Cut, previous: str | None, kept: Iterable[Checkpoint] = (), keys: Collection[str] | None = None
) -> Verified:
    """Reckon what was cut off, and its joints: with the row before it (`previous`: its hash; None: not known), and with the chain."""
    began = time.perf_counter()
    walk = Walk({}, cut.first - 1, previous)
    broken: Broken | None = None
    try:
        wanted = _wanted(kept, [cut], keys, alone=True)
        walk.wanted = {seq: hash for seq, hash in wanted.items() if cut.first <= seq <= cut.seq}
        _go_along_file(walk, cut, file)
    except Broken as error:
        broken = error
    return _verified(walk, began, broken, cut.seq, cut.first)


def _verified(walk: Walk, began: float, broken: Broken | None, latest: int | None, first: int) -> Verified:
    """What came of a walk. `began`: by `time.perf_counter`."""
    return Verified(
        walk.events,
        time.perf_counter() - began,
        walk.head or GENESIS,
        None if broken is None else str(broken),
        None if broken is None else broken.at,
        walk.agree,
        latest,
        first,
    )


def own_keys(look: Look, vault: Vault) -> frozenset[str]:
    """The public half of the key that this hub signs with; none as long as it has not signed, or where the key is not here."""
    try:
        return frozenset({checkpoints.public_half(checkpoints.signing_key(look, vault))})
    except (SecretNotFound, KeyMissing):
        return frozenset()


def _wanted(
    signed: Iterable[Checkpoint], made: Sequence[Cut], keys: Collection[str] | None, *, alone: bool = False
) -> dict[int, str]:
    """The hashes that were signed, by row. `alone`: the cut of one file, not all of them. Raises `Broken`."""
    wanted: dict[int, str] = {}
    both: list[Checkpoint | Cut] = [*signed, *made]
    for one in both:
        what = "checkpoint" if isinstance(one, Checkpoint) else "cut"
        if not one.is_signed:
            raise Broken(f"The {what} at {one.seq} bears a signature that is not of the key beside it.", one.seq)
        if keys is not None and one.key not in keys:
            raise Broken(f"The {what} at {one.seq} is signed by a key that is not this hub's: {one.key}", one.seq)
        if wanted.setdefault(one.seq, one.hash) != one.hash:
            raise Broken(f"Row {one.seq} was signed twice, and was not the same.", one.seq)
    begin = made[0].first if alone and made else 1
    for cut in made:
        if cut.first != begin:
            raise Broken(f"The cut of the rows from {begin} on is missing.", begin)
        begin = cut.seq + 1
    return wanted


def _begin(look: Look, walk: Walk, made: Sequence[Cut]) -> int:
    """Stand before the first row that is there, which is told. Raises `Broken`."""
    begin = made[-1].seq + 1 if made else 1
    first = look.scalar(sa.select(sa.func.min(table.c.seq)))
    if first is None:
        if made:
            raise Broken(f"Row {begin} is missing.", begin)
        return begin
    if first > begin:
        raise Broken(f"Row {begin} is missing.", begin)
    known = {0: GENESIS} | {cut.seq: cut.hash for cut in made}
    walk.seq, walk.head = first - 1, known.get(first - 1)  # where a cut is under way, some of its rows are still there
    return int(first)


def _batches(look: Look, after: int) -> Iterator[Sequence[tuple[object, ...]]]:
    while True:
        statement = sa.select(*COLUMNS).where(table.c.seq > after).order_by(table.c.seq).limit(BATCH)
        batch = look.tuples(statement)
        yield batch
        if len(batch) < BATCH:
            return
        after = batch[-1][0]


def _go_along_files(walk: Walk, made: Sequence[Cut], folder: Path) -> None:
    for cut in made:
        file = folder / cut.file
        if file.is_file():
            _go_along_file(walk, cut, file)
        else:
            walk.seq, walk.head = cut.seq, cut.hash


def _go_along_file(walk: Walk, cut: Cut, file: Path) -> None:
    try:
        walk.go(cuts.rows_in(file, cut))
    except cuts.FileDamaged as error:
        raise Broken(f"{error.message} (rows {cut.first} to {cut.seq})", walk.seq + 1) from error
    if walk.seq != cut.seq:
        raise Broken(f"{cut.file} ends at row {walk.seq}, and was cut at row {cut.seq}.", walk.seq + 1)
