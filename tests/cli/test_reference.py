"""The page of the command line says something of everything. That it is current is `tests/house/test_docs.py`'s affair."""

from __future__ import annotations

from coderclawlink.cli.reference import page


def test_every_command_and_parameter_is_described() -> None:
    lines = page().splitlines()
    undescribed = [
        line for line in lines if line.startswith("* `") and (": " not in line or line.split(": ", 1)[1][0] == "*")
    ]
    assert undescribed == []
