"""A backup as it is made: the database, the attachments that it wants and the files of settings, of one moment, packed into one file.

Above: `clawlink backup`, the route that sends one. Below: `backup`, which saves the database; `archive`, which packs. The parts are gathered in a
folder in the data directory first, the attachments as links: while they are packed, the hub may change and delete what it likes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from coderclawlink.clock import rfc3339
from coderclawlink.db import archive, backup
from coderclawlink.db.archive import Manifest

SETTINGS = ("agents.toml", "prices.toml")
KEY_FILE = "secrets.key"
PREFIX = ".backup-"
"""How the folders begin in which parts are gathered."""


@dataclass(frozen=True, slots=True)
class Made:
    """`left_out`: files with the value of a secret in plain, which therefore are not in it: file → the secret's name."""

    manifest: Manifest
    left_out: Mapping[str, str]


def make(file: Path, home: Path, url: str, *, with_key: bool = False, prefix: str = PREFIX) -> Made:
    """Write a backup of the data directory `home` and the database at `url` to a new file. Blocks.

    Raises `IsThere`, `CannotWrite`, `NothingThere`, `StoreUnavailable`.
    """
    with tempfile.TemporaryDirectory(dir=home, prefix=prefix) as folder:
        staged = Path(folder)
        (staged / "database").mkdir()
        # What is wanted at the moment of the backup lay here before it, or has come since: nothing wanted is removed.
        _link(home / "attachments", staged / "attachments")
        saved = backup.save(url, staged / "database")
        _link(home / "attachments", staged / "attachments")
        places = {sha256: staged / "attachments" / sha256[:2] / sha256 for sha256 in saved.attachments}
        missing = tuple(sha256 for sha256, place in places.items() if not place.is_file())
        parts = [(f"database/{path.name}", path) for path in sorted((staged / "database").iterdir())]
        parts += [(f"attachments/{one[:2]}/{one}", place) for one, place in places.items() if one not in missing]
        left_out = _with_secrets(home)
        files = [name for name in SETTINGS if name not in left_out and (home / name).is_file()]
        if with_key and (home / KEY_FILE).is_file():
            files.append(KEY_FILE)
        parts += [(name, home / name) for name in files]
        manifest = Manifest(
            program=metadata.version("coderclawlink"),
            made_at=rfc3339(time.time()),
            database=saved,
            parts=(),
            missing=missing,
        )
        return Made(archive.write(file, manifest, parts), left_out)


def _with_secrets(home: Path) -> dict[str, str]:
    """Files of settings in which a secret of this machine stands in plain, and its name."""
    known = {path.name: path.read_bytes() for path in (home / "secrets").glob("[!.]*") if path.is_file()}
    found: dict[str, str] = {}
    for name in SETTINGS:
        with contextlib.suppress(FileNotFoundError):
            content = (home / name).read_bytes()
            secret = next((secret for secret, value in known.items() if value and value in content), None)
            if secret is not None:
                found[name] = secret
    return found


def _link(source: Path, target: Path) -> None:
    """The files that are there now, without their content being copied where that can be avoided."""
    for path in source.glob("??/*"):
        place = target / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            with contextlib.suppress(FileNotFoundError):
                try:
                    os.link(path, place)
                except PermissionError:  # a file system without links
                    shutil.copyfile(path, place)
