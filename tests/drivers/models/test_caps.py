"""Caps hold at the proxy: before the money is spent, for calls side by side, on every wire, and while the agent works."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

import coderclawlink.drivers.models.proxy as models_proxy
from coderclawlink.drivers.models.budget import Budget
from coderclawlink.drivers.models.listen import Receive, Scope, Send, answer, listening, loopback, read_body
from coderclawlink.drivers.models.prices import Price, Prices, known_prices
from coderclawlink.drivers.models.proxy import Line, Proxy
from coderclawlink.drivers.models.script import Script, instead
from coderclawlink.drivers.models.script import serve as serve_script
from coderclawlink.events import AgentUsage

pytestmark = pytest.mark.anyio
PRICES = Prices(date="", models={**known_prices().models, "priced": Price(input=2, output=10)})
WIRES = [
    ("anthropic", "/v1/messages", "max_tokens"),
    ("openai", "/v1/chat/completions", "max_completion_tokens"),
    ("openai", "/v1/responses", "max_output_tokens"),
]


class Greedy:
    """A provider that counts 4 bytes a token and always answers as long as it may. It answers when `go` is set."""

    def __init__(self) -> None:
        self.granted: list[int] = []
        self.tokens = 0
        self.at_once = 0
        self.most_at_once = 0
        self.go = asyncio.Event()
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, 1 << 24)
        asked = json.loads(body)
        output = asked["max_tokens"]
        self.granted.append(output)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.arrived.set()
        await self.go.wait()
        self.at_once -= 1
        self.tokens += len(body) // 4 + output
        usage = {"input_tokens": len(body) // 4, "output_tokens": output}
        await answer(send, 200, json.dumps({"type": "message", "model": asked["model"], "usage": usage}).encode())


@contextlib.asynccontextmanager
async def greedy(budget: Budget, told: list[AgentUsage]) -> AsyncIterator[tuple[Greedy, Line]]:
    provider, sock = Greedy(), loopback()
    leads = instead(f"http://127.0.0.1:{sock.getsockname()[1]}")
    async with (
        listening(provider, sock),
        models_proxy.serve(leads, prices=PRICES) as proxy,
        proxy.open("run", 1, on_usage=told.append, budget=budget) as line,
    ):
        yield provider, line
        provider.go.set()


def asked(path: str, prompt: str = "Hi", model: str = "scripted", **more: object) -> dict[str, object]:
    talk = {"input": prompt} if path == "/v1/responses" else {"messages": [{"role": "user", "content": prompt}]}
    tool = {"name": "run", "type": "function", "function": {"name": "run"}, "input_schema": {"type": "object"}}
    return {"model": model, **talk, "tools": [tool], **more}


async def ask(http: httpx2.AsyncClient, line: Line, **more: object) -> httpx2.Response:
    return await http.post(line.access.urls["anthropic"] + "/v1/messages", json=asked("/v1/messages", **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [Budget(tokens=20_000), Budget(usd=0.15), Budget(usd=0.2, tokens=15_000)])
async def test_eight_calls_side_by_side_do_not_overshoot_together(
    budget: Budget, told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    async with asyncio.timeout(20), greedy(budget, told) as (provider, line), asyncio.TaskGroup() as tasks:
        calls = [
            tasks.create_task(ask(http, line, prompt="x" * 2_000, model="priced", max_tokens=4_000)) for _ in range(8)
        ]
        await provider.arrived.wait()
        provider.go.set()
        statuses = [(await call).status_code for call in calls]
    assert statuses.count(200) >= 2
    assert statuses.count(402) >= 1
    assert statuses.count(200) + statuses.count(402) == 8
    assert line.usage
    assert line.usage.input_tokens + line.usage.output_tokens == provider.tokens
    assert line.usage.cost_usd is not None
    if budget.tokens is not None:
        assert 0.7 * budget.tokens < provider.tokens <= budget.tokens or budget.usd is not None
        assert provider.tokens <= budget.tokens
    if budget.usd is not None:
        assert line.usage.cost_usd <= budget.usd
    assert line.calls_under_way == 0


async def test_a_call_waits_for_one_under_way_rather_than_being_refused_for_what_that_may_not_use(
    http: httpx2.AsyncClient,
) -> None:
    async with (
        asyncio.timeout(10),
        serve_script() as url,
        models_proxy.serve(instead(url)) as proxy,
        proxy.open("run", 1, on_usage=lambda _: None, budget=Budget(tokens=3_000)) as line,
    ):
        slow = asked("/v1/messages", "SCRIPT:\nusage 200 20\nstream 5 0.02\n", max_tokens=64_000)
        quick = asked("/v1/messages", "SCRIPT:\nusage 200 20\nsay Hi.\n", max_tokens=2_000)
        where = line.access.urls["anthropic"] + "/v1/messages"
        async with asyncio.TaskGroup() as tasks:
            answers = [tasks.create_task(http.post(where, json=body)) for body in (slow, quick)]
        assert [answer.result().status_code for answer in answers] == [200, 200]
        assert line.failure is None


@pytest.mark.parametrize(("wire", "path", "limit"), WIRES)
async def test_a_cap_is_told_in_the_wires_own_words_and_is_not_to_be_tried_again(
    proxy: Proxy, http: httpx2.AsyncClient, wire: str, path: str, limit: str
) -> None:
    async with asyncio.timeout(5), proxy.open("run", 1, on_usage=lambda _: None, budget=Budget(tokens=900)) as line:
        url = line.access.urls[wire] + path
        body = {**asked(path, "SCRIPT:\nusage 500 50\nsay Hi.\n"), limit: 300}
        assert (await http.post(url, json=body)).status_code == 200
        refused = await http.post(url, json=body)
        assert (await http.get(line.access.urls["openai"] + "/v1/models")).status_code == 200
    assert (refused.status_code, refused.headers["x-should-retry"]) == (402, "false")
    assert refused.json()["error"]["type"] == "billing_error"
    assert "550 of 900 tokens are spent" in refused.json()["error"]["message"]
    assert line.failure
    assert (line.failure.kind, line.failure.account, line.failure.model) == ("budget", wire, "scripted")
    assert line.usage
    assert line.usage.calls == 1


async def test_the_answer_is_shortened_to_what_is_left(told: list[AgentUsage], http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(5), greedy(Budget(tokens=10_000), told) as (provider, line):
        provider.go.set()
        assert (await ask(http, line, max_tokens=64_000)).status_code == 200
        assert (await ask(http, line, max_tokens=64_000)).status_code == 402
    assert 9_800 < provider.granted[0] < 10_000
    assert provider.tokens <= 10_000


async def test_a_cap_in_dollars_without_a_price_is_refused_before_anything_is_sent(
    told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    async with asyncio.timeout(5), greedy(Budget(usd=5), told) as (provider, line):
        refused = await ask(http, line, model="mystery", max_tokens=10)
        nonsense = await http.post(line.access.urls["anthropic"] + "/v1/messages", content=b'{"max_tokens": "lots"}')
    assert refused.status_code == 402
    assert "prices.toml" in refused.json()["error"]["message"]
    assert nonsense.status_code == 400
    assert provider.granted == []
    assert told == []


async def test_a_cap_can_be_lowered_and_raised_while_the_agent_works(http: httpx2.AsyncClient, line: Line) -> None:
    async with asyncio.timeout(5):
        prompt = "SCRIPT:\nusage 500 50\nsay Hi.\n"
        assert (await ask(http, line, prompt=prompt, max_tokens=100)).status_code == 200
        line.set_budget(Budget(tokens=600))
        assert (await ask(http, line, prompt=prompt, max_tokens=100)).status_code == 402
        line.set_budget(Budget(tokens=900))
        assert line.budget == Budget(tokens=900)
        assert (await ask(http, line, prompt=prompt, max_tokens=100)).status_code == 200
    assert line.failure is None


async def test_a_call_that_waits_goes_on_when_the_cap_is_raised(
    told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    async with asyncio.timeout(5), greedy(Budget(tokens=2_000), told) as (provider, line), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(ask(http, line, max_tokens=64_000))
        await provider.arrived.wait()
        second = tasks.create_task(ask(http, line, max_tokens=1_000))
        while line.calls < 2:
            await asyncio.sleep(0)
        assert line.calls_under_way == 1
        provider.arrived.clear()
        line.set_budget(Budget(tokens=20_000))
        await provider.arrived.wait()
        assert line.calls_under_way == 2
        provider.go.set()
        assert [(await call).status_code for call in (first, second)] == [200, 200]


async def test_a_line_that_refuses_lets_no_call_by_and_leaves_those_under_way_alone(
    told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    async with asyncio.timeout(5), greedy(Budget(), told) as (provider, line), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(ask(http, line, max_tokens=10))
        await provider.arrived.wait()
        line.refuse("The agent repeats itself.")
        refused = await ask(http, line, max_tokens=10)
        assert (refused.status_code, refused.headers["x-should-retry"]) == (403, "false")
        assert refused.json()["error"]["message"] == "The agent repeats itself."
        assert line.failure
        assert (line.failure.kind, line.failure.why) == ("paused", "The agent repeats itself.")
        provider.go.set()
        assert (await first).status_code == 200
    assert line.failure.kind == "paused"
    assert len(provider.granted) == 1


async def test_another_accounts_key_pays_for_one_line_and_the_limit_names_it(http: httpx2.AsyncClient) -> None:
    script = Script(limited={"first-key": 600})
    async with asyncio.timeout(5), serve_script(script) as url, models_proxy.serve(instead(url, "first-key")) as proxy:
        second = instead(url, "second-key", "second")
        async with (
            proxy.open("run", 1, on_usage=lambda _: None) as poor,
            proxy.open("run", 2, on_usage=lambda _: None, upstreams={"anthropic": second["anthropic"]}) as rich,
        ):
            refused = await ask(http, poor, max_tokens=10)
            assert (await ask(http, rich, max_tokens=10)).status_code == 200
            assert "openai" in rich.access.urls
    assert refused.status_code == 429
    assert poor.failure
    assert (poor.failure.kind, poor.failure.account, poor.failure.model) == ("limit", "anthropic", "scripted")
    assert poor.failure.limit
    assert poor.failure.limit.resets_at
    assert [(call.key, call.status) for call in script.calls] == [("first-key", 429), ("second-key", 200)]


async def test_a_line_may_have_a_wire_that_the_node_has_not(model_url: str, http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(5), models_proxy.serve({}) as proxy:
        async with proxy.open("run", 1, on_usage=lambda _: None, upstreams=instead(model_url)) as line:
            assert (await ask(http, line, max_tokens=10)).status_code == 200
        async with proxy.open("run", 2, on_usage=lambda _: None) as line:
            assert line.access.urls == {}


@pytest.mark.parametrize(("wire", "path", "limit"), WIRES)
async def test_an_answer_that_is_broken_off_is_counted_as_far_as_it_came(
    proxy: Proxy, told: list[AgentUsage], wire: str, path: str, limit: str
) -> None:
    """The model says 20 pieces and hangs: the provider's count never comes."""
    async with asyncio.timeout(5), proxy.open("run", 1, on_usage=told.append) as line:
        async with httpx2.AsyncClient() as client:
            body = asked(path, "SCRIPT:\nusage 100 9999\nstream 20 0\nhang\n", stream=True)
            async with client.stream("POST", line.access.urls[wire] + path, json=body) as response:
                async for text in response.aiter_lines():
                    if "piece 20" in text:
                        break
        while line.calls_under_way:
            await asyncio.sleep(0)
    assert told[-1].calls == 1
    assert 50 <= told[-1].output_tokens <= 100
    assert 50 < told[-1].input_tokens <= 200
    assert line.estimated_calls == 1


async def test_a_call_that_is_given_up_before_its_answer_is_counted_too(
    told: list[AgentUsage], http: httpx2.AsyncClient
) -> None:
    async with asyncio.timeout(5), greedy(Budget(tokens=5_000), told) as (provider, line):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(ask(http, line, prompt="x" * 3_000, max_tokens=10))
            await provider.arrived.wait()
            call.cancel()
        while line.calls_under_way:
            await asyncio.sleep(0)
        assert (told[-1].output_tokens, line.estimated_calls) == (0, 1)
        assert 1_000 < told[-1].input_tokens < 1_200
