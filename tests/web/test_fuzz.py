"""The hub, asked whatever its description allows and much that it does not: it never fails, and answers as it says of itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from coderclawlink.access import passwords
from tests.web.fuzzing import ask, furnished
from tests.web.matrix_hub import InProcess, in_process
from tests.web.matrix_world import PASSWORD, Asker, furnish

EXAMPLES = 1
SEED = 20


ASKERS = ("root", "vic")
"""An administrator and a viewer of a team's hub."""


class Team:
    """A team's hub in this process, which is asked the same at no cost worth naming, and forgets it."""

    def __init__(self, runner: asyncio.Runner, hub: InProcess, askers: Sequence[Asker]) -> None:
        self._runner = runner
        self._hub = hub
        self._askers = askers
        self.statuses: dict[str, Counter[int]] = {one.name: Counter() for one in askers}

    def __call__(self, asked: requests.PreparedRequest) -> list[tuple[str, int, str]]:
        return [(one.name, *self._ask(one, asked)) for one in self._askers]

    def _ask(self, asker: Asker, asked: requests.PreparedRequest) -> tuple[int, str]:
        url = urlsplit(asked.url or "")
        kind = asked.headers.get("Content-Type")
        headers = {**asker.headers, **({"content-type": str(kind)} if kind else {})}
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body
        assert body is None or isinstance(body, bytes)
        # What names another session would be asked by that one, or by nobody.
        query = "&".join(part for part in url.query.split("&") if "session_id" not in part)
        with self._hub.db.forgetting():
            reply = self._runner.run(
                self._hub.ask(asked.method or "GET", url.path, query=query, raw=body or None, headers=headers)
            )
        self.statuses[asker.name][reply.status] += 1
        return reply.status, reply.text


@contextmanager
def teams(home: Path) -> Iterator[Team]:
    with asyncio.Runner() as runner:
        opening = in_process(home)
        hub = runner.run(opening.__aenter__())

        async def notes() -> AsyncIterator[bytes]:
            yield b"Notes"

        kept, hashed = runner.run(hub.files.keep(notes())), runner.run(passwords.hashed(PASSWORD))
        with hub.db.remembering():
            world = hub.db.write_now(furnish, hashed, kept)
        hub.app.state.rooms.is_closing = True  # who waits for a run is answered at once
        try:
            yield Team(runner, hub, [one for one in world.askers if one.name in ASKERS])
        finally:
            runner.run(opening.__aexit__(None, None, None))


def test_whatever_it_is_asked_it_answers_as_it_says_of_itself(tmp_path: Path) -> None:
    with furnished(tmp_path / "hub") as (url, known), teams(tmp_path / "team") as team:
        done = ask(url, known, examples=EXAMPLES, number=SEED, others=team)
    print(f"{done.asked} requests of {done.operations} operations: {dict(sorted(done.statuses.items()))}")
    for name, statuses in team.statuses.items():
        print(f"the same of a team's hub by {name}: {dict(sorted(statuses.items()))}")
        assert statuses.total() >= done.operations * EXAMPLES
    assert not done.faults, "\n".join(str(fault) for fault in done.faults.values())
    assert done.asked >= done.operations * EXAMPLES
