"""The driver that does as a script says: the port's plainest answer, for demonstrations, tests and crash tests.

Above: the catalogue (`driver = "scripted"`). It works in this process, in the given workspace; only `run` starts another.
A script is text, one step a line; empty lines and lines that begin with `#` are skipped, `\\n` in a text is a new line:

    say TEXT            a message                    title TEXT      a title for the work
    think TEXT          a thought                    plan A; B       a plan
    write PATH | TEXT   write a file                 run COMMAND     run a command in the workspace
    ask TITLE           ask leave for the next step; if that is refused, the step is skipped
    recall              say what it was asked before in this conversation
    usage IN OUT        so many tokens were used     wait-for PATH   go on when the file is there
    fail MESSAGE        end with an error            try-again MESSAGE   the same, worth another attempt
    hang                never end by itself

A prompt with a line `script:` brings its script below that line, up to a line `END`, a closing code fence, or its end; for
any other prompt the driver's own is played. It heeds rules: what they deny is not done, what they ask about is asked, and what
they allow is not asked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from coderclawlink import clock
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp import files, permissions
from coderclawlink.drivers.acp.permissions import Permissions
from coderclawlink.drivers.acp.process import environment
from coderclawlink.drivers.base import Ground, Job, Probe, Said, TurnEnded
from coderclawlink.drivers.errors import CannotStart
from coderclawlink.errors import Denied, Invalid
from coderclawlink.events import (
    AgentChunk,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTitle,
    AgentTool,
    AgentUsage,
    FileChange,
    Option,
    PermissionDecided,
    PlanEntry,
    QuestionAsked,
)
from coderclawlink.ids import new_id
from coderclawlink.rules import Act, Rule

T = TypeVar("T")

VERBS = frozenset(
    {"say", "think", "title", "plan", "write", "run", "ask", "usage", "wait-for", "fail", "try-again", "hang", "recall"}
)
DEFAULT = """\
think What was asked is a small thing.
write NOTES.md | # Notes\\n\\nWritten by the scripted agent.\\n
say I wrote NOTES.md.
"""
_SCRIPT = re.compile(r"^script:[ \t]*\n(.*?)(?:^END$|^```|\Z)", re.DOTALL | re.IGNORECASE | re.MULTILINE)
OPTIONS = (
    Option(id="yes", label="Allow", effect="allow_once"),
    Option(id="always", label="Allow all like this", effect="allow_always"),
    Option(id="no", label="Refuse", effect="reject_once"),
)
MEMORY = ".scripted"
"""Below the HOME: what it was asked, a file for each conversation."""
LONGEST_OUTPUT = 100_000
"""Bytes kept of a command's output."""


@dataclass(frozen=True)
class Step:
    verb: str
    text: str = ""


def read(script: str) -> tuple[Step, ...]:
    """The steps of a script. Raises `Invalid` naming the first line that is none."""
    steps = []
    for number, line in enumerate(script.splitlines(), start=1):
        verb, _, rest = line.strip().partition(" ")
        if not verb or verb.startswith("#"):
            continue
        if verb not in VERBS:
            raise Invalid(f"Line {number} of the script: {verb} is none of {', '.join(sorted(VERBS))}.")
        if verb == "write" and "|" not in rest:
            raise Invalid(f"Line {number} of the script: write PATH | TEXT.")
        if verb == "usage" and not (len(rest.split()) == 2 and all(n.isdecimal() for n in rest.split())):
            raise Invalid(f"Line {number} of the script: usage INPUT OUTPUT, two numbers.")
        steps.append(Step(verb, rest.strip()))
    return tuple(steps)


def _act(step: Step) -> Act:
    match step.verb:
        case "write":
            return Act(tool="edit", paths=(step.text.partition("|")[0].strip(),))
        case "run":
            return Act(tool="execute", command=step.text.replace("\\n", "\n"))
        case _:
            return Act(tool="think")


