"""Mirrors: one bare copy per repository, fetched before use, into which an agent's work is taken as data.

Above: `checkout`, `salvage` and `delivery`. Below: `git` and `store`. What upstream has lies under `refs/upstream/`, what
runs left under `refs/clawlink/`; nothing there is ever pruned, because attempts share its objects.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from coderclawlink.errors import Invalid
from coderclawlink.workspaces.git import EMPTY_TREE, Place, git
from coderclawlink.workspaces.store import locked

_SCP_LIKE = re.compile(r"(?!-)[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)[^\x00-\x20].*")
NETWORK_SECONDS = 900.0


@dataclass(frozen=True)
class Remote:
    """Where a repository is. `path` is set for one on this machine."""

    url: str
    path: Path | None


@dataclass(frozen=True)
class Upstream:
    """The head of a repository's default branch. `base` is the empty tree's id when nothing was committed yet."""

    branch: str
    base: str


def locate(repository: str) -> Remote:
    """Read what people call a repository: an absolute path, `file://`, `https://`, `ssh://` or `git@host:path`.

    Raises `Invalid` for anything else, and for a URL that carries a password.
    """
    if repository.startswith("/"):
        return Remote(repository, Path(repository))
    if _SCP_LIKE.fullmatch(repository):
        return Remote(repository, None)
    parts = urlsplit(repository)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return Remote(unquote(parts.path), Path(unquote(parts.path)))
    if parts.scheme in ("https", "http", "ssh") and parts.hostname and not parts.hostname.startswith("-"):
        if parts.password is not None:
            raise Invalid("A repository's URL must not carry a password: give the token on its own.")
        return Remote(repository, None)
    raise Invalid(f"Not a repository: {repository!r}. Use an absolute path, https://…, ssh://… or user@host:path.")


async def make(mirror: Path) -> None:
    """Make an empty mirror where there is none. The caller holds its lock."""
    if not (mirror / "config").exists() or not (mirror / "HEAD").exists():
        mirror.parent.mkdir(parents=True, exist_ok=True)
        await git("init", "--bare", "--quiet", "--template=", str(mirror), at=Place(mirror))


async def refresh(mirror: Path, repository: str, *, token: str | None = None) -> Upstream:
    """Fetch the repository's branches into its mirror and find its default branch. Raises `GitFailed`, `Invalid`."""
    remote = locate(repository)
    async with locked(mirror.with_suffix(".lock")):
        await make(mirror)
        at = Place(mirror)
        said = await _ask(at, remote, token, "--symref", remote.url, "HEAD")
        symref = re.search(r"^ref: refs/heads/(.+)\tHEAD$", said, re.MULTILINE)
        head = re.search(r"^([0-9a-f]{40,64})\tHEAD$", said, re.MULTILINE)
        branch = symref[1] if symref else "detached"
        if head and await _has(at, head[1]):
            return Upstream(branch, head[1])  # nothing new where runs begin
        wanted = ["+refs/heads/*:refs/upstream/heads/*"]
        if head:
            wanted.append("+HEAD:refs/upstream/HEAD")
        await git(
            *(
                "fetch",
                "--quiet",
                "--prune",
                "--no-tags",
                "--no-write-fetch-head",
                "--upload-pack=git-upload-pack",
                "--",
            ),
            *(remote.url, *wanted),
            at=at,
            over="network" if remote.path is None else "files",
            url=remote.url,
            token=token,
            timeout_seconds=NETWORK_SECONDS,
        )
        if head is None:
            return Upstream(await _unborn(remote), EMPTY_TREE)
        base = await git("rev-parse", "--verify", "refs/upstream/HEAD^{commit}", at=at)
        return Upstream(branch, base.text)


async def branch(mirror: Path, repository: str, name: str, *, token: str | None = None) -> str | None:
    """Fetch one branch of the repository and tell its commit; None when there is no such branch. Raises `GitFailed`."""
    remote = locate(repository)
    at = Place(mirror)
    if (head := await branch_head(at, remote, name, token)) is None:
        return None
    async with locked(mirror.with_suffix(".lock")):
        await git(
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--upload-pack=git-upload-pack", "--"),
            *(remote.url, f"+refs/heads/{name}:refs/upstream/heads/{name}"),
            at=at,
            over="network" if remote.path is None else "files",
            url=remote.url,
            token=token,
            timeout_seconds=NETWORK_SECONDS,
        )
    return head


