"""The live stream: one WebSocket a browser tab, on which everything it shows is told as it happens, and answers go back.

    → {"session": "…"}                                              only with a session, and then first
    → {"ticket": "…"}                                               or with a ticket of /api/auth/ticket
    → {"subscribe": {"runs": [], "tasks": [], "projects": [], "board": true}, "after": 17}
    ← {"refused": {"runs": [], "tasks": [], "projects": [], "board": false}}      if anything was
    ← {"events": [ … ]}                                             all that was told since 17
    ← {"subscribed": {…}, "head": 42}
    ← {"events": [ … ]}                                             and so on, live, from 43
    → {"answer": {"question": "…", "option": "allow_once", "text": "…"}, "id": "a1"}
    ← {"answered": {"run": "…", "question": "…", "option": "…"}, "id": "a1"}
    → {"prompt": {"run": "…", "text": "…", "steer": false}, "id": "p1"}
    ← {"prompted": {"run": "…", "number": 3}, "id": "p1"}           number null: in a new run, which goes on from that
    ← {"error": "…", "id": "a1"}                                    to what makes no sense, or may not be

`id` is the browser's own name for what it asks, and may be left out. A further `subscribe` takes the place of the one before. Without `after` the stream begins at the head. There is no hole and
no double between what was read and what is live: the watcher is put up first, then the journal is read up to the head,
then what the watcher saw beyond it. A reader that falls behind is cut with code 4408 and comes back with the last number
it saw. What the actor may not see is never sent; it is looked at for each event, not only when subscribing. Whose session ends is cut with
4401 within a second, and with 4403 whose rights have changed otherwise: who comes back is told what may be told now.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from coderclawlink import clock
from coderclawlink.access import revocation, tickets
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.rules import PolicyDenied
from coderclawlink.db.engine import StoreUnavailable
from coderclawlink.errors import ClawlinkError, NotSignedIn
from coderclawlink.journal import log
from coderclawlink.journal.feed import Shown, Watcher
from coderclawlink.journal.log import Told
from coderclawlink.web import live_acts, strict_json
from coderclawlink.web.live_acts import AnswerGiven, PromptGiven
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.runtime import shown_json
from coderclawlink.web.shapes import Asked, Seq
from coderclawlink.web.sight import Sight, Subscription, grant
from coderclawlink.web.signing_in import actor_of, actor_with, open_to_all

router = APIRouter()

FRAME_AT_MOST = 256 * 1024
"""Characters of a frame from the browser: room for the longest prompt, if not all of it must be escaped."""
EVENTS_A_FRAME = 100
CHARACTERS_A_FRAME = 256 * 1024
GATHER_SECONDS = 0.01
PAGE = 200
CHECK_SECONDS = 5.0
"""How often it is looked whether who listens still may, beside each time that somebody's right is taken away."""
CLOSE_SECONDS = 2.0
SIGN_IN_FIRST = 4401
OTHER_RIGHTS = 4403
TOO_SLOW = 4408


class Frame(Asked):
    session: Annotated[str, Field(max_length=200)] | None = None
    ticket: Annotated[str, Field(max_length=200)] | None = None
    subscribe: Subscription | None = None
    after: Seq | None = None
    answer: AnswerGiven | None = None
    prompt: PromptGiven | None = None
    id: Annotated[str, Field(max_length=200)] | None = None


@router.websocket("/api/live", dependencies=[open_to_all("the first frame says who asks, or the socket itself does")])
async def live(socket: WebSocket, here: Here) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await _Tab(socket, here).serve()


class _TooSlow(Exception):
    """The browser does not take in what it is told."""


class _OtherRights(Exception):
    """Who listens may something else by now than what it was let in by."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What who listens was let in by: a session's hash that a ticket stood for, else its id, else the connection itself."""

    session: str | None = None
    login: str | None = None


