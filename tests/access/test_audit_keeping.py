"""The audit chain over time: signed now and then, cut at its beginning, and whole whenever somebody is killed."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coderclawlink.access import checkpoints, cuts, keeping, proof
from coderclawlink.access.checkpoints import Checkpoint, KeyIsHere
from coderclawlink.access.cuts import Cut
from coderclawlink.access.proof import Broken
from coderclawlink.access.secrets import KeyMissing, Vault
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import checkpoints as checkpoint_table
from coderclawlink.events import ProjectCreated
from coderclawlink.journal import chain, log
from coderclawlink.journal.log import Line
from tests.access.test_audit import past_the_triggers

pytestmark = pytest.mark.anyio

LONG_AGO = -1.0
"""Days: all that there is is older."""


def tell(tx: Tx, count: int) -> None:
    log.append_all(tx, [Line(ProjectCreated(key=f"P{n}", name="A project")) for n in range(count)], actor="ann")


async def cut(db: Database, home: Path, rows_a_file: int = 1000) -> list[Cut]:
    return await keeping.keep(db, Vault(home), home / cuts.FOLDER, LONG_AGO, rows_a_file=rows_a_file, waits=0)


async def keys(db: Database, home: Path) -> frozenset[str]:
    return await db.read(proof.own_keys, Vault(home))


async def verified(db: Database, home: Path) -> proof.Verified:
    """As the hub does it: only its own key may have signed, and what was cut off is reckoned too."""
    own = await keys(db, home)
    return await db.read(lambda look: proof.verify(look, keys=own, files=home / cuts.FOLDER))


# ── cut ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_old_goes_to_files_and_all_of_it_still_verifies(db: Database, tmp_path: Path) -> None:
    await db.write(tell, 25)
    made = await cut(db, tmp_path, rows_a_file=10)
    # The key is made with the first cut, which is told, and so is the cut: these rows are newer than the line.
    assert [(one.first, one.seq) for one in made] == [(1, 10), (11, 20), (21, 24)]
    found = await db.read(proof.verify)
    assert (found.broken, found.first) == (None, 25)
    whole = await verified(db, tmp_path)
    assert (whole.broken, whole.events) == (None, whole.events)
    assert whole.events == found.events + 24
    await db.write(tell, 3)
    assert (await verified(db, tmp_path)).broken is None
    assert sorted(path.name for path in (tmp_path / cuts.FOLDER).iterdir()) == sorted(one.file for one in made)
    assert (tmp_path / cuts.FOLDER / made[0].file).stat().st_mode & 0o777 == 0o600


async def test_what_is_younger_stays_and_a_file_is_not_made_for_little(db: Database, tmp_path: Path) -> None:
    await db.write(tell, 5)
    assert await keeping.keep(db, Vault(tmp_path), tmp_path / cuts.FOLDER, 1) == []
    assert await keeping.keep(db, Vault(tmp_path), tmp_path / cuts.FOLDER, 0) == []
    assert not (tmp_path / cuts.FOLDER).exists()


async def test_a_chain_that_does_not_hold_is_not_cut(db: Database, tmp_path: Path) -> None:
    await db.write(tell, 9)
    past_the_triggers(db, "UPDATE audit SET actor = 'bob' WHERE seq = 4")
    with pytest.raises(Broken, match="Row 4 was changed"):
        await cut(db, tmp_path)
    assert await db.read(cuts.all_of) == []
    assert list((tmp_path / cuts.FOLDER).iterdir()) == []


BY_OTHERS = {
    "the beginning is cut off without a cut": "DELETE FROM audit WHERE seq <= 30",
    "the beginning is cut off further": "DELETE FROM audit WHERE seq <= 25",
    "the end is cut off": "DELETE FROM audit WHERE seq > 27",
    "the cut is gone": "DELETE FROM audit_cuts WHERE seq = 10",
    "the cut is moved": "UPDATE audit_cuts SET seq = 25, hash = (SELECT hash FROM audit WHERE seq = 25) WHERE seq = 19",
    "a row is changed after it": "UPDATE audit SET actor = 'bob' WHERE seq = 22",
}


@pytest.mark.parametrize("how", BY_OTHERS, ids=[name.replace(" ", "-") for name in BY_OTHERS])
async def test_a_cut_by_anybody_else_is_found_out(db: Database, tmp_path: Path, how: str) -> None:
    await db.write(tell, 20)
    assert [one.seq for one in await cut(db, tmp_path, rows_a_file=10)] == [10, 19]
    await db.write(tell, 10)
    await db.write(checkpoints.sign, Vault(tmp_path))
    assert (await verified(db, tmp_path)).broken is None
    past_the_triggers(db, BY_OTHERS[how])
    assert (await verified(db, tmp_path)).broken is not None


async def test_a_cut_signed_by_a_key_of_ones_own_is_found_out(db: Database, tmp_path: Path) -> None:
    await db.write(tell, 20)
    await db.write(checkpoints.sign, Vault(tmp_path))
    (other := tmp_path / "other").mkdir()
    key = Ed25519PrivateKey.generate()
    [hash] = [row[-1] for row in await db.read(keeping._batch, 9, 10)]
    signature = base64.urlsafe_b64encode(key.sign(cuts.signed_text(1, 10, str(hash), "0" * 64))).decode()
    past_the_triggers(
        db,
        "INSERT INTO audit_cuts (seq, first, hash, sha256, at, key, signature) VALUES "  # noqa: S608 - a test's own
        f"(10, 1, '{hash}', '{'0' * 64}', 1, '{checkpoints.public_half(key)}', '{signature}')",
        "DELETE FROM audit WHERE seq <= 10",
    )
    assert (await db.read(proof.verify)).broken is None, "it is as good as a real one, but for the key"
    assert "a key that is not this hub's" in str((await verified(db, tmp_path)).broken)
    assert "a key that is not this hub's" in str((await verified(db, other)).broken), "nor where there is no key"


@pytest.mark.parametrize("damage", ["changed", "cut-off", "another"])
async def test_a_damaged_file_of_what_was_cut_off_is_found_out(db: Database, tmp_path: Path, damage: str) -> None:
    await db.write(tell, 20)
    one, two = await cut(db, tmp_path, rows_a_file=10)
    file = tmp_path / cuts.FOLDER / one.file
    whole = file.read_bytes()
    assert proof.verify_file(file, one, chain.GENESIS).broken is None
    match damage:
        case "changed":
            file.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        case "cut-off":
            file.write_bytes(whole[:-20])
        case _:
            file.write_bytes((tmp_path / cuts.FOLDER / two.file).read_bytes())
    assert "not the file that was written" in str((await verified(db, tmp_path)).broken)
    assert proof.verify_file(file, one, chain.GENESIS).broken is not None
    file.unlink()
    assert (await verified(db, tmp_path)).broken is None, "it lies elsewhere by now"


async def test_a_file_is_laid_beside_what_was_kept_elsewhere(db: Database, tmp_path: Path) -> None:
    await db.write(tell, 5)
    kept = await db.write(checkpoints.sign, Vault(tmp_path))
    assert kept is not None
    [made] = await cut(db, tmp_path)
    file = tmp_path / cuts.FOLDER / made.file
    found = proof.verify_file(file, made, chain.GENESIS, [kept], {kept.key})
    assert (found.broken, found.signed) == (None, 1)
    other = Checkpoint(kept.seq, "0" * 64, kept.at, kept.key, kept.signature)
    assert proof.verify_file(file, made, chain.GENESIS, [other], {kept.key}).broken is not None
    assert "not this hub's" in str(proof.verify_file(file, made, chain.GENESIS, [kept], {"another"}).broken)


# A process of its own that cuts, and really dies by SIGKILL, at the moment that it is told.
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from coderclawlink.access import cuts, keeping
from coderclawlink.access.secrets import KeyMissing, Vault
from coderclawlink.db.engine import open_database

async def main(url, home, moment):
    die = lambda: os.kill(os.getpid(), signal.SIGKILL)
    if moment == "in the file":
        add = cuts.Draft.add
        cuts.Draft.add = lambda self, rows: (add(self, rows), die())
    if moment == "before it has its name":
        os.fsync = lambda descriptor: die()
    if moment == "before the cut":
        finish = cuts.Draft.finish
        cuts.Draft.finish = lambda self, name: (finish(self, name), die())
    if moment == "between the rows":
        keeping.ROWS_A_TRANSACTION = 4
        drop, seen = cuts.drop, []
        cuts.drop = lambda tx, at_most: die() if len(seen) == 2 else (seen.append(1), drop(tx, at_most))[1]
    with open_database(url) as db:
        await keeping.keep(db, Vault(home), home / cuts.FOLDER, -1.0, rows_a_file=10, waits=0)

asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
"""


