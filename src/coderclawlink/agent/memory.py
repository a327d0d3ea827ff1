"""Conversations on disk, so that one can be gone on with by a later process.

Above: `talk`. Below: a folder with one JSON file for each session. The messages are kept as `mind` writes them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from coderclawlink.agent.stage import Mode


class Remembered(BaseModel):
    """A session. `messages`: a JSON list in pydantic-ai's form."""

    model_config = ConfigDict(frozen=True)
    cwd: str
    mode: Mode
    messages: list[Any]


def keep(folder: Path, session: str, remembered: Remembered) -> None:
    """Write the session whole, or not at all. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{session}.json"
    fresh = folder / f"{session}.json.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(remembered.model_dump_json())
    fresh.replace(path)


def recall(folder: Path, session: str) -> Remembered | None:
    """The session as it was kept, or None: there is none that can be read."""
    if not re.fullmatch(r"[0-9a-f-]{1,64}", session):
        return None
    try:
        return Remembered.model_validate_json((folder / f"{session}.json").read_bytes())
    except (OSError, ValidationError):
        return None
