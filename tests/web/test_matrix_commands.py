"""The commands ask nothing of a hub that does not stand in the matrix: what a person may at a terminal is what the matrix has tried."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from coderclawlink import cli
from tests.web.matrix_calls import CALLS


def test_commands_ask_nothing_that_does_not_stand_in_the_matrix() -> None:
    """They speak HTTP and nothing else, but for those that are given the database itself: so who may is decided where the matrix looks."""
    known = [re.sub(r"\{\w+\}", "*", name.split(" ", 1)[1]) for name in CALLS]
    asked = 0
    for file in sorted(Path(str(cli.__file__)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            path = _path(node)
            if path.startswith(("/api/", "/scim/")):
                asked += 1
                assert any(_leads_to(path, one) for one in known), f"{file.name}: {path}"
    assert asked > 50


def _path(node: ast.AST) -> str:
    """The text, with a star for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.partition("?")[0]
    if isinstance(node, ast.JoinedStr):
        parts = ["*" if isinstance(one, ast.FormattedValue) else str(getattr(one, "value", "")) for one in node.values]
        return "".join(parts).partition("?")[0]
    return ""


def _leads_to(path: str, known: str) -> bool:
    """Whether it is that route's, or the beginning of one's that is put together."""
    parts, others = path.rstrip("/").split("/"), known.split("/")
    return len(parts) <= len(others) and all(
        one == other or "*" in (one, other) for one, other in zip(parts, others, strict=False)
    )
