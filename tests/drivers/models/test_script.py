"""The scripted model, heard through the providers' own client libraries."""

from __future__ import annotations

import asyncio
import json
import sys

import anthropic
import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from openai.types.responses import FunctionToolParam

import coderclawlink.drivers.models.script as script
from coderclawlink.drivers.models.script import Script

pytestmark = pytest.mark.anyio

PARAMETERS: dict[str, object] = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"],
}
CHAT_TOOL: ChatCompletionToolParam = {"type": "function", "function": {"name": "write", "parameters": PARAMETERS}}
RESPONSES_TOOL: FunctionToolParam = {"type": "function", "name": "write", "parameters": PARAMETERS, "strict": False}
ANTHROPIC_TOOL: anthropic.types.ToolParam = {"name": "write", "input_schema": PARAMETERS}
PROMPT = "SCRIPT:\nthink hm\nsay Here.\nwrite a.txt | hello\nsay Bye.\n"


def anthropic_client(url: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=url, api_key="x", max_retries=0)


def openai_client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0)


async def test_anthropics_client_hears_a_stream_and_its_end_after_the_tools_result(model_url: str) -> None:
    async with asyncio.timeout(10), anthropic_client(model_url) as client:
        history: list[anthropic.types.MessageParam] = [{"role": "user", "content": PROMPT}]
        async with client.messages.stream(
            model="scripted", max_tokens=100, messages=history, tools=[ANTHROPIC_TOOL]
        ) as stream:
            message = await stream.get_final_message()
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
        assert message.stop_reason == "tool_use"
        assert (message.usage.input_tokens, message.usage.output_tokens) == (100, 12)
        call = message.content[2]
        assert call.type == "tool_use"
        assert call.input == {"path": "a.txt", "content": "hello"}
        history += [
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "ok"}]},
        ]
        last = await client.messages.create(model="scripted", max_tokens=100, messages=history, tools=[ANTHROPIC_TOOL])
        assert [block.text for block in last.content if block.type == "text"] == ["Bye."]
        assert (last.usage.input_tokens, last.usage.cache_read_input_tokens) == (60, 50)


