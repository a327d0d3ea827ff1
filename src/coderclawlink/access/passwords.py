"""Passwords: what may be one, and its hash (argon2id, RFC 9106; 19 MiB, two passes), which is all that is kept.

Above: signing in, people. Below: argon2. Hashing takes memory and tens of milliseconds, so it is done in threads, at most four at
once; for somebody unknown as much is reckoned as for anybody, so that the time does not tell who is known.
"""

from __future__ import annotations

import asyncio
import functools
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from coderclawlink.errors import Invalid

Made = TypeVar("Made")

SHORTEST = 12
LONGEST = 256
DISTINCT_AT_LEAST = 5
AT_ONCE = 4

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")

COMMON = frozenset(
    [
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "mypassword123",
        "thisismypassword",
        "changemechangeme",
        "administrator",
        "administrator1",
        "letmeinletmein",
        "welcomewelcome",
        "iloveyouiloveyou",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopas",
        "qwertyuiopasdf",
        "1qaz2wsx3edc",
        "1q2w3e4r5t6y",
        "zaq12wsxcde3",
        "abcdefghijkl",
        "abcdefghijklm",
        "abcd12345678",
        "abc123abc123",
        "a1b2c3d4e5f6",
        "123456789012",
        "1234567890123",
        "12345678901234",
        "0123456789012",
        "112233445566",
        "123456789abc",
        "123456789qwerty",
        "qwerty123456",
        "qwerty1234567",
        "qazwsxedcrfv",
        "correcthorsebatterystaple",
        "trustno1trustno1",
        "sunshine1234",
        "princess1234",
        "football1234",
        "baseball1234",
        "superman1234",
        "dragondragon",
        "monkeymonkey",
        "mastermaster",
        "secretsecret",
        "coderclawlink",
        "clawlinkclawlink",
        "p@ssw0rd1234",
        "passw0rd1234",
        "adminadminadmin",
    ]
)


class PasswordWeak(Invalid):
    """The password is too easy to guess."""


def require_good(password: str, *names: str | None) -> None:
    """Raises `PasswordWeak`. `names`: what it may not hold."""
    plain = _normal(password).casefold()
    if not SHORTEST <= len(plain) <= LONGEST:
        raise PasswordWeak(f"A password has {SHORTEST} to {LONGEST} characters.")
    if plain in COMMON or len(set(plain)) < DISTINCT_AT_LEAST:
        raise PasswordWeak(
            "This password is among the first that are guessed. Take another, such as four unrelated words."
        )
    for name in names:
        part = (name or "").partition("@")[0].casefold()
        if len(part) > 2 and part in plain:
            raise PasswordWeak("The password holds your name, which is guessed first. Take another.")


async def hashed(password: str) -> str:
    """Its hash in argon2's own encoding."""
    return await _in_thread(functools.partial(_hasher.hash, _normal(password)))


async def matches(encoded: str | None, password: str) -> bool:
    """Whether it is the one that was hashed; never for None, after as long a time."""
    return await _in_thread(functools.partial(_is_it, encoded, _normal(password[: LONGEST * 4])))


def hash_now(password: str) -> str:
    """`hashed`, for a thread that may block."""
    return _hasher.hash(_normal(password))


def _is_it(encoded: str | None, password: str) -> bool:
    try:
        _hasher.verify(encoded or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return encoded is not None


@functools.cache
def _nobodys() -> str:
    return _hasher.hash("nobody's")


async def _in_thread(work: Callable[[], Made]) -> Made:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
