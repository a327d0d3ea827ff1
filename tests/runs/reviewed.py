"""Results as a test plays them: a run's work as the text of files, and the diff that git would make of it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping

from coderclawlink.access.policy import OWNER, Actor
from coderclawlink.db.engine import Tx
from coderclawlink.events import ArtifactKept, AttemptStarted, WorkCommitted
from coderclawlink.ids import RunId, TaskId
from coderclawlink.runs import ledger, prompts, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.prompts import Prompt
from coderclawlink.runs.run import WaitReason
from tests.runs.played import NODE, at_node, said

BASE = "b" * 40
OLD = "".join(f"line {number}\n" for number in range(1, 41))


def head_of(files: Mapping[str, str]) -> str:
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()  # noqa: S324 - a stand-in for git's


def diff(files: Mapping[str, str], old: str = OLD) -> str:
    """Of files that all held `old` before."""
    return "".join(
        f"diff --git a/{path} b/{path}\nindex {'1' * 40}..{head_of({path: text})} 100644\n"
        + "".join(difflib.unified_diff(old.splitlines(True), text.splitlines(True), f"a/{path}", f"b/{path}"))
        for path, text in files.items()
        if text != old
    )


def changed(lines: Mapping[int, str | None]) -> str:
    """`OLD` with other words in these lines; None: without the line."""
    words = {number: f"line {number}" for number in range(1, 41)}
    words |= {number: text for number, text in lines.items() if text is not None}
    return "".join(f"{words[number]}\n" for number in words if lines.get(number, "") is not None)


def commit(tx: Tx, run: Run, files: Mapping[str, str], first: int = 2, base: str = BASE) -> str:
    """The run's attempt tells of its result; returns the commit."""
    text = diff(files)
    head = head_of(files)
    kept = ArtifactKept(name="diff", size=len(text), text=text)
    work = WorkCommitted(head=head, base=base, branch="work", files=len(files), additions=1, deletions=1)
    recording.record(tx, NODE, said(run, kept, work, first=first, attempt=run.attempt))
    return head


def with_result(tx: Tx, files: Mapping[str, str], actor: Actor = OWNER, task: TaskId | None = None) -> Run:
    """A run whose result waits for a person's word."""
    run = at_node(tx, actor=actor, task=task)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    commit(tx, run, files)
    ledger.wait(tx, ledger.find(tx, run.id), WaitReason.REVIEW, "a reviewer")
    return ledger.find(tx, run.id)


def follow_up(tx: Tx, actor: Actor, run_id: RunId, text: str) -> tuple[Run, Prompt | None]:
    """As the runtime does in a run that has not ended."""
    run = ledger.find(tx, run_id)
    return run, prompts.queue(tx, actor, run, text)