async def test_openais_client_hears_chat_completions(model_url: str) -> None:
    async with asyncio.timeout(10), openai_client(model_url) as client:
        history: list[ChatCompletionMessageParam] = [{"role": "user", "content": PROMPT}]
        async with client.chat.completions.stream(model="scripted", messages=history, tools=[CHAT_TOOL]) as stream:
            message = (await stream.get_final_completion()).choices[0].message
        assert message.content == "Here."
        assert message.tool_calls
        assert json.loads(message.tool_calls[0].function.arguments) == {"path": "a.txt", "content": "hello"}
        call_id = message.tool_calls[0].id
        called = {"name": "write", "arguments": message.tool_calls[0].function.arguments}
        history += [
            {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": called}]},  # type: ignore[typeddict-item]
            {"role": "tool", "tool_call_id": call_id, "content": "ok"},
        ]
        last = await client.chat.completions.create(model="scripted", messages=history, tools=[CHAT_TOOL])
        assert last.choices[0].message.content == "Bye."
        assert last.usage
        assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (110, 1)


async def test_openais_client_hears_responses(model_url: str) -> None:
    async with asyncio.timeout(10), openai_client(model_url) as client:
        async with client.responses.stream(model="scripted", input=PROMPT, tools=[RESPONSES_TOOL]) as stream:
            response = await stream.get_final_response()
        assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
        call = response.output[2]
        assert call.type == "function_call"
        assert json.loads(call.arguments) == {"path": "a.txt", "content": "hello"}
        last = await client.responses.create(
            model="scripted",
            tools=[RESPONSES_TOOL],
            input=[
                {"role": "user", "content": PROMPT},
                {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
                {"type": "function_call_output", "call_id": call.call_id, "output": "ok"},
            ],
        )
        assert last.output_text == "Bye."


async def test_ollamas_interface_answers_in_lines_and_at_once(model_url: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "tools": [CHAT_TOOL]}
    async with asyncio.timeout(10), httpx2.AsyncClient(base_url=model_url) as http:
        lines = [json.loads(line) for line in (await http.post("/api/chat", json=body)).text.splitlines()]
        assert [line["done"] for line in lines] == [False, False, False, True]
        assert lines[2]["message"]["tool_calls"][0]["function"]["arguments"] == {"path": "a.txt", "content": "hello"}
        whole = (await http.post("/api/chat", json={**body, "stream": False})).json()
        assert (whole["done"], whole["message"]["content"], whole["eval_count"]) == (True, "Here.", 12)
        said = (await http.post("/api/generate", json={"model": "m", "prompt": "Say it", "stream": False})).json()
        assert said["response"] == "Scripted: Say it"
        assert (await http.get("/api/tags")).json()["models"][0]["name"] == "scripted"
        assert "tools" in (await http.post("/api/show", json={"model": "m"})).json()["capabilities"]
        assert (await http.get("/api/version")).status_code == 200
        assert (await http.get("/v1/models")).json()["data"][0]["id"] == "scripted"
        assert (await http.head("/")).status_code == 200
        assert (await http.get("/")).text == "Ollama is running"
        assert (await http.get("/nothing")).status_code == 404


async def test_refusals_come_as_often_as_the_script_says(model_url: str) -> None:
    prompt = "SCRIPT:\nfail 529 x2 busy\nlimit 60 x1 slow\nsay At last.\n"
    async with asyncio.timeout(10), httpx2.AsyncClient() as http:
        heard = [
            await http.post(
                f"{model_url}/v1/messages",
                json={"messages": [{"role": "user", "content": prompt}], "tools": [ANTHROPIC_TOOL]},
            )
            for _ in range(4)
        ]
    assert [response.status_code for response in heard] == [529, 529, 429, 200]
    assert heard[0].json() == {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    assert heard[2].headers["retry-after"] == "60"
    assert "anthropic-ratelimit-requests-reset" in heard[2].headers


async def test_a_script_that_makes_no_sense_is_told_to_its_writer(model_url: str) -> None:
    async with asyncio.timeout(10), openai_client(model_url) as client:
        with pytest.raises(openai.BadRequestError, match="dance"):
            await client.responses.create(model="m", input="SCRIPT:\ndance\n", tools=[RESPONSES_TOOL])


async def test_a_new_prompt_in_the_same_conversation_starts_a_new_script(model_url: str) -> None:
    history = [
        {"role": "user", "content": "SCRIPT:\nsay One.\n"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Plain words"},
    ]
    async with asyncio.timeout(10), httpx2.AsyncClient() as http:
        body = {"messages": history, "tools": [CHAT_TOOL]}
        message = (await http.post(f"{model_url}/v1/chat/completions", json=body)).json()["choices"][0]["message"]
    assert "plain-words.md" in message["tool_calls"][0]["function"]["arguments"]


async def test_scripts_can_be_given_for_prompts_that_hold_none() -> None:
    async with (
        asyncio.timeout(10),
        script.serve(Script({"login": "say I fix it."})) as url,
        openai_client(url) as client,
    ):
        response = await client.responses.create(model="m", input="Mend the login", tools=[RESPONSES_TOOL])
    assert response.output_text == "I fix it."


async def test_it_can_be_started_from_the_command_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "coderclawlink.drivers.models.script", stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(20), httpx2.AsyncClient() as http:
            assert process.stdout
            url = (await process.stdout.readline()).decode().strip()
            assert (await http.get(f"{url}/api/version")).status_code == 200
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ("Primary working directory: /w/x\nmore", "/w/x/a.txt"),
        ("<working-directory>/w/x</working-directory>", "/w/x/a.txt"),
        ("The current working directory is `/w/x`.", "/w/x/a.txt"),
        ("<d>the working directory</d> and /tmp", "a.txt"),
    ],
)
async def test_tools_that_want_absolute_paths_get_them_where_the_folder_is_told(
    model_url: str, told: str, path: str
) -> None:
    schema = {
        "type": "object",
        "properties": {"file_path": {"type": "string", "description": "An absolute path"}, "content": {}},
    }
    tool = {"type": "function", "function": {"name": "Write", "parameters": schema}}
    talk = [{"role": "system", "content": told}, {"role": "user", "content": "SCRIPT:\nwrite a.txt | x\n"}]
    async with asyncio.timeout(10), httpx2.AsyncClient() as http:
        answer = (await http.post(f"{model_url}/v1/chat/completions", json={"messages": talk, "tools": [tool]})).json()
    assert json.loads(answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])["file_path"] == path


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v1/messages", "anthropic-ratelimit-requests-reset"),
        ("/v1/chat/completions", "x-ratelimit-reset-requests"),
        ("/v1/responses", "x-ratelimit-reset-requests"),
        ("/api/chat", "retry-after"),
    ],
)
async def test_a_limited_key_is_refused_until_its_reset_and_every_call_is_noted(path: str, header: str) -> None:
    model = Script(limited={"poor": 0.3})
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "input": "Hi"}
    async with asyncio.timeout(10), script.serve(model) as url, httpx2.AsyncClient(base_url=url) as http:
        refused = await http.post(path, json=body, headers={"authorization": "Bearer poor"})
        other = await http.post(path, json=body, headers={"x-api-key": "rich"})
        assert (refused.status_code, other.status_code) == (429, 200)
        assert header in refused.headers
        assert 0 < float(refused.headers["retry-after"]) <= 0.3
        while (await http.post(path, json=body, headers={"authorization": "Bearer poor"})).status_code == 429:
            await asyncio.sleep(0.02)
        calls = (await http.get("/calls")).json()
    assert [(call["key"], call["status"]) for call in calls][:2] == [("poor", 429), ("rich", 200)]
    assert calls[-1]["status"] == 200
    assert calls[-1]["at"] - calls[0]["at"] >= 0.25
    assert len(calls) == len(model.calls)


async def test_a_limited_key_can_be_given_on_the_command_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "coderclawlink.drivers.models.script",
        "--limited",
        "a=b=60",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(20), httpx2.AsyncClient() as http:
            url = (await process.stdout.readline()).decode().strip()
            body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
            response = await http.post(f"{url}/v1/chat/completions", json=body, headers={"authorization": "Bearer a=b"})
        assert response.status_code == 429
    finally:
        process.terminate()
        await process.wait()
