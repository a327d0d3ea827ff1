"""The process in which policies are evaluated: `python -I -m coderclawlink.access.rego_worker`, started by `rego` with an empty environment.

It reads a question a line from standard input and answers a line each. Once it has begun it can open neither a file nor a socket,
and start no process; a question that it works on for longer than it was given ends it, also when nobody is there any more to do so.

    {"load": digest, "modules": {name: Rego}}   → {"ok": true} or {"error": …}
    {"ask": [digest, …], "input": {…}}          → {"allow": bool, "reason": text}
    {"test": {name: Rego}, "tests": [rule, …]}  → {"passed": {rule: bool}} or {"error": …}

A test is a rule whose value is a case, {"input": …, "allow": bool, "reason": text if it matters}, or `true`. Not `with input as …` alone, as
elsewhere: the library breaks off where the rule that is asked so depends on others.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

from regopy import Bundle, Interpreter, LogLevel, RegoError  # type: ignore[import-untyped]

from coderclawlink.access.rego_text import is_test

MEMORY_AT_MOST = 1 << 30
"""Bytes of address space."""
SECONDS_AT_MOST = {"load": 5, "ask": 1, "test": 10}
"""For one question, after which the process ends. Who asks has much less patience."""
ALLOW, REASON = "clawlink/allow", "clawlink/reason"
NO_ANSWER = "The policy gave no answer."


class Policies:
    """What is loaded, by digest."""

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[Interpreter, Bundle]] = {}

    def load(self, digest: str, modules: Mapping[str, str]) -> dict[str, object]:
        made = _interpreter(modules)
        self._loaded[digest] = made, made.build(None, [ALLOW, REASON])
        return {"ok": True}

    def ask(self, digests: Sequence[str], input: Mapping[str, object]) -> dict[str, object]:
        """The first that does not allow decides."""
        for digest in digests:
            interpreter, bundle = self._loaded[digest]
            interpreter.set_input(input)
            allowed = _value(str(interpreter.query_bundle_entrypoint(bundle, ALLOW)))
            if allowed is True:
                continue
            if allowed is not False:
                return {"allow": False, "reason": NO_ANSWER}
            reason = _value(str(interpreter.query_bundle_entrypoint(bundle, REASON)))
            return {"allow": False, "reason": reason if isinstance(reason, str) else ""}
        return {"allow": True, "reason": ""}


def test(modules: Mapping[str, str], tests: Sequence[str]) -> dict[str, object]:
    """Compiles what decides as it would be for decisions, and asks it each case as it would be asked."""
    policies = Policies()
    policies.load("", {name: text for name, text in modules.items() if not is_test(name)})
    policies.ask([""], {})  # what breaks off shall do so before it is in force
    if not tests:
        return {"passed": {}}
    interpreter = _interpreter(modules)
    entries = {rule: rule.removeprefix("data.").replace(".", "/") for rule in tests}
    bundle = interpreter.build(None, list(entries.values()))
    interpreter.set_input({})
    found = {rule: _value(str(interpreter.query_bundle_entrypoint(bundle, entry))) for rule, entry in entries.items()}
    return {"passed": {rule: _holds(policies, case) for rule, case in found.items()}}


def _holds(policies: Policies, case: object) -> bool:
    if not isinstance(case, dict):
        return case is True
    told = policies.ask([""], case.get("input", {}))
    return told["allow"] is case.get("allow") and case.get("reason", told["reason"]) == told["reason"]


def _interpreter(modules: Mapping[str, str]) -> Interpreter:
    made = Interpreter()
    made.log_level = LogLevel.NONE
    for name, text in modules.items():
        made.add_module(name, text)
    return made


def _value(answer: str) -> object:
    """The value of a rule; None when it has none, or more than one, or is an error."""
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    found = told.get("expressions") if isinstance(told, dict) else None
    return found[0] if isinstance(found, list) and len(found) == 1 else None


def _said(error: Exception, modules: Mapping[str, str]) -> str:
    """The first complaint of the compiler: it answers with a whole tree."""
    told = str(error)
    message = re.search(r"\(errormsg \d+:([^)\n]*)", told)
    place = re.search(r"\(error \d+:([^|\s]+)\|(\d+)\|", told)
    if message is None:
        return told.strip()[:300] or type(error).__name__
    if place is None or place[1] not in modules:
        return f"{message[1]}."
    before = modules[place[1]].encode()[: int(place[2])]
    return f"{place[1]}:{before.count(10) + 1}: {message[1]}."


def _answer(policies: Policies, asked: dict[str, object]) -> dict[str, object]:
    modules = asked.get("modules") or asked.get("test") or {}
    assert isinstance(modules, dict)  # noqa: S101 - who asks is our own
    try:
        if "ask" in asked:
            return policies.ask(asked["ask"], asked["input"])  # type: ignore[arg-type]
        if "load" in asked:
            return policies.load(str(asked["load"]), modules)
        return test(modules, asked["tests"])  # type: ignore[arg-type]
    except (MemoryError, ValueError, TypeError, KeyError, RecursionError) as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    except RegoError as error:
        return {"error": _said(error, modules)}


def _close_the_door() -> BinaryIO:
    """Returns where answers go: standard output itself leads nowhere, for policies may print."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_AT_MOST),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, answers.fileno() + 1),
    ):
        resource.setrlimit(what, (limit, limit))
    return answers


def main() -> None:
    os.closerange(3, 256)
    answers = _close_the_door()

    def tell(told: Mapping[str, object]) -> None:
        answers.write(json.dumps(told).encode() + b"\n")
        answers.flush()

    serve(Policies(), tell)


def serve(policies: Policies, tell: Callable[[Mapping[str, object]], None]) -> None:
    tell({"ready": True})
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        signal.alarm(next(seconds for what, seconds in SECONDS_AT_MOST.items() if what in asked))
        told = _answer(policies, asked)
        signal.alarm(0)
        tell(told)


if __name__ == "__main__":
    main()
