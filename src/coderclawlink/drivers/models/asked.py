"""What a request to a model asks for, how much that can take at most, and the same request with a shorter answer. Pure.

Above: the proxy. Below: the shapes of the wires. How large the input is can only be estimated before the provider has counted:
one token for `BYTES_FOR_A_TOKEN` bytes of JSON, which is more than English, code and tool schemas need (3.5 to 4.5 bytes each in
the tokenizers of today) and about what Chinese and Japanese need; `per_byte` mends it by what the attempt's earlier calls took.
An inline image counts `IMAGE_TOKENS`, whatever its size; a PDF counts like text.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from coderclawlink.drivers.models.budget import Demand
from coderclawlink.drivers.models.wires import Endpoint, Wire

BYTES_FOR_A_TOKEN = 3
IMAGE_TOKENS = 5_000
"""More than any provider counts for one image at its best resolution today."""
ANSWER_TOKENS = 16_384
"""The longest answer where neither the request nor the price list says one."""
LEAST_ANSWER_TOKENS = 1_024
"""With less room than this, and less than it asks for, a call would only break its answer off in the middle."""


def _positive(value: object) -> object:
    # Ollama's -1 and -2 mean without end, as absent does.
    return None if isinstance(value, int | float) and value <= 0 else value


Tokens = Annotated[int | None, BeforeValidator(_positive)]


class _Thinking(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    budget_tokens: Tokens = None


class _Options(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    num_predict: Tokens = None


class _Asked(BaseModel):
    """What the proxy wants to know of a request, on whichever wire."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    model: str = ""
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    tools: list[Any] | None = None
    max_tokens: Tokens = None
    max_completion_tokens: Tokens = None
    max_output_tokens: Tokens = None
    options: _Options | None = None
    thinking: _Thinking | None = None
    n: Tokens = None
    best_of: Tokens = None
    prompt: Any = None
    previous_response_id: str | None = None
    conversation: Any = None


@dataclass(frozen=True)
class Request:
    """A request as it came. `understood`: its body is what the endpoint's clients send, so that it can be bounded."""

    wire: Wire
    endpoint: Endpoint
    body: bytes
    understood: bool = False
    asked: _Asked = field(default_factory=_Asked)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def hides_usage(self) -> bool:
        """Whether the chunk of usage in the answer is ours alone: we have asked for it, the agent did not."""
        options = self.asked.stream_options or {}
        streams = self.endpoint.speech == "chat" and bool(self.asked.stream)
        return self.understood and streams and not options.get("include_usage")

    @property
    def goes_on(self) -> bool:
        """Whether the provider adds what was said before, so that the request does not hold all that goes in."""
        return self.asked.previous_response_id is not None or self.asked.conversation is not None

    @property
    def times(self) -> int:
        """So many answers are wanted."""
        prompts = self.asked.prompt
        many = len(prompts) if isinstance(prompts, list) and prompts and isinstance(prompts[0], str | list) else 1
        return max(self.asked.n or 1, self.asked.best_of or 1) * many

    @property
    def answer_tokens(self) -> int | None:
        """How long one answer may be, as the request says."""
        asked = self.asked
        match self.endpoint.speech:
            case "ollama":
                return asked.options.num_predict if asked.options is not None else None
            case "responses":
                return asked.max_output_tokens
            case _:
                said = [tokens for tokens in (asked.max_tokens, asked.max_completion_tokens) if tokens is not None]
                return max(said, default=None)


def read(wire: Wire, endpoint: Endpoint, body: bytes) -> Request:
    """A body that makes no sense is kept as it is: the provider says what is wrong with it better than we could."""
    try:
        document = json.loads(body) if body else {}
        asked = _Asked.model_validate(document)
    except (ValueError, ValidationError, RecursionError):
        return Request(wire, endpoint, body)
    return Request(wire, endpoint, body, True, asked, document)


def size(request: Request) -> tuple[int, int]:
    """Bytes of text, and the number of images beside them."""
    if b"image" not in request.body or not request.understood:
        return len(request.body), 0
    images = _images(request.document)
    return max(0, len(request.body) - sum(images)), len(images)


def demand(request: Request, *, longest: int | None = None, per_byte: float = 0.0, before: int = 0) -> Demand:
    """What the call can take. `longest`: the model's longest answer, if known; `per_byte`: tokens that a byte took in earlier
    calls; `before`: the largest conversation so far, in tokens."""
    text, images = size(request)
    tokens = math.ceil(text * max(1 / BYTES_FOR_A_TOKEN, per_byte)) + images * IMAGE_TOKENS
    if request.goes_on:
        tokens += before
    if not request.endpoint.generates:
        return Demand(tokens, 0, 0)
    answer = request.answer_tokens or longest or ANSWER_TOKENS
    least = min(answer, LEAST_ANSWER_TOKENS)
    thought = request.asked.thinking.budget_tokens if request.asked.thinking is not None else None
    if thought is not None and thought < answer:
        least = min(
            answer, thought + LEAST_ANSWER_TOKENS
        )  # a request with less room than for its thoughts is no request
    return Demand(tokens, answer * request.times, least * request.times)


def body(request: Request, room: int | None, *, by_openai: bool = False) -> bytes:
    """What to forward. `room`: so many tokens the answer may have, None: as many as the request says. `by_openai`: the model is
    OpenAI's own, and not one behind an interface like it."""
    changes: dict[str, Any] = {}
    if request.hides_usage:
        changes["stream_options"] = {**(request.asked.stream_options or {}), "include_usage": True}
    if room is not None and request.endpoint.generates:
        each = room // request.times
        said = request.answer_tokens
        if said is None or each < said:
            changes.update(_limit(request, each, by_openai))
    return json.dumps({**request.document, **changes}).encode() if changes else request.body


def _limit(request: Request, tokens: int, by_openai: bool) -> dict[str, Any]:
    asked = request.asked
    match request.endpoint.speech:
        case "ollama":
            return {"options": {**(request.document.get("options") or {}), "num_predict": tokens}}
        case "responses":
            return {"max_output_tokens": tokens}
        case "messages":
            return {"max_tokens": tokens}
    said = [name for name in ("max_tokens", "max_completion_tokens") if getattr(asked, name) is not None]
    if not said:
        # OpenAI's reasoning models refuse the old name, servers that imitate it may refuse the new one.
        said = ["max_completion_tokens" if by_openai and asked.prompt is None else "max_tokens"]
    return dict.fromkeys(said, tokens)


def _images(value: object) -> list[int]:
    """The bytes of each inline image, in the shapes of all wires. An image by URL counts as one of few bytes."""
    match value:
        case {"type": "image", "source": {"data": str(data)}}:
            return [len(data)]
        case {"type": "image", "source": {"url": str()}}:
            return [0]
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "input_image", "image_url": str(url)}:
            return [len(url)]
        case {"images": [*images], **others}:
            return [*(len(image) for image in images if isinstance(image, str)), *_images(others)]
        case dict():
            return [size for item in value.values() for size in _images(item)]
        case list():
            return [size for item in value for size in _images(item)]
        case _:
            return []
