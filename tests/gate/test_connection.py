"""A node's whole conversation with a hub over a real wire, broken in every way it can break."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.events import AgentChunk, AgentMessage, AttemptEnded, AttemptStarted, Option, QuestionAsked
from coderclawlink.gate.joining import local_key
from coderclawlink.ids import QuestionId, RunId
from coderclawlink.journal.feed import Shown, Watcher
from coderclawlink.link.protocol import Answer, Ask, Assign, Beat, Beside, Drain, Fence, Goodbye, Record, Show, Stop
from coderclawlink.node.post import SpooledPost
from coderclawlink.runs import attempts, ledger, nodes, prompts, questions
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import State
from tests.gate.serving import KEY, Dialled, Serving, dialled, free_port, serve
from tests.runs.played import NODE, give, hello, said, submit, told

pytestmark = pytest.mark.anyio


def begin(tx: Tx) -> Run:
    return give(tx, submit(tx))


@contextlib.asynccontextmanager
async def met(db: Database, tmp_path: Path) -> AsyncIterator[tuple[Serving, Dialled]]:
    """A hub and a node that have found each other."""
    async with serve(db) as serving, dialled(tmp_path / "node.db", serving.url) as node:
        await until_online(db)
        yield serving, node


async def until_online(db: Database) -> None:
    with db.bell.listen("node.joined") as ear:
        async with asyncio.timeout(15):
            while not await db.read(nodes.online):
                await ear.wait(1)


async def until_kept(db: Database, run: Run, n: int) -> None:
    with db.bell.listen(f"run:{run.id}") as ear:
        async with asyncio.timeout(20):
            while (await attempt_of(db, run)).kept < n:
                await ear.wait(1)


async def attempt_of(db: Database, run: Run, number: int = 1) -> attempts.Attempt:
    found = await db.read(attempts.find, run.id, number)
    assert found is not None
    return found


async def assigned(node: Dialled, run: Run) -> Assign:
    word = await node.hear()
    assert isinstance(word, Assign)
    assert word.order.run == run.id
    return word


async def test_an_attempt_goes_from_its_place_to_its_last_word(db: Database, tmp_path: Path) -> None:
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        order = (await assigned(node, run)).order
        assert (order.attempt, order.agent, order.prompt, order.timeout_seconds) == (1, "a", "Do it", 3600.0)
        node.spool.add(run.id, 1, AttemptStarted(sandbox="bubblewrap"))
        for n in range(500):
            node.spool.add(run.id, 1, AgentMessage(text=str(n)))
        node.spool.add(run.id, 1, AttemptEnded(outcome="completed", result="Done."))
        await until_kept(db, run, 502)
        lines = await db.read(told, run.id)
        assert [one.n for one in lines if one.n] == [*range(1, 501), 501, 502]
        assert (await attempt_of(db, run)).outcome == "completed"
        async with asyncio.timeout(10):
            while node.spool.held():  # the hub has said that all is kept: the node forgets it
                await asyncio.sleep(0.01)


async def test_each_repository_of_an_order_comes_with_its_own_token_and_none_is_kept_on_disk(
    db: Database, tmp_path: Path
) -> None:
    def begin_beside(tx: Tx) -> Run:
        further = [("web", "https://one.example/web"), ("docs", "https://two.example/docs"), ("local", "/srv/local")]
        beside = tuple(Beside(name=name, repository=url, branch="b") for name, url in further)
        run = attempts.submit(
            tx, OWNER, Wish("a", "Do it", {}, "T", repository="https://one.example/api", beside=beside)
        )
        attempts.offer(tx, run)
        return give(tx, ledger.find(tx, run.id))

    async def token_for(run: RunId, repository: str) -> str | None:
        return f"token-of-{repository.split('/')[2]}"

    file = tmp_path / "node.db"
    async with serve(db, token_for=token_for) as serving, dialled(file, serving.url) as node:
        await until_online(db)
        order = (await assigned(node, await db.write(begin_beside))).order
        assert order.token == "token-of-one.example"
        assert {each.name: each.token for each in order.beside} == {
            "docs": "token-of-two.example",
            "local": None,
            "web": "token-of-one.example",
        }
    assert not [path for path in tmp_path.glob("node.db*") if b"token-of" in path.read_bytes()]


async def test_the_diff_of_a_day_goes_through_the_wire(db: Database, tmp_path: Path) -> None:
    """Many long entries at once are cut into words that the wire takes."""
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        await assigned(node, run)
        for _ in range(12):
            node.spool.add(run.id, 1, AgentMessage(text="ß" * 1_000_000))
        node.spool.add(run.id, 1, AgentMessage(text="é" * 30_000_000))
        node.spool.add(run.id, 1, AttemptEnded(outcome="completed"))
        await until_kept(db, run, 14)
        assert (await attempt_of(db, run)).outcome == "completed"


async def test_a_node_is_told_to_stop_what_was_cancelled_within_moments(db: Database, tmp_path: Path) -> None:
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        await assigned(node, run)
        began = asyncio.get_running_loop().time()
        await db.write(ledger.cancel, OWNER, run.id)
        assert await node.hear() == Stop(run=run.id, attempt=1, why="cancelled")
        assert asyncio.get_running_loop().time() - began < 1.0


async def test_an_answer_is_said_again_after_the_node_has_reconnected(db: Database, tmp_path: Path) -> None:
    asked = QuestionAsked(question="q1", title="?", options=(Option(id="y", label="Yes"),))
    async with met(db, tmp_path) as (serving, node):
        run = await db.write(begin)
        await assigned(node, run)
        node.spool.add(run.id, 1, AttemptStarted())
        node.spool.add(run.id, 1, asked)
        await until_kept(db, run, 2)
        await db.write(questions.answer, OWNER, run.id, QuestionId("q1"), "y", "go on")
        answer = Answer(run=run.id, attempt=1, question="q1", option="y", text="go on")
        assert await node.hear() == answer
        await serving.gate.close()  # the wire breaks; this hub lets nobody in again
        assert (await db.read(ledger.find, run.id)).state is State.RUNNING
        async with serve(db) as again:
            node.find = type(node.find)(again.url, KEY)
            assert await node.hear() == answer
            assert not (await attempt_of(db, run)).outcome


async def test_a_question_that_nobody_can_answer_any_more_is_dismissed_at_the_node(
    db: Database, tmp_path: Path
) -> None:
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        await assigned(node, run)
        await db.write(ledger.cancel, OWNER, run.id)
        assert isinstance(await node.hear(), Stop)
        node.spool.add(run.id, 1, AttemptStarted())
        node.spool.add(run.id, 1, QuestionAsked(question="q1", title="?", options=(Option(id="y", label="Yes"),)))
        await until_kept(db, run, 2)
        db.bell.ring([f"node:{NODE}"])
        assert await node.hear() == Answer(run=run.id, attempt=1, question="q1", option=None)


async def test_a_prompt_is_said_again_each_time_its_words_change_also_back_to_what_they_were(
    db: Database, tmp_path: Path
) -> None:
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        await assigned(node, run)
        ask = Ask(run=run.id, attempt=1, number=1, text="One")
        await db.write(prompts.queue, OWNER, run, "One")
        assert await node.hear() == ask
        for revision, text in enumerate(("Two", "One"), 1):
            await db.write(prompts.edit, OWNER, run.id, 1, text)
            assert await node.hear() == ask.model_copy(update={"text": text, "revision": revision})
        await db.write(prompts.withdraw, OWNER, run.id, 1)
        assert await node.hear() == ask.model_copy(update={"text": None, "revision": 2})


async def test_what_the_hub_gave_up_is_stopped_as_stale_and_its_words_are_forgotten(
    db: Database, tmp_path: Path
) -> None:
    async with met(db, tmp_path) as (_, node):
        run = await db.write(begin)
        await assigned(node, run)
        node.spool.add(run.id, 1, AttemptStarted())
        await until_kept(db, run, 1)
        await db.write(attempts.lose, run.id, 1, "by hand")
        assert await node.hear() == Stop(run=run.id, attempt=1, why="stale")
        assert not node.spool.holds(run.id, 1)
        assert (await attempt_of(db, run)).outcome == "lost"


async def test_deleting_the_task_stops_its_attempt_at_the_node(db: Database, tmp_path: Path) -> None:
    async with met(db, tmp_path) as (serving, node):

        def on_a_task(tx: Tx) -> tuple[tasks.Task, Run]:
            project = projects.create(tx, OWNER, name="P", key="P")
            task = tasks.create(tx, OWNER, project_id=project.id, title="T")
            return task, give(tx, submit(tx, task=task.id, project=project.id))

        task, run = await db.write(on_a_task)
        post = SpooledPost((await assigned(node, run)).order, node.spool, node.dialer.show)
        await db.write(tasks.delete, OWNER, task.id)
        post.show(AgentChunk(text="of a run that is gone"))
        post.tell(AttemptStarted())
        assert await node.hear() == Stop(run=run.id, attempt=1, why="stale")
        assert serving.gate.connected == [NODE]


def chunk(run: Run, text: str = "he") -> Show:
    return Show(run=run.id, attempt=1, event=AgentChunk(text=text).model_dump())


async def test_what_is_shown_reaches_those_who_watch_the_run_and_is_not_kept(db: Database, tmp_path: Path) -> None:
    async with met(db, tmp_path) as (serving, node):
        run = await db.write(begin)
        await assigned(node, run)
        with serving.feed.watch(Watcher(runs={run.id})) as watcher:
            async with asyncio.timeout(15):
                while True:
                    node.dialer.show(chunk(run))
                    item = await watcher.queue.get()
                    if isinstance(item, Shown):
                        break
        assert item.data == {"kind": "agent.chunk", "text": "he", "thought": False}
        assert (item.about.run, item.about.attempt) == (run.id, 1)
        assert "agent.chunk" not in [one.kind for one in await db.read(told, run.id)]


async def test_an_order_that_was_lost_on_the_way_is_said_again_with_the_next_beat(db: Database, tmp_path: Path) -> None:
    async with serve(db, lease_seconds=0.6) as serving, dialled(tmp_path / "node.db", serving.url) as node:
        node.deaf = True
        await until_online(db)
        run = await db.write(begin)
        await assigned(node, run)
        node.deaf = False
        await assigned(node, run)
        assert node.spool.holds(run.id, 1)


async def test_a_drained_node_says_goodbye_and_gives_back_what_it_has_not_begun(db: Database, tmp_path: Path) -> None:
    async with met(db, tmp_path) as (serving, node):
        node.deaf = True
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(serving.gate.drain(NODE, 10))
            assert isinstance(await node.hear(), Drain)
            run = await db.write(begin)  # placed in the last moment
            await assigned(node, run)
            node.dialer.say_goodbye()
            async with asyncio.timeout(10):
                assert await draining
        assert (await attempt_of(db, run)).state == "queued"
        assert await db.read(nodes.online) == []
        assert node.dialer.left.is_set()
        assert not await serving.gate.drain(NODE, 1)


async def test_a_drain_in_the_moment_of_the_hello_waits_for_the_welcome(db: Database) -> None:
    async with serve(db) as serving, raw(serving) as socket, asyncio.TaskGroup() as group:
        await socket.send(hello().model_dump_json())
        async with asyncio.timeout(10):
            while not serving.gate.connected:
                await asyncio.sleep(0)
        draining = group.create_task(serving.gate.drain(NODE, 10))
        words = [json.loads(await asyncio.wait_for(socket.recv(), 10))["word"] for _ in range(2)]
        assert words == ["welcome", "drain"]
        await socket.send(Goodbye().model_dump_json())
        assert await draining


async def test_a_node_that_is_cut_off_while_draining_has_not_said_goodbye(db: Database, tmp_path: Path) -> None:
    async with serve(db) as serving, raw(serving) as socket:
        await greet(socket)
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(serving.gate.drain(NODE, 10))
            assert json.loads(await socket.recv()) == {"word": "drain"}
            await socket.close()
            assert await draining is False


# ── the wire by hand ───────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def raw(serving: Serving, key: str = KEY) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{serving.port}/api/link"
    async with connect(url, additional_headers={"Authorization": f"Bearer {key}"}, compression=None) as socket:
        yield socket


async def greet(socket: ClientConnection, *held: Fence, boot: str | None = None) -> dict[str, object]:
    await socket.send(hello(held=held, boot=boot).model_dump_json())
    welcome: dict[str, object] = json.loads(await asyncio.wait_for(socket.recv(), 10))
    assert welcome["word"] == "welcome"
    return welcome


async def test_a_wrong_key_does_not_get_in(db: Database) -> None:
    async with serve(db) as serving:
        for key in ("", "wrong", KEY + "x", KEY[:-1]):
            with pytest.raises(InvalidStatus, match="403"):
                async with raw(serving, key):
                    pass
        assert serving.gate.connected == []
    assert await db.read(nodes.all_of_them) == []


async def test_a_dialer_with_a_wrong_key_goes_on_trying_and_gets_in_with_the_right_one(
    db: Database, tmp_path: Path
) -> None:
    async with serve(db) as serving, dialled(tmp_path / "node.db", serving.url, key="wrong") as node:
        node.find = type(node.find)(serving.url, KEY)
        await until_online(db)


FIRST = [
    "",
    "{}",
    "[]",
    "null",
    "\x00",
    '{"word":"beat"}',
    '{"word":"hello"}',
    hello().model_copy(update={"version": 99}).model_dump_json(),
    hello().model_copy(update={"slots": 2**70}).model_dump_json(),
    hello().model_copy(update={"node": "a\x00b"}).model_dump_json(),
    hello().model_copy(update={"node": ""}).model_dump_json(),
]


async def test_who_does_not_begin_with_a_hello_is_refused_in_words(db: Database) -> None:
    async with serve(db) as serving:
        for first in FIRST:
            async with raw(serving) as socket:
                await socket.send(first)
                refused = json.loads(await asyncio.wait_for(socket.recv(), 10))
                assert refused["word"] == "refused", first
                assert "version 1" in refused["why"]
                await asyncio.wait_for(socket.wait_closed(), 10)
        async with raw(serving) as socket:
            await greet(socket)


async def test_garbage_in_the_midst_of_it_breaks_nothing(db: Database, tmp_path: Path) -> None:
    run = await db.write(begin)
    async with serve(db) as serving, raw(serving) as socket:
        await greet(socket, Fence(run=run.id, attempt=1))
        for garbage in (
            "",
            "{",
            "[" * 2000,
            '{"word":"nothing"}',
            '{"word":"record","entries":[{"run":"\\u0000","attempt":1,"n":1,"at":"","event":{}}]}',
            '{"word":"record","entries":[{"run":"r","attempt":99999999999999999999,"n":1,"at":"","event":{}}]}',
            '{"word":"record","entries":[]}',
            '{"word":"beat","held":"all"}',
            '{"word":"show","run":"nobody","attempt":1,"event":{"x":1}}',
            '{"word":"show","run":"' + run.id + '","attempt":1,"event":{"x":[1e999]}}',
            hello().model_dump_json(),
        ):
            await socket.send(garbage)
        await socket.send(Record(entries=tuple(said(run, AttemptStarted()))).model_dump_json())
        async with asyncio.timeout(10):
            while (word := json.loads(await socket.recv()))["word"] != "kept":
                assert word["word"] in ("assign", "stop")
        assert word == {"word": "kept", "run": run.id, "attempt": 1, "n": 1}


async def test_the_later_wire_of_a_node_counts_and_what_is_left_in_the_earlier_is_not_believed(db: Database) -> None:
    run = await db.write(begin)
    fence = Fence(run=run.id, attempt=1)
    async with serve(db) as serving, raw(serving) as first:
        await greet(first)
        async with raw(serving) as second:
            await greet(second, fence)
            await second.send(Record(entries=tuple(said(run, AttemptStarted()))).model_dump_json())
            with contextlib.suppress(ConnectionClosed):
                await first.send(Beat(held=()).model_dump_json())
            await asyncio.wait_for(first.wait_closed(), 10)
            assert first.close_code == 4409
            await until_kept(db, run, 1)
            await second.send(Beat(held=(fence,)).model_dump_json())
            await second.send(Record(entries=tuple(said(run, AgentMessage(text="x"), first=2))).model_dump_json())
            await until_kept(db, run, 2)
            assert serving.gate.connected == [NODE]
    assert (await attempt_of(db, run)).state == "running"


async def test_a_node_that_has_forgotten_its_attempts_loses_them_with_its_next_boot(
    db: Database, tmp_path: Path
) -> None:
    async with serve(db) as serving:
        async with dialled(tmp_path / "one.db", serving.url) as node:
            await until_online(db)
            run = await db.write(begin)
            await assigned(node, run)
            node.spool.add(run.id, 1, AttemptStarted())
            await until_kept(db, run, 1)
        with db.bell.listen("attempt.lost") as ear:
            async with dialled(tmp_path / "two.db", serving.url):
                assert await ear.wait(15)
    assert (await attempt_of(db, run)).outcome == "lost"


async def test_a_node_that_comes_again_with_its_spool_goes_on(db: Database, tmp_path: Path) -> None:
    async with serve(db) as serving:
        async with dialled(tmp_path / "node.db", serving.url) as node:
            await until_online(db)
            run = await db.write(begin)
            await assigned(node, run)
            node.spool.add(run.id, 1, AttemptStarted())
            await until_kept(db, run, 1)
        async with dialled(tmp_path / "node.db", serving.url) as again:
            assert again.spool.holds(run.id, 1)
            assert [order.run for order in again.spool.unfinished()] == [run.id]
            again.spool.add(run.id, 1, AttemptEnded(outcome="interrupted"))
            await until_kept(db, run, 2)
    assert (await attempt_of(db, run)).outcome == "interrupted"


# ── a hub that is really killed ────────────────────────────────────────────────────────────────────────────────────


async def test_over_a_hub_that_is_killed_again_and_again_every_word_is_kept_exactly_once(
    store_url: str, tmp_path: Path
) -> None:
    port, words = free_port(), 1500
    key = local_key(tmp_path)
    hub = Path(__file__).with_name("link_hub.py")

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.gate.link_hub", str(tmp_path), store_url, str(port), "15"]
        return subprocess.Popen(command, cwd=hub.parents[2], stdout=subprocess.DEVNULL)

    with open_database(store_url) as db:
        migrate(db)
        run = await db.write(begin)
        async with dialled(tmp_path / "node.db", f"http://127.0.0.1:{port}", key=key) as node:
            running = start()
            try:
                await assigned(node, run)
                node.spool.add(run.id, 1, AttemptStarted())
                for n in range(words):
                    node.spool.add(run.id, 1, AgentMessage(text=str(n)))
                    if n % 5 == 0:
                        await asyncio.sleep(0)
                    if n in (words // 3, 2 * words // 3):
                        await until_kept_at_least_one_more(db, run)
                        running.kill()
                        await asyncio.to_thread(running.wait, 10)
                        running = start()
                node.spool.add(run.id, 1, AttemptEnded(outcome="completed", result="Done."))
                await until_kept(db, run, words + 2)
            finally:
                running.kill()
                await asyncio.to_thread(running.wait, 10)
        lines = [one for one in await db.read(told, run.id) if one.n is not None]
        assert [one.n for one in lines] == list(range(1, words + 3))
        assert [json.loads(one.data)["text"] for one in lines[1:-1]] == [str(n) for n in range(words)]
        assert (await attempt_of(db, run)).outcome == "completed"


async def until_kept_at_least_one_more(db: Database, run: Run) -> None:
    await until_kept(db, run, (await attempt_of(db, run)).kept + 1)
