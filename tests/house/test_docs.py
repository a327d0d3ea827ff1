"""The documentation says what the program does: generated pages are current, no setting is without words or without use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from coderclawlink.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_generated_reference_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_described_and_used(name: str) -> None:
    assert Settings.model_fields[name].description
    users = [
        path
        for path in (ROOT / "src").rglob("*.py")
        if path.name != "settings.py" and re.search(rf"\bsettings\.{name}\b", path.read_text(encoding="utf-8"))
    ]
    own = re.search(rf"self\.{name}\b", (ROOT / "src/coderclawlink/settings.py").read_text(encoding="utf-8"))
    assert users or own, f"nobody reads the setting {name}"


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
