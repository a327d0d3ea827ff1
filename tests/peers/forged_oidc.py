"""A provider of identities that lies as it is told to: its tokens are right but for what a test changes in them."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import RSAKey

Claims = dict[str, object]
CLIENT = "hub"


@dataclass
class Forger:
    """`make`: the ID token for the claims that would be right. `described`, `userinfo`: what is told of the provider, and of the account."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    nonce: str = ""
    described: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    make: Callable[[Claims], str] = field(init=False)

    def __post_init__(self) -> None:
        self.be_honest()

    def be_honest(self) -> None:
        self.described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
        }
        self.userinfo = {"sub": "mallory"}
        self.make = self.signed

    def claims(self) -> Claims:
        now = int(time.time())
        right = {"iss": self.issuer, "sub": "mallory", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": self.nonce}
        return {**right, "email": "mallory@example.org"}

    def signed(self, claims: Claims, *, key: RSAKey | None = None, **header: object) -> str:
        head = in_base64url(json.dumps({"alg": "RS256", "kid": "one", **header}).encode())
        text = f"{head}.{in_base64url(json.dumps(claims).encode())}"
        private = (key or self.key).private_key
        assert private is not None
        return f"{text}.{in_base64url(private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def answer(self, path: str) -> object:
        match path:
            case "/.well-known/openid-configuration":
                return self.described
            case "/jwks":
                return {"keys": [self.key.as_dict(private=False)]}
            case "/token":
                return {"id_token": self.make(self.claims()), "access_token": "opaque", "token_type": "Bearer"}
            case _:
                return self.userinfo


def in_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextlib.contextmanager
def forger() -> Iterator[Forger]:
    """One that listens, and is honest until it is told otherwise."""
    made: list[Forger] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize?"):  # whoever comes is signed in already
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                made[0].nonce = asked["nonce"]
                said = {"code": "a code", "state": asked["state"], "iss": made[0].issuer}
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(said)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = json.dumps(made[0].answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        made.append(Forger(f"http://127.0.0.1:{server.server_port}"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made[0]
        finally:
            server.shutdown()
            thread.join(10)
