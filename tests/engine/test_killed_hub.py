"""A real hub, really killed, again and again in the midst of submitting and carrying out."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from coderclawlink.db.engine import open_database
from coderclawlink.db.schema import attempts, events, runs

CHILD = Path(__file__).with_name("hub_child.py")
KILLS = 2
ACKNOWLEDGED_EACH = 30


def start(home: Path, url: str, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, CHILD, home, url, mode], stdout=subprocess.PIPE, text=True)


def test_no_acknowledged_run_is_lost_and_none_is_made_twice(store_url: str, tmp_path: Path) -> None:
    home, acknowledged = tmp_path / "home", []
    for _ in range(KILLS):
        hub = start(home, store_url, "submit")
        assert hub.stdout is not None
        try:
            for line in hub.stdout:
                if line.startswith("acknowledged"):
                    acknowledged.append(line.split()[1])
                if line.startswith("acknowledged") and len(acknowledged) % ACKNOWLEDGED_EACH == 0:
                    break
        finally:
            hub.send_signal(signal.SIGKILL)
            rest, _ = hub.communicate(timeout=20)
        acknowledged += [line.split()[1] for line in rest.splitlines() if line.startswith("acknowledged ")]
    last = start(home, store_url, "finish")
    try:
        out, _ = last.communicate(timeout=60)
    finally:
        last.kill()
        last.wait(10)
    assert out.split() == ["up", "finished"]

    with open_database(store_url) as db, db.look() as look:
        state = {row["id"]: row["state"] for row in look.rows(sa.select(runs.c.id, runs.c.state))}
        made = Counter(row["run_id"] for row in look.rows(sa.select(attempts.c.run_id)))
        told = Counter((row["run_id"], row["kind"]) for row in look.rows(sa.select(events.c.run_id, events.c.kind)))
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_EACH
    assert set(acknowledged) <= set(state), "a run that was acknowledged is gone"
    assert set(state.values()) == {"completed"}
    assert set(made.values()) == {1}, "an attempt was made twice, though its node went on working"
    for run in state:
        for kind in ("run.submitted", "attempt.offered", "attempt.placed", "attempt.started", "run.completed"):
            assert told[run, kind] == 1, (run, kind)


def test_a_hub_that_stood_still_together_with_its_node_does_not_take_it_for_gone(tmp_path: Path) -> None:
    """As on a laptop that was closed. The lease is one second, the grace none."""
    hub = start(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", "stand-still")
    assert hub.stdout is not None
    try:
        for line in hub.stdout:
            if line == "working\n":
                break
        hub.send_signal(signal.SIGSTOP)
        threading.Event().wait(2.7)  # that much time passes for both
        hub.send_signal(signal.SIGCONT)
        rest, _ = hub.communicate(timeout=20)
    finally:
        hub.kill()
        hub.wait(10)
    assert rest == "attempt 1 is running\n"
