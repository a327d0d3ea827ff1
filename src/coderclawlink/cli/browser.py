"""Signing in by the browser, at a provider of identities: the terminal waits on this machine for the code that the browser brings.

Above: `sign-in`. Below: the hub, and the browser on the other side. The code opens nothing without the verifier, which stays here (PKCE).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from coderclawlink.cli import screen
from coderclawlink.cli.hub import Hub, path_part
from coderclawlink.cli.provider_shapes import Methods
from coderclawlink.cli.shapes import SignedIn
from coderclawlink.errors import Invalid, Unavailable

WAIT_SECONDS = 300.0
DONE = b"You are signed in at your terminal. This page can be closed."


class NobodyCame(Unavailable):
    """Nobody has signed in within five minutes. Try again."""


def sign_in(hub: Hub, provider: str | None, *, anew: bool) -> SignedIn:
    """Open the browser, and wait until somebody has signed in there. `provider`: None: the only one. `anew`: who has signed in there has to
    show again who that is. Raises `NobodyCame`, `Invalid`."""
    offered = [one.name for one in hub.get("/api/auth/methods").read(Methods).providers]
    if provider is None:
        if len(offered) != 1:
            names = f"Say at which, by --provider: {', '.join(offered)}." if offered else "It has no provider."
            raise Invalid(f"This hub has not one provider to sign in at. {names}")
        provider = offered[0]
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    with _Waiting() as waiting:
        asked = urlencode({"port": waiting.server_port, "challenge": challenge} | ({"anew": "true"} if anew else {}))
        way = f"{hub.url}/api/auth/providers/{path_part(provider)}/start?{asked}"
        screen.complain(f"Sign in in your browser. If none opens, open this address in one on this machine:\n{way}")
        # One that runs in the terminal itself would be waited for.
        threading.Thread(target=webbrowser.open, args=(way,), daemon=True).start()
        code = waiting.wait()
    return hub.post("/api/auth/redeem", {"code": code, "verifier": verifier}).read(SignedIn)


class _Waiting(HTTPServer):
    """On this machine alone, for one code."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.code: str | None = None

    def wait(self) -> str:
        until = time.monotonic() + WAIT_SECONDS
        while self.code is None:
            self.timeout = until - time.monotonic()
            if self.timeout <= 0:
                raise NobodyCame
            self.handle_request()
        return self.code

    def handle_error(self, request: object, client_address: object) -> None:
        """Who breaks off is not waited for."""


class _Answering(BaseHTTPRequestHandler):
    server: _Waiting
    timeout = 5  # seconds, for who connects and says nothing

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        found = parse_qs(parts.query).get("code", [])
        if parts.path != "/" or len(found) != 1:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(DONE)))
        self.end_headers()
        self.wfile.write(DONE)
        self.server.code = found[0]

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would show the code."""
