"""Make the generated pages of docs/reference anew: `python scripts/reference.py`; with `--check` only tell whether they are current."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from coderclawlink import events
from coderclawlink.access.policy import BEYOND, GRANTS, Permission, Role
from coderclawlink.cli import reference as command_line
from coderclawlink.runs.run import TABLE, diagram
from coderclawlink.settings import Settings
from coderclawlink.web import openapi

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "From the process's environment, then from a `.env` file in the working directory. A value that is empty or a",
        "placeholder such as `your_anthropic_api_key_here` counts as not set. Flags of `clawlink serve` go before both.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "") or field.default_factory is not None else f"`{field.default}`"
        if name == "clawlink_home":
            default = "`$XDG_DATA_HOME/coderclawlink`"
        lines.append(f"| `{(field.alias or name).upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def states_page() -> str:
    lines = [
        "# A run's states",
        "",
        "Made from the table in `runs/run.py`.",
        "",
        "```mermaid",
        diagram(),
        "```",
        "",
        "| state | what can happen |",
        "|---|---|",
    ]
    lines += [
        f"| `{state}` | {', '.join(f'{step} → `{target}`' for step, target in steps.items()) or 'nothing: it has ended'} |"
        for state, steps in TABLE.items()
    ]
    return "\n".join(lines) + "\n"


def events_page() -> str:
    lines = [
        "# Events",
        "",
        "Everything that can happen, as the journal keeps it and the live stream shows it. Each carries `seq`, `at`, `actor` and the",
        "ids of what it is about (`project_id`, `task_id`, `run_id`, `attempt`). `agent.chunk` is shown only and has no `seq`.",
        "",
        "| kind | fields | meaning |",
        "|---|---|---|",
    ]
    for event in get_args(events.AnyEvent):
        fields = ", ".join(f"`{name}`" for name in event.model_fields if name != "kind")
        meaning = " ".join((event.__doc__ or "").split()) if event.__doc__ != events.Event.__doc__ else ""
        lines.append(f"| `{event.model_fields['kind'].default}` | {fields} | {meaning} |")
    return "\n".join(lines) + "\n"


def roles_page() -> str:
    lines = [
        "# What each role may",
        "",
        "Made from the table in `access/policy.py`. What a project's role gives holds in the project; the permissions marked with * reach",
        "beyond it, and the installation's role alone gives them. See [Roles and private projects](../guide/roles.md).",
        "",
        f"| permission | {' | '.join(Role)} |",
        f"|---|{'---|' * len(Role)}",
    ]
    for permission in Permission:
        marks = " | ".join("yes" if permission in GRANTS[role] else "" for role in Role)
        lines.append(f"| `{permission}`{' *' if permission in BEYOND else ''} | {marks} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "roles.md": roles_page,
    "settings.md": settings_page,
    "run-states.md": states_page,
    "events.md": events_page,
    "cli.md": command_line.page,
    "openapi.json": openapi.text,
}


def main() -> int:
    stale = [name for name, page in PAGES.items() if not _is_current(REFERENCE / name, page())]
    if "--check" in sys.argv:
        if stale:
            sys.stderr.write(f"Out of date: {', '.join(stale)}. Run `make docs`.\n")
        return 1 if stale else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
