"""The hub as the commands reach it: where it is, how to ask it, and what its answers look like.

Above: all commands but `serve`, `demo` and `doctor`. Below: HTTP. The shapes hold what the commands show of an answer and ignore the
rest; what `--json` prints is the hub's answer itself.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from coderclawlink.cli import paired, signed_in
from coderclawlink.cli.reach import Reach
from coderclawlink.errors import Invalid, NotFound, Unavailable
from coderclawlink.events import Option

T = TypeVar("T")
Asked = str | int | Sequence[str] | None
"""The value of a query's field; several: the field is given several times."""
Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]

DEFAULT_URL = "http://127.0.0.1:8000"
ANSWER_SECONDS = 60.0
WORK_SECONDS = 900.0
"""For an answer that tells of much work."""
SILENCE_SECONDS = 45.0
"""A stream is given up after so long without even a heartbeat; the hub sends one every 15 s."""
PAGE = 1000


class NoHub(Unavailable):
    """No hub answers."""


class Refused(Invalid):
    """The hub refused."""


class Missing(NotFound):
    """There is no such thing."""


# ── what it answers ────────────────────────────────────────────────────────────────────────────────────────────────


class Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Project(Shape):
    id: int
    key: str
    name: str
    description: str | None
    status: str
    github_repo_url: str | None
    private: bool = False


class Task(Shape):
    id: int
    project_id: int
    key: str
    title: str
    description: str | None
    status: str
    priority: str
    assigned_agent_type: str | None
    agent_execution_status: str | None
    github_pr_url: str | None


class Wait(Shape):
    reason: str
    who: str
    until: str | None


class Run(Shape):
    id: str
    number: int
    task_id: int | None
    agent: str
    title: str
    prompt: str
    state: str
    wait: Wait | None
    attempt: int
    tries: int
    repository: str | None
    branch: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    result: str | None
    error: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None


class Attempt(Shape):
    number: int
    state: str
    node: str | None
    outcome: str | None
    error: str | None
    sandbox: str | None
    agent_version: str | None


class Question(Shape):
    id: str
    title: str
    detail: str
    options: list[Option]
    who: str
    is_open: bool
    deadline_at: str | None
    option: str | None
    answered_by: str | None


class Usage(Shape):
    model: str | None
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class RunDetail(Run):
    attempts: list[Attempt]
    questions: list[Question]
    usage: Usage | None


class AgentFound(Shape):
    version: str | None = None
    why: str | None = None
    nodes: list[str] = Field(default_factory=list)
    reached: str = ""
    signed_in: bool | None = None
    model: str = ""
    models: list[str] = Field(default_factory=list)
    accounts: list[str] = Field(default_factory=list)


class Agent(Shape):
    agent_type: str
    description: str
    available: bool
    metadata: AgentFound | None


class Node(Shape):
    name: str
    online: bool
    slots: int
    at_work: int
    sandbox: str
    seen_at: str


class Session(Shape):
    session_id: str
    user_id: str | None
    created_at: str
    last_activity: str
    permissions: list[str]


class Backup(Shape):
    made_at: str
    by: str
    size: int


class Why(Shape):
    why: str


class _FieldProblem(Shape):
    loc: list[str | int]
    msg: str


class _Problem(Shape):
    detail: str | list[_FieldProblem]


# ── asking it ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Answer:
    """What the hub answered, as text, and read as a shape on request. `undo`: the token that takes back what was done."""

    text: str
    undo: str | None = None

    def read(self, shape: type[T]) -> T:
        """Raises `Refused` when it is something else: what answers is no hub, or one of another age."""
        try:
            return TypeAdapter(shape).validate_json(self.text)
        except ValidationError as error:
            raise Refused("What answers there does not speak as a hub of this version does.") from error


