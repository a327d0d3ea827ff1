"""The web interface fits the hub it is for: its types and its addresses are current, and its lock installs everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "scripts" / "build_ui.py"


def _run(*arguments: str, timeout_seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_seconds
    )


def test_the_types_are_those_of_the_hub() -> None:
    done = _run("scripts/ui_types.py", "--check")
    assert done.returncode == 0, done.stderr


def test_the_tree_of_addresses_is_that_of_the_files() -> None:
    if not (ROOT / "ui/node_modules/.lock-hash").is_file():
        pytest.skip("the libraries of ui/ are not installed: make ui")
    done = _run(str(BUILD), "run", "node", "routes.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_the_lock_pins_by_hash_alone_and_holds_every_platform_s_part() -> None:
    lock = json.loads((ROOT / "ui/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in lock.items() if "resolved" in entry] == []
    assert [
        name for name, entry in lock.items() if name and "integrity" not in entry and not entry.get("inBundle")
    ] == []
    missing = [
        f"{part} of {name}"
        for name, entry in lock.items()
        for part in entry.get("optionalDependencies", {})
        if f"node_modules/{part}" not in lock and f"{name}/node_modules/{part}" not in lock
    ]
    assert missing == []


def test_every_library_is_pinned_to_one_version() -> None:
    package = json.loads((ROOT / "ui/package.json").read_text(encoding="utf-8"))
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert version[0].isdigit(), f"{name} {version}"


def test_no_feature_of_the_interface_imports_another() -> None:
    features = ROOT / "ui/src/features"
    crossing = [
        f"{path.relative_to(features)}: {line.strip()}"
        for path in features.rglob("*.ts*")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "features/" in line and " from " in line and f"features/{path.relative_to(features).parts[0]}/" not in line
    ]
    crossing += [
        f"{path.relative_to(ROOT)} knows the product"
        for path in (ROOT / "ui/src/kit").rglob("*.ts*")
        if any(f"@/{room}/" in path.read_text(encoding="utf-8") for room in ("api", "live", "nouns", "app", "features"))
    ]
    assert crossing == []
