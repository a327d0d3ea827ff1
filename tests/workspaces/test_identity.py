"""Whose commits they are is read from the user's own git configuration, and nothing of it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderclawlink.workspaces.git import identity

pytestmark = pytest.mark.anyio


async def test_the_users_name_and_mail_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert await identity() == (None, None)
    (tmp_path / ".gitconfig").write_text('[user]\n\tname = "Ann Änderung"\n[core]\n\tpager = touch ran\n')
    (tmp_path / ".config/git").mkdir(parents=True)
    (tmp_path / ".config/git/config").write_text("[user]\n\temail = ann@example.org\n")
    assert await identity() == ("Ann Änderung", "ann@example.org")
