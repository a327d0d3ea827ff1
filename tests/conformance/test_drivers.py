"""One suite for every driver: what `drivers.base` promises, tried on each answer to it.

An answer says as data what it cannot do (`CANNOT`), and a test holds it to that; nothing is skipped.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.process import UncontainedProcess, start_uncontained
from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.base import Driver, Ground, Job, ModelAccess, Said, Session, TurnEnded
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.models import script
from coderclawlink.drivers.models.listen import Receive, Scope, Send
from coderclawlink.drivers.scripted import ScriptedDriver
from coderclawlink.events import AgentChunk, AgentMessage, AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Act, Effect, Rule
from tests.drivers.goose_server import KEY, serving

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
JOB = Job(run="run", attempt=1, prompt="", context={})


@dataclass(frozen=True)
class Answer:
    """An answer to the port, and the prompts that make its agent do what the suite looks at; None: it cannot do that.

    `say`: say "hello" and end. `edit`: write a.txt with "hello" in it. `ask`: ask leave to write a.txt, then write it
    if allowed. `act`: what that is to rules. `linger`: begin, and not end by itself. `fail`: fail. `recall`: say what was
    asked in this conversation before, or let the model be asked so that it stands in `heard`.
    """

    driver: Driver
    say: str
    linger: str
    fail: str | None
    edit: str | None
    ask: str | None
    recall: str | None
    dead: Driver
    """The same with nobody there."""
    models: ModelAccess = field(default_factory=ModelAccess)
    act: Act = Act(tool="edit", paths=("a.txt",))  # noqa: RUF009  # frozen
    heard: list[bytes] = field(default_factory=list)


# ── the answers ────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def scripted() -> AsyncIterator[Answer]:
    yield Answer(
        ScriptedDriver(),
        say="script:\nsay hello",
        linger="script:\nsay begun\nhang",
        fail="script:\nfail no luck",
        edit="script:\nwrite a.txt | hello",
        ask="script:\nask Write?\nwrite a.txt | hello",
        recall="script:\nrecall",
        dead=ScriptedDriver(script="no such step"),
    )


@asynccontextmanager
async def acp() -> AsyncIterator[Answer]:
    agent = str(ROOT / "tests/drivers/misbehaving_agent.py")
    yield Answer(
        AcpDriver("fixture", (sys.executable, "-S", agent, "load"), mode="ask"),
        say="say hello",
        linger="say begun\nwait-cancel",
        fail="fail -32603 no luck",
        edit="write a.txt hello",
        ask="ask-to-write a.txt hello",
        recall="recall",
        dead=AcpDriver("dead", (sys.executable, "-S", agent, "die")),
    )


@asynccontextmanager
async def http() -> AsyncIterator[Answer]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().splitlines()
            length = next((int(line.split(b":")[1]) for line in lines if b"content-length" in line), 0)
            prompt = json.loads(await reader.readexactly(length))["prompt"] if length else "say"
        except asyncio.IncompleteReadError:  # the client has hung up already
            writer.close()
            return
        if prompt == "linger":
            await reader.read()  # until the client hangs up
        else:
            status, body = ("500 Oops", b"no luck") if prompt == "fail" else ("200 OK", b'{"result": "hello"}')
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        nobody = HttpDriver("dead", "http://127.0.0.1:9")
        yield Answer(
            HttpDriver("old", url),
            say="say",
            linger="linger",
            fail="fail",
            edit=None,
            ask=None,
            recall=None,
            dead=nobody,
        )


class Overheard(script.Script):
    """A scripted model that keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""

        async def listen() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.request" and not message.get("more_body"):
                self.heard.append(body)
            return message

        await super().__call__(scope, listen, send)


@asynccontextmanager
async def goose() -> AsyncIterator[Answer]:
    cache = Path(os.environ.get("CLAWLINK_CACHE") or ROOT / ".cache")
    program = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not program.exists():
        pytest.fail(f"Goose is not at {program}: run scripts/peers/goose.sh, as `make test` does.")
    model = Overheard()
    async with script.serve(model) as url:
        made = drivers(
            AgentSettings(openai_base_url=url, goose=str(program)), '[agents.goose]\nmode = "ask"\nmodel = "scripted"'
        )
        yield Answer(
            made["goose"],
            say="SCRIPT:\nfinish hello",
            linger="SCRIPT:\nstream 600 0.1",
            # A model that refuses is told as a turn that ended well: nothing in ACP shows Goose's failures.
            fail=None,
            edit="SCRIPT:\nwrite a.txt | hello",
            ask="SCRIPT:\nwrite a.txt | hello",
            recall="SCRIPT:\nfinish again",
            heard=model.heard,
            dead=AcpDriver("dead", (str(program), "no-such-command")),
            models=ModelAccess({"openai": url}, "worthless"),
        )


