"""No input is ever answered with a 5xx: a corpus of what has broken others, and bodies that nobody thought of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.web import api
from tests.web.conftest import Server, serving

BODIES: list[bytes] = [
    b"", b" ", b"null", b"true", b"1", b'""', b"[]", b"{}", b"{", b'{"', b"nul", b"NaN", b'{"a": Infinity}', b"[" * 100_000,
    b'{"a":' * 50_000, b'{"name": "x", "name": "y"}', b'{"id": 1' + b"0" * 5000 + b"}", b"1e999", b'"\\u0000"', b'"\\ud800"',
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", '{"a": "é"}'.encode("utf-16"), '{"a": "é"}'.encode("latin-1"), b"{}" * 10,
    b'{"__proto__": {"a": 1}, "constructor": 1, "__class__": 1}', b'{"' + b"k" * 100_000 + b'": 1}',
    json.dumps({"a": "x" * 900_000}).encode(),
]  # fmt: skip
STRINGS = [
    "", " ", "\0", "\x00a", "' OR 1=1 --", "../../etc/passwd", "%00", "%s%n", "\u202e", "😀" * 100, "ﬀ", "x" * 300_000,
    "\r\nX-Evil: 1", "<script>", "{{7*7}}", "${jndi:ldap://x}", "-1", "1e9", "NaN", "nul", "\ufeff", "\x1b]8;;x\x07",
]  # fmt: skip
VALUES: list[object] = [None, True, 0, -1, 2**31, 2**63 - 1, 1.5, 1e308, [], {}, [[]], {"a": None}, *STRINGS]
RUN = "01a20cc9-c0f4-716b-9e18-984a1a3ed831"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On both databases: what one takes, the other may choke on."""
    database = None
    if request.param == "postgresql":
        maintenance = request.getfixturevalue("postgres")
        database = maintenance.removesuffix("/postgres") + "/hostile"
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute("CREATE DATABASE hostile")
    with serving(tmp_path_factory.mktemp("hub"), database=database) as running:
        yield running


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=20) as client:
        yield client


def routes() -> list[tuple[str, str, list[str], list[str]]]:
    """Every route of the description that answers at once: method, path, its body's fields, its query's."""
    description: Any = api.describe()
    found = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if path in ("/api/tasks/execute", "/api/runtime/tasks/{task_id}/stream"):
                continue  # they answer when a run has ended; their bodies are the same as of others
            text = json.dumps(operation.get("requestBody", {}))
            names = [name for name in description["components"]["schemas"] if f'schemas/{name}"' in text]
            fields = [field for name in names for field in description["components"]["schemas"][name]["properties"]]
            query = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
            found.append((method.upper(), path, fields, query))
    return found


# The hub runs in this process and draws random numbers of its own, which is taken for a strategy that does.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

ROUTES = routes()
WRITING = [(method, path, fields) for method, path, fields, _ in ROUTES if fields]


def filled(path: str, value: str = "1") -> str:
    return re.sub(r"\{\w+\}", value, path)


@pytest.mark.parametrize(
    ("method", "path", "query"), [(m, p, q) for m, p, _, q in ROUTES], ids=[f"{r[0]} {r[1]}" for r in ROUTES]
)
def test_a_corpus_of_bodies_paths_and_queries_is_answered_below_500(
    browser: httpx2.Client, method: str, path: str, query: list[str]
) -> None:
    for body in BODIES:
        answer = browser.request(method, filled(path), content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, (body[:80], answer.text)
    for value in ("0", "-1", "9" * 30, "%2e%2e", "%00", "%ff", "a" * 5000, RUN, "%F0%9F%98%80", "1;2", "%0d%0a"):
        answer = browser.request(method, filled(path, value))
        assert answer.status_code < 500, (value, answer.text)
        for name in query:
            answer = browser.request(method, filled(path), params={name: value})
            assert answer.status_code < 500, (name, value, answer.text)


@pytest.mark.parametrize(("method", "path", "fields"), WRITING, ids=[f"{method} {path}" for method, path, _ in WRITING])
def test_every_field_takes_or_refuses_every_odd_value(
    browser: httpx2.Client, method: str, path: str, fields: list[str]
) -> None:
    plain = {"name": "x", "key": "HOSTILE", "title": "t", "project_id": 1, "agent_type": "claude", "agent": "claude"}
    plain |= {"prompt": "x", "question": "q", "option": "o"}
    base = {name: value for name, value in plain.items() if name in fields}
    for name in fields:
        for value in VALUES:
            answer = browser.request(method, filled(path), json={**base, name: value})
            assert answer.status_code < 500, (name, value, answer.text)
            if isinstance(value, str) and "\0" in value:
                assert answer.status_code == 422


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text()
    | st.sampled_from([one for one in STRINGS if len(one) < 1000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_bodies_that_nobody_thought_of_are_answered_below_500(browser: httpx2.Client, data: st.DataObject) -> None:
    method, path, fields = data.draw(st.sampled_from(WRITING))
    body = data.draw(st.dictionaries(st.sampled_from(fields), _json) | _json)
    content = json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    answer = browser.request(method, filled(path), content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, answer.text


@given(
    content=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain", "", "x/y; charset=utf-16"])
)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_answered_below_500(browser: httpx2.Client, content: bytes, kind: str) -> None:
    answer = browser.post("/api/runs", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code < 500
