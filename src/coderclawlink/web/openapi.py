"""Write down the description of the HTTP interface: `python -m coderclawlink.web.openapi docs/reference/openapi.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from coderclawlink.web import api


def text() -> str:
    return json.dumps(api.describe(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    if len(sys.argv) == 2:
        Path(sys.argv[1]).write_text(text(), encoding="utf-8")
    else:
        sys.stdout.write(text())
