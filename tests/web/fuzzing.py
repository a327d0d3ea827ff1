"""Asks a hub whatever its description of itself allows, and much that it does not, and notes every answer that does not fit.

Above: `test_fuzz`, a short round, and `bench.fuzz`, a long one. Below: schemathesis, which makes the requests out of the description, and a
hub that is served. What is asked depends on the seed alone. Half of the requests are about things that are there, so that they get past
"not found"; what deletes comes last.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning, Unsatisfiable
from pydantic import JsonValue
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from coderclawlink.web import api
from tests.web.conftest import Node, Server, serving

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Known = dict[str, str | int | list[JsonValue]]
"""Field of a request → a value of something that is there."""
ANSWER_SECONDS = 20.0
ENDLESS = ("/stream", "/execute")
"""How the paths end whose answers go on for as long as a run does: they are asked about things that are not there."""
SESSION = "session_id"
FIELD_AT_MOST = 2000
"""Characters of a field of the query: a server hangs up on a line of 64 KiB before anybody could answer it."""
ASKED_AT_MOST = 500
"""Characters of a request that a fault shows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that does not fit. `asked`: the request as a command of curl, cut short."""

    operation: str
    what: str
    asked: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}\n    {self.asked}"


@dataclass(slots=True)
class Round:
    """What came of a round. `statuses`: how many answers there were of each."""

    operations: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        return sum(self.statuses.values())

    def note(self, case: Case[Any], what: str) -> None:
        """The first of each kind is kept."""
        label = case.operation.label
        self.faults.setdefault((label, what[:60]), Fault(label, what, case.as_curl_command()[:ASKED_AT_MOST]))


Others = Callable[[requests.PreparedRequest], Sequence[tuple[str, int, str]]]
"""Asks the same of further hubs, or as somebody else: who asked, and the status and the text of the answer to each."""
BROKEN = range(500, 502)
"""What no input may cause: 502 and 503 say that a code host, or a run's end, is not to be had."""


def ask(url: str, known: Known, *, examples: int, number: int, others: Others | None = None) -> Round:
    """Ask each operation so many requests of each kind, fitting and not. `others` are asked the same, but for what does not end."""
    made = Round()
    schema = schemathesis.openapi.from_dict(api.describe())
    operations = sorted(
        (one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)), key=lambda one: one.method == "delete"
    )
    with requests.Session() as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)  # schemathesis draws from `random`, which is seeded too
        for operation in operations:
            made.operations += 1
            for mode in GenerationMode:
                _ask(operation, mode, url, known, client, made, examples, number, others)
    return made


def _ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    url: str,
    known: Known,
    client: requests.Session,
    made: Round,
    examples: int,
    number: int,
    others: Others | None,
) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), about_known=st.booleans())
    def asking(case: Case[Any], about_known: bool) -> None:
        for name, value in (case.query or {}).items():
            if isinstance(value, str):
                case.query[name] = value[:FIELD_AT_MOST]
        if about_known and not case.path.endswith(ENDLESS):
            _settle(case, known)
        try:
            answer = case.call(base_url=url, session=client, timeout=ANSWER_SECONDS)
        except requests.RequestException as error:
            made.note(case, f"no answer: {type(error).__name__}")
            return
        if others is not None and not case.path.endswith(ENDLESS):
            for who, status, text in others(answer.request):
                if status in BROKEN:
                    made.note(case, f"{status} for {who}: {text[:200]}")
        made.statuses[answer.status_code] = made.statuses.get(answer.status_code, 0) + 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                made.note(case, " ".join(str(failure).split())[:300])

    with suppress(Unsatisfiable):  # there is no wrong way to ask an operation that takes nothing
        asking()


def _settle(case: Case[Any], known: Known) -> None:
    """Make it a request of the owner's about things that are there, in the path, the query and the body."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            if part is not case.path_parameters:
                part.pop(SESSION, None)
            for name in part.keys() & known.keys():
                part[name] = known[name]
    case.headers.pop("Authorization", None)
    case.cookies.clear()


@contextmanager
def furnished(home: Path) -> Iterator[tuple[str, Known]]:
    """The address of a hub that is served, and what the things are called that are there."""
    with serving(home) as server:
        yield server.url, asyncio.run(furnish(server))


async def furnish(server: Server) -> Known:
    """Put one of each thing there, through the hub's own interface. Returns what they are called."""
    node = Node(server.hub)
    await node.join()
    async with httpx2.AsyncClient(base_url=server.url, timeout=ANSWER_SECONDS) as client:

        async def made(where: str, **body: object) -> dict[str, Any]:
            answer = await client.post(where, json=body)
            assert answer.status_code in (200, 201), answer.text
            return dict(answer.json())

        project = await made("/api/projects", name="A project", key="FUZZ")
        known: Known = {"project_id": project["id"], "agent": "claude", "agent_type": "claude"}
        task = (await made("/api/tasks", project_id=project["id"], title="A task"))["id"]
        other = (await made("/api/tasks", project_id=project["id"], title="Another"))["id"]
        run = (await made("/api/runs", agent="claude", prompt="Do it", task_id=task))["id"]
        await node.finish(await node.start(run))
        async with asyncio.timeout(20):
            with server.hub.db.bell.listen(f"run:{run}") as ear:
                while (await client.get(f"/api/runs/{run}")).json()["ended_at"] is None:
                    await ear.wait(1)
        asked = (await made("/api/runs", agent="claude", prompt="Ask first", task_id=other))["id"]
        question = await node.ask(await node.start(asked))
        comparison = await made(
            f"/api/tasks/{task}/comparisons", prompt="Both", contenders=[{"agent": "claude"}, {"agent": "parrot"}]
        )
        attached = await client.put(f"/api/tasks/{task}/attachments", params={"name": "notes.txt"}, content=b"Notes")
        assert attached.status_code == 201, attached.text
        label = await made(f"/api/projects/{project['id']}/labels", name="urgent")
        chat = await made(f"/api/projects/{project['id']}/chat", text="What is there?")
        comment = await made(f"/api/tasks/{task}/comments", text="A word")
        view = await made("/api/views", name="Mine", filters={})
        return {
            **known,
            "task_id": task,
            "other": other,
            "ids": [task, other],
            "run_id": run,
            "question_id": question,
            "comparison_id": comparison["id"],
            "attachment_id": attached.json()["id"],
            "label_id": label["id"],
            "chat_id": chat["id"],
            "comment_id": comment["id"],
            "view_id": view["id"],
        }
