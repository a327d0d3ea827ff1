"""What a pull request says of the work it brings: made from the task and the run's receipt. Pure.

Words of people and agents are quoted so that they cannot leave their place: no mention of anybody, no link to another issue, no HTML. What
the hub states itself, in the table, comes from its own rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from coderclawlink.board.tasks import Task
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.receipts import Receipt

TITLE_AT_MOST = 250
"""Characters: GitHub takes 256."""
BODY_AT_MOST = 60_000
"""GitHub takes 65,536."""
QUOTED_AT_MOST = 8_000
_SPACE = "\u200b"  # zero width: it parts what would else be a mention or a reference


@dataclass(frozen=True, slots=True)
class Told:
    """`link`: to the task on this hub. `issue`: the place and number of the issue that the task is one with."""

    task: Task
    run: Run
    repository: str
    receipt: Receipt | None
    link: str
    issue: tuple[str, str] | None = None


def is_proven(told: Told) -> bool:
    """Whether checks have passed on exactly this result."""
    return told.receipt is not None and any(check.passed for check in told.receipt.checks)


def mark(task: int, repository: str) -> str:
    """Stands in the body and finds the pull request again."""
    return f"<!-- coderclawlink task={task} repository={repository or '-'} -->"


def title(told: Told) -> str:
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", f"{told.task.key}: {told.task.title}").strip()
    return text if len(text) <= TITLE_AT_MOST else f"{text[: TITLE_AT_MOST - 1]}…"


def body(told: Told, said: str | None) -> str:
    """`said`: what a person wants it to say, in the place of what the agent said."""
    parts = [said] if said else _of_the_work(told)
    if told.issue is not None:
        place, number = told.issue
        parts.append(f"Closes {place}#{number}")
    parts += [_proof(told), f"[{told.task.key} on the board]({told.link})", mark(told.task.id, told.repository)]
    text = "\n\n".join(part for part in parts if part)
    if len(text) <= BODY_AT_MOST:
        return text
    rest = "\n\n".join(parts[1:])
    return f"{parts[0][: max(0, BODY_AT_MOST - len(rest) - 3)]}…\n\n{rest}"[-BODY_AT_MOST:]


def _of_the_work(told: Told) -> list[str]:
    asked = told.task.description or told.task.title
    return [
        f"## What was asked\n\n{quoted(asked)}",
        f"## What was done\n\n{quoted(told.run.result or 'The agent said nothing.')}",
    ]


def _proof(told: Told) -> str:
    """The receipt as a table."""
    receipt = told.receipt
    if receipt is None:
        return ""
    rows = [("Agent", " ".join(filter(None, (receipt.agent, receipt.agent_version))))]
    if receipt.model:
        rows.append(("Model", receipt.model))
    if receipt.sandbox:
        rows.append(("Contained by", receipt.sandbox))
    rows.append(("Asked for by", receipt.requester))
    if receipt.reviewer:
        rows.append(("Reviewed by", receipt.reviewer))
    if receipt.cost_usd is not None:
        rows.append(("Cost", f"${receipt.cost_usd:.4f}"))
    if receipt.files is not None:
        rows.append(("Changes", f"{receipt.files} files, +{receipt.additions} −{receipt.deletions}"))
    if receipt.head:
        rows.append(("Commit", receipt.head))
    rows += [(f"Check {check.name}", "passed" if check.passed else "failed") for check in receipt.checks]
    if not receipt.checks:
        rows.append(("Checks", "none were run"))
    rows.append(("Receipt", receipt.digest))
    lines = [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows]
    return "\n".join(["## Proof", "", "| | |", "|---|---|", *lines])


def quoted(text: str) -> str:
    """Somebody's words as a quotation that they cannot break out of."""
    if len(text) > QUOTED_AT_MOST:
        text = f"{text[:QUOTED_AT_MOST]}…"
    return "\n".join(f"> {_plain(line)}".rstrip() for line in re.sub(r"\r\n?", "\n", text).split("\n"))


def _plain(line: str) -> str:
    line = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", line)
    line = line.replace("&", "&amp;").replace("<", "&lt;")
    # Neither @somebody nor #12 nor closes/fixes words with a number may act from here; addresses keep their look.
    line = re.sub(r"@(?=[\w-])", f"@{_SPACE}", line)
    line = re.sub(r"#(?=\d)", f"#{_SPACE}", line)
    line = re.sub(r"\b(GH-)(?=\d)", rf"\1{_SPACE}", line, flags=re.IGNORECASE)
    return re.sub(r"(/(?:issues|pull|pulls|discussions)/)(?=\d)", rf"\1{_SPACE}", line)


def _cell(text: str) -> str:
    return _plain(" ".join(text.split())).replace("|", "\\|").replace("`", "\\`").replace("[", "\\[")
