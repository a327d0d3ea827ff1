"""Files on the disk: whole or not there, each once, and removed only when nobody has wanted them for a while."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import attachments, projects, tasks
from coderclawlink.board.attachments import AttachmentNotFound, BadName
from coderclawlink.board.authorship import NotYours
from coderclawlink.board.files import SIZE_AT_MOST, Files, FileTooLarge, NoSuchFile, media_type
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database
from coderclawlink.journal import log

pytestmark = pytest.mark.anyio

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)
VIEWER = Actor(Role.VIEWER, "vic", "9" * 64)


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def broken() -> AsyncIterator[bytes]:
    yield b"begun"
    raise EOFError


def lying(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "attachments")


@pytest.fixture
def task(db: Database) -> Task:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO")
    return db.write_now(tasks.create, OWNER, project_id=project.id, title="T")


async def test_a_file_lies_under_the_hash_of_what_is_in_it_and_once(files: Files, tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        kept = await files.keep(parts(b"he", b"", b"llo"))
        assert await files.keep(parts(b"hello")) == kept
    assert kept.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (kept.size, kept.media_type) == (5, "text/plain")
    path = files.path(kept.sha256)
    assert path == tmp_path / "attachments" / kept.sha256[:2] / kept.sha256
    assert path.read_bytes() == b"hello"
    assert path.stat().st_mode & 0o077 == 0
    assert lying(tmp_path) == [kept.sha256]


async def test_an_empty_file_is_a_file(files: Files) -> None:
    kept = await files.keep(parts())
    assert files.path(kept.sha256).read_bytes() == b""


async def test_of_a_file_that_is_too_large_or_breaks_off_nothing_is_left(files: Files, tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        whole = await files.keep(parts(*[bytes(1 << 20)] * (SIZE_AT_MOST >> 20)))
        assert whole.size == SIZE_AT_MOST
        with pytest.raises(FileTooLarge):
            await files.keep(parts(*[bytes(1 << 20)] * (SIZE_AT_MOST >> 20), b"x"))
        with pytest.raises(EOFError):
            await files.keep(broken())
    assert lying(tmp_path) == [whole.sha256]


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "../" * 21 + "x", "0" * 64])
def test_what_is_no_hash_of_a_file_leads_to_none(files: Files, name: str) -> None:
    with pytest.raises(NoSuchFile):
        files.path(name)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "text/plain"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        ("größer".encode(), "text/plain"),
        (b"x" * 4095 + b"\xc3", "text/plain"),
        (b"half \xc3", "application/octet-stream"),
        (b"%PDF\0", "application/octet-stream"),
    ],
)
def test_what_a_file_is_its_first_bytes_show(head: bytes, kind: str) -> None:
    assert media_type(head) == kind


async def test_a_name_stands_once_on_a_task(db: Database, task: Task, files: Files) -> None:
    one, two = await files.keep(parts(b"one")), await files.keep(parts(b"two"))
    first = await db.write(attachments.add, ANN, task.id, "image.png", one)
    assert await db.write(attachments.add, BOB, task.id, "image.png", one) == first
    assert (await db.write(attachments.add, ANN, task.id, "image.png", two)).name == "image-2.png"
    assert (await db.write(attachments.add, ANN, task.id, "other.png", one)).sha256 == first.sha256
    with db.look() as look:
        assert [file.name for file in attachments.of_task(look, task.id)] == ["image.png", "image-2.png", "other.png"]
        assert [told.kind for told in log.read(look, 0)][-3:] == ["attachment.added"] * 3


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a/b\\c", "a_b_c"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("evil\u202egnp.exe", "evil_gnp.exe"),
        (" shot\n.png ", "shot_.png"),
        ("e\u0301.txt", "é.txt"),
        (".bashrc", ".bashrc"),
    ],
)
def test_a_name_is_made_one_of_a_file(given: str, name: str) -> None:
    assert attachments.fitting(given) == name


@pytest.mark.parametrize("name", ["", " ", ".", "..", "é" * 101])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        attachments.fitting(name)


async def test_its_author_and_admins_delete_it(db: Database, task: Task, files: Files) -> None:
    kept = await files.keep(parts(b"x"))
    with pytest.raises(PermissionMissing):
        await db.write(attachments.add, VIEWER, task.id, "a", kept)
    for who in (ANN, OWNER):
        made = await db.write(attachments.add, ANN, task.id, "a", kept)
        with pytest.raises(NotYours):
            await db.write(attachments.delete, BOB, made.id)
        await db.write(attachments.delete, who, made.id)
        with pytest.raises(AttachmentNotFound):
            await db.read(attachments.find, made.id)


async def test_a_file_goes_when_nobody_has_wanted_it_for_a_while(
    db: Database, task: Task, files: Files, tmp_path: Path
) -> None:
    shared, lone = await files.keep(parts(b"shared")), await files.keep(parts(b"lone"))
    elsewhere = await db.write(projects.create, OWNER, name="Other", key="OTHER")
    other = await db.write(tasks.create, OWNER, project_id=elsewhere.id, title="Other")
    for owner, kept in ((task, shared), (task, lone), (other, shared)):
        await db.write(attachments.add, ANN, owner.id, "file", kept)
    for kept in (shared, lone):
        age(files.path(kept.sha256), 7200)
    assert await attachments.tidy(db, files) == 0
    await db.write(projects.delete, OWNER, task.project_id)
    forgotten = tmp_path / "attachments" / "new" / "begun"
    forgotten.write_bytes(b"half")
    age(forgotten, 7200)
    assert await attachments.tidy(db, files) == 1
    assert lying(tmp_path / "attachments") == [shared.sha256]


async def test_a_file_that_has_just_come_stays_until_its_row_is_there(
    db: Database, task: Task, files: Files, tmp_path: Path
) -> None:
    kept = await files.keep(parts(b"again"))
    age(files.path(kept.sha256), 7200)
    assert files.old() == [kept.sha256]
    await files.keep(parts(b"again"))  # it was old and unwanted, and has just come once more
    assert files.remove([kept.sha256]) == 0
    assert await attachments.tidy(db, files) == 0
    await db.write(attachments.add, ANN, task.id, "file", kept)
    age(files.path(kept.sha256), 7200)
    assert await attachments.tidy(db, files) == 0
