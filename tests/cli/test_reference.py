"""The page of the command line is made from the commands, and is current."""

from __future__ import annotations

from pathlib import Path

from coderclawlink.cli.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_page_of_the_command_line_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew as cli/reference.py says"


def test_every_command_and_parameter_is_described() -> None:
    lines = page().splitlines()
    undescribed = [
        line for line in lines if line.startswith("* `") and (": " not in line or line.split(": ", 1)[1][0] == "*")
    ]
    assert undescribed == []
