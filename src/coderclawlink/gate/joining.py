"""Who may come in. The hub's own machine proves itself by a key that only its owner can read, in the data directory."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

KEY_FILE = "node.key"


def local_key(home: Path) -> str:
    """The key of the local node, made at first need, readable by its owner alone. 32 random bytes as text."""
    path = home / KEY_FILE
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(32)
        file.write(key)
    return key


def proves_itself(authorization: str, key: str) -> bool:
    """Whether the header is `Bearer <key>`; takes the same time for any wrong key."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), key.encode())
