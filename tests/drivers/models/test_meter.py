"""Tokens are counted in answers as the providers document them."""

from __future__ import annotations

import json

import pytest

from coderclawlink.drivers.models.meter import Meter, Usage
from coderclawlink.drivers.models.wires import Speech

ANTHROPIC = b"""event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-opus-4-1-20250805","stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"my \\"usage\\" of \\"error\\""}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

"""
CHAT = b"""data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"usage":null}

data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4}}}

data: [DONE]

"""
RESPONSES = b"""event: response.created
data: {"type":"response.created","response":{"id":"resp_1","model":"gpt-5","status":"in_progress","usage":null,"error":null}}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_1","model":"gpt-5","status":"completed","error":null,"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":6},"output_tokens":87,"total_tokens":123}}}

"""
OLLAMA = b"""{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"The"},"done":false}
{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"prompt_eval_count":26,"eval_count":290}
"""
STREAMS: list[tuple[Speech, str, bytes, str, Usage]] = [
    ("messages", "text/event-stream; charset=utf-8", ANTHROPIC, "claude-opus-4-1-20250805", Usage(135, 15, 100, 10)),
    ("chat", "text/event-stream", CHAT, "gpt-4o-mini", Usage(19, 10, 4)),
    ("responses", "text/event-stream", RESPONSES, "gpt-5", Usage(36, 87, 6)),
    ("ollama", "application/x-ndjson", OLLAMA, "qwen3", Usage(26, 290)),
]
WHOLE: list[tuple[Speech, object, Usage]] = [
    ("messages", {"model": "m", "usage": {"input_tokens": 3, "output_tokens": 4}}, Usage(3, 4)),
    ("chat", {"model": "m", "choices": [{}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, Usage(3, 4)),
    (
        "chat",
        {"model": "m", "object": "list", "data": [], "usage": {"prompt_tokens": 3, "total_tokens": 3}},
        Usage(3, 0),
    ),
    ("responses", {"model": "m", "error": None, "usage": {"input_tokens": 3, "output_tokens": 4}}, Usage(3, 4)),
    ("ollama", {"model": "m", "done": True, "prompt_eval_count": 3, "eval_count": 4}, Usage(3, 4)),
]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(("speech", "kind", "stream", "model", "usage"), STREAMS, ids=lambda value: str(value)[:12])
def test_a_stream_is_counted_however_it_is_cut_and_passes_unchanged(
    speech: Speech, kind: str, stream: bytes, model: str, usage: Usage, size: int
) -> None:
    meter = Meter(speech, kind)
    passed = b"".join(meter.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + meter.end()
    assert passed == stream
    assert (meter.model, meter.usage, meter.error) == (model, usage, None)


@pytest.mark.parametrize(("speech", "answer", "usage"), WHOLE)
def test_an_answer_at_once_is_counted(speech: Speech, answer: object, usage: Usage) -> None:
    meter = Meter(speech, "application/json")
    meter.feed(json.dumps(answer, indent=2).encode())
    meter.end()
    assert (meter.model, meter.usage, meter.error) == ("m", usage, None)


@pytest.mark.parametrize("size", [1, 50, 100_000])
def test_the_chunk_of_usage_that_only_we_asked_for_is_hidden(size: int) -> None:
    meter = Meter("chat", "text/event-stream", hide_usage=True)
    passed = b"".join(meter.feed(CHAT[at : at + size]) for at in range(0, len(CHAT), size)) + meter.end()
    assert b"prompt_tokens" not in passed
    assert passed == b"".join(block + b"\n\n" for block in CHAT.split(b"\n\n")[:-1] if b"prompt_tokens" not in block)
    assert meter.usage == Usage(19, 10, 4)


def test_a_stream_that_breaks_off_has_counted_what_it_told() -> None:
    meter = Meter("messages", "text/event-stream")
    meter.feed(ANTHROPIC[: ANTHROPIC.index(b"event: message_delta")])
    meter.end()
    assert meter.usage == Usage(135, 1, 100, 10)


@pytest.mark.parametrize(
    ("speech", "kind", "line", "told"),
    [
        (
            "messages",
            "text/event-stream",
            b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
            "overloaded_error: Overloaded",
        ),
        (
            "chat",
            "text/event-stream",
            b'data: {"error":{"message":"no","type":"server_error"}}\n\n',
            "server_error: no",
        ),
        (
            "responses",
            "text/event-stream",
            b'data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"no"}}}\n\n',
            "server_error: no",
        ),
        ("responses", "text/event-stream", b'data: {"type":"error","code":"x","message":"no","error":null}\n\n', "no"),
        ("ollama", "application/x-ndjson", b'{"error":"model runner has gone"}\n', "model runner has gone"),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_noticed(speech: Speech, kind: str, line: bytes, told: str) -> None:
    meter = Meter(speech, kind)
    meter.feed(line)
    assert meter.error == told


def test_what_nobody_understands_passes_uncounted() -> None:
    meter = Meter("chat", "text/event-stream")
    odd = b'data: {"usage": "much"}\n\ndata: {"usage"\n\n\xff\xfe "usage"\n'
    assert meter.feed(odd) + meter.end() == odd
    assert (meter.usage, meter.error) == (None, None)


WORDS = "word " * 60


@pytest.mark.parametrize(
    ("speech", "kind", "lines"),
    [
        (
            "messages",
            "text/event-stream",
            [
                b'data: {"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}\n\n',
                b'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"%s"}}\n\n',
            ],
        ),
        ("chat", "text/event-stream", [b'data: {"choices":[{"delta":{"reasoning_content":"%s"}}],"usage":null}\n\n']),
        (
            "responses",
            "text/event-stream",
            [
                b'data: {"type":"response.output_text.delta","delta":"%s"}\n\n',
                b'data: {"type":"response.output_text.done","text":"%s"}\n\n',
            ],
        ),
        ("ollama", "application/x-ndjson", [b'{"message":{"content":"%s"},"done":false}\n']),
        ("chat", "application/json", [b'{"choices":[{"message":{"content":"%s"}}]}']),
    ],
)
def test_an_answer_whose_count_never_comes_is_estimated_by_what_came(
    speech: Speech, kind: str, lines: list[bytes]
) -> None:
    meter = Meter(speech, kind)
    for line in lines:
        meter.feed(line.replace(b"%s", WORDS.encode()))
    if not meter.streams:
        meter.end()
    told = 25 if speech == "messages" else 40
    assert meter.total(40) == Usage(told, len(WORDS) // 3, estimated=True)


def test_an_answer_that_was_counted_is_not_estimated() -> None:
    for speech, stream in (("messages", ANTHROPIC), ("chat", CHAT)):
        meter = Meter(speech, "text/event-stream")  # type: ignore[arg-type]
        meter.feed(stream)
        assert meter.total(10_000) == meter.usage


def test_a_large_answer_is_read_in_one_go() -> None:
    meter = Meter("chat", "application/json")
    meter.feed(b'{"choices":[{"message":{"content":"' + b'a\\"b' * 1_000_000 + b'"}}]}')
    meter.end()
    assert meter.total(0).output == 4_000_000 // 3 + 1