class Hub:
    """An open connection to the hub at `url`. Every verb raises `NoHub`, and `Refused` with the hub's own sentence."""

    def __init__(self, url: str, http: httpx2.Client) -> None:
        self.url = url
        self._http = http

    def get(self, path: str, /, **query: Asked) -> Answer:
        return self._ask("GET", path, query)

    def post(
        self,
        path: str,
        body: Mapping[str, Value] | None = None,
        *,
        timeout_seconds: float = ANSWER_SECONDS,
        **query: str | int | None,
    ) -> Answer:
        return self._ask("POST", path, query, {} if body is None else body, timeout_seconds)

    def put(self, path: str, body: Mapping[str, Value], **query: str | int | None) -> Answer:
        return self._ask("PUT", path, query, body)

    def patch(self, path: str, body: Mapping[str, Value]) -> Answer:
        return self._ask("PATCH", path, {}, body)

    def delete(self, path: str, **query: str | int | None) -> Answer:
        return self._ask("DELETE", path, query)

    def _ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Asked],
        body: Mapping[str, Value] | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        given = {name: value for name, value in query.items() if value is not None}
        try:
            answer = self._http.request(verb, path, params=given, json=body, timeout=timeout_seconds)
        except httpx2.TimeoutException as error:
            raise NoHub(f"The hub at {self.url} does not answer in time.") from error
        except httpx2.HTTPError as error:
            raise NoHub(f"No hub answers at {self.url}. Start one with `clawlink serve`.") from error
        if answer.status_code >= 400:
            raise _refusal(answer)
        return Answer(answer.text, answer.headers.get("undo-token"))

    def put_file(self, path: str, file: BinaryIO, *, name: str) -> Answer:
        """Send a file as it is."""
        try:
            answer = self._http.put(path, params={"name": name}, content=file)
        except httpx2.HTTPError as error:
            raise NoHub(f"The hub at {self.url} did not take the file: {error}") from error
        if answer.status_code >= 400:
            raise _refusal(answer)
        return Answer(answer.text)

    def post_file(self, path: str, file: BinaryIO, **query: str | bool | None) -> Answer:
        """Send a file as it is, to be worked through; that may take minutes."""
        given = {name: value for name, value in query.items() if value is not None}
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer = self._http.post(path, params=given, content=file, headers=headers, timeout=WORK_SECONDS)
        except httpx2.HTTPError as error:
            raise NoHub(f"The hub at {self.url} did not take the file: {error}") from error
        if answer.status_code >= 400:
            raise _refusal(answer)
        return Answer(answer.text)

    def get_file(self, path: str, into: BinaryIO, *, made: bool = False) -> None:
        """Fetch a file, a piece at a time; `made`: it is made first (POST), which may take minutes."""
        verb, timeout = ("POST", WORK_SECONDS) if made else ("GET", ANSWER_SECONDS)
        try:
            with self._http.stream(verb, path, json={} if made else None, timeout=timeout) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise _refusal(answer)
                into.writelines(answer.iter_bytes())
        except httpx2.HTTPError as error:
            raise NoHub(f"The hub at {self.url} did not send the file: {error}") from error

    @contextlib.contextmanager
    def events_of(self, run: str, after: int) -> Iterator[Iterator[httpx2.ServerSentEvent]]:
        """The run's events as they happen. A broken wire raises `NoHub`, also in the middle."""
        try:
            with self._http.stream(
                "GET",
                f"/api/runtime/tasks/{path_part(run)}/stream",
                headers={"Last-Event-ID": str(after)} if after else {},
                timeout=httpx2.Timeout(ANSWER_SECONDS, read=SILENCE_SECONDS),
            ) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise _refusal(answer)
                yield iter(httpx2.EventSource(answer, max_event_size=None))
        except httpx2.HTTPError as error:
            raise NoHub(f"No hub answers at {self.url}. Start one with `clawlink serve`.") from error

    # ── finding what people name ───────────────────────────────────────────────────────────────────────────────────

    def project_keys(self) -> dict[int, str]:
        """Of all that are there for you."""
        return {one.id: one.key for one in self.get("/api/projects").read(list[Project])}

    def project(self, name: str) -> Project:
        """By key or number. Raises `Missing`."""
        for project in self.get("/api/projects").read(list[Project]):
            if name.upper() == project.key or name == str(project.id):
                return project
        raise Missing(f"There is no project {name}. `clawlink project list` shows them.")

    def task(self, name: str) -> Task:
        """By key such as DEMO-1, or number. Raises `Missing`."""
        if name.isascii() and name.isdigit():
            return self.get(f"/api/tasks/{name}").read(Task)
        project = self.project(name.rpartition("-")[0] or name)
        for task in self.get("/api/tasks", key=name.upper()).read(list[Task]):
            return task
        raise Missing(f"There is no task {name}. `clawlink task list --project {project.key}` shows them.")

    def run(self, name: str) -> RunDetail:
        """By id, by number, or `last`. Raises `Missing`."""
        if "-" in name:
            return self.get(f"/api/runs/{path_part(name)}").read(RunDetail)
        for run in self.get("/api/runs", limit=1 if name == "last" else PAGE).read(list[Run]):
            if name in ("last", str(run.number), f"#{run.number}"):
                return self.get(f"/api/runs/{run.id}").read(RunDetail)
        raise Missing(f"There is no run {name} among the latest. `clawlink run list` shows them.")


def path_part(text: str) -> str:
    return quote(text, safe="")


_KINDS: Mapping[int, type[Missing | NoHub]] = {404: Missing, 503: NoHub}


def _refusal(answer: httpx2.Response) -> Refused | Missing | NoHub:
    try:
        detail = _Problem.model_validate_json(answer.content).detail
    except ValidationError:
        return Refused(f"{answer.url.copy_with(path='/')} answers {answer.status_code}, and is no hub.")
    if isinstance(detail, str):
        return _KINDS.get(answer.status_code, Refused)(detail)
    return Refused("; ".join(f"{'.'.join(str(part) for part in each.loc[1:])}: {each.msg}" for each in detail))


# ── where it is ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Announced(Shape):
    url: str
    pid: int


def locate(reach: Reach) -> str:
    """The hub's URL: as given, else of the hub that lives on the data directory, else the default. Raises `Invalid`."""
    if reach.url:
        parts = urlsplit(reach.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid(f"{reach.url} is no URL of a hub; one looks like {DEFAULT_URL}.")
        return reach.url.rstrip("/")
    from coderclawlink.cli import configured

    home = configured.settings().clawlink_home
    return announced(home) or signed_in.only_url(home) or paired.only_url() or DEFAULT_URL


def announced(home: Path) -> str | None:
    """The URL of the hub that lives on a data directory; None if there is none."""
    try:
        found = _Announced.model_validate_json((home / "hub.json").read_bytes())
        os.kill(found.pid, 0)
    except (OSError, ValidationError, OverflowError):
        return None
    return found.url


@contextlib.contextmanager
def reached(reach: Reach, *, as_nobody: bool = False) -> Iterator[Hub]:
    """The hub. That nobody answers shows at the first question. `as_nobody`: before one has signed in there."""
    url = locate(reach)
    given = reach.session or reach.token
    session = None if as_nobody else given or signed_in.session_for(url)
    device = None if as_nobody or given else paired.find(url)
    headers = {"Authorization": f"Bearer {session}"} if session else {}
    auth = None if device is None else paired.BySigning(url, device, session)
    is_near = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    with httpx2.Client(base_url=url, headers=headers, auth=auth, timeout=ANSWER_SECONDS, trust_env=not is_near) as http:
        yield Hub(url, http)
