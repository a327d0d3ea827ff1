"""What a proxy says of who asks is believed of the named ones alone, and without TLS nobody comes by another way."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from coderclawlink.errors import Invalid
from coderclawlink.web.proxies import Proxies

pytestmark = pytest.mark.anyio


class Seen:
    """An application that notes what comes."""

    def __init__(self) -> None:
        self.scope: Scope | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope


async def asked(
    peer: str | None, headers: dict[str, str], *, only: bool = True, kind: str = "http"
) -> tuple[Scope | None, list[Message]]:
    app = Seen()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "scheme": "http" if kind == "http" else "ws",
        "client": None if peer is None else (peer, 1234),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Proxies(app, ["10.0.0.5", "2001:db8::5"], only=only)(scope, receive, send)
    return app.scope, sent


async def test_a_named_proxy_is_believed_and_its_words_are_taken_away() -> None:
    for peer in ("10.0.0.5", "::ffff:10.0.0.5", "2001:db8::5"):
        scope, _ = await asked(peer, {"x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https", "host": "h"})
        assert scope is not None
        assert (scope["client"][0], scope["scheme"]) == ("203.0.113.5", "https")
        assert [name for name, _ in scope["headers"]] == [b"host"]


async def test_what_the_caller_has_written_before_the_proxys_word_is_passed_over() -> None:
    scope, _ = await asked("10.0.0.5", {"x-forwarded-for": "127.0.0.1, 203.0.113.5, 10.0.0.5"})
    assert scope is not None
    assert scope["client"][0] == "203.0.113.5"
    scope, _ = await asked("10.0.0.5", {"x-forwarded-for": "127.0.0.1, nonsense"})
    assert scope is not None
    assert scope["client"][0] == "10.0.0.5"


async def test_anybody_elses_word_counts_for_nothing() -> None:
    told = {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    scope, _ = await asked("203.0.113.9", told, only=False)
    assert scope is not None
    assert (scope["client"][0], scope["scheme"]) == ("203.0.113.9", "http")


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.6", "192.168.1.1", "fe80::1", "nonsense", None])
async def test_without_tls_only_the_proxies_and_this_machine_are_let_in(peer: str | None) -> None:
    scope, sent = await asked(peer, {})
    assert scope is None
    assert sent[0]["status"] == 403
    scope, sent = await asked(peer, {}, kind="websocket")
    assert scope is None
    assert sent[0]["type"] == "websocket.close"


async def test_this_machine_is_let_in() -> None:
    for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        scope, _ = await asked(peer, {})
        assert scope is not None
        assert scope["client"][0] == peer


async def test_a_socket_through_the_proxy_is_told_to_be_secure() -> None:
    scope, _ = await asked("10.0.0.5", {"x-forwarded-proto": "https"}, kind="websocket")
    assert scope is not None
    assert scope["scheme"] == "wss"


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Invalid):
        Proxies(Seen(), ["10.0.0.0/8"], only=True)