async def killed(db: Database, url: str, home: Path, moment: str) -> list[Cut]:
    """What was cut by somebody who was killed then; what the next one finds is whole, and what it leaves too."""
    await db.write(tell, 25)
    command = [sys.executable, "-c", KILLED, url, str(home), moment]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (await verified(db, home)).broken is None
    before = await db.read(cuts.all_of)
    made = await cut(db, home, rows_a_file=9)
    whole = await verified(db, home)
    assert (whole.broken, whole.first) == (None, made[-1].seq + 1)
    files = {path.name for path in (home / cuts.FOLDER).iterdir()}
    assert files == {one.file for one in await db.read(cuts.all_of)}
    return before


@pytest.mark.parametrize("moment", ["in the file", "before it has its name", "before the cut"])
async def test_killed_before_the_cut_nothing_is_gone_and_the_next_one_begins_anew(tmp_path: Path, moment: str) -> None:
    url = f"sqlite:///{tmp_path / 'clawlink.db'}"
    with open_database(url) as db:
        migrate(db)
        assert await killed(db, url, tmp_path, moment) == []


async def test_killed_while_the_rows_go_it_is_whole_and_the_next_one_goes_on(
    db: Database, shared_url: str, tmp_path: Path
) -> None:
    assert len(await killed(db, shared_url, tmp_path, "between the rows")) == 1


