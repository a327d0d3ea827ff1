"""Choosing a sandbox: what was asked for or an error, and for "auto" the best that was seen to work, said aloud.

Above: the node's start and `doctor`. Below: the three answers. Nothing here falls back in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coderclawlink.errors import Invalid
from coderclawlink.workspaces.sandbox.base import Probe, Sandbox, SandboxMissing
from coderclawlink.workspaces.sandbox.bubblewrap import Bubblewrap
from coderclawlink.workspaces.sandbox.landlock import Landlock
from coderclawlink.workspaces.sandbox.none import Unconfined

SANDBOXES: Sequence[Sandbox] = (Bubblewrap(), Landlock(), Unconfined())
"""The strongest first."""


@dataclass(frozen=True)
class Chosen:
    """The sandbox to use. `text` is to be printed: what it does, and why stronger ones were not taken."""

    sandbox: Sandbox
    text: str


async def probe_all() -> list[tuple[Sandbox, Probe]]:
    """Try every sandbox on this machine."""
    return [(sandbox, await sandbox.probe()) for sandbox in SANDBOXES]


async def choose(wanted: str) -> Chosen:
    """Find the sandbox named `wanted`, or the strongest that works for "auto".

    Raises `Invalid` for an unknown name, and `SandboxMissing`, saying what to install, for one that does not work here.
    """
    named = [sandbox for sandbox in SANDBOXES if wanted in ("auto", sandbox.name)]
    if not named:
        raise Invalid(f"There is no sandbox {wanted!r}: choose auto, {', '.join(each.name for each in SANDBOXES)}.")
    why_not: list[str] = []
    for sandbox in named:
        probe = await sandbox.probe()
        if probe.works:
            return Chosen(sandbox, "; ".join([probe.text, *why_not]))
        why_not.append(probe.text)
    raise SandboxMissing("; ".join(why_not))
