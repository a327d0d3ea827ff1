"""Where this account has signed in: a file in the data directory that its owner alone reads, of hubs and the sessions there.

Above: `hub`, which sends the session, and `sign-in`, which keeps it. A session goes to the hub it was made at and nowhere else: by its URL, or,
for the hub that lives on the data directory itself, whose port changes, by no name at all.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

FILE = "signed-in.json"
OWN = ""
"""The hub that lives on the data directory."""

_shape = TypeAdapter(dict[str, str])


def session_for(url: str) -> str | None:
    """The session for the hub at `url`."""
    place = home()
    return _read(place).get(key(place, url))


def only_url(home: Path) -> str | None:
    """The hub where this account has signed in, if it is one only."""
    urls = [url for url in _read(home) if url != OWN]
    return urls[0] if len(urls) == 1 else None


def keep(url: str, session: str) -> None:
    """Keep the session for this hub, in the place of an earlier one."""
    place = home()
    write(place / FILE, {**_read(place), key(place, url): session})


def drop(url: str) -> None:
    """Forget the session for this hub."""
    place = home()
    found = _read(place)
    found.pop(key(place, url), None)
    write(place / FILE, found)


def key(home: Path, url: str) -> str:
    """What a hub is called in the files of this data directory."""
    from coderclawlink.cli import hub as hubs

    return OWN if url == hubs.announced(home) else url


def home() -> Path:
    """The data directory."""
    from coderclawlink.cli import configured

    return configured.settings().clawlink_home


def _read(home: Path) -> dict[str, str]:
    try:
        return _shape.validate_json((home / FILE).read_bytes())
    except (OSError, ValidationError):
        return {}


def write(file: Path, found: Mapping[str, object]) -> None:
    """Keep it in a file that its owner alone reads; nothing: keep no file."""
    if not found:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # made for its owner alone
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(found, opened)
    Path(draft).replace(file)
