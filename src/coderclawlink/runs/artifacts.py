"""Texts that are kept beside a run: its diff, its log. The journal knows their names and sizes; the texts stand here."""

from __future__ import annotations

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import artifacts
from coderclawlink.events import ArtifactKept
from coderclawlink.ids import RunId


def keep(tx: Tx, run: RunId, attempt: int, event: ArtifactKept) -> None:
    """The latest text of a name counts."""
    here = sa.and_(artifacts.c.run_id == run, artifacts.c.attempt == attempt, artifacts.c.name == event.name)
    tx.change(artifacts.delete().where(here))
    tx.change(artifacts.insert().values(run_id=run, attempt=attempt, name=event.name, text=event.text))


def find(look: Look, run: RunId, name: str) -> str | None:
    """The text that the run's latest attempt which has it kept under this name."""
    text = look.scalar(
        sa.select(artifacts.c.text)
        .where(artifacts.c.run_id == run, artifacts.c.name == name)
        .order_by(artifacts.c.attempt.desc())
        .limit(1)
    )
    return None if text is None else str(text)
