"""Search over the tasks: their keys, titles, descriptions and comments.

Above: `tasks` and `comments`, which call `index` in the transaction that changes a text; `cards`; web. Below: the table `search`, which
SQLite keeps as fts5 and PostgreSQL as tsvector. Both are given the words as this room cuts them, without case and accents, so that both
find the same: each word that is asked for as the beginning of a word, all of them in one task. What is deleted is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import comments, tasks
from coderclawlink.ids import TaskId

WORDS_AT_MOST = 10_000
"""Of one task's comments, newest first, and of its description: both databases know places up to some 16,000."""
WORD_AT_MOST = 64
"""Characters of a word that count."""
ASKED_AT_MOST = 12
"""Words of a question that count."""
SNIPPET = 160
"""Characters about the first word found."""
_WEIGHTS = (10.0, 3.0, 1.0)
"""Of key and title, of the description, of the comments."""
_LIKE_THESE = sa.text("'{0,0.1,0.3,1}'::float4[]")
_WORD = re.compile(r"[^\W_]+")

_SQLITE = sa.table("search", *(sa.column(name) for name in ("rowid", "head", "body", "comments")))
_POSTGRESQL = sa.table("search", sa.column("task_id", sa.Integer), sa.column("words", TSVECTOR))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; `hit`: it is what was asked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A task that was found. `where`: in its title, description or a comment; `snippet`: what stands there."""

    id: TaskId
    project_id: int
    key: str
    title: str
    status: str
    where: str
    snippet: tuple[Piece, ...]


def words(text: str) -> list[str]:
    """The words of a text, in small letters and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return [word[:WORD_AT_MOST] for word in _WORD.findall(plain)]


# ── keeping ────────────────────────────────────────────────────────────────────────────────────────────────────────


def index(tx: Tx, task: TaskId) -> None:
    """Write down the words of the task as it stands now. To be called whenever a text of it has changed. Safe to do twice."""
    row = tx.row(sa.select(tasks.c.key, tasks.c.title, tasks.c.description).where(tasks.c.id == task))
    if row is None:
        return
    said = tx.rows(
        sa.select(comments.c.text).where(comments.c.task_id == task).order_by(comments.c.id.desc()).limit(500)
    )
    head = words(f"{row['key']} {row['title']}")
    body = words(row["description"] or "")[:WORDS_AT_MOST]
    talk = [word for each in said for word in words(each["text"])][:WORDS_AT_MOST]
    if tx.dialect == "sqlite":
        tx.change(_SQLITE.delete().where(_SQLITE.c.rowid == task))
        values = {"rowid": task, "head": " ".join(head), "body": " ".join(body), "comments": " ".join(talk)}
        tx.change(_SQLITE.insert().values(**values))
        return
    vector = sa.cast(_vector(head, body, talk), TSVECTOR)
    tx.change(_POSTGRESQL.delete().where(_POSTGRESQL.c.task_id == task))
    tx.change(_POSTGRESQL.insert().values(task_id=task, words=vector))


def _vector(*parts: Sequence[str]) -> str:
    """A tsvector in its own words: `demo:1A plants:2B`. Places from 1 to 16,383, of which a word keeps 256."""
    at: dict[str, list[str]] = {}
    place = 0
    for weight, part in zip("ABC", parts, strict=True):
        for word in part:
            place = min(place + 1, 16_383)
            places = at.setdefault(word, [])
            if len(places) < 250:
                places.append(f"{place}{weight}")
    return " ".join(f"'{word}':{','.join(places)}" for word, places in at.items())


