"""The project's checks: what a result must pass, and whether it does, as carried out on exactly its commit.

Above: the conversation, which lets the agent mend what failed, and `result`. Below: `workspaces.checkout.clean` and
`supervise`. What is demanded stands in the order or in `.clawlink.toml` of the repository's default branch, and is never read
from the agent's files. Each check has a checkout and a HOME of its own, so that none can prepare the ground for another.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from coderclawlink import configuration_file
from coderclawlink.configuration import Check, Verification
from coderclawlink.drivers.acp.process import environment
from coderclawlink.drivers.errors import CannotStart
from coderclawlink.events import ArtifactKept, CheckEnded, ChecksDemanded, CheckStarted
from coderclawlink.link.protocol import Order
from coderclawlink.node import supervise
from coderclawlink.node.attempt import Attempt
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces import mirror
from coderclawlink.workspaces.sandbox.base import Confinement
from coderclawlink.workspaces.store import Checkout

FILE = ".clawlink.toml"
FILE_BYTES = 256 * 1024
TOLD_CHARACTERS = 20_000
"""Of a check's output, in the event; up to `KEPT_BYTES` of it are kept as the artifact `check-<name>`. The last ones both."""
KEPT_BYTES = 1 << 20


@dataclass(frozen=True)
class Demanded:
    """`base`: the commit in which the repository says so, or that the work is compared with."""

    checks: tuple[Check, ...]
    rounds: int
    source: Literal["repository", "project"]
    base: str
    review: bool

    def told(self) -> ChecksDemanded:
        names = tuple(check.name for check in self.checks)
        return ChecksDemanded(names=names, source=self.source, base=self.base, review=self.review)


async def demanded(order: Order, checkout: Checkout) -> Demanded:
    """What this attempt's result must pass. Raises `Invalid`, naming file and line, for a file that makes no sense."""
    if order.verification is not None:
        return _demand(order.verification, "project", checkout.base)
    tip = None if checkout.repository is None else await mirror.tip(checkout.mirror)
    text = None if tip is None else await mirror.file_at(checkout.mirror, tip, FILE, FILE_BYTES)
    if tip is None or text is None:
        return _demand(Verification(), "repository", checkout.base)
    return _demand(configuration_file.read_verification(text, FILE), "repository", tip)


def _demand(verification: Verification, source: Literal["repository", "project"], base: str) -> Demanded:
    return Demanded(verification.checks, verification.rounds, source, base, verification.review)


async def carry_out(
    attempt: Attempt, checkout: Checkout, head: str, demand: Demanded, mendings: int
) -> list[CheckEnded]:
    """Run all checks on this commit, one after the other, and tell of each. Returns what did not pass.

    Ends at once when the attempt is stopped; nothing of a check is left when this returns or is cancelled.
    """
    failed: list[CheckEnded] = []
    attempt.checking = True
    try:
        for check in demand.checks:
            ended = await _carry_out(attempt, checkout, head, check, mendings)
            if ended is None:
                break
            if not ended.passed:
                failed.append(ended)
    finally:
        attempt.checking = False
    return failed


async def _carry_out(attempt: Attempt, checkout: Checkout, head: str, check: Check, mendings: int) -> CheckEnded | None:
    """None: the attempt was stopped meanwhile."""
    if attempt.is_stopped():
        return None
    attempt.post.tell(CheckStarted(name=check.name, command=check.run, round=mendings))
    now = asyncio.get_running_loop().time
    began = now()
    output = bytearray()
    exit_code: int | None = None
    async with checkouts.clean(checkout, head) as alone:
        try:
            exit_code = await _run(attempt, alone, check, output)
        except TimeoutError:
            if attempt.is_stopped():
                return None
            output += f"\nIt did not end within {check.timeout_seconds:g} seconds.\n".encode()
        except CannotStart as problem:
            output += f"\n{problem.message}\n".encode()
    text = bytes(output[-KEPT_BYTES:]).decode(errors="replace")
    ended = CheckEnded(
        name=check.name,
        command=check.run,
        head=head,
        passed=exit_code == 0,
        exit_code=exit_code,
        seconds=round(now() - began, 3),
        output=text[-TOLD_CHARACTERS:],
        round=mendings,
    )
    attempt.post.tell(ended)
    attempt.post.tell(ArtifactKept(name=f"check-{check.name}", size=len(text), text=text))
    return ended


async def _run(attempt: Attempt, alone: Checkout, check: Check, output: bytearray) -> int:
    """Returns the exit code. Raises `TimeoutError` for the check's time and for a stop, `CannotStart`."""
    confinement = Confinement(
        workspace=alone.work,
        home=alone.home,
        read_only=alone.read_only,
        network="open" if check.network else "none",
    )
    async with attempt.until_stopped(check.timeout_seconds):
        argv = ("/bin/sh", "-c", f"exec 2>&1\n{check.run}")
        process = await supervise.start(argv, environment(alone.home, {}), confinement, attempt.tools.sandbox)
        try:
            process.stdin.close()
            while piece := await process.stdout.read(1 << 16):
                output += piece
                del output[: -2 * KEPT_BYTES]
            return await process.wait()
        finally:
            await process.kill()
