"""The secrets of this machine: values that configurations name as `{secret:NAME}`, one file each under `<data>/secrets`.

Above: the composition root and an attempt, which fill them into an agent's configuration and redact them from what it says, and
`clawlink secret`. Below: the file system. A value never leaves the machine and is never a program's argument.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from coderclawlink.configuration import SECRET, AgentConfiguration
from coderclawlink.errors import Invalid, NotFound

VALUE_AT_MOST = 64 * 1024
"""Bytes of one value in UTF-8."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def directory(home: Path) -> Path:
    """Where they lie in the data directory `home`."""
    return home / "secrets"


def keep(home: Path, name: str, value: str) -> None:
    """Set a secret, whole or not at all. Raises `Invalid` for a name or a value that cannot be one."""
    place = _place(home, name)
    try:
        written = value.encode()
    except UnicodeEncodeError:
        raise Invalid("A secret is text in UTF-8.") from None
    if not written or b"\0" in written or len(written) > VALUE_AT_MOST:
        raise Invalid("A secret is text of at least one character and at most 64 KiB.")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.parent.chmod(0o700)
    # A name that begins with a dot is no secret's, so a file left by a kill is never taken for one.
    descriptor, draft = tempfile.mkstemp(prefix=".", dir=place.parent)  # for its owner alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, place)
    finally:
        with contextlib.suppress(FileNotFoundError):  # as it is once it has taken its place
            os.unlink(draft)


def drop(home: Path, name: str) -> None:
    """Raises `NotFound`, and `Invalid` for what is no name."""
    try:
        _place(home, name).unlink()
    except FileNotFoundError:
        raise NotFound(f"There is no secret {name}.") from None


def names(home: Path) -> dict[str, datetime]:
    """The names in their order, and when (UTC) each was set."""
    return {path.name: datetime.fromtimestamp(path.lstat().st_mtime, UTC) for path in _files(home)}


def read(home: Path) -> dict[str, str]:
    """All values by name. A file that is not text is left out."""
    found: dict[str, str] = {}
    for path in _files(home):
        with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):
            found[path.name] = path.read_bytes().decode()
    return found


def fill(configuration: AgentConfiguration, secrets: Mapping[str, str]) -> AgentConfiguration:
    """The configuration with the values in the places of the names: in `env`, and in the `env` and `headers` of MCP servers.

    Raises `Invalid`, saying what to do, for a secret that is not set here, and for a name that stands anywhere else.
    """
    named = configuration.secrets()
    if not named:
        return configuration
    if missing := sorted(named - secrets.keys()):
        raise Invalid(
            f"The secret {missing[0]} is not set on this machine. Run `clawlink secret set {missing[0]}` on it."
        )

    def filled(values: Mapping[str, str]) -> dict[str, str]:
        return {key: SECRET.sub(lambda found: secrets[found[1]], value) for key, value in values.items()}

    emptied = configuration.model_copy(
        update={
            "env": {},
            "mcp_servers": tuple(
                server.model_copy(update={"env": {}, "headers": {}}) for server in configuration.mcp_servers
            ),
        }
    )
    if elsewhere := sorted(emptied.secrets()):
        raise Invalid(f"The secret {elsewhere[0]} may only stand in env, and in the env and headers of MCP servers.")
    return configuration.model_copy(
        update={
            "env": filled(configuration.env),
            "mcp_servers": tuple(
                server.model_copy(update={"env": filled(server.env), "headers": filled(server.headers)})
                for server in configuration.mcp_servers
            ),
        }
    )


def _place(home: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be a secret's name: letters, digits and _, not beginning with a digit, at most 64."
        )
    return directory(home) / name


def _files(home: Path) -> list[Path]:
    place = directory(home)
    if not place.is_dir():
        return []
    return sorted(path for path in place.iterdir() if _NAME.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode))