class _Tab:
    """One browser tab's conversation."""

    def __init__(self, socket: WebSocket, here: Rooms) -> None:
        self._socket = socket
        self._here = here
        self._key = _Key()
        self._heard_as: Actor | None = None
        self._told: _Telling | None = None

    async def serve(self) -> None:
        try:
            await self._converse()
        except* NotSignedIn as refused:
            await self._close(SIGN_IN_FIRST, _first(refused))
        except* _OtherRights:
            await self._close(OTHER_RIGHTS, "What you may has changed: come back.")
        except* _TooSlow:
            await self._close(TOO_SLOW, "Too slow: come back with the last number you saw.")
        except* StoreUnavailable:
            await self._close(1013, "The database does not answer.")
        except* (WebSocketDisconnect, RuntimeError):
            pass

    async def _close(self, code: int, reason: str) -> None:
        """The close waits until what was sent before is taken in; who takes nothing in is left."""
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with clock.timeout(CLOSE_SECONDS):
                await self._socket.close(code, reason)

    async def _converse(self) -> None:
        async with asyncio.TaskGroup() as group:
            checking: asyncio.Task[None] | None = None
            telling: asyncio.Task[None] | None = None
            async for frame in self._frames():
                if frame.session is not None:
                    self._key = replace(self._key, session=frame.session)
                if frame.ticket is not None:
                    self._key = replace(self._key, login=await self._here.db.write(tickets.redeem, frame.ticket))
                actor = await self._actor(self._key)
                if actor != self._heard_as:
                    if self._heard_as is not None and frame.session is None and frame.ticket is None:
                        raise _OtherRights
                    await _end(checking)
                    checking = group.create_task(self._check(self._key, actor))
                    self._heard_as = actor
                await self._do(actor, frame)
                if frame.subscribe is None or not await self._may_hear(actor, frame.subscribe):
                    continue
                await _end(telling)
                self._told = _Telling(frame.subscribe, self._key, actor, Sight(actor, self._here))
                telling = group.create_task(self._tell(self._told, frame.after))
            await _end(checking)
            await _end(telling)

    async def _may_hear(self, actor: Actor, wanted: Subscription) -> bool:
        """Whether the policies let it: what they refuse is said."""
        named = {"run_id": wanted.runs, "ids": wanted.tasks, "project_id": wanted.projects}
        asked = {name: some for name, some in named.items() if some}
        try:
            await self._here.rules.require(actor, Permission.TASK_VIEW, asked, live_acts.SOCKET)
        except PolicyDenied as refused:
            await self._say({"error": refused.message})
            return False
        return True

    async def _do(self, actor: Actor, frame: Frame) -> None:
        """What the frame asks for beside being told: each is answered by one word."""
        name: dict[str, object] = {} if frame.id is None else {"id": frame.id}
        try:
            if frame.answer is not None:
                await self._say({"answered": await live_acts.answer(self._here, actor, frame.answer), **name})
            if frame.prompt is not None:
                await self._say({"prompted": await live_acts.prompt(self._here, actor, frame.prompt), **name})
        except (NotSignedIn, StoreUnavailable):
            raise
        except ClawlinkError as error:
            await self._say({"error": error.message, **name})

    async def _frames(self) -> AsyncIterator[Frame]:
        """What the browser says, until it hangs up. What makes no sense is answered and passed over."""
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            try:
                if text is None or len(text) > FRAME_AT_MOST:
                    raise strict_json.NotStrict(f"A frame is text of at most {FRAME_AT_MOST} characters")
                yield Frame.model_validate(strict_json.parse(text))
            except strict_json.NotStrict as error:
                await self._say({"error": f"{error}."})
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"]) or "the frame"
                await self._say({"error": f"{where}: {first['msg']}."})

    async def _check(self, key: _Key, actor: Actor) -> None:
        """Whoever's session has ended, or who may something else, hears nothing any more. Raises `NotSignedIn`, `_OtherRights`."""
        # What an earlier session of this tab was told goes on until something else is asked for.
        before = [] if self._told is None else [self._told.actor]
        with self._here.db.bell.listen(*revocation.topics_of(actor, *before)) as ear:
            was_rung = False
            while True:
                if await self._actor(key) != actor:
                    raise _OtherRights
                told = self._told
                if told is not None and told.key != key and await self._actor(told.key) != told.actor:
                    raise _OtherRights
                if told is not None and was_rung:
                    if self._here.rules.are_asked and not await self._may_hear(told.actor, told.wanted):
                        raise _OtherRights
                    told.sight.forget()  # a project may have been made private, say
                    granted, _ = await self._here.db.read(grant, told.actor, told.wanted)
                    if told.granted is not None and granted != told.granted:
                        raise _OtherRights
                was_rung = await ear.wait(CHECK_SECONDS)

    async def _actor(self, key: _Key) -> Actor:
        """Who listens by it, as of now. Raises `NotSignedIn`."""
        if key.login is not None:
            return await actor_with(self._here, key.login)
        return await actor_of(self._socket, self._here, key.session)

    # ── telling ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell(self, telling: _Telling, after: int | None) -> None:
        async with asyncio.TaskGroup() as group:
            granted, refused = await self._here.db.read(grant, telling.actor, telling.wanted)
            telling.granted, sight = granted, telling.sight
            watcher = Watcher(set(granted.runs), set(granted.tasks), set(granted.projects), board=granted.board)
            group.create_task(_cut_when_behind(watcher))
            if not refused.is_empty:
                await self._say({"refused": refused.model_dump()})
            with self._here.feed.watch(watcher):
                head = await self._here.db.read(log.last_seq)
                if after is not None:
                    await self._catch_up(sight, granted, after, head)
                await self._say({"subscribed": granted.model_dump(), "head": head})
                while True:
                    await self._send(await sight.of(item for item in await _gather(watcher) if _is_new(item, head)))

    async def _catch_up(self, sight: Sight, granted: Subscription, after: int, head: int) -> None:
        while page := await self._here.db.read(
            log.read_about,
            after,
            runs=granted.runs,
            tasks=granted.tasks,
            projects=granted.projects,
            board=granted.board,
            up_to=head,
            at_most=PAGE,
        ):
            after = page[-1].seq
            await self._send(await sight.of(page))

    async def _send(self, items: Sequence[Told | Shown]) -> None:
        """In frames that are neither too many nor too long."""
        frame: list[str] = []
        length = 0
        for item in items:
            text = item.text if isinstance(item, Told) else json.dumps(shown_json(item))
            frame.append(text)
            length += len(text)
            if len(frame) == EVENTS_A_FRAME or length > CHARACTERS_A_FRAME:
                await self._socket.send_text(f'{{"events": [{", ".join(frame)}]}}')
                frame, length = [], 0
        if frame:
            await self._socket.send_text(f'{{"events": [{", ".join(frame)}]}}')

    async def _say(self, word: dict[str, object]) -> None:
        await self._socket.send_text(json.dumps(word))


@dataclass
class _Telling:
    """What is being told: what was asked for by whom, what was granted of it once that is known, and how it is looked at."""

    wanted: Subscription
    key: _Key
    actor: Actor
    sight: Sight
    granted: Subscription | None = None


def _is_new(item: Told | Shown, head: int) -> bool:
    return isinstance(item, Shown) or item.seq > head


async def _gather(watcher: Watcher) -> list[Told | Shown]:
    """What there is, and what comes within a moment: many small events make one frame."""
    items = [await watcher.queue.get()]
    await asyncio.sleep(GATHER_SECONDS)
    while len(items) < EVENTS_A_FRAME and not watcher.queue.empty():
        items.append(watcher.queue.get_nowait())
    return items


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


async def _cut_when_behind(watcher: Watcher) -> None:
    await watcher.fell_behind.wait()
    raise _TooSlow


def _first(group: BaseExceptionGroup[NotSignedIn]) -> str:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found.message[:120] if isinstance(found, NotSignedIn) else ""
