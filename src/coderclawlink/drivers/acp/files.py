"""The files an agent may read and write through its client: those of its workspace, and never by way of a link.

Above: the connection, which answers `fs/*`, and the driver, which puts files into a HOME. We do not declare these
abilities, yet some agents use them. The agent can change its workspace while we look, so a path is walked component by
component from an open directory, following nothing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from acp import RequestError
from acp.schema import ReadTextFileResponse, WriteTextFileResponse

from coderclawlink.drivers.acp.translate import Raw, text
from coderclawlink.errors import Denied

_PROTECTED = frozenset({".git", ".gitmodules", ".claude", ".mcp.json", ".vscode"})
"""Names that make other programs run what they hold."""


def serve(method: str, params: Raw, workspace: Path) -> ReadTextFileResponse | WriteTextFileResponse:
    """Answer a request of the agent. Raises `RequestError` for one that is refused."""
    with _refusals():
        if method == "fs/write_text_file":
            write(workspace, text(params, "path"), text(params, "content"))
            return WriteTextFileResponse()
        line, limit = (value if isinstance(value := params.get(key), int) else None for key in ("line", "limit"))
        return ReadTextFileResponse(content=read(workspace, text(params, "path"), line, limit))


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Say what our file system says in the words of JSON-RPC."""
    try:
        yield
    except Denied as denial:
        raise RequestError.invalid_params({"details": denial.message}) from None
    except FileNotFoundError:
        raise RequestError.resource_not_found() from None
    except OSError as problem:
        raise RequestError.internal_error({"details": str(problem.strerror)}) from None


def read(workspace: Path, path: str, line: int | None = None, limit: int | None = None) -> str:
    """The text of the file, or `limit` of its lines from `line` (1 is the first). Raises `Denied` and `OSError`."""
    descriptor = _open(workspace, _inside(workspace, path), os.O_RDONLY)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        whole = file.read()
    if line is None and limit is None:
        return whole
    first = max((line or 1) - 1, 0)
    lines = whole.splitlines(keepends=True)[first:]
    return "".join(lines if limit is None else lines[: max(limit, 0)])


def write(workspace: Path, path: str, content: str, mode: int = 0o644) -> None:
    """Write the file whole, with the folders it needs; a new one gets `mode`. Raises `Denied` and `OSError`."""
    steps = _inside(workspace, path)
    if protected := _PROTECTED.intersection(steps):
        raise Denied(f"{min(protected)} is not the agent's to write.")
    descriptor = _open(workspace, steps, os.O_WRONLY | os.O_CREAT, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.truncate()
        file.write(content)


def _inside(workspace: Path, path: str) -> tuple[str, ...]:
    # Compared as text, without looking: the walk below is what makes it true.
    steps = Path(os.path.normpath(workspace / path))
    if "\0" in path or not steps.is_relative_to(workspace) or steps == workspace:
        raise Denied(f"{path} is not in the workspace.")
    return steps.relative_to(workspace).parts


def _open(workspace: Path, steps: tuple[str, ...], flags: int, mode: int = 0) -> int:
    """Open a regular file without following a link anywhere below the workspace."""
    folder = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps[:-1]:
            if flags & os.O_CREAT:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(step, dir_fd=folder)
            below = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        # O_NONBLOCK: a pipe somebody put there must not hold us.
        file = os.open(steps[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK, mode, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Denied(f"{'/'.join(steps)} is not a file.")
    return file
