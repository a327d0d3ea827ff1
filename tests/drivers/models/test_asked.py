"""What a request can take at most is read on every wire, and its answer is shortened in the wire's own words."""

from __future__ import annotations

import json

import pytest

from coderclawlink.drivers.models import asked
from coderclawlink.drivers.models.asked import ANSWER_TOKENS, IMAGE_TOKENS, Request
from coderclawlink.drivers.models.budget import Demand
from coderclawlink.drivers.models.wires import Wire, find_endpoint


def read(wire: Wire, path: str, **document: object) -> Request:
    endpoint = find_endpoint(wire, "POST", path)
    assert endpoint
    return asked.read(wire, endpoint, json.dumps(document).encode())


CASES: list[tuple[Wire, str, dict[str, object], int, dict[str, object]]] = [
    ("anthropic", "/v1/messages", {"max_tokens": 8_000}, 8_000, {"max_tokens": 2_000}),
    ("openai", "/v1/chat/completions", {"max_tokens": 8_000}, 8_000, {"max_tokens": 2_000}),
    ("openai", "/v1/chat/completions", {"max_completion_tokens": 8_000}, 8_000, {"max_completion_tokens": 2_000}),
    ("openai", "/v1/chat/completions", {}, ANSWER_TOKENS, {"max_tokens": 2_000}),
    ("openai", "/v1/completions", {"prompt": "p"}, ANSWER_TOKENS, {"max_tokens": 2_000}),
    ("openai", "/v1/responses", {"max_output_tokens": 8_000}, 8_000, {"max_output_tokens": 2_000}),
    ("openai", "/v1/responses", {}, ANSWER_TOKENS, {"max_output_tokens": 2_000}),
    ("ollama", "/v1/chat/completions", {}, ANSWER_TOKENS, {"max_tokens": 2_000}),
    ("ollama", "/v1/chat/completions", {"max_tokens": -1}, ANSWER_TOKENS, {"max_tokens": 2_000}),
    ("ollama", "/api/chat", {"options": {"num_predict": 8_000, "seed": 1}}, 8_000, {"options": {"num_predict": 2_000, "seed": 1}}),
    ("ollama", "/api/chat", {"options": {"num_predict": -1}}, ANSWER_TOKENS, {"options": {"num_predict": 2_000}}),
    ("ollama", "/api/generate", {"prompt": "p"}, ANSWER_TOKENS, {"options": {"num_predict": 2_000}}),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "path", "document", "longest", "shortened"), CASES)
def test_the_longest_answer_is_read_and_shortened_on_every_wire(
    wire: Wire, path: str, document: dict[str, object], longest: int, shortened: dict[str, object]
) -> None:
    request = read(wire, path, model="m", **document)
    assert asked.demand(request).output == longest
    assert asked.demand(request).least == 1_024
    assert json.loads(asked.body(request, 2_000)) == {"model": "m", **document, **shortened}


def test_openais_own_models_are_told_in_the_name_that_they_take() -> None:
    request = read("openai", "/v1/chat/completions", model="gpt-5")
    assert json.loads(asked.body(request, 9, by_openai=True)) == {"model": "gpt-5", "max_completion_tokens": 9}
    older = read("openai", "/v1/completions", prompt="p")
    assert json.loads(asked.body(older, 9, by_openai=True))["max_tokens"] == 9


def test_a_request_that_fits_is_passed_on_byte_for_byte() -> None:
    request = read("anthropic", "/v1/messages", max_tokens=100, messages=[])
    assert asked.body(request, 100) is request.body
    assert asked.body(request, None) is request.body
    assert asked.demand(request).least == 100


def test_a_models_known_longest_answer_counts_where_the_request_says_none() -> None:
    request = read("openai", "/v1/responses", model="gpt-5")
    assert asked.demand(request, longest=128_000).output == 128_000


def test_several_answers_in_one_call_are_all_counted() -> None:
    request = read("openai", "/v1/chat/completions", max_tokens=1_000, n=3)
    assert asked.demand(request).output == 3_000
    assert json.loads(asked.body(request, 1_500))["max_tokens"] == 500
    many = read("openai", "/v1/completions", max_tokens=100, prompt=["a", "b"], best_of=2)
    assert asked.demand(many).output == 400


def test_room_for_less_than_the_thoughts_that_are_asked_for_is_no_room() -> None:
    request = read("anthropic", "/v1/messages", max_tokens=30_000, thinking={"type": "enabled", "budget_tokens": 9_000})
    assert asked.demand(request).least == 9_000 + 1_024


PICTURE = "A" * 900_000


@pytest.mark.parametrize(
    ("wire", "path", "content"),
    [
        ("anthropic", "/v1/messages", [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}]),
        ("anthropic", "/v1/messages", [{"type": "tool_result", "content": [{"type": "image", "source": {"type": "base64", "data": PICTURE}}]}]),
        ("openai", "/v1/chat/completions", [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}}]),
        ("openai", "/v1/responses", [{"type": "input_image", "image_url": "data:image/png;base64," + PICTURE}]),
    ],
)  # fmt: skip
def test_a_picture_counts_as_a_picture_and_not_as_so_much_text(wire: Wire, path: str, content: object) -> None:
    where = "input" if path == "/v1/responses" else "messages"
    request = read(wire, path, **{where: [{"role": "user", "content": content}]})
    assert IMAGE_TOKENS < asked.demand(request).input < IMAGE_TOKENS + 200


def test_ollamas_pictures_count_too() -> None:
    request = read("ollama", "/api/chat", messages=[{"role": "user", "content": "What?", "images": [PICTURE, PICTURE]}])
    assert 2 * IMAGE_TOKENS < asked.demand(request).input < 2 * IMAGE_TOKENS + 100


def test_endless_text_that_calls_itself_a_picture_counts_as_text() -> None:
    request = read(
        "openai", "/v1/chat/completions", messages=[{"role": "user", "content": "data:image/png," + PICTURE}]
    )
    assert asked.demand(request).input > 300_000


def test_what_the_provider_remembers_counts_as_going_in() -> None:
    request = read("openai", "/v1/responses", input="And now?", previous_response_id="resp_1")
    assert asked.demand(request, before=50_000).input > 50_000


def test_text_that_took_more_tokens_than_thought_is_thought_to_do_so_again() -> None:
    request = read("anthropic", "/v1/messages", max_tokens=10, messages=[{"role": "user", "content": "x" * 29_000}])
    size = len(request.body)
    assert asked.demand(request).input == -(-size // 3)
    assert asked.demand(request, per_byte=0.5).input == -(-size // 2)


def test_embeddings_have_no_answer_to_pay_for() -> None:
    assert asked.demand(read("openai", "/v1/embeddings", input="x")) == Demand(5, 0, 0)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"max_tokens": "many"}', b'{"n": [1]}', b"[" * 100_000])
def test_what_is_not_understood_is_kept_as_it_is(body: bytes) -> None:
    endpoint = find_endpoint("anthropic", "POST", "/v1/messages")
    assert endpoint
    request = asked.read("anthropic", endpoint, body)
    assert asked.body(request, None) == body
    assert request.understood == (body == b"")
