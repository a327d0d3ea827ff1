"""What the built web interface weighs, beside its limits: `python scripts/ui_budgets.py`; fails above them.

Kilobytes (1000 bytes) of gzip, as a browser fetches them. A route's own weight is what its first look needs beyond the entry and the controls,
which every route shares and the browser fetches once; the layouts around it count.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import TypedDict, cast

BUILT = Path(__file__).parents[1] / "src" / "coderclawlink" / "web" / "static"
ENTRY = "index.html"
CONTROLS = "controls"
PALETTE = "src/kit/Palette.tsx"
ENTRY_AT_MOST = 120
CONTROLS_AT_MOST = 75
CSS_AT_MOST = 16
ROUTE_AT_MOST = 35
ROUTES_AT_MOST = {
    "_board.tasks.$key": 52,
    "runs.$id.index": 50,
    "runs.$id.review": 135,
    "comparisons.$id": 135,
    "usage": 30,
    "audit": 30,
    "workflows": 65,
}
"""Where another limit than `ROUTE_AT_MOST` holds, by the route's file."""


class Chunk(TypedDict, total=False):
    file: str
    imports: list[str]
    css: list[str]
    name: str


def main() -> int:
    manifest = cast(dict[str, Chunk], json.loads((BUILT / ".vite" / "manifest.json").read_text(encoding="utf-8")))
    shared = needed(manifest, ENTRY)
    controls = {key for key in manifest if manifest[key].get("name") == CONTROLS}
    rows = [("entry", weight(manifest, shared - controls), ENTRY_AT_MOST)]
    rows.append(("controls", weight(manifest, controls), CONTROLS_AT_MOST))
    routes = {
        key.removeprefix("src/routes/").partition(".tsx")[0]: key
        for key in sorted(manifest)
        if key.startswith("src/routes/") and "tsr-split=component" in key
    }
    for name in routes:
        around = [layout for layout in routes if name.startswith(f"{layout}.")]
        own = set[str]().union(*(needed(manifest, routes[one]) for one in (name, *around))) - shared - controls
        rows.append((name, weight(manifest, own), ROUTES_AT_MOST.get(name, ROUTE_AT_MOST)))
    rows.append(("palette", weight(manifest, needed(manifest, PALETTE) - shared - controls), ROUTE_AT_MOST))
    styles = {name for chunk in manifest.values() for name in chunk.get("css", ())}
    rows.append(("css", sum(gz(name) for name in styles), CSS_AT_MOST))
    for name, size, limit in rows:
        verdict = "" if size <= limit * 1000 else "   over"
        sys.stdout.write(f"{name:<20}{size / 1000:8.1f} kB of {limit:>4}{verdict}\n")
    if manifest[ENTRY].get("imports") and controls & shared:
        sys.stdout.write("The entry needs the controls: something in app/ imports them.\n")
        return 1
    return 1 if any(size > limit * 1000 for _, size, limit in rows) else 0


def needed(manifest: dict[str, Chunk], key: str) -> set[str]:
    """The chunk and all that it imports, without what is fetched later."""
    found: set[str] = set()
    left = [key]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += manifest[one].get("imports", ())
    return found


def weight(manifest: dict[str, Chunk], keys: set[str]) -> int:
    return sum(gz(manifest[key]["file"]) for key in keys)


def gz(name: str) -> int:
    return len(gzip.compress((BUILT / name).read_bytes(), 9))


if __name__ == "__main__":
    sys.exit(main())
