"""Waiting no longer than so long, also while a task that was cancelled cleans up."""

import asyncio

import pytest

from coderclawlink import clock

pytestmark = pytest.mark.anyio


async def until_cancelled(cleaning_up: list[str], seconds: float) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        try:
            async with clock.timeout(seconds):
                await asyncio.Event().wait()
        except TimeoutError:
            cleaning_up.append("late")


async def test_who_cleans_up_after_a_cancellation_is_told_that_it_is_late() -> None:
    cleaning_up: list[str] = []
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(until_cancelled(cleaning_up, 0.01))
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert cleaning_up == ["late"]


async def test_a_cancellation_while_it_waits_is_one() -> None:
    cleaning_up: list[str] = []
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(until_cancelled(cleaning_up, 3600))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert cleaning_up == []


async def test_in_time_is_no_error_and_without_seconds_nothing_is_late() -> None:
    for seconds in (5, None):
        async with clock.timeout(seconds) as deadline:
            await asyncio.sleep(0)
        assert not deadline.expired()


async def late(deadline_at: float) -> None:
    async with clock.timeout(None) as deadline:
        deadline.reschedule(deadline_at)
        await asyncio.Event().wait()


async def test_one_that_is_moved_up_is_late() -> None:
    with pytest.raises(TimeoutError):
        await late(asyncio.get_running_loop().time())
