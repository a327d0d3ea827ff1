"""Programs that speak ACP, as far as they are known: one file of data for each, in `known`.

Above: the catalogue, which makes drivers of them. A file says what the program is called, how it is told its model on each
wire, and what it needs for asking and for not asking; values may hold the placeholders that `AcpDriver` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from coderclawlink import configuration_file
from coderclawlink.configuration import Mode
from coderclawlink.drivers.models.wires import Wire

Network = Literal["model", "open"]
"""`model`: it needs nothing but the model proxy. `open`: its program speaks with servers of its own."""

Variables = Mapping[str, str]


class Program(BaseModel):
    """A program that speaks ACP.

    `wires`: what it needs in its environment for each wire it can speak; empty: it has a model of its own. `modes`: what it
    needs for each mode. `session_modes`: the session mode for each mode. `files`: written to its HOME where absent. `login`:
    files of its user's HOME by which it knows its user. `sign_in`: what a person does to sign in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    command: tuple[str, ...] = Field(min_length=1)
    description: str = ""
    install: str = ""
    wires: Mapping[Wire, Variables] = Field(default_factory=dict)
    env: Variables = Field(default_factory=dict)
    modes: Mapping[Mode, Variables] = Field(default_factory=dict)
    session_modes: Mapping[Mode, str] = Field(default_factory=dict)
    files: Variables = Field(default_factory=dict)
    login: tuple[str, ...] = ()
    sign_in: str = ""
    network: Network = "model"
    capabilities: tuple[str, ...] = ("edit", "run", "ask")


@cache
def known() -> Mapping[str, Program]:
    """Every program there is a file of, by name."""
    found = {}
    for file in resources.files(__package__).joinpath("known").iterdir():
        name = file.name.removesuffix(".toml")
        if name != file.name:
            text = file.read_text(encoding="utf-8")
            found[name] = configuration_file.checked(
                Program, configuration_file.parsed(text, file.name), text, file.name
            )
    return dict(sorted(found.items()))


def paths_read(program: str, node: str | None) -> tuple[str, ...]:
    """What a program reads to run: the folder it lies in; of npm, the packages around it and the Node at `node`; in an
    environment of Python's, all of that and the Python it is made of."""
    real = Path(program).resolve()
    paths = {Path(program).absolute().parent, real.parent}
    if "node_modules" in real.parts:
        paths.add(Path(*real.parts[: real.parts.index("node_modules") + 1]))
        if node:
            paths.add(Path(node).resolve().parent.parent)
    environment = real.parent.parent
    if (environment / "pyvenv.cfg").is_file():
        paths |= {environment, (real.parent / "python").resolve().parent.parent}
    return tuple(sorted(map(str, paths)))
