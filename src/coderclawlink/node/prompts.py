"""Prompts: those that wait for their turn, and the words around them.

Above: the conversation, which takes them. Below: the words of the link. A prompt that is not taken when the attempt ends is
never told as taken, so that the hub gives it to the next attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.events import CheckEnded
from coderclawlink.link.protocol import Ask, Order

INTERRUPTED = "You were interrupted; the files are as you left them. Go on."
_OUTPUT_CHARACTERS = 6_000
"""Of each failed check's last words, in the prompt to mend it."""


@dataclass(frozen=True)
class Prompt:
    """`number`: its place among the run's prompts; None for one of the node's own."""

    number: int | None
    text: str


class Prompts:
    """Further prompts, as the hub says them: again and again until they are told as taken."""

    def __init__(self, own: int) -> None:
        """`own`: the number of the prompt that the attempt begins with."""
        self._waiting: dict[int, Ask] = {}
        self._taken = {own}

    def hear(self, ask: Ask) -> None:
        """A new prompt, or another text for one that waits, or None in its place. Too late once it is taken."""
        if ask.number in self._taken:
            return
        if ask.text is None:
            self._waiting.pop(ask.number, None)
        else:
            self._waiting[ask.number] = ask

    @property
    def steering(self) -> bool:
        """Whether one of them is not to wait for the turn's end."""
        return any(ask.steer for ask in self._waiting.values())

    def take(self) -> Prompt | None:
        """The next: one that steers before others, else in the order of their numbers."""
        if not self._waiting:
            return None
        ask = min(self._waiting.values(), key=lambda each: (not each.steer, each.number))
        del self._waiting[ask.number]
        self._taken.add(ask.number)
        return Prompt(ask.number, ask.text or "")


def opening(
    order: Order,
    prompt: Prompt,
    said: Sequence[str],
    *,
    briefing: str,
    resumed: bool,
    work: Path,
    before: Path | None,
) -> str:
    """The first words to an agent. `briefing`: what it is told of its task. `said`: what was said in this attempt already;
    `resumed`: it remembers all of it, with the files in `before` that are in `work` now."""
    if not resumed:
        account = "\n\n".join(filter(None, (order.transcript, *said)))
        known = [briefing] if briefing else []
        known += [f"What was said and done before:\n\n{account}"] if account else []
        return "\n\n".join((*known, "Now:", prompt.text)) if known else prompt.text
    words: list[str] = []
    if not said:
        words += [INTERRUPTED] if order.resume else []
        words += [f"Your working folder is now {work}. What you know in {before} is there."] if before != work else []
    words += [briefing] if briefing else []
    return "\n\n".join((*words, prompt.text))


def mend(failed: Sequence[CheckEnded]) -> Prompt:
    """Tells the agent what its result did not pass."""
    parts = ["Your result was checked in a clean checkout of its commit, and did not pass. Mend it."]
    for check in failed:
        how = "did not end in time" if check.exit_code is None else f"failed with exit code {check.exit_code}"
        said = check.output[-_OUTPUT_CHARACTERS:].strip() or "(no output)"
        parts.append(f"The check {check.name} {how}:\n\n$ {check.command}\n{said}")
    return Prompt(None, "\n\n".join(parts))