@asynccontextmanager
async def goose_serve() -> AsyncIterator[Answer]:
    model = Overheard()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        async with script.serve(model) as url, serving(Path(home), url) as address:
            made = drivers(AgentSettings(goose_api_url=address, goose_api_key=KEY), '[agents.goose]\nmode = "ask"')
            driver = made["goose"]
            await driver.probe()  # as a node does before it offers anything
            yield Answer(
                driver,
                say="SCRIPT:\nfinish hello",
                linger="SCRIPT:\nstream 600 0.1",
                fail=None,
                edit="SCRIPT:\nwrite a.txt | hello",
                ask="SCRIPT:\nwrite a.txt | hello",
                recall="SCRIPT:\nfinish again",
                heard=model.heard,
                dead=RemoteAcpDriver("dead", url="http://127.0.0.1:9"),
            )


ANSWERS: Mapping[str, Callable[[], AbstractAsyncContextManager[Answer]]] = {
    "scripted": scripted,
    "acp": acp,
    "http": http,
    "goose": goose,
    "goose-serve": goose_serve,
}
CANNOT = {"http": {"edit", "ask", "recall"}, "goose": {"fail"}, "goose-serve": {"fail"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def launched() -> list[UncontainedProcess]:
    return []


@pytest.fixture(params=ANSWERS)
async def answer(request: pytest.FixtureRequest) -> AsyncIterator[Answer]:
    async with ANSWERS[request.param]() as made:
        yield made


@pytest.fixture
async def ground(answer: Answer, tmp_path: Path, launched: list[UncontainedProcess]) -> Ground:
    workspace, home = tmp_path / "workspace", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()

    async def launch(argv: Sequence[str], env: Mapping[str, str]) -> UncontainedProcess:
        process = await start_uncontained(argv, env, workspace)
        launched.append(process)
        return process

    return Ground(workspace, home, launch, answer.models)


async def told(session: Session, prompt: str, option: str | None = "allow_once") -> list[Said]:
    """Everything said in a turn whose questions are answered with `option`."""
    said: list[Said] = []
    async with asyncio.timeout(20):
        async for event in session.turn(prompt):
            said.append(event)
            if isinstance(event, QuestionAsked):
                await session.answer(event.question, option)
    return said


def end(said: list[Said]) -> TurnEnded:
    ends = [event for event in said if isinstance(event, TurnEnded)]
    assert len(ends) == 1
    assert said[-1] is ends[0]
    return ends[0]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ── the promises ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_an_answer_cannot_do_is_known(name: str) -> None:
    async with ANSWERS[name]() as made:
        assert {what for what in ("edit", "ask", "fail", "recall") if getattr(made, what) is None} == CANNOT.get(
            name, set()
        )
        assert made.driver.needs_checkout is (made.edit is not None)


async def test_a_turn_ends_with_exactly_one_end_and_the_last_words(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(JOB, ground) as session:
        said = await told(session, answer.say)
        assert end(said) == TurnEnded("end_turn", result="hello")
        assert [event.text for event in said if isinstance(event, AgentMessage)] == ["hello"]


async def test_chunks_come_before_the_message_that_holds_them(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(JOB, ground) as session:
        said = await told(session, answer.say)
    pieces = "".join(event.text for event in said if isinstance(event, AgentChunk))
    assert pieces in ("hello", "")  # an agent that cannot stream says it at once
    kinds = [type(event) for event in said if isinstance(event, AgentChunk | AgentMessage)]
    assert kinds[-1] is AgentMessage


async def test_turns_follow_one_another(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(JOB, ground) as session:
        assert end(await told(session, answer.say)).reason == "end_turn"
        assert end(await told(session, answer.say)).reason == "end_turn"


async def test_an_edit_is_made_and_told(answer: Answer, ground: Ground) -> None:
    if answer.edit is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    async with answer.driver.open(JOB, ground) as session:
        said = await told(session, answer.edit)
    assert (ground.workspace / "a.txt").read_text() == "hello"
    last = [event for event in said if isinstance(event, AgentTool)][-1]
    assert (last.tool, last.status) == ("edit", "completed")
    assert [(change.path, change.new) for change in last.changes] == [("a.txt", "hello")]


@pytest.mark.parametrize(("option", "written"), [("allow_once", True), ("reject_once", False), (None, False)])
async def test_a_question_holds_the_agent_until_it_is_answered(
    answer: Answer, ground: Ground, option: str | None, written: bool
) -> None:
    if answer.ask is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    async with answer.driver.open(JOB, ground) as session:
        said = await told(session, answer.ask, option)
    (question,) = [event for event in said if isinstance(event, QuestionAsked)]
    assert question.title
    assert question.act == answer.act
    assert {"allow_once", "reject_once"} <= {each.effect for each in question.options}
    assert (ground.workspace / "a.txt").exists() is written
    assert end(said).error is None


@pytest.mark.parametrize(("effect", "written"), [("allow", True), ("deny", False)])
async def test_rules_decide_without_a_question(answer: Answer, ground: Ground, effect: Effect, written: bool) -> None:
    if answer.ask is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    rule = Rule(effect=effect, tool="edit", path="a.*")
    driver = answer.driver.configured(AgentConfiguration(rules=(rule,)))
    async with driver.open(JOB, ground) as session:
        said = await told(session, answer.ask)
    assert not any(isinstance(event, QuestionAsked) for event in said)
    (decided,) = [event for event in said if isinstance(event, PermissionDecided)]
    assert (decided.effect, decided.rule, decided.act) == (effect, str(rule), answer.act)
    assert (ground.workspace / "a.txt").exists() is written
    assert end(said).error is None


async def test_a_rule_that_denies_is_heard_in_every_mode(answer: Answer, ground: Ground) -> None:
    if answer.ask is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    rule = Rule(effect="deny", path="a.txt")
    driver = answer.driver.configured(AgentConfiguration(mode="auto", rules=(rule,)))
    async with driver.open(JOB, ground) as session:
        said = await told(session, answer.ask)
    assert [event.effect for event in said if isinstance(event, PermissionDecided)] == ["deny"]
    assert not (ground.workspace / "a.txt").exists()


async def test_a_conversation_is_taken_up_again_by_another_process(answer: Answer, ground: Ground) -> None:
    if answer.recall is None:
        async with answer.driver.open(replace(JOB, session="x"), ground) as session:
            assert (session.id, session.resumed) == ("", False)
        return
    async with answer.driver.open(JOB, ground) as session:
        assert not session.resumed
        await told(session, f"The first words.\n{answer.say}")
        earlier = session.id
    assert earlier
    before = len(answer.heard)
    async with answer.driver.open(replace(JOB, session=earlier), ground) as session:
        assert (session.id, session.resumed) == (earlier, True)
        said = await told(session, answer.recall)
    messages = [event.text for event in said if isinstance(event, AgentMessage)]
    assert len(messages) == 1  # what was said long ago is not said again
    assert "The first words." in messages[0] + b"".join(answer.heard[before:]).decode()


async def test_a_conversation_nobody_remembers_begins_anew(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(replace(JOB, session="lost"), ground) as session:
        assert not session.resumed
        assert session.id != "lost"
        assert end(await told(session, answer.say)).result == "hello"


async def test_an_interrupted_agent_takes_another_turn(answer: Answer, ground: Ground) -> None:
    said: list[Said] = []
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks, answer.driver.open(JOB, ground) as session:
        begun = asyncio.Event()

        async def follow() -> None:
            async for event in session.turn(answer.linger):
                said.append(event)
                if isinstance(event, AgentChunk):
                    begun.set()

        assert await session.interrupt()  # without a turn
        following = tasks.create_task(follow())
        await (asyncio.sleep(0.05) if isinstance(answer.driver, HttpDriver) else begun.wait())
        assert await session.interrupt()
        await following
        assert (end(said).reason, end(said).error) == ("cancelled", None)
        assert end(await told(session, answer.say)) == TurnEnded("end_turn", result="hello")


async def test_an_interrupt_dismisses_what_is_open(answer: Answer, ground: Ground) -> None:
    if answer.ask is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    said: list[Said] = []
    async with asyncio.timeout(20), answer.driver.open(JOB, ground) as session:
        async for event in session.turn(answer.ask):
            said.append(event)
            if isinstance(event, QuestionAsked):
                assert await session.interrupt()
        assert end(said).reason == "cancelled"
        assert not (ground.workspace / "a.txt").exists()
        assert end(await told(session, answer.say)).result == "hello"


async def test_a_driver_tells_how_it_is_reached(answer: Answer) -> None:
    assert answer.driver.reached
    assert answer.driver.configured(AgentConfiguration()).name == answer.driver.name


async def test_a_failure_is_an_end_with_an_error_and_not_an_exception(answer: Answer, ground: Ground) -> None:
    if answer.fail is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    async with answer.driver.open(JOB, ground) as session:
        ended = end(await told(session, answer.fail))
    assert ended.reason == "error"
    assert "no luck" in (ended.error or "")


async def test_an_unknown_question_is_ignored(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(JOB, ground) as session:
        await session.answer("no such question", "allow_once")
        await session.answer("no such question", None, "words")
        assert end(await told(session, answer.say)).reason == "end_turn"


async def test_a_cancelled_turn_is_over_and_its_agent_gone_within_a_second(
    answer: Answer, ground: Ground, launched: list[UncontainedProcess]
) -> None:
    said: list[Said] = []
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks, answer.driver.open(JOB, ground) as session:
        begun = asyncio.Event()

        async def follow() -> None:
            async for event in session.turn(answer.linger):
                said.append(event)
                if isinstance(event, AgentChunk):
                    begun.set()

        following = tasks.create_task(follow())
        # An agent behind a URL says nothing before its end.
        await (asyncio.sleep(0.05) if isinstance(answer.driver, HttpDriver) else begun.wait())
        began = time.monotonic()
        await session.cancel()
        await session.cancel()
        await following
    assert time.monotonic() - began < 1
    assert (end(said).reason, end(said).error) == ("cancelled", None)
    assert not any(alive(process.pid) for process in launched)


async def test_a_cancel_answers_what_is_open(answer: Answer, ground: Ground) -> None:
    if answer.ask is None:
        return  # told by test_what_an_answer_cannot_do_is_known
    said: list[Said] = []
    began = 0.0
    async with asyncio.timeout(20), answer.driver.open(JOB, ground) as session:
        async for event in session.turn(answer.ask):
            said.append(event)
            if isinstance(event, QuestionAsked):
                began = time.monotonic()
                await session.cancel()
        assert time.monotonic() - began < 1
    assert end(said).reason == "cancelled"
    assert not (ground.workspace / "a.txt").exists()


async def test_a_cancel_without_a_turn_does_nothing(answer: Answer, ground: Ground) -> None:
    async with answer.driver.open(JOB, ground) as session:
        await session.cancel()
        assert end(await told(session, answer.say)).reason == "end_turn"
        await session.cancel()


async def test_nothing_is_left_of_a_session_that_is_left_in_the_middle(
    answer: Answer, ground: Ground, launched: list[UncontainedProcess]
) -> None:
    async def leave() -> None:
        async with answer.driver.open(JOB, ground) as session:
            turn = session.turn(answer.linger)
            if not isinstance(answer.driver, HttpDriver):
                await anext(turn)
            raise KeyError

    async with asyncio.timeout(20):
        with pytest.raises(KeyError):
            await leave()
    assert not any(alive(process.pid) for process in launched)


async def test_a_cancelled_user_of_a_session_gets_out_of_it(
    answer: Answer, ground: Ground, launched: list[UncontainedProcess]
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with answer.driver.open(JOB, ground) as session:
            begun.set()
            async for _ in session.turn(answer.linger):
                pass

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work())
        await begun.wait()
        working.cancel()
    assert working.cancelled()
    assert not any(alive(process.pid) for process in launched)


async def test_a_probe_finds_what_is_there_and_says_why_not(answer: Answer) -> None:
    async with asyncio.timeout(20):
        found = await answer.driver.probe()
        lost = await answer.dead.probe()
    assert found.available
    assert found.why is None
    assert not lost.available
    assert lost.why
