"""An authenticator in software (WebAuthn level 3): makes a passkey with ES256, and answers challenges by it."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HOLDS_KEY = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def create(self, challenge: str) -> dict[str, object]:
        numbers = self.key.public_key().public_numbers()
        # As COSE has it: an EC2 key for ES256 on P-256, then its x and its y.
        public = (
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
            + numbers.x.to_bytes(32)
            + b"\x22\x58\x20"
            + numbers.y.to_bytes(32)
        )
        data = self._data(HOLDS_KEY) + bytes(16) + len(self.id).to_bytes(2) + self.id + public
        # In CBOR: no attestation, and the data.
        told = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + len(data).to_bytes(1) + data
        response = {"clientDataJSON": self._client("webauthn.create", challenge), "attestationObject": b64(told)}
        return self._credential(response)

    def get(self, challenge: str) -> dict[str, object]:
        self.count += 1
        client = self._client("webauthn.get", challenge)
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(unb64(client)).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {"clientDataJSON": client, "authenticatorData": b64(data), "signature": b64(signature), "userHandle": None}
        )

    def _data(self, more: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> str:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return b64(json.dumps(said).encode())

    def _credential(self, response: Mapping[str, object]) -> dict[str, object]:
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}
