"""Watching a run to its end over the hub's stream of events, also when the wire breaks or the hub restarts in between."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from coderclawlink.cli import screen
from coderclawlink.cli.hub import NoHub, Run, path_part, reached
from coderclawlink.cli.reach import Reach
from coderclawlink.cli.timeline import Timeline
from coderclawlink.events import any_event

EXITS = {"completed": 0, "failed": 1, "cancelled": 3}
ENDS = tuple(f"run.{state}" for state in EXITS)
INTERRUPTED = 130
PAUSE_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
PATIENCE_SECONDS = 600.0
"""A hub that was there and is away for longer is given up."""


def follow(reach: Reach, run: str, *, patience_seconds: float = PATIENCE_SECONDS) -> int:
    """Write the run's timeline until it has ended; returns the exit code. Raises `Missing`, `NoHub`, `Refused`."""
    with reached(reach) as hub:
        number = hub.get(f"/api/runs/{path_part(run)}").read(Run).number
    timeline = Timeline(str(number), _write, screen.paint, colour=screen.is_coloured() and not reach.json)
    try:
        note = screen.complain if reach.json else timeline.note
        for kind, data in events(reach, run, note, patience_seconds):
            if reach.json:
                screen.say(data)
            else:
                try:
                    timeline.tell(any_event.validate_json(data))
                except ValidationError:
                    timeline.note(f"({kind}: of a newer hub)")
    except KeyboardInterrupt:
        screen.complain(
            f"\nStopped watching; the run goes on. Again: clawlink run follow {number}   End it: clawlink run cancel {number}"
        )
        return INTERRUPTED
    with reached(reach) as hub:
        return EXITS[hub.get(f"/api/runs/{path_part(run)}").read(Run).state]


def _write(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


def events(
    reach: Reach, run: str, note: Callable[[str], None], patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[tuple[str, str]]:
    """Kind and JSON of each event until the run's end, each once. `reach` is looked up anew: a new hub may have a new port."""
    after = 0
    lost_at: float | None = None
    pauses = _pauses()
    while True:
        try:
            with reached(reach) as hub, hub.events_of(run, after) as stream:
                if lost_at is not None:
                    note("connected again")
                    lost_at, pauses = None, _pauses()
                for event in stream:
                    if event.id:
                        after = int(event.id)
                    yield event.event, event.data
                    if event.event in ENDS:
                        return
                # It ended without the run's end: the hub stops, or we were too slow.
                if hub.get(f"/api/runs/{path_part(run)}").read(Run).state in EXITS:
                    return
        except NoHub:
            now = time.monotonic()
            if lost_at is None:
                lost_at = now
                if patience_seconds:
                    note("the hub is away; reconnecting…")
            if now - lost_at >= patience_seconds:
                raise
        threading.Event().wait(next(pauses))  # Ctrl-C ends it


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSE_SECONDS, itertools.repeat(PAUSE_SECONDS[-1]))
