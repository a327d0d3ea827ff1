"""The only caller of git in the house, and the only one that may be: it trusts no byte of the repository it works on.

Above: the rest of `workspaces`. Below: the `git` program (2.34 or later). A repository that an agent wrote can name
programs in its config, attributes, hooks and `.git` file. So the git directory is always said and never looked for, no
system or global config is read, every setting that names a program is overridden from the environment (which wins over all
files), and the drivers a repository defines are listed first and blanked by name.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import signal
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from coderclawlink import clock
from coderclawlink.errors import Unavailable

Transport = Literal["nothing", "files", "network"]
"""What git may talk to: nothing, repositories on this machine, or servers (https, http, ssh)."""

IDENTITY = {
    "GIT_AUTHOR_NAME": "coderClawLink",
    "GIT_AUTHOR_EMAIL": "clawlink@localhost",
    "GIT_COMMITTER_NAME": "coderClawLink",
    "GIT_COMMITTER_EMAIL": "clawlink@localhost",
}

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without files, which git knows without storing it: the base of work that began from nothing."""

_PROTOCOLS: Mapping[Transport, str] = {"nothing": "none", "files": "file", "network": "https:http:ssh"}

_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.pager": "cat",
    "core.editor": "true",
    "core.gitProxy": "",
    "core.alternateRefsCommand": "true",
    "core.safecrlf": "false",
    "core.quotePath": "true",
    "credential.helper": "",
    "http.sslVerify": "true",
    "gpg.program": "false",
    "gpg.ssh.program": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "push.gpgSign": "false",
    "log.showSignature": "false",
    "merge.verifySignatures": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "diff.ignoreSubmodules": "all",
    "status.submoduleSummary": "false",
    "diff.external": "",
    "diff.noPrefix": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.writeCommitGraph": "false",
    "advice.detachedHead": "false",
    "init.defaultBranch": "main",
    # Newer git reads attributes from HEAD in bare repositories; what an agent wrote there must not hide a diff.
    "attr.tree": EMPTY_TREE,
}

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null/none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_VARIANT": "ssh",
}

# What ssh and curl need of the user: keys, known hosts, the company's proxy and certificates.
_FOR_THE_NETWORK = (
    "HOME",
    "USER",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
)

# A control master would outlive the call and hold its pipes open.
_SSH = "ssh -o BatchMode=yes -o ControlMaster=no"

_GRACE_SECONDS = 0.5

_DRIVER = re.compile(r"(filter|diff|merge)\.(.+)\.[^.]+", re.DOTALL | re.IGNORECASE)
_CHATTER = re.compile(r"hint:|fatal: Could not read from remote|Please make sure you have|and the repository exists")
_BLANK = {
    "filter": {"clean": "", "smudge": "", "process": "", "required": "false"},
    "diff": {"command": "", "textconv": ""},
    "merge": {"driver": ""},
}


class GitFailed(Unavailable):
    """Git failed."""


@dataclass(frozen=True)
class Place:
    """The repository git works on. `work_tree` None: objects and refs only, and no attributes are read from files.

    `index` None: the git directory's own.
    """

    git_dir: Path
    work_tree: Path | None = None
    index: Path | None = None


@dataclass(frozen=True)
class Output:
    """What git said. `cut`: it had more to say than `limit_bytes`, and was ended."""

    code: int
    stdout: bytes
    stderr: str
    cut: bool = False

    @property
    def text(self) -> str:
        """Standard output without its last line end; bytes that are not UTF-8 survive as surrogates."""
        return os.fsdecode(self.stdout.removesuffix(b"\n"))

    @property
    def names(self) -> list[str]:
        """NUL-separated output as a list."""
        return [os.fsdecode(name) for name in self.stdout.split(b"\0") if name]


async def git(
    *args: str,
    at: Place,
    over: Transport = "nothing",
    stdin: bytes = b"",
    token: str | None = None,
    url: str | None = None,
    env: Mapping[str, str] | None = None,
    ok: Container[int] = (0,),
    timeout_seconds: float = 120,
    limit_bytes: int | None = None,
) -> Output:
    """Run git and return what it said.

    `token` is sent as the password of an https request to `url`'s host and appears in no argument list and no message.
    `env` adds variables (an author, say). `ok`: exit codes that are answers and not failures. A cancelled caller leaves
    no git behind. Raises `GitFailed` with git's last words.
    """
    settings = {**_SETTINGS, **await _blanked_drivers(at), **_login(url, token)}
    return await _run(args, at, over, settings, stdin, token, dict(env or {}), ok, timeout_seconds, limit_bytes)


async def identity() -> tuple[str | None, str | None]:
    """The name and mail that this machine's user has told git, each None if unset. Read from the user's own configuration
    alone, and only as text."""
    home = Path.home()
    found: list[str | None] = []
    for key in ("user.name", "user.email"):
        value = None
        for file in (home / ".gitconfig", home / ".config" / "git" / "config"):
            if file.is_file():
                nowhere = Place(home / ".no-repository")
                told = await git("config", "--file", str(file), "--get", key, at=nowhere, ok=(0, 1))
                value = told.text or value
        found.append(value)
    return found[0], found[1]