async def tip(mirror: Path) -> str | None:
    """Where the repository's default branch stood when it was last fetched; None when nothing was committed there."""
    return await commit_at(mirror, "refs/upstream/HEAD")


async def file_at(mirror: Path, commit: str, path: str, limit_bytes: int) -> str | None:
    """A file of a commit as text; None when there is none. Raises `Invalid` for a link, a folder, or too long a file."""
    at = Place(mirror)
    listed = await git("ls-tree", "-z", "--full-tree", commit, "--", path, at=at)
    if not listed.names:
        return None
    mode, kind, _ = listed.names[0].split(" ", 2)
    if kind != "blob" or mode == "120000":
        raise Invalid(f"{path} is no plain file.")
    said = await git("cat-file", "blob", f"{commit}:{path}", at=at, limit_bytes=limit_bytes)
    if said.cut:
        raise Invalid(f"{path} is longer than {limit_bytes} bytes.")
    return said.stdout.decode(errors="replace")


async def commit_at(mirror: Path, ref: str) -> str | None:
    """The commit that a ref of the mirror names, or None."""
    found = await git("rev-parse", "--quiet", "--verify", f"{ref}^{{commit}}", at=Place(mirror), ok=(0, 1, 128))
    return found.text if found.code == 0 else None


async def fork_point(mirror: Path, commit: str, other: str) -> str:
    """The last commit that two have in common; the empty tree's id when there is none."""
    found = await git("merge-base", commit, other, at=Place(mirror), ok=(0, 1, 128))
    return found.text.splitlines()[0] if found.code == 0 else EMPTY_TREE


async def _has(at: Place, commit: str) -> bool:
    """Whether it was fetched already, with all it needs."""
    known = await git("rev-parse", "--quiet", "--verify", "refs/upstream/HEAD", at=at, ok=(0, 1, 128))
    return known.text == commit


async def keep(mirror: Path, source: Path, commit: str, *refs: str) -> None:
    """Take a commit and all it needs from another git directory, checking each object, and name it by `refs`.

    Raises `GitFailed` when an object is not as git's own rules want it (`.git` as a file's name, say).
    """
    async with locked(mirror.with_suffix(".lock")):
        await git(
            *("-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"),
            *("--upload-pack=git-upload-pack", "--", str(source), *(f"+{commit}:{ref}" for ref in refs)),
            at=Place(mirror),
            over="files",
            timeout_seconds=NETWORK_SECONDS,
        )


async def _ask(at: Place, remote: Remote, token: str | None, *args: str) -> str:
    said = await git(
        *("ls-remote", "--upload-pack=git-upload-pack", *args),
        at=at,
        over="network" if remote.path is None else "files",
        url=remote.url,
        token=token,
    )
    return said.text


async def branch_head(at: Place, remote: Remote, branch: str, token: str | None) -> str | None:
    """The commit that a branch of a repository elsewhere stands on, or None."""
    said = await _ask(at, remote, token, remote.url, f"refs/heads/{branch}")
    found = re.search(r"^([0-9a-f]{40,64})\t", said, re.MULTILINE)
    return found[1] if found else None


async def _unborn(remote: Remote) -> str:
    """The name that the first commit's branch will have: git does not tell it over the wire."""
    if remote.path is None:
        return "main"
    try:
        head = await asyncio.to_thread((git_dir(remote.path) / "HEAD").read_text)
    except (OSError, Invalid):
        return "main"
    return head.strip().removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else "main"


def git_dir(path: Path) -> Path:
    """The directory that holds a local repository's refs, also for a bare one and for a linked worktree.

    Raises `Invalid` when there is none.
    """
    try:
        found = path / ".git"
        if found.is_file():
            found = path / found.read_text().removeprefix("gitdir: ").rstrip("\n")
            if (found / "commondir").is_file():
                found = found / (found / "commondir").read_text().strip()
        elif not found.is_dir():
            found = path
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(f"The repository at {path} cannot be read: {problem}") from problem
    if not (found / "HEAD").is_file() or not (found / "objects").is_dir():
        raise Invalid(f"There is no git repository at {path}.")
    return found.resolve()
