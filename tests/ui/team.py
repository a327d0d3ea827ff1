"""A hub of a team, as people start it: `clawlink serve` with CLAWLINK_MODE=team, its first administrator made at the command line.

Above: `conftest`, whose `team` one session shares. Below: `hub`. Browsers come to it as http://localhost, where they know passkeys. What
`Hub` does over HTTP is done here as root, an administrator who has just signed in.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import BrowserContext

from tests.ui.hub import Hub

PASSWORD = "four unrelated words"
ADMINISTRATOR = "root"
DEVELOPER = "ann"
VIEWER = "vic"
PROVEN_SECONDS = 600.0


class Team(Hub):
    """root administers, ann develops, vic views; all have the same password. More people are made by `person`."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {"CLAWLINK_MODE": "team", "CLAWLINK_PUBLIC_URL": f"http://localhost:{port}"}
        super().__init__(home, port=port, environment=environment)
        self._numbers = itertools.count(1)
        self._proven_until = 0.0

    @property
    def site(self) -> str:
        """Where browsers find it."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        create = ["user", "create", ADMINISTRATOR, "--admin", "--name", "Root", "--data", str(self.home)]
        command = [sys.executable, "-m", "coderclawlink", *create]
        subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, timeout=60, stdout=subprocess.DEVNULL)
        super().start()
        for user, role in ((DEVELOPER, "developer"), (VIEWER, "viewer")):
            self.post("/api/users", {"id": user, "role": role, "name": user.title(), "password": PASSWORD})

    def enter(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.session(ADMINISTRATOR)}"

    def send(self, method: str, path: str, body: object) -> Any:
        """Also long after the tests began: root has proven not long ago who that is."""
        if time.monotonic() > self._proven_until:
            answer = self.http.post(f"{self.url}/api/auth/step-up", json={"password": PASSWORD})
            assert answer.status_code == 204, answer.text
            self._proven_until = time.monotonic() + PROVEN_SECONDS
        return super().send(method, path, body)

    def session(self, user: str) -> str:
        """The id of a new session of the user's, as after signing in with the password just now."""
        body = {"user": user, "password": PASSWORD, "keep": "session"}
        answer = httpx2.post(f"{self.url}/api/auth/sign-in", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["session_id"])

    def client(self, user: str) -> httpx2.Client:
        """For what somebody else does over HTTP; close it."""
        headers = {"Authorization": f"Bearer {self.session(user)}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def person(self, role: str = "developer", password: str = PASSWORD) -> str:
        """A user whom no other test knows."""
        user = f"person{next(self._numbers)}"
        self.post("/api/users", {"id": user, "role": role, "name": user.title(), "password": password})
        return user

    async def sign_in(self, context: BrowserContext, user: str) -> None:
        """The browser has the user's session from its next request on."""
        await context.add_cookies(
            [
                {
                    "name": "clawlink_session",
                    "value": self.session(user),
                    "url": self.site,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )

    def forget_proofs(self, user: str) -> None:
        """As if the user had last shown who that is long ago: what is dangerous asks for it anew."""
        with contextlib.closing(sqlite3.connect(self.home / "clawlink.db", timeout=30)) as database, database:
            database.execute("UPDATE sessions SET stepped_up_at = NULL WHERE user_id = ?", (user,))
