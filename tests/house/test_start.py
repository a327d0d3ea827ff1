"""What is slow to import and seldom needed is not imported when the hub starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LATER = ("githubkit", "gidgethub", "hishel")
PROGRAM = """
import asyncio, sys
from pathlib import Path
from coderclawlink.app import open_hub
from coderclawlink.settings import Settings
from coderclawlink.cli import main

async def start():
    async with open_hub(Settings(clawlink_home=Path(sys.argv[1]), github_token="ghp_x")):
        print(*(name for name in sys.argv[2:] if name in sys.modules))

asyncio.run(start())
"""


def test_a_hub_starts_without_what_speaks_with_github(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), *LATER]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
