"""The proxy between an agent and its providers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import anthropic
import httpx2
import openai
import pytest

import coderclawlink.drivers.models.proxy as models_proxy
from coderclawlink.drivers.models.listen import Receive, Scope, Send, answer, listening, loopback, read_body
from coderclawlink.drivers.models.proxy import Line, Proxy
from coderclawlink.drivers.models.script import instead
from coderclawlink.drivers.models.wires import upstreams
from coderclawlink.errors import Invalid
from coderclawlink.events import AgentUsage

pytestmark = pytest.mark.anyio

TOOLS: dict[str, list[dict[str, object]]] = {
    "/v1/messages": [{"name": "run", "input_schema": {"type": "object"}}],
    "/v1/chat/completions": [{"type": "function", "function": {"name": "run"}}],
    "/v1/responses": [{"type": "function", "name": "run"}],
    "/api/chat": [{"type": "function", "function": {"name": "run"}}],
}
WIRES = [
    ("anthropic", "/v1/messages"),
    ("openai", "/v1/chat/completions"),
    ("openai", "/v1/responses"),
    ("ollama", "/api/chat"),
    ("ollama", "/v1/chat/completions"),
    ("ollama", "/v1/messages"),
]


def asked(
    path: str, prompt: str, *, stream: bool = False, tools: bool = True, model: str = "scripted"
) -> dict[str, object]:
    """A request of a wire."""
    talk = {"input": prompt} if path == "/v1/responses" else {"messages": [{"role": "user", "content": prompt}]}
    return {"model": model, "stream": stream, "max_tokens": 9, **talk, **({"tools": TOOLS[path]} if tools else {})}


class Recorder:
    """A provider that notes what it was sent and answers as it was told."""

    def __init__(self, status: int = 200, body: bytes = b"{}", headers: Mapping[bytes, bytes] | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body = status, body
        self.headers = [(b"content-type", b"application/json"), *(headers or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        path = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self.requests.append((f"{scope['method']} {path}", headers, await read_body(receive, 1 << 30)))
        await answer(send, self.status, self.body, self.headers)


@contextlib.asynccontextmanager
async def behind(recorder: Recorder, **keys: str) -> AsyncIterator[Line]:
    """A line that leads to `recorder` on all wires."""
    sock = loopback()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    found = upstreams(anthropic_base_url=url, openai_base_url=f"{url}/v1/", ollama_base_url=url, **keys)
    async with (
        listening(recorder, sock),
        models_proxy.serve(found) as proxy,
        proxy.open("run", 1, on_usage=lambda _: None) as line,
    ):
        yield line


# ── passing on and counting ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("wire", "path"), WIRES)
async def test_every_wire_passes_and_is_counted(
    line: Line, told: list[AgentUsage], http: httpx2.AsyncClient, wire: str, path: str, stream: bool
) -> None:
    body = asked(path, "SCRIPT:\nusage 1200 25 300\nsay Good day.\n", stream=stream)
    async with asyncio.timeout(5):
        for _ in range(2):
            response = await http.post(line.access.urls[wire] + path, json=body)
            assert response.status_code == 200
            assert "Good day." in response.text
    cached = 0 if path == "/api/chat" else 600
    expected = AgentUsage(model="scripted", calls=2, input_tokens=2400, output_tokens=50, cached_tokens=cached)
    assert told[-1] == line.usage == expected
    assert [usage.calls for usage in told] == [1, 2]
    assert line.failure is None


async def test_the_usage_chunk_is_asked_for_and_hidden_from_who_did_not_ask(
    line: Line, http: httpx2.AsyncClient
) -> None:
    url = line.access.urls["openai"] + "/v1/chat/completions"
    body = asked("/v1/chat/completions", "SCRIPT:\nsay Hi.\n", stream=True)
    async with asyncio.timeout(5):
        without = (await http.post(url, json=body)).text
        with_it = (await http.post(url, json={**body, "stream_options": {"include_usage": True}})).text
        refused = (await http.post(url, json={**body, "stream_options": {"include_usage": False}})).text
    assert "prompt_tokens" not in without
    assert "prompt_tokens" not in refused
    assert "prompt_tokens" in with_it
    assert without.endswith("data: [DONE]\n\n")
    assert line.usage
    assert line.usage.calls == 3


async def test_the_providers_own_clients_work_through_it(line: Line) -> None:
    async with (
        asyncio.timeout(10),
        anthropic.AsyncAnthropic(base_url=line.access.urls["anthropic"], api_key=line.access.key) as claude,
        openai.AsyncOpenAI(base_url=line.access.urls["openai"] + "/v1", api_key=line.access.key) as gpt,
    ):
        async with claude.messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello"}]
        ) as stream:
            assert "Hello" in await stream.get_final_text()
        async with gpt.responses.stream(model="m", input="Hello") as responses:
            assert "Hello" in (await responses.get_final_response()).output_text
        assert (await gpt.models.list()).data[0].id == "scripted"


async def test_chunks_pass_as_they_come(line: Line, http: httpx2.AsyncClient) -> None:
    """The model hangs after its third piece, so all three can only be seen if nothing waits for the end."""
    body = asked("/v1/messages", "SCRIPT:\nstream 3 0.01\nhang\n", stream=True)
    async with (
        asyncio.timeout(5),
        http.stream("POST", line.access.urls["anthropic"] + "/v1/messages", json=body) as response,
    ):
        async for text in response.aiter_lines():
            if "piece 3" in text:
                break


async def test_known_models_have_a_cost_and_one_unknown_spoils_the_sum(
    line: Line, told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    url = line.access.urls["anthropic"] + "/v1/messages"
    prompt = "SCRIPT:\nusage 1000 100\nsay Hi.\n"
    async with asyncio.timeout(5):
        await http.post(url, json=asked("/v1/messages", prompt, model="claude-sonnet-4-5-20250929"))
        await http.post(url, json=asked("/v1/messages", prompt, model="mystery"))
    assert told[0].cost_usd == pytest.approx(0.0045)
    assert told[1].cost_usd is None


async def test_a_title_made_at_the_side_does_not_name_the_model(line: Line, http: httpx2.AsyncClient) -> None:
    url = line.access.urls["openai"] + "/v1/chat/completions"
    async with asyncio.timeout(5):
        await http.post(url, json=asked("/v1/chat/completions", "work", model="big"))
        await http.post(url, json=asked("/v1/chat/completions", "title", model="small", tools=False))
    assert line.usage
    assert (line.usage.model, line.usage.calls) == ("big", 2)


# ── keys and borders ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wire", "path", "sent", "wanted"),
    [
        ("anthropic", "/v1/messages", {"x-api-key": "worthless"}, {"x-api-key": "real-a"}),
        ("anthropic", "/v1/messages", {"authorization": "Bearer worthless"}, {"x-api-key": "real-a"}),
        ("openai", "/v1/responses", {"authorization": "Bearer worthless"}, {"authorization": "Bearer real-o"}),
        ("ollama", "/api/chat", {"authorization": "Bearer worthless"}, {}),
    ],
)
async def test_the_real_key_takes_the_place_of_the_agents(
    http: httpx2.AsyncClient, wire: str, path: str, sent: dict[str, str], wanted: dict[str, str]
) -> None:
    more = {
        "cookie": "a=b",
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "x-forwarded-for": "6.6.6.6",
        "anthropic-beta": "b",
    }
    async with (
        asyncio.timeout(5),
        behind(recorder := Recorder(), anthropic_api_key="real-a", openai_api_key="real-o") as line,
    ):
        response = await http.post(
            f"{line.access.urls[wire]}{path}?beta=true", json={"model": "m"}, headers={**sent, **more}
        )
        assert response.status_code == 200
    request, headers, body = recorder.requests[0]
    assert request == f"POST {path}?beta=true"
    assert json.loads(body) == {"model": "m"}
    assert {key: headers[key] for key in ("x-api-key", "authorization") if key in headers} == wanted
    assert headers["anthropic-beta"] == "b"
    assert headers["accept-encoding"] == "identity"
    assert not {"cookie", "x-hop", "x-forwarded-for"} & headers.keys()
    assert "worthless" not in repr(recorder.requests)


async def test_a_token_that_is_not_right_opens_nothing(proxy: Proxy, line: Line, http: httpx2.AsyncClient) -> None:
    base = f"http://127.0.0.1:{proxy.port}"
    token = line.access.key
    async with asyncio.timeout(5):
        for path in ("/", "/v1/messages", f"/{token}x/anthropic/v1/messages", f"//{token}/anthropic/v1/messages"):
            response = await http.post(base + path, json={}, headers={"x-api-key": token})
            assert response.status_code == 401, path
        assert (await http.post(f"{base}/x/anthropic/v1/messages")).json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "anthropic/v1/messages"),
        ("POST", "anthropic/v1/files"),
        ("POST", "anthropic/v1/messages/batches"),
        ("POST", "anthropic/v1/chat/completions"),
        ("GET", "openai/v1/files"),
        ("GET", "openai/v1/models/..%2ffiles"),
        ("GET", "openai/v1/models/%2e%2e/files"),
        ("GET", "openai/v1/models/a%3fb"),
        ("DELETE", "openai/v1/models/m"),
        ("POST", "openai/v1/organization/admin_api_keys"),
        ("POST", "openai//v1/responses"),
        ("POST", "openai/v1/responses/"),
        ("POST", "openai@127.0.0.1/v1/responses"),
        ("POST", "ollama/api/pull"),
        ("DELETE", "ollama/api/delete"),
        ("POST", "ollama/api/create"),
        ("POST", "google/v1/models"),
        ("CONNECT", "openai/v1/responses"),
    ],
)
async def test_only_listed_endpoints_are_open(method: str, path: str) -> None:
    async with asyncio.timeout(5), behind(recorder := Recorder()) as line:
        root = line.access.urls["openai"].removesuffix("openai")
        port = httpx2.URL(root).port
        # Written by hand, so that no client library tidies the path up.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        target = httpx2.URL(root).path + path
        writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        status = (await reader.readline()).split()[1]
        writer.close()
        await writer.wait_closed()
    assert status in (b"404", b"400")
    assert recorder.requests == []


async def test_listed_endpoints_beside_the_models_work_are_open(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(5), behind(recorder := Recorder()) as line:
        for method, wire, path in (
            ("GET", "openai", "/v1/models"),
            ("GET", "openai", "/v1/models/org/model-1.5:latest"),
            ("POST", "openai", "/v1/embeddings"),
            ("POST", "anthropic", "/v1/messages/count_tokens"),
            ("GET", "ollama", "/api/tags"),
            ("POST", "ollama", "/api/show"),
        ):
            assert (await http.request(method, line.access.urls[wire] + path)).status_code == 200, path
        assert (await http.head(line.access.urls["ollama"] + "/")).status_code == 200
        assert (await http.get(line.access.urls["anthropic"])).status_code == 200
        assert line.failure is None
    assert len(recorder.requests) == 6


async def test_redirects_are_not_followed(http: httpx2.AsyncClient) -> None:
    async with behind(other := Recorder()) as elsewhere, asyncio.timeout(5):
        away = elsewhere.access.urls["openai"].encode()
        async with behind(Recorder(302, b"", {b"location": away})) as line:
            response = await http.post(line.access.urls["openai"] + "/v1/responses", json={"model": "m"})
            assert response.status_code == 502
            assert away.decode() not in response.text
            assert line.failure
            assert "redirect" in line.failure.why
    assert other.requests == []


async def test_a_request_of_more_than_32_mib_is_refused(line: Line, http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(10):
        response = await http.post(
            line.access.urls["openai"] + "/v1/responses", content=b" " * (models_proxy.BODY_LIMIT + 1)
        )
    assert response.status_code == 413


async def test_a_body_that_makes_no_sense_is_left_to_the_provider(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(5), behind(recorder := Recorder(400, b'{"error": {"message": "What?"}}')) as line:
        for body in (b"", b"{", b'{"stream": 7}', b"[" * 100_000, b'{"model": "\\ud800"}', b"[1]"):
            response = await http.post(line.access.urls["openai"] + "/v1/chat/completions", content=body)
            assert (response.status_code, recorder.requests[-1][2]) == (400, body)


async def test_a_provider_that_shouts_the_key_does_not_reach_the_agent_with_it(http: httpx2.AsyncClient) -> None:
    shouting = Recorder(401, b'{"error": {"message": "Wrong key: real-o"}}')
    async with asyncio.timeout(5), behind(shouting, openai_api_key="real-o") as line:
        response = await http.post(line.access.urls["openai"] + "/v1/responses", json={"model": "m"})
        assert response.status_code == 401
        assert "real-o" not in response.text
        assert line.failure
        assert line.failure.kind == "key"
        assert "real-o" not in line.failure.why


def test_base_urls_are_taken_with_and_without_a_version() -> None:
    found = upstreams(anthropic_api_key="a", openai_api_key="o", ollama_base_url="http://box:11434/v1/")
    assert {wire: upstream.base for wire, upstream in found.items()} == {
        "anthropic": "https://api.anthropic.com",
        "openai": "https://api.openai.com",
        "ollama": "http://box:11434",
    }
    assert upstreams(openai_base_url="https://gate.example/llm/v1")["openai"].base == "https://gate.example/llm"
    assert upstreams() == {}


@pytest.mark.parametrize(
    "url", ["api.openai.com", "ftp://x", "http://", "http://user:pass@host", "http://x/?a=b", "http://x#f"]
)
def test_what_is_no_base_url_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        upstreams(openai_base_url=url)
    assert "pass" not in raised.value.message


async def test_it_listens_on_a_private_unix_socket_too(tmp_path: Path, model_url: str) -> None:
    path = tmp_path / "models.sock"
    path.write_text("left behind")
    async with asyncio.timeout(5), models_proxy.serve(instead(model_url), socket_path=path) as proxy:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        transport = httpx2.AsyncHTTPTransport(uds=str(path))
        async with (
            proxy.open("run", 1, on_usage=lambda _: None) as line,
            httpx2.AsyncClient(transport=transport) as client,
        ):
            response = await client.post(
                line.access.urls["openai"] + "/v1/responses", json=asked("/v1/responses", "Hi")
            )
            assert response.status_code == 200
    assert not path.exists()


# ── failures ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("wire", "path"), WIRES)
async def test_a_failed_call_is_remembered_until_one_goes_well(
    line: Line, http: httpx2.AsyncClient, wire: str, path: str
) -> None:
    prompt = f"SCRIPT:\nfail 400 x1 no such model, {wire}{path}\nsay Hi.\n"
    url = line.access.urls[wire] + path
    async with asyncio.timeout(5):
        response = await http.post(url, json=asked(path, prompt, stream=True))
        assert response.status_code == 400
        assert "no such model" in response.text
        assert line.failure
        assert (line.failure.kind, line.failure.status) == ("refused", 400)
        assert "no such model" in line.failure.why
        await http.post(url, json=asked(path, prompt, stream=True))
    assert line.failure is None


async def test_a_title_that_went_well_does_not_make_up_for_failed_work(line: Line, http: httpx2.AsyncClient) -> None:
    url = line.access.urls["openai"] + "/v1/chat/completions"
    async with asyncio.timeout(5):
        await http.post(url, json=asked("/v1/chat/completions", "SCRIPT:\nfail 400 no\n"))
        title = await http.post(url, json=asked("/v1/chat/completions", "title", tools=False))
    assert title.status_code == 200
    assert line.failure
    assert line.failure.status == 400


@pytest.mark.parametrize(("wire", "path"), WIRES[:4])
async def test_a_rate_limit_tells_when_it_ends_and_bids_the_client_wait_for_us(
    line: Line, http: httpx2.AsyncClient, wire: str, path: str
) -> None:
    before = datetime.now(UTC)
    async with asyncio.timeout(5):
        response = await http.post(line.access.urls[wire] + path, json=asked(path, "SCRIPT:\nlimit 600 slow\n"))
        short = await http.post(line.access.urls[wire] + path, json=asked(path, "SCRIPT:\nlimit 2 slow\n"))
    assert (response.status_code, response.headers["x-should-retry"]) == (429, "false")
    assert "x-should-retry" not in short.headers
    assert line.failure
    assert line.failure.limit
    assert line.failure.limit.resets_at
    assert 0 < (line.failure.limit.resets_at - before).total_seconds() < 10


@pytest.mark.parametrize(("wire", "path"), WIRES)
async def test_a_provider_that_is_not_there_is_told_in_the_wires_own_words(
    http: httpx2.AsyncClient, wire: str, path: str
) -> None:
    sock = loopback()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    sock.close()
    async with (
        asyncio.timeout(5),
        models_proxy.serve(instead(url)) as proxy,
        proxy.open("run", 1, on_usage=lambda _: None) as line,
    ):
        response = await http.post(line.access.urls[wire] + path, json=asked(path, "Hi"))
    error = response.json()["error"]
    assert response.status_code == 502
    assert "could not be reached" in (error if isinstance(error, str) else error["message"])
    assert line.failure
    assert (line.failure.kind, line.failure.status) == ("unreachable", None)


@pytest.mark.parametrize("kind", [b"text/event-stream", b"application/json"])
@pytest.mark.parametrize(
    ("wire", "path"), [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages"), ("openai", "/v1/responses")]
)
async def test_an_answer_that_breaks_off_ends_with_an_error_that_clients_know(
    http: httpx2.AsyncClient, wire: str, path: str, kind: bytes
) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\ncontent-length: 999\r\n\r\ndata: {}\n\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        asyncio.timeout(5),
        server,
        models_proxy.serve(instead(url)) as proxy,
        proxy.open("run", 1, on_usage=lambda _: None) as line,
    ):
        response = await http.post(line.access.urls[wire] + path, json=asked(path, "Hi", stream=True))
    last = response.text.strip().splitlines()[-1].removeprefix("data: ")
    assert json.loads(last)["type" if path == "/v1/responses" and kind.startswith(b"text") else "error"]
    assert "broke off" in last or response.status_code == 502
    assert line.failure
    assert line.failure.kind in ("broken", "unreachable")


async def test_a_client_that_goes_away_cancels_the_call_and_is_no_failure(
    model_url: str, told: list[AgentUsage]
) -> None:
    gone = asyncio.Event()
    seen: list[str] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive, 1 << 20)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        start = (
            b'data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":7,"output_tokens":1}}}\n\n'
        )
        await send({"type": "http.response.body", "body": start, "more_body": True})
        seen.append((await receive())["type"])
        gone.set()

    sock = loopback()
    found = upstreams(anthropic_base_url=f"http://127.0.0.1:{sock.getsockname()[1]}")
    async with asyncio.timeout(5), listening(endless, sock), models_proxy.serve(found) as proxy:
        async with proxy.open("run", 1, on_usage=told.append) as line, httpx2.AsyncClient() as client:
            body = asked("/v1/messages", "Hi", stream=True)
            async with client.stream("POST", line.access.urls["anthropic"] + "/v1/messages", json=body) as response:
                await anext(response.aiter_bytes())
            await gone.wait()
        assert line.failure is None
    assert seen == ["http.disconnect"]
    assert told[-1].input_tokens == 7


async def test_a_closed_line_is_worthless_at_once_and_its_calls_end(proxy: Proxy, http: httpx2.AsyncClient) -> None:
    begun = asyncio.Event()
    heard: list[str] = []

    async def listen(url: str) -> None:
        body = asked("/v1/messages", "SCRIPT:\nsay Hm.\nhang\n", stream=True)
        async with http.stream("POST", url, json=body) as response:
            async for text in response.aiter_lines():
                heard.append(text)
                if "Hm." in text:
                    begun.set()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        async with proxy.open("run", 1, on_usage=lambda _: None) as line:
            url = line.access.urls["anthropic"] + "/v1/messages"
            tasks.create_task(listen(url))
            await begun.wait()
        assert (await http.post(url, json={})).status_code == 401
    assert "event: error" in heard
    assert line.failure is None
