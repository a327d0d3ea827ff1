"""Policies in Rego, evaluated in a process of their own (`rego_worker`) that knows nothing but what it is asked.

Above: `rules`. One process answers for all, one question after the other: a decision takes some 0.3 ms. It fails closed: an answer that does
not come within the deadline is a no, and the process is ended and begun anew; where no process can be started, everything is a no.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coderclawlink import clock
from coderclawlink.access import rego_text
from coderclawlink.access.rego_text import PolicyRefused
from coderclawlink.errors import Unavailable

DEADLINE_SECONDS = 0.05
START_SECONDS = 10.0
CHECK_SECONDS = 10.0
LINE_SECONDS = 2.0
"""How long a question waits at most for those before it."""
KEPT_AT_MOST = 4096
BROKE_OFF = (
    "Evaluating the policy broke off. Write tests as cases, without `with`: "
    'test_name := {"input": {…}, "allow": false}; and ask for less at once.'
)
WORKER = ("-I", "-m", "coderclawlink.access.rego_worker")

Modules = Mapping[str, str]
Input = Mapping[str, object]


class RegoMissing(Unavailable):
    """Policies cannot be evaluated here."""


@dataclass(frozen=True)
class Bundle:
    """The modules of one policy, by file name."""

    modules: Modules

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(dict(self.modules), sort_keys=True).encode()).hexdigest()

    @cached_property
    def is_timeless(self) -> bool:
        return rego_text.is_timeless(self.modules)

    @property
    def decides(self) -> Modules:
        """Without its tests."""
        return {name: text for name, text in self.modules.items() if not rego_text.is_test(name)}


@dataclass(frozen=True, slots=True)
class Answer:
    allow: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """A test of a bundle, as `data.clawlink_test.test_…`."""

    name: str
    passed: bool


class _Silent(Exception):
    """The process has ended, or could not be started. The message says why."""


@dataclass
class _Worker:
    """A running process. `loaded`: digests of what it knows."""

    process: asyncio.subprocess.Process
    loaded: set[str] = field(default_factory=set)

    async def ask(self, asked: Mapping[str, object], seconds: float) -> dict[str, Any]:
        """Raises `TimeoutError`, `_Silent`. After either the process is of no use."""
        assert self.process.stdin is not None  # noqa: S101 - it was started so
        assert self.process.stdout is not None  # noqa: S101
        async with clock.timeout(seconds):
            try:
                self.process.stdin.write(json.dumps(asked).encode() + b"\n")
                await self.process.stdin.drain()
                line = await self.process.stdout.readline()
            except (OSError, ValueError) as error:
                raise _Silent("The policy's process has ended.") from error
        if not line.endswith(b"\n"):
            raise _Silent("The policy's process has ended.")
        told: dict[str, Any] = json.loads(line)
        return told

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


async def _start(program: Sequence[str]) -> _Worker:
    if not is_installed():
        raise _Silent("Rego is not installed here: pip install 'coderclawlink[rego]'.")
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            env={},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1 << 22,
        )
    except OSError as error:
        raise _Silent(f"The policy's process cannot be started: {error.strerror}.") from error
    worker, is_up = _Worker(process), False
    try:
        async with clock.timeout(START_SECONDS):
            assert process.stdout is not None  # noqa: S101 - it was started so
            line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise _Silent("The policy's process ended as soon as it was started.")
        is_up = True
        return worker
    except TimeoutError as error:
        raise _Silent("The policy's process does not start.") from error
    finally:
        if not is_up:
            await worker.end()


def is_installed() -> bool:
    return importlib.util.find_spec("regopy") is not None


class Rego:
    """Asks policies. Closed by `close`."""

    def __init__(
        self, deadline_seconds: float = DEADLINE_SECONDS, program: Sequence[str] = (sys.executable, *WORKER)
    ) -> None:
        self._deadline = deadline_seconds
        self._program = program
        self._line = asyncio.Lock()
        self._worker: _Worker | None = None
        self._kept: dict[tuple[str, ...], Answer] = {}

    async def decide(self, bundles: Sequence[Bundle], input: Input) -> Answer:
        """All must allow. Never raises for what a policy does."""
        key = _key(bundles, input)
        if key is not None and (kept := self._kept.get(key)) is not None:
            return kept
        try:
            async with clock.timeout(LINE_SECONDS):
                await self._line.acquire()
        except TimeoutError:
            return Answer(False, "The policy is asked more than it can answer; try again.")
        try:
            return await self._ask(bundles, input, key)
        finally:
            self._line.release()

    async def _ask(self, bundles: Sequence[Bundle], input: Input, key: tuple[str, ...] | None) -> Answer:
        is_in_step = False
        try:
            worker = self._worker = self._worker or await _start(self._program)
            for bundle in bundles:
                if bundle.digest not in worker.loaded:
                    told = await worker.ask({"load": bundle.digest, "modules": bundle.decides}, CHECK_SECONDS)
                    if "error" in told:
                        is_in_step = True
                        return Answer(False, f"The policy does not compile: {told['error']}")
                    worker.loaded.add(bundle.digest)
            told = await worker.ask({"ask": [bundle.digest for bundle in bundles], "input": input}, self._deadline)
            is_in_step = True
            answer = _answer(told)
        except TimeoutError:
            return Answer(False, f"The policy took too long: more than {self._deadline * 1000:.0f} ms.")
        except _Silent as silent:
            return Answer(False, str(silent))
        finally:
            if not is_in_step:  # also when who asked has gone away in the midst of it
                await self._end()
        if key is not None and "error" not in told:
            if len(self._kept) >= KEPT_AT_MOST:
                self._kept.clear()
            self._kept[key] = answer
        return answer

    async def check(self, modules: Modules) -> list[TestOutcome]:
        """Compile the modules and run their tests, in a process of its own. Raises `PolicyRefused`, `RegoMissing`."""
        rego_text.check(modules)
        tests = rego_text.tests(modules)
        try:
            worker = await _start(self._program)
        except _Silent as silent:
            raise RegoMissing(str(silent)) from silent
        try:
            told = await worker.ask({"test": modules, "tests": tests}, CHECK_SECONDS)
        except TimeoutError:
            raise PolicyRefused(f"The policy's tests take longer than {CHECK_SECONDS:.0f} s.") from None
        except _Silent:
            raise PolicyRefused(BROKE_OFF) from None
        finally:
            await worker.end()
        if "error" in told:
            raise PolicyRefused(f"The policy does not compile: {told['error']}")
        return [TestOutcome(name, told["passed"][name]) for name in tests]

    async def replay(self, modules: Modules, inputs: Sequence[Input], seconds: float) -> list[Answer]:
        """What the modules would have said to each, in order, in a process of their own; fewer when the time is over."""
        apart = Rego(self._deadline, self._program)
        bundle, answers, loop = Bundle(modules), [], asyncio.get_running_loop()
        until = loop.time() + seconds
        try:
            for input in inputs:
                if loop.time() > until:
                    break
                answers.append(await apart.decide([bundle], input))
        finally:
            await apart.close()
        return answers

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    async def close(self) -> None:
        async with self._line:
            await self._end()


def _key(bundles: Sequence[Bundle], input: Input) -> tuple[str, ...] | None:
    """What the answer depends on, if the time is no part of it."""
    if not all(bundle.is_timeless for bundle in bundles):
        return None
    told = json.dumps({name: value for name, value in input.items() if name != "time"}, sort_keys=True)
    return (*(bundle.digest for bundle in bundles), told)


def _answer(told: Mapping[str, object]) -> Answer:
    """Anything but a plain yes is a no."""
    if told.get("allow") is True:
        return Answer(True)
    reason = told.get("reason") or told.get("error") or "The policy does not allow it."
    return Answer(False, str(reason)[:500])
