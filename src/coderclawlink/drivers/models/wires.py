"""What the providers' interfaces look like: which endpoints exist, where the key goes, how an error is said. Pure.

A *wire* is a provider's family of endpoints as an agent knows it; a *speech* is the shape of one endpoint's words. Ollama's
wire has its own speech and, under /v1, those of the other two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from coderclawlink.errors import Invalid

Wire = Literal["anthropic", "openai", "ollama"]
Speech = Literal["messages", "chat", "responses", "ollama", "plain"]


@dataclass(frozen=True)
class Endpoint:
    """`generates`: a call of it is work of the model, so its outcome counts. `costs`: it is paid by the token."""

    method: str
    path: re.Pattern[str]
    speech: Speech
    generates: bool = False
    costs: bool = False


def _endpoint(
    method: str, path: str, speech: Speech, *, generates: bool = False, costs: bool | None = None
) -> Endpoint:
    return Endpoint(method, re.compile(path), speech, generates, generates if costs is None else costs)


# A model's name, perhaps with its maker's before it; never a path upwards.
_MODEL = r"(/[\w@:-][\w.@:-]*){1,2}"
_MESSAGES = _endpoint("POST", "/v1/messages", "messages", generates=True)
_COUNT = _endpoint("POST", "/v1/messages/count_tokens", "messages")
_LIST = _endpoint("GET", f"/v1/models({_MODEL})?", "plain")
_OPENAI = (
    _endpoint("POST", "/v1/chat/completions", "chat", generates=True),
    _endpoint("POST", "/v1/completions", "chat", generates=True),
    _endpoint("POST", "/v1/responses", "responses", generates=True),
    _endpoint("POST", "/v1/embeddings", "chat", costs=True),
    _LIST,
)
# Ollama's pull, push, create, copy and delete are left out: a model server is not an agent's to change.
ENDPOINTS: Mapping[Wire, tuple[Endpoint, ...]] = {
    "anthropic": (_MESSAGES, _COUNT, _LIST),
    "openai": _OPENAI,
    "ollama": (
        _endpoint("POST", "/api/(chat|generate)", "ollama", generates=True),
        _endpoint("POST", "/api/(embed|embeddings)", "ollama", costs=True),
        _endpoint("POST", "/api/show", "ollama"),
        _endpoint("GET", "/api/(tags|version|ps)", "ollama"),
        _MESSAGES,
        *_OPENAI,
    ),
}


def find_endpoint(wire: Wire, method: str, path: str) -> Endpoint | None:
    """The endpoint of a request, or None when it is not one that agents may use."""
    for endpoint in ENDPOINTS[wire]:
        if endpoint.method == method and endpoint.path.fullmatch(path):
            return endpoint
    return None


@dataclass(frozen=True)
class Upstream:
    """A provider: its base URL without a version path or slash at the end, and the real key or None. `account`: the name of
    whose key it is, empty for the wire's own."""

    base: str
    key: str | None = field(default=None, repr=False)
    account: str = ""

    def credentials(self, wire: Wire) -> list[tuple[bytes, bytes]]:
        """The headers that carry the real key."""
        if self.key is None:
            return []
        key = self.key.encode()
        return [(b"x-api-key", key)] if wire == "anthropic" else [(b"authorization", b"Bearer " + key)]


Upstreams = Mapping[Wire, Upstream]


def upstreams(
    *,
    anthropic_base_url: str | None = None,
    anthropic_api_key: str | None = None,
    openai_base_url: str | None = None,
    openai_api_key: str | None = None,
    ollama_base_url: str | None = None,
    ollama_api_key: str | None = None,
) -> Upstreams:
    """The providers that are configured: a wire needs a key or a base URL of its own.

    Base URLs are taken with or without `/v1`. Raises `Invalid` for what is no plain http(s) URL.
    """
    found: dict[Wire, Upstream] = {}
    if anthropic_api_key or anthropic_base_url:
        found["anthropic"] = Upstream(_base(anthropic_base_url or "https://api.anthropic.com"), anthropic_api_key)
    if openai_api_key or openai_base_url:
        found["openai"] = Upstream(_base(openai_base_url or "https://api.openai.com"), openai_api_key)
    if ollama_base_url:
        found["ollama"] = Upstream(_base(ollama_base_url), ollama_api_key)
    return found


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Invalid(f"Not a base URL of a model provider: {parts._replace(netloc=parts.hostname or '').geturl()!r}.")
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def error_body(speech: Speech, kind: str, message: str) -> bytes:
    """An error as the endpoint's own clients understand it. `kind` is a word like `rate_limit_error`."""
    if speech == "messages":
        return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    if speech == "ollama":
        return json.dumps({"error": message}).encode()
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}}).encode()


def error_in_stream(speech: Speech, kind: str, message: str) -> bytes:
    """The same, as the last word of an answer whose stream has begun."""
    if speech == "messages":
        return b"event: error\ndata: " + error_body(speech, kind, message) + b"\n\n"
    if speech == "responses":
        said = json.dumps({"type": "error", "code": kind, "message": message, "param": None, "sequence_number": 0})
        return b"event: error\ndata: " + said.encode() + b"\n\n"
    if speech == "ollama":
        return error_body(speech, kind, message) + b"\n"
    return b"data: " + error_body(speech, kind, message) + b"\n\n"