def reindex(tx: Tx, actor: Actor, after: int, at_most: int = 200) -> int | None:
    """Index the next tasks anew; returns what to give as `after` for the rest, None when all are done. Raises
    `PermissionMissing`."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    rows = tx.rows(sa.select(tasks.c.id).where(tasks.c.id > after).order_by(tasks.c.id).limit(at_most))
    for row in rows:
        index(tx, row["id"])
    return rows[-1]["id"] if len(rows) == at_most else None


# ── finding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def matching(look: Look, text: str) -> sa.ColumnElement[bool]:
    """The condition on `tasks` that one has all these words. A text without a word asks for nothing: every task has it."""
    asked = words(text)[:ASKED_AT_MOST]
    if not asked:
        return sa.true()
    found, _ = _matches(look, asked)
    return tasks.c.id.in_(found)


def find(look: Look, actor: Actor, text: str, *, project: int | None = None, at_most: int = 20) -> list[Hit]:
    """The tasks that the actor may read with all these words, best first: the one of that key, then by how often and where. Raises
    `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_READ)
    asked = words(text)[:ASKED_AT_MOST]
    if not asked:
        return []
    found, rank = _matches(look, asked)
    ranked = found.add_columns(rank.label("rank")).subquery()
    task = ranked.c[next(iter(ranked.c.keys()))]
    statement = (
        sa.select(tasks.c.id, tasks.c.project_id, tasks.c.key, tasks.c.title, tasks.c.status, tasks.c.description)
        .join(ranked, task == tasks.c.id)
        .where(tasks.c.deleted_at.is_(None), visibility.allowed(actor, Permission.PROJECT_READ, tasks.c.project_id))
        .order_by((tasks.c.key == "-".join(asked).upper()).desc(), ranked.c.rank, tasks.c.id.desc())
        .limit(at_most)
    )
    if project is not None:
        statement = statement.where(tasks.c.project_id == project)
    return [_hit(look, row, asked) for row in look.rows(statement)]


def _matches(look: Look, asked: Sequence[str]) -> tuple[sa.Select[Any], sa.ColumnElement[float]]:
    """Which tasks have the words, and how well, the less the better."""
    if look.dialect == "sqlite":
        table: sa.ColumnElement[str] = sa.literal_column("search")
        match = table.op("MATCH", return_type=sa.Boolean())(" ".join(f'"{word}"*' for word in asked))
        return sa.select(_SQLITE.c.rowid).where(match), sa.func.bm25(table, *_WEIGHTS)
    query = sa.cast(" & ".join(f"'{word}':*" for word in asked), TSQUERY)
    match = _POSTGRESQL.c.words.op("@@", return_type=sa.Boolean())(query)
    return sa.select(_POSTGRESQL.c.task_id).where(match), -sa.func.ts_rank(_LIKE_THESE, _POSTGRESQL.c.words, query)


def _hit(look: Look, row: sa.RowMapping, asked: Sequence[str]) -> Hit:
    said = look.rows(
        sa.select(comments.c.text).where(comments.c.task_id == row["id"]).order_by(comments.c.id.desc()).limit(50)
    )
    texts = [("description", row["description"] or ""), *(("comment", one["text"]) for one in said)]
    where, snippet = next(
        ((where, found) for where, text in texts if (found := cut(text, asked)) is not None), ("title", None)
    )
    if snippet is None:
        snippet = cut(row["title"], asked) or (Piece(row["title"], hit=False),)
    return Hit(row["id"], row["project_id"], row["key"], row["title"], row["status"], where, snippet)


def cut(text: str, asked: Iterable[str]) -> tuple[Piece, ...] | None:
    """What stands about the first word of the text that begins like one that is asked for, in pieces; None if there is none."""
    beginnings = tuple(asked)
    spans = [found.span() for found in _WORD.finditer(text[:100_000]) if _begins(found.group(), beginnings)]
    if not spans:
        return None
    start = max(0, spans[0][0] - SNIPPET // 3)
    end = min(len(text), start + SNIPPET)
    pieces = [] if start == 0 else [Piece("…", hit=False)]
    at = start
    for first, last in spans:
        if last > end:
            break
        pieces += [Piece(_line(text[at:first]), hit=False)] if first > at else []
        pieces.append(Piece(text[first:last], hit=True))
        at = last
    pieces += [Piece(_line(text[at:end]), hit=False)] if at < end else []
    return (*pieces, Piece("…", hit=False)) if end < len(text) else tuple(pieces)


def _begins(word: str, beginnings: tuple[str, ...]) -> bool:
    return any(each.startswith(beginnings) for each in words(word))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
