"""What a device proves itself by: an Ed25519 key pair that never leaves it, and what exactly it signs. Pure.

Above: `pairing` and `devices`, which verify; `clawlink device`, which signs. Below: `cryptography`. Each text that is signed begins with what it
is for, and each of its parts with how long it is: what was signed for one thing can never be shown for another.

Two people compare a key by six words, which stand for 72 bits of its hash: each word is two of 64 syllables, so that it can be read out in most
languages, and no list of words must be shipped.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coderclawlink.errors import Invalid

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
SYLLABLES = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
WORDS = 6


MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class NoKey(Invalid):
    """A device's public key is the 32 bytes of an Ed25519 key, in base64url."""


def meant(code: str) -> str:
    """A pairing code as it is signed and kept: capitals, no hyphen, what looks alike taken for what was meant."""
    return code.strip().upper().translate(MEANT)


# ── what is signed ─────────────────────────────────────────────────────────────────────────────────────────────────


def to_pair(code: str, public_key: str, name: str) -> bytes:
    """For being paired. `code`: as `meant`."""
    return framed("clawlink device pair 1", code, public_key, name)


def to_sign_in(hub: str, device: str, challenge: str) -> bytes:
    """For signing in. `hub`: the name that the hub had when the device was paired: who passes on a challenge of another hub gets nothing
    that this one would take."""
    return framed("clawlink device sign-in 1", hub, device, challenge)


def framed(*parts: str) -> bytes:
    """Each part behind its length in four bytes."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def new() -> str:
    """A private key, base64url of its 32 bytes."""
    return _text(Ed25519PrivateKey.generate().private_bytes_raw())


def public_of(private_key: str) -> str:
    """The public half, base64url of its 32 bytes. Raises `NoKey`."""
    return _text(_private(private_key).public_key().public_bytes_raw())


def sign(private_key: str, message: bytes) -> str:
    """Base64url of the 64 bytes. Raises `NoKey`."""
    return _text(_private(private_key).sign(message))


def verifies(public_key: str, signature: str, message: bytes) -> bool:
    """Whether who has the private half has signed the message. Raises `NoKey`."""
    key = Ed25519PublicKey.from_public_bytes(_bytes(public_key))
    try:
        key.verify(_decoded(signature), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def required(public_key: str) -> str:
    """The key, if it is one, in the one form that it is kept in. Raises `NoKey`."""
    return _text(_bytes(public_key))


def fingerprint(public_key: str) -> str:
    """Six words, such as `basu talo …`. Raises `NoKey`."""
    number = int.from_bytes(hashlib.sha256(b"clawlink device\0" + _bytes(public_key)).digest()[:9], "big")
    syllables = [SYLLABLES[number >> 6 * place & 63] for place in reversed(range(2 * WORDS))]
    return " ".join(first + second for first, second in zip(syllables[::2], syllables[1::2], strict=True))


def _private(private_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_bytes(private_key))


def _bytes(key: str) -> bytes:
    try:
        found = _decoded(key)
    except (binascii.Error, ValueError) as error:
        raise NoKey from error
    if len(found) != 32:
        raise NoKey
    return found


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
