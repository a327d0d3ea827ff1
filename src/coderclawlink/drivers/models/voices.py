"""One reply in the words of each wire, as a stream and at once. Pure.

Above: the scripted model. Below: nothing but the shapes that the providers document.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from coderclawlink.drivers.models.meter import Usage
from coderclawlink.drivers.models.steps import Say, Think, ToolCall
from coderclawlink.drivers.models.wires import Speech

Heard = Think | Say | ToolCall


@dataclass(frozen=True)
class Voice:
    """What is the same for all pieces of one answer. `tell_usage`: a stream of chat completions ends with its usage;
    `generate`: Ollama's older form of the answer. `number` makes the ids of the answer's parts."""

    model: str
    usage: Usage
    number: int
    tell_usage: bool = True
    generate: bool = False


def _event(document: Mapping[str, object]) -> bytes:
    kind = document.get("type")
    head = f"event: {kind}\n" if isinstance(kind, str) else ""
    return f"{head}data: {json.dumps(document)}\n\n".encode()


# ── Anthropic ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _anthropic_usage(voice: Voice) -> dict[str, object]:
    usage = voice.usage
    return {
        "input_tokens": usage.input - usage.cached - usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": usage.written,
        "output_tokens": usage.output,
    }


def _anthropic_message(voice: Voice, content: list[dict[str, object]], stop: str | None) -> dict[str, object]:
    return {
        "id": f"msg_{voice.number}",
        "type": "message",
        "role": "assistant",
        "model": voice.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _anthropic_usage(voice),
    }


def _whole_message(voice: Voice, heard: Sequence[Heard]) -> Mapping[str, object]:
    content: list[dict[str, object]] = []
    stop = "end_turn"
    for piece in heard:
        match piece:
            case Think(text):
                content.append({"type": "thinking", "thinking": text, "signature": "scripted"})
            case Say(text):
                content.append({"type": "text", "text": text})
            case ToolCall(name, arguments):
                content.append({"type": "tool_use", "id": f"toolu_{voice.number}", "name": name, "input": arguments})
                stop = "tool_use"
    return _anthropic_message(voice, content, stop)


async def _stream_message(voice: Voice, pieces: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    start = _anthropic_message(voice, [], None)
    start["usage"] = {**_anthropic_usage(voice), "output_tokens": 1}
    yield _event({"type": "message_start", "message": start})
    index, open_kind, stop = -1, "", "end_turn"

    def begin(kind: str, block: Mapping[str, object]) -> bytes:
        nonlocal index, open_kind
        closing = _event({"type": "content_block_stop", "index": index}) if open_kind else b""
        index, open_kind = index + 1, kind
        return closing + _event({"type": "content_block_start", "index": index, "content_block": block})

    def delta(**told: str) -> bytes:
        return _event({"type": "content_block_delta", "index": index, "delta": told})

    async for piece in pieces:
        match piece:
            case Think(text):
                yield begin("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                yield delta(type="thinking_delta", thinking=text)
                yield delta(type="signature_delta", signature="scripted")
            case Say(text):
                if open_kind != "text":
                    yield begin("text", {"type": "text", "text": ""})
                yield delta(type="text_delta", text=text)
            case ToolCall(name, arguments):
                yield begin("tool", {"type": "tool_use", "id": f"toolu_{voice.number}", "name": name, "input": {}})
                yield delta(type="input_json_delta", partial_json=json.dumps(arguments))
                stop = "tool_use"
    if open_kind:
        yield _event({"type": "content_block_stop", "index": index})
    yield _event(
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": voice.usage.output},
        }
    )
    yield _event({"type": "message_stop"})


# ── OpenAI, chat completions ───────────────────────────────────────────────────────────────────────────────────────


def _chat_usage(voice: Voice) -> dict[str, object]:
    usage = voice.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }


def _chat_call(voice: Voice, call: ToolCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": f"call_{voice.number}", "type": "function", "function": function}


def _whole_chat(voice: Voice, heard: Sequence[Heard]) -> Mapping[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": _said(heard) or None}
    if thought := _thought(heard):
        message["reasoning_content"] = thought
    calls = [_chat_call(voice, piece) for piece in heard if isinstance(piece, ToolCall)]
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {
        "id": f"chatcmpl-{voice.number}",
        "object": "chat.completion",
        "created": 0,
        "model": voice.model,
        "choices": [choice],
        "usage": _chat_usage(voice),
    }


async def _stream_chat(voice: Voice, pieces: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    def chunk(delta: Mapping[str, object] | None, finish: str | None = None, usage: object = None) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        return _event(
            {
                "id": f"chatcmpl-{voice.number}",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": voice.model,
                "choices": choices,
                "usage": usage,
            }
        )

    yield chunk({"role": "assistant", "content": ""})
    finish = "stop"
    async for piece in pieces:
        match piece:
            case Think(text):
                yield chunk({"reasoning_content": text})
            case Say(text):
                yield chunk({"content": text})
            case ToolCall():
                yield chunk({"tool_calls": [{"index": 0, **_chat_call(voice, piece)}]})
                finish = "tool_calls"
    yield chunk({}, finish)
    if voice.tell_usage:
        yield chunk(None, usage=_chat_usage(voice))
    yield b"data: [DONE]\n\n"


# ── OpenAI, responses ──────────────────────────────────────────────────────────────────────────────────────────────


def _response(voice: Voice, status: str, output: list[dict[str, object]]) -> dict[str, object]:
    usage = voice.usage
    counted = {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input + usage.output,
    }
    return {
        "id": f"resp_{voice.number}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": voice.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "usage": counted if status == "completed" else None,
    }


def _output_item(voice: Voice, place: int, piece: Heard) -> dict[str, object]:
    match piece:
        case Think(text):
            summary = [{"type": "summary_text", "text": text}]
            return {"type": "reasoning", "id": f"rs_{voice.number}_{place}", "summary": summary, "status": "completed"}
        case Say(text):
            content = [{"type": "output_text", "text": text, "annotations": []}]
            named = {"type": "message", "id": f"msg_{voice.number}_{place}", "role": "assistant"}
            return {**named, "content": content, "status": "completed"}
        case ToolCall(name, arguments):
            named = {"type": "function_call", "id": f"fc_{voice.number}_{place}", "call_id": f"call_{voice.number}"}
            return {**named, "name": name, "arguments": json.dumps(arguments), "status": "completed"}


def _whole_response(voice: Voice, heard: Sequence[Heard]) -> Mapping[str, object]:
    return _response(voice, "completed", [_output_item(voice, place, piece) for place, piece in enumerate(heard)])


async def _stream_response(voice: Voice, pieces: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    numbers = itertools.count()
    output: list[dict[str, object]] = []

    def event(kind: str, **told: object) -> bytes:
        return _event({"type": kind, "sequence_number": next(numbers), **told})

    def about(kind: str, item: Mapping[str, object], place: int, **told: object) -> bytes:
        return event(kind, item_id=item["id"], output_index=place, **told)

    def begun(item: Mapping[str, object], **empty: object) -> bytes:
        told = {**item, **empty, "status": "in_progress"}
        return event("response.output_item.added", output_index=len(output), item=told)

    def done(item: dict[str, object]) -> bytes:
        output.append(item)
        return event("response.output_item.done", output_index=len(output) - 1, item=item)

    def open_text(item: Mapping[str, object]) -> bytes:
        part = {"type": "output_text", "text": "", "annotations": []}
        return begun(item, content=[]) + about(
            "response.content_part.added", item, len(output), content_index=0, part=part
        )

    def close_text(spoken: list[str]) -> bytes:
        text = "".join(spoken)
        item = _output_item(voice, len(output), Say(text))
        part = {"type": "output_text", "text": text, "annotations": []}
        place = len(output)
        return (
            about("response.output_text.done", item, place, content_index=0, text=text, logprobs=[])
            + about("response.content_part.done", item, place, content_index=0, part=part)
            + done(item)
        )

    yield event("response.created", response=_response(voice, "in_progress", []))
    spoken: list[str] = []
    async for piece in pieces:
        if spoken and not isinstance(piece, Say):
            yield close_text(spoken)
            spoken = []
        item = _output_item(voice, len(output), piece)
        place = len(output)
        match piece:
            case Think(text):
                part = {"type": "summary_text", "text": ""}
                yield begun(item, summary=[])
                yield about("response.reasoning_summary_part.added", item, place, summary_index=0, part=part)
                yield about("response.reasoning_summary_text.delta", item, place, summary_index=0, delta=text)
                yield about("response.reasoning_summary_text.done", item, place, summary_index=0, text=text)
                yield done(item)
            case Say(text):
                if not spoken:
                    yield open_text(item)
                spoken.append(text)
                yield about("response.output_text.delta", item, place, content_index=0, delta=text, logprobs=[])
            case ToolCall(name, arguments):
                told = json.dumps(arguments)
                yield begun(item, arguments="")
                yield about("response.function_call_arguments.delta", item, place, delta=told)
                yield about("response.function_call_arguments.done", item, place, name=name, arguments=told)
                yield done(item)
    if spoken:
        yield close_text(spoken)
    yield event("response.completed", response=_response(voice, "completed", output))


# ── Ollama ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ollama_piece(voice: Voice, text: str, thought: str = "", calls: Sequence[ToolCall] = ()) -> dict[str, object]:
    told: dict[str, object] = {"model": voice.model, "created_at": "2026-01-01T00:00:00Z"}
    if voice.generate:
        return {**told, "response": text}
    message: dict[str, object] = {"role": "assistant", "content": text}
    if thought:
        message["thinking"] = thought
    if calls:
        message["tool_calls"] = [{"function": {"name": call.name, "arguments": call.arguments}} for call in calls]
    return {**told, "message": message}


def _ollama_end(voice: Voice) -> dict[str, object]:
    usage = voice.usage
    counted = {"prompt_eval_count": usage.input, "eval_count": usage.output}
    return {"done": True, "done_reason": "stop", "total_duration": 1, **counted}


def _whole_ollama(voice: Voice, heard: Sequence[Heard]) -> Mapping[str, object]:
    calls = [piece for piece in heard if isinstance(piece, ToolCall)]
    return {**_ollama_piece(voice, _said(heard), _thought(heard), calls), **_ollama_end(voice)}


async def _stream_ollama(voice: Voice, pieces: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    def line(document: Mapping[str, object]) -> bytes:
        return json.dumps({"done": False, **document}).encode() + b"\n"

    async for piece in pieces:
        match piece:
            case Think(text):
                yield line(_ollama_piece(voice, "", text))
            case Say(text):
                yield line(_ollama_piece(voice, text))
            case ToolCall():
                yield line(_ollama_piece(voice, "", calls=[piece]))
    yield line({**_ollama_piece(voice, ""), **_ollama_end(voice)})


def _said(heard: Sequence[Heard]) -> str:
    return "".join(piece.text for piece in heard if isinstance(piece, Say))


def _thought(heard: Sequence[Heard]) -> str:
    return "".join(piece.text for piece in heard if isinstance(piece, Think))


WHOLE: Mapping[Speech, Callable[[Voice, Sequence[Heard]], Mapping[str, object]]] = {
    "messages": _whole_message,
    "chat": _whole_chat,
    "responses": _whole_response,
    "ollama": _whole_ollama,
}
"""A whole answer, as a JSON document."""
STREAM: Mapping[Speech, Callable[[Voice, AsyncIterator[Heard]], AsyncIterator[bytes]]] = {
    "messages": _stream_message,
    "chat": _stream_chat,
    "responses": _stream_response,
    "ollama": _stream_ollama,
}
"""The same in pieces, as they are heard."""
