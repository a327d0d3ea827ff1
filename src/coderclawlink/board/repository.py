"""Where a project's code lives, as people write it. Pure.

Anything git can clone: an absolute path, `file://`, `http(s)://`, `ssh://`, or `user@host:path`. On GitHub the owner and the
name are known too; the forms people paste (trailing slash, `.git`, query, fragment) all mean the same repository.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

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


def parse(text: str, server: str = "https://github.com") -> Repository:
    """Understand what was pasted. `server`: the code host whose owner and name are wanted. Raises `NoRepository`."""
    text = text.strip()
    if not text or any(ord(character) < 32 for character in text) or text.startswith("-"):
        raise NoRepository
    if text.startswith("/"):
        return Repository(text, text)
    if match := SCP.match(text):
        return _hosted(text, match["host"], match["path"], text, server)
    try:
        url = urlsplit(text)
        host, user, password = url.hostname, url.username, url.password
    except ValueError as error:
        raise NoRepository from error
    if url.scheme == "file" and url.path.startswith("/") and not url.netloc:
        return Repository(text, f"file://{url.path}")
    if url.scheme not in ("http", "https", "ssh") or not host or not url.path.strip("/"):
        raise NoRepository
    if password is not None or (user is not None and url.scheme != "ssh"):  # a token often stands in the user's place
        raise NoRepository("Leave the password out of the URL: it would be kept and shown. Configure a token instead.")
    clean = url._replace(query="", fragment="").geturl().rstrip("/")
    return _hosted(text, host, url.path, clean, server)


def _hosted(text: str, host: str, path: str, clone: str, server: str) -> Repository:
    hub = urlsplit(server)
    parts = [part for part in path.strip("/").split("/") if part]
    if host.removeprefix("www.") != (hub.hostname or "").removeprefix("www.") or len(parts) < 2:
        return Repository(text, clone)
    owner, name = parts[0], parts[1].removesuffix(".git")
    if not (NAME.match(owner) and NAME.match(name)) or name in ("", ".", ".."):
        raise NoRepository
    if clone.startswith(("http://", "https://")):
        clone = f"{server.rstrip('/')}/{owner}/{name}.git"
    return Repository(text, clone, owner, name)