# ── signed ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_is_signed_after_ten_thousand_events_or_an_hour(db: Database, tmp_path: Path) -> None:
    assert not await db.read(checkpoints.is_due)
    await db.write(tell, 3)
    assert not await db.read(checkpoints.is_due)
    past_the_triggers(db, "UPDATE audit SET at = at - 3601 WHERE seq = 1")
    assert await db.read(checkpoints.is_due)
    await db.write(checkpoints.sign, Vault(tmp_path))
    assert not await db.read(checkpoints.is_due)
    await db.write(lambda tx: tx.change(checkpoint_table.update().values(seq=sa.column("seq") - 10_000)))
    assert await db.read(checkpoints.is_due)
    await db.write(checkpoints.sign, Vault(tmp_path))
    assert not await db.read(checkpoints.is_due)


async def test_a_lost_key_is_replaced_and_what_it_signed_is_believed_to_who_names_it(
    db: Database, tmp_path: Path
) -> None:
    await db.write(tell, 3)
    old = await db.write(checkpoints.sign, Vault(tmp_path))
    assert old is not None
    with pytest.raises(KeyIsHere):
        await db.write(checkpoints.renew, Vault(tmp_path), "root")
    (home := tmp_path / "restored").mkdir()
    with pytest.raises(KeyMissing):
        await db.write(checkpoints.sign, Vault(home))
    new = await db.write(checkpoints.renew, Vault(home), "root")
    signed = await db.write(checkpoints.sign, Vault(home))
    assert signed is not None
    assert signed.key == new != old.key
    assert old.key in str((await verified(db, home)).broken)
    assert (await db.read(lambda look: proof.verify(look, keys={new, old.key}))).broken is None
