"""Patterns of commands, paths and hosts, as regular expressions. Pure.

Above: the rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def matches(pattern: str, text: str, kind: str) -> bool:
    return _compiled(pattern, kind).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str, kind: str) -> re.Pattern[str]:
    """`kind`: command, host, path (a leading wildcard stays in the workspace), or anywhere (a path wherever it is).

    Each run of any characters ends at the first place where what follows it fits, and is not tried again: the time grows with
    the text's length and no faster, whatever an agent writes.
    """
    if kind == "command" and pattern.endswith(" *") and not pattern.endswith("\\ *"):
        return re.compile(_compiled(pattern[:-2], "host").pattern + r"(\s.*)?", re.DOTALL)
    is_path = kind in ("path", "anywhere")
    made, fixed, at = "", "", 0
    runs: list[tuple[str, str]] = []  # a run of any characters, and what must follow it
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            fixed += re.escape(pattern[at + 1])
            at += 2
            continue
        if character == "*":
            if is_path and pattern.startswith("**/", at) and pattern[at - 1 : at] in ("", "/"):
                run, length = "(?:.*?/)??", 3
            elif is_path and pattern.startswith("**", at):
                run, length = ".*?", 2
            else:
                run, length = "[^/]*?" if is_path else ".*?", 1
            if runs:
                runs[-1] = (runs[-1][0], fixed)
            else:
                made = fixed
            runs.append((run, ""))
            fixed = ""
            at += length
            continue
        fixed += ("[^/]" if is_path else ".") if character == "?" else re.escape(character)
        at += 1
    if not runs:
        return re.compile(made + fixed, re.DOTALL)
    runs[-1] = (runs[-1][0], fixed)
    made += _joined(runs)
    if kind == "path" and pattern[0] in "*?":
        made = r"(?!/|\.\.(?:/|$))" + made  # what lies outside is absolute or begins with `..`
    return re.compile(made, re.DOTALL)


def _joined(runs: Sequence[tuple[str, str]]) -> str:
    """Runs within one folder are closed one by one; those over folders together with the narrow ones after them."""
    groups: list[list[tuple[str, str]]] = [[]]
    for run in runs:
        if run[0] != "[^/]*?":
            groups.append([])
        groups[-1].append(run)
    made = ""
    for number, group in enumerate(groups):
        last_group = number == len(groups) - 1
        parts = [
            run + follows if (last_group and n == len(group) - 1) or run != "[^/]*?" else f"(?>{run}{follows})"
            for n, (run, follows) in enumerate(group)
        ]
        made += "".join(parts) if last_group or not group else f"(?>{''.join(parts)})"
    return made
