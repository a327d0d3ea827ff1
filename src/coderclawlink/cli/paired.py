"""Which device this account is at a hub: its key, in a file of the data directory that its owner alone reads; and signing in by it.

Above: `hub`, which signs in by it where nothing else says who asks, and anew when the session has ended; `device pair`, which keeps it. Below:
HTTP. Each pairing has a key of its own, so that what is signed for one hub is no use at another.
"""

from __future__ import annotations

from collections.abc import Generator

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from coderclawlink.cli import signed_in
from coderclawlink.errors import NotSignedIn

FILE = "devices.json"


class Paired(BaseModel):
    """`device`: its id. `hub`: the hub's name, as it told it. `key`: the private one, base64url."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    device: str
    hub: str
    key: str


class NotLetIn(NotSignedIn):
    """The hub does not let this device in any more: it was revoked, or its user may not sign in. Pair it anew: `clawlink device pair`."""


_shape = TypeAdapter(dict[str, Paired])


def find(url: str) -> Paired | None:
    """What this account is at the hub."""
    home = signed_in.home()
    return _read().get(signed_in.key(home, url))


def only_url() -> str | None:
    """The hub that this account is a device of, if it is one only."""
    urls = [url for url in _read() if url != signed_in.OWN]
    return urls[0] if len(urls) == 1 else None


def keep(url: str, paired: Paired) -> None:
    """In the place of an earlier one. The session that was kept for this hub is forgotten: the device opens its own."""
    home = signed_in.home()
    _write({**_read(), signed_in.key(home, url): paired})
    signed_in.drop(url)


def drop(url: str) -> None:
    """Forget the key, and what it has opened."""
    found = _read()
    if found.pop(signed_in.key(signed_in.home(), url), None) is not None:
        _write(found)
        signed_in.drop(url)


def _read() -> dict[str, Paired]:
    try:
        return _shape.validate_json((signed_in.home() / FILE).read_bytes())
    except (OSError, ValidationError):
        return {}


def _write(found: dict[str, Paired]) -> None:
    signed_in.write(signed_in.home() / FILE, {url: paired.model_dump() for url, paired in found.items()})


class _Challenge(BaseModel):
    challenge: str


class _Opened(BaseModel):
    session_id: str


class BySigning(httpx2.Auth):
    """Sends the session, signs in by the key where there is none or it has ended, and keeps what that opens."""

    def __init__(self, url: str, paired: Paired, session: str | None) -> None:
        self._url = url
        self._paired = paired
        self._session = session

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Raises `NotLetIn`."""
        if self._session is None:
            yield from self._sign_in()
        request.headers["Authorization"] = f"Bearer {self._session}"
        answer = yield request
        if answer.status_code == 401 and isinstance(request.stream, httpx2.ByteStream):  # what can be said again
            yield from self._sign_in()
            request.headers["Authorization"] = f"Bearer {self._session}"
            yield request

    def _sign_in(self) -> Generator[httpx2.Request, httpx2.Response, None]:
        from coderclawlink.access import device_key

        device = self._paired.device
        asked = yield self._post("challenge", {"device_id": device})
        try:
            challenge = _Challenge.model_validate_json(asked.read()).challenge
        except ValidationError as error:
            raise NotLetIn from error
        message = device_key.to_sign_in(self._paired.hub, device, challenge)
        signature = device_key.sign(self._paired.key, message)
        opened = yield self._post("sign-in", {"device_id": device, "challenge": challenge, "signature": signature})
        try:
            self._session = _Opened.model_validate_json(opened.read()).session_id
        except ValidationError as error:
            raise NotLetIn from error
        signed_in.keep(self._url, self._session)

    def _post(self, verb: str, body: dict[str, str]) -> httpx2.Request:
        return httpx2.Request("POST", f"{self._url}/api/devices/{verb}", json=body)
