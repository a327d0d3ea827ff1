"""Google's interface before the scripted model, for an agent that speaks nothing else: each request is asked on as a chat."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from coderclawlink.drivers.models.listen import Receive, Scope, Send, answer, read_body


class Google:
    """An ASGI app. `chat_url`: the scripted model's base URL."""

    def __init__(self, chat_url: str) -> None:
        self._url = chat_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = json.loads(await read_body(receive, 1 << 26) or b"{}")
        verb = str(scope["path"]).rpartition(":")[2]
        if verb == "countTokens":
            await answer(send, 200, b'{"totalTokens": 100}')
            return
        async with httpx2.AsyncClient(timeout=600) as client:
            said = await client.post(f"{self._url}/v1/chat/completions", json=_as_chat(asked))
        if said.status_code != 200:
            error = {"code": said.status_code, "message": said.text, "status": "INVALID_ARGUMENT"}
            await answer(send, said.status_code, json.dumps({"error": error}).encode())
            return
        body = json.dumps(_as_candidates(said.json())).encode()
        if verb == "streamGenerateContent":
            await answer(send, 200, b"data: " + body + b"\n\n", [(b"content-type", b"text/event-stream")])
        else:
            await answer(send, 200, body)


def _as_chat(asked: dict[str, Any]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for content in asked.get("contents", []):
        for part in content.get("parts", []):
            if call := part.get("functionCall"):
                function = {"name": call["name"], "arguments": json.dumps(call.get("args", {}))}
                called = {"id": call.get("id", "c"), "type": "function", "function": function}
                messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
            elif result := part.get("functionResponse"):
                messages.append({"role": "tool", "tool_call_id": "c", "content": json.dumps(result.get("response"))})
            elif text := part.get("text"):
                messages.append({"role": "assistant" if content.get("role") == "model" else "user", "content": text})
    tools = [
        {
            "type": "function",
            "function": {
                "name": tool["name"],
                "parameters": tool.get("parametersJsonSchema") or tool.get("parameters") or {"type": "object"},
            },
        }
        for group in asked.get("tools", [])
        for tool in group.get("functionDeclarations", [])
    ]
    return {"model": "scripted", "messages": messages, **({"tools": tools} if tools else {})}


def _as_candidates(said: dict[str, Any]) -> dict[str, Any]:
    message = said["choices"][0]["message"]
    parts: list[dict[str, Any]] = [{"text": message["content"]}] if message.get("content") else []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        parts.append({"functionCall": {"name": function["name"], "args": json.loads(function["arguments"])}})
    content = {"role": "model", "parts": parts or [{"text": "Done."}]}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}