@dataclass(eq=False)
class ScriptedDriver:
    """An agent that plays a script. The port's `Driver`."""

    name: str = "scripted"
    script: str = DEFAULT
    description: str = "Does as a script says; for demonstrations and tests"
    capabilities: tuple[str, ...] = ("edit", "run", "ask")
    needs_checkout: bool = True
    reached: str = "in the node's own process"
    model: str = "scripted"
    rules: tuple[Rule, ...] = ()

    def configured(self, configuration: AgentConfiguration) -> ScriptedDriver:
        rules = (*self.rules, *(rule for rule in configuration.rules if rule not in self.rules))
        return replace(self, model=configuration.model or self.model, rules=rules)

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[ScriptedSession]:
        session = ScriptedSession(self.script, ground, Permissions("ask", self.rules), job.session)
        try:
            yield session
        finally:
            await session.cancel()

    async def probe(self) -> Probe:
        try:
            read(self.script)
        except Invalid as problem:
            return Probe(False, why=problem.message)
        return Probe(True, version="scripted 1")


class _Failed(Exception):
    """The script says that the agent fails."""

    def __init__(self, error: str, *, retry: bool = False) -> None:
        super().__init__(error)
        self.error, self.retry = error, retry


class ScriptedSession:
    """The port's `Session`."""

    version: str | None = "scripted 1"

    def __init__(self, script: str, ground: Ground, may: Permissions, earlier: str) -> None:
        self._script = script
        self._ground = ground
        self._may = may
        self.resumed = bool(re.fullmatch(r"[\w-]+", earlier)) and (ground.home / MEMORY / earlier).is_file()
        self.id = earlier if self.resumed else new_id()
        self._memory = ground.home / MEMORY / self.id
        self._heard = self._memory.read_text(encoding="utf-8") if self.resumed else ""
        self._cancelled = False
        self._pause: asyncio.Timeout | None = None
        self._question = ""
        self._answer: asyncio.Future[str | None] | None = None

    async def turn(self, prompt: str) -> AsyncIterator[Said]:
        self._cancelled = False
        before, self._heard = self._heard, f"{self._heard}{prompt}\n"
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        self._memory.write_text(self._heard, encoding="utf-8")
        brought = _SCRIPT.search(prompt)
        words = ""
        try:
            steps = read(brought[1] if brought else self._script)
            title = ""
            for number, step in enumerate(steps):
                if step.verb == "ask":
                    title = step.text
                    if number + 1 < len(steps):
                        continue
                asked, decided = self._decide(title, step)
                title = ""
                if asked or decided:
                    yield asked or decided  # type: ignore[misc]  # one of them
                refused = (asked and not await self._allowed(asked)) or (decided and decided.effect == "deny")
                if step.verb == "recall" and not refused:
                    words = before.strip() or "nothing"
                    yield AgentMessage(text=words)
                elif not refused:
                    async for said in self._play(step, f"step-{number + 1}"):
                        if isinstance(said, AgentMessage):
                            words = said.text
                        yield said
                # Others get their turn, and a cancel is heeded, between any two steps.
                await self._unless_cancelled(asyncio.sleep(0))
        except TimeoutError:
            yield TurnEnded("cancelled", result=words)
        except Invalid as problem:
            yield TurnEnded("error", error=problem.message)
        except _Failed as failure:
            yield TurnEnded("error", result=words, error=failure.error, retry=failure.retry)
        else:
            yield TurnEnded("end_turn", result=words)

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        if self._answer and question == self._question and not self._answer.done():
            self._answer.set_result(option)

    async def interrupt(self) -> bool:
        await self.cancel()
        return True

    async def cancel(self) -> None:
        self._cancelled = True
        if self._answer and not self._answer.done():
            self._answer.set_result(None)
        if self._pause and not self._pause.expired():
            self._pause.reschedule(asyncio.get_running_loop().time())

    async def _unless_cancelled(self, awaitable: Awaitable[T]) -> T:
        """Wait, but not beyond a cancel. Raises TimeoutError when cancelled."""
        try:
            async with clock.timeout(0 if self._cancelled else None) as self._pause:
                return await awaitable
        finally:
            self._pause = None

    def _decide(self, title: str, step: Step) -> tuple[QuestionAsked | None, PermissionDecided | None]:
        """What comes before a step: a question, or what rules say of it. `title`: its script wants leave for it."""
        act = _act(step)
        decision = self._may.decide(act)
        question = QuestionAsked(
            question=new_id(), title=title or step.text, detail=act.command or step.text, options=OPTIONS, act=act
        )
        if decision.rule is not None and decision.effect != "ask":
            return None, permissions.decided(question, decision)
        if title or decision.rule is not None:
            self._question, self._answer = question.question, asyncio.get_running_loop().create_future()
            return permissions.asked(question, decision), None
        return None, None

    async def _allowed(self, question: QuestionAsked) -> bool:
        if self._answer is None:
            return False
        option = await self._unless_cancelled(self._answer)
        chosen = permissions.choose(OPTIONS, option) if option is not None else None
        if chosen and chosen.effect == "allow_always":
            self._may.learn(question.act, "allow")
        return chosen is not None and chosen.effect.startswith("allow")

    async def _play(self, step: Step, id: str) -> AsyncIterator[Said]:
        words = step.text.replace("\\n", "\n")
        match step.verb:
            case "say":
                yield AgentChunk(text=words)
                yield AgentMessage(text=words)
            case "think":
                yield AgentThought(text=words)
            case "title":
                yield AgentTitle(title=words)
            case "plan":
                yield AgentPlan(entries=tuple(PlanEntry(text=entry.strip()) for entry in words.split(";")))
            case "write":
                path, _, content = words.partition("|")
                yield self._write(id, path.strip(), content.strip(" "))
            case "run":
                yield AgentTool(id=id, title=words, tool="execute", status="running", input=words)
                yield await self._run(id, words)
            case "usage":
                read_tokens, written_tokens = map(int, words.split())
                yield AgentUsage(model="scripted", calls=1, input_tokens=read_tokens, output_tokens=written_tokens)
            case "wait-for":
                await self._unless_cancelled(self._appearance(words))
            case "fail":
                raise _Failed(words)
            case "try-again":
                raise _Failed(words, retry=True)
            case "hang":
                await self._unless_cancelled(asyncio.Event().wait())

    def _write(self, id: str, path: str, content: str) -> AgentTool:
        workspace = self._ground.workspace
        try:
            old: str | None = files.read(workspace, path)
        except FileNotFoundError:
            old = None
        except (Denied, OSError) as problem:
            raise _Failed(f"{path} could not be written: {problem}") from None
        try:
            files.write(workspace, path, content)
        except (Denied, OSError) as problem:
            raise _Failed(f"{path} could not be written: {problem}") from None
        change = FileChange(path=path, old=old, new=content)
        return AgentTool(id=id, title=f"Write {path}", tool="edit", status="completed", input=path, changes=(change,))

    async def _run(self, id: str, command: str) -> AgentTool:
        try:
            process = await self._ground.launch(
                ("/bin/sh", "-c", f"exec 2>&1\n{command}"), environment(self._ground.home, {})
            )
        except CannotStart as problem:
            raise _Failed(problem.message) from None
        try:
            process.stdin.close()
            output = b""
            while piece := await self._unless_cancelled(process.stdout.read(65536)):
                output = (output + piece)[:LONGEST_OUTPUT]
            code = await self._unless_cancelled(process.wait())
        finally:
            await process.kill()
        status = "completed" if code == 0 else "failed"
        text = output.decode(errors="replace")
        return AgentTool(id=id, title=command, tool="execute", status=status, input=command, output=text)

    async def _appearance(self, path: str) -> None:
        while not (self._ground.workspace / path).exists():  # noqa: ASYNC110  # a file has no bell to ring
            await asyncio.sleep(0.02)
