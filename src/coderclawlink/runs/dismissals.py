"""Questions that need no answer any more: they are closed without one, and every screen is told so.

Above: the ledger, whose runs end, and `questions`, whose attempts do. Below: the journal and the table of questions.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import questions
from coderclawlink.events import QuestionAnswered
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line


def close(tx: Tx, about: About, by: str) -> None:
    """Close all that the run `about` still asks. `by`: what made an answer needless, for people."""
    is_open = sa.and_(questions.c.run_id == about.run, questions.c.answered_at.is_(None))
    left = tx.rows(sa.select(questions.c.id, questions.c.attempt).where(is_open).order_by(questions.c.asked_at))
    if not left:
        return
    tx.change(questions.update().where(is_open).values(answered_at=tx.now(), answered_by=by))
    log.append_all(
        tx,
        [
            Line(QuestionAnswered(question=one["id"], option=None, by=by), replace(about, attempt=one["attempt"]))
            for one in left
        ],
    )