async def _blanked_drivers(at: Place) -> dict[str, str]:
    """Overrides for every driver that any config of the repository defines."""
    if not (at.git_dir / "config").exists():
        return {}
    listed = await _run(
        ("config", "--list", "--includes", "--name-only", "-z"),
        at,
        "nothing",
        _SETTINGS,
        b"",
        None,
        {},
        (0,),
        20,
        1 << 22,
    )
    if listed.cut:
        raise GitFailed("The repository's config is too long to be read safely.")
    blanked: dict[str, str] = {}
    for name in listed.names:
        if driver := _DRIVER.fullmatch(name):
            kind, which = driver[1].lower(), driver[2]
            blanked |= {f"{kind}.{which}.{key}": value for key, value in _BLANK[kind].items()}
    return blanked


def _login(url: str | None, token: str | None) -> dict[str, str]:
    if token is None or url is None:
        return {}
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return {
            f"http.{parts.scheme}://{parts.netloc}/.extraHeader": f"Authorization: Basic {secret}",
            # Git would send the same header to wherever it is sent on to.
            "http.followRedirects": "false",
        }
    return {}


async def _run(
    args: Sequence[str],
    at: Place,
    over: Transport,
    settings: Mapping[str, str],
    stdin: bytes,
    token: str | None,
    env: dict[str, str],
    ok: Container[int],
    timeout_seconds: float,
    limit_bytes: int | None,
) -> Output:
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *args,
            cwd=at.work_tree or "/",
            env=_environment(at, over, settings) | env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as problem:
        raise GitFailed(f"git could not be started: {problem}") from problem
    try:
        async with clock.timeout(timeout_seconds):
            output = await _talk(process, stdin, limit_bytes)
    except TimeoutError:
        raise GitFailed(f"git {args[0]} took longer than {timeout_seconds:g} s and was ended.") from None
    finally:
        await _end(process)
    if output.code not in ok and not output.cut:
        raise GitFailed(f"git {args[0]} failed: {_last_words(output.stderr, token) or f'exit code {output.code}'}")
    return output


def _environment(at: Place, over: Transport, settings: Mapping[str, str]) -> dict[str, str]:
    env = _ENVIRONMENT | {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_DIR": str(at.git_dir),
        # Said, because a `commondir` file inside would else lead to another config.
        "GIT_COMMON_DIR": str(at.git_dir),
        # This one alone decides; with it, `protocol.*` of any config is not read, and children inherit it.
        "GIT_ALLOW_PROTOCOL": _PROTOCOLS[over],
        "GIT_SSH_COMMAND": _SSH if over == "network" else "false",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for n, (key, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{n}"] = key
        env[f"GIT_CONFIG_VALUE_{n}"] = value
    if at.work_tree is not None:
        env["GIT_WORK_TREE"] = str(at.work_tree)
    if at.index is not None:
        env["GIT_INDEX_FILE"] = str(at.index)
    if over == "network":
        env |= {name: os.environ[name] for name in _FOR_THE_NETWORK if name in os.environ}
    return env


async def _talk(process: asyncio.subprocess.Process, stdin: bytes, limit_bytes: int | None) -> Output:
    writer, stdout, stderr = process.stdin, process.stdout, process.stderr
    if writer is None or stdout is None or stderr is None:
        raise GitFailed("git was started without pipes.")

    async def say() -> None:
        try:
            writer.write(stdin)
            await writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # It did not want to hear it all; its exit code tells.
        writer.close()

    async def hear() -> tuple[bytes, bool]:
        heard, cut = bytearray(), False
        while chunk := await stdout.read(1 << 16):
            heard += chunk
            if limit_bytes is not None and len(heard) > limit_bytes:
                del heard[limit_bytes:]
                cut = True
                _signal_group(process.pid, signal.SIGTERM)
        return bytes(heard), cut

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(say())
        said = tasks.create_task(hear())
        complaints = tasks.create_task(stderr.read())
    heard, cut = said.result()
    return Output(await process.wait(), heard, complaints.result().decode(errors="replace"), cut)


async def _end(process: asyncio.subprocess.Process) -> None:
    """See to it that nothing of git's process group is left, whatever ended the call."""
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)  # Git takes its lock files away when it is asked to end.
        try:
            with contextlib.suppress(TimeoutError):
                async with clock.timeout(_GRACE_SECONDS):
                    await (
                        process.communicate()
                    )  # Reads what is left in the pipes: unread ones would keep it from ending.
        finally:
            if process.returncode is None:
                _signal_group(process.pid, signal.SIGKILL)
                await process.communicate()
    if process.stdin is not None:
        # That it did not want to hear all is kept for who asks, and complained of if nobody does.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            async with clock.timeout(_GRACE_SECONDS):
                await process.stdin.wait_closed()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _last_words(stderr: str, token: str | None) -> str:
    lines = [line.strip() for line in re.split(r"[\r\n]+", stderr) if line.strip() and not _CHATTER.match(line)]
    words = re.sub(r"://[^/@\s]+@", "://***@", " · ".join(lines[-3:]))
    if token:
        words = words.replace(token, "***").replace(
            base64.b64encode(f"x-access-token:{token}".encode()).decode(), "***"
        )
    return words
