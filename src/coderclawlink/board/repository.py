"""Where a project's code lives, as people write it. Pure.

Anything git can clone: an absolute path, `file://`, `http(s)://`, `ssh://`, or `user@host:path`. On GitHub the owner and the
name are known too; the forms people paste (trailing slash, `.git`, query, fragment) all mean the same repository.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from coderclawlink.errors import Invalid

SCP = re.compile(r"^(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>[^\s:][^\s]*)$")
NAME = re.compile(r"^[A-Za-z0-9._-]+$")


class NoRepository(Invalid):
    """That is no repository git could clone. Give an absolute path, or an https, ssh, git@host:path or file URL."""


@dataclass(frozen=True, slots=True)
class Repository:
    """`url`: as given. `clone`: what git is given. `owner` and `name`: of a repository on the code host, else None."""

    url: str
    clone: str
    owner: str | None = None
    name: str | None = None

    @property
    def web(self) -> str | None:
        """Name and port of the host that is asked over https; None: it is reached otherwise."""
        url = urlsplit(self.clone)
        return url.netloc.lower() if url.scheme in ("http", "https") else None


def parse(text: str, server: str = "https://github.com") -> Repository:
    """Understand what was pasted. `server`: the code host whose owner and name are wanted. Raises `NoRepository`."""
    text = text.strip()
    if not text or any(ord(character) < 32 for character in text) or text.startswith("-"):
        raise NoRepository
    if text.startswith("/"):
        return Repository(text, text)
    if match := SCP.match(text):
        return _over_ssh(text, match["host"], match["path"], text, server)
    try:
        url = urlsplit(text)
        host, user, password = url.hostname, url.username, url.password
        _ = url.port  # not every text is one
    except ValueError as error:
        raise NoRepository from error
    if url.scheme == "file" and url.path.startswith("/") and not url.netloc:
        return Repository(text, f"file://{url.path}")
    if url.scheme not in ("http", "https", "ssh") or not host or not url.path.strip("/"):
        raise NoRepository
    if password is not None or (user is not None and url.scheme != "ssh"):  # a token often stands in the user's place
        raise NoRepository("Leave the password out of the URL: it would be kept and shown. Configure a token instead.")
    clean = url._replace(query="", fragment="").geturl().rstrip("/")
    if url.scheme == "ssh":
        return _over_ssh(text, host, url.path, clean, server)
    parts = _parts(url.path)
    if _door(url) != _door(urlsplit(server)) or len(parts) < 2:
        return Repository(text, clean)
    owner, name = _names(parts)  # whatever stands behind them is a page about the repository
    return Repository(text, f"{server.rstrip('/')}/{owner}/{name}.git", owner, name)


def _over_ssh(text: str, host: str, path: str, clone: str, server: str) -> Repository:
    """Its port is another than the web's, and says nothing."""
    parts = _parts(path)
    if _plain(host) != _plain(urlsplit(server).hostname) or len(parts) < 2:
        return Repository(text, clone)
    if len(parts) > 2:
        raise NoRepository(f"On {host} a repository is owner/name; {path.strip('/')} is more than that.")
    return Repository(text, clone, *_names(parts))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _names(parts: list[str]) -> tuple[str, str]:
    """Owner and name. Raises `NoRepository`."""
    owner, name = parts[0], parts[1].removesuffix(".git")
    if not (NAME.match(owner) and NAME.match(name)) or name in ("", ".", ".."):
        raise NoRepository
    return owner, name


def _door(url: SplitResult) -> tuple[str, int | None]:
    """Host, and port where it is not the usual one: with and without TLS it is the same host."""
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return _plain(url.hostname), None if url.port == usual else url.port


def _plain(host: str | None) -> str:
    return (host or "").lower().removeprefix("www.")
