"""Passwords: what may be one, and what is kept of it."""

from __future__ import annotations

import asyncio
import statistics
import time

import pytest

from coderclawlink.access import passwords
from coderclawlink.access.passwords import PasswordWeak

pytestmark = pytest.mark.anyio

GOOD = "four unrelated words"


async def test_the_hash_is_argon2id_with_nineteen_mebibytes_and_differs_each_time() -> None:
    one, other = await passwords.hashed(GOOD), await passwords.hashed(GOOD)
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert await passwords.matches(one, GOOD)
    assert not await passwords.matches(one, GOOD + " ")
    assert not await passwords.matches(None, "nobody's")
    assert not await passwords.matches("no hash at all", GOOD)


async def test_the_same_letters_typed_differently_are_the_same_password() -> None:
    assert await passwords.matches(
        await passwords.hashed("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301"
    )


@pytest.mark.parametrize(
    "weak",
    ["", "elevenchars", "Password1234", "QwertyUiop12", "aaaaaaaaaaaa", "abababababab", "x" * 257, "i am ann-marie ok"],
)
async def test_what_is_guessed_first_is_refused(weak: str) -> None:
    with pytest.raises(PasswordWeak):
        passwords.require_good(weak, "ann-marie", None)


async def test_four_unrelated_words_are_taken() -> None:
    passwords.require_good(GOOD, "ann", "Ann Example")


async def test_for_nobody_as_much_is_reckoned_as_for_somebody() -> None:
    kept = await passwords.hashed(GOOD)

    async def seconds(encoded: str | None) -> float:
        began = time.perf_counter()
        await passwords.matches(encoded, "wrong but long enough")
        return time.perf_counter() - began

    await seconds(None)  # the first makes the hash that is nobody's
    somebody = statistics.median([await seconds(kept) for _ in range(9)])
    nobody = statistics.median([await seconds(None) for _ in range(9)])
    assert 0.3 < nobody / somebody < 3


async def test_the_loop_goes_on_while_many_are_reckoned() -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        work = [group.create_task(passwords.matches(None, GOOD)) for _ in range(12)]
        turns = 0
        while not all(one.done() for one in work):
            await asyncio.sleep(0.001)
            turns += 1
    assert turns > 5
