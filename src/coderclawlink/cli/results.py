"""`clawlink run checks | receipt | approve | reject | resume`: what a run's result is proven by, and a person's word on it.

Above: `main`, which puts these on the commands of `runs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.runs import Name

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub
    from coderclawlink.cli.shapes import CheckResult

EVENTS_AT_ONCE = 5000


def checks(run: Name, /, *, reach: Reach = HERE) -> int:
    """Show how the checks of a run's result went: the latest round whole, of what failed the last words.

    Exit code: 0 nothing is missing, 1 something is.
    """
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import clean, line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/runs/{hub.run(run).id}/checks")
    found = answer.read(shapes.Checks)
    code = 0 if found.missing is None else 1
    if reach.json:
        screen.as_json(answer.text)
        return code
    screen.rows(
        ("attempt", "round", "check", "result", "took", "commit", "command"),
        [
            (
                each.attempt,
                each.round,
                each.name,
                _went(each),
                screen.duration(each.seconds),
                each.head[:12],
                each.command,
            )
            for each in found.results
        ],
        empty="No checks have been run." if found.demanded else "No checks are demanded of this run.",
    )
    last = max(((each.attempt, each.round) for each in found.results), default=None)
    for each in found.results:
        if (each.attempt, each.round) == last and not each.passed and each.output.strip():
            screen.say(f"\n{screen.paint(line(each.name), 'bold')}\n{clean(each.output).rstrip()}")
    if found.missing:
        screen.say("\n" + screen.paint(line(found.missing), "red"))
    return code


def _went(check: CheckResult) -> str:
    if check.passed:
        return "passed"
    return "out of time" if check.exit_code is None else f"exit code {check.exit_code}"


def receipt(
    run: Name,
    /,
    *,
    verify: Annotated[
        bool, Parameter(negative="", help="Compute the digest anew and lay it beside the one in the journal.")
    ] = False,
    reach: Reach = HERE,
) -> int:
    """Print the receipt of a completed run as JSON: what was asked, what made it, what proves it, what it cost.

    With --verify: exit code 0 if it is the one that was issued, 1 if not.
    """
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        told = hub.get(f"/api/runs/{found.id}/receipt").text
        if not verify:
            screen.as_json(told)
            return 0
        issued = _issued(hub, found.id)
    import json

    from coderclawlink.runs import receipts

    digest = json.loads(told).get("digest")
    if not receipts.verify(told):
        screen.complain("The receipt does not agree with its own digest: it has been altered.")
        return 1
    if digest not in issued:
        screen.complain(f"The receipt agrees with itself, but the journal knows no receipt {digest} of this run.")
        return 1
    screen.say(f"The receipt is as it was issued.  SHA-256 {digest}")
    return 0


def _issued(hub: Hub, run: str) -> set[str]:
    """The digests of the receipts that the journal tells of."""
    from coderclawlink.cli.shapes import Events

    digests: set[str] = set()
    after: int | None = 0
    while after is not None:
        page = hub.get(f"/api/runs/{run}/events", after=after, limit=EVENTS_AT_ONCE).read(Events)
        digests |= {event.digest for event in page.events if event.kind == "run.receipt" and event.digest}
        after = page.next
    return digests


def approve(
    run: Name,
    text: Annotated[str, Parameter(help="Words to go with it.")] = "",
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Approve the result of a run that waits for a review: it completes."""
    return _review(run, approve=True, text=text, reach=reach)


def reject(
    run: Name,
    text: Annotated[str, Parameter(allow_leading_hyphen=True, help="What is to be changed; `-` reads standard input.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Send a run's result back: the agent goes on with these words, in the same conversation."""
    from coderclawlink.cli.runs import read_prompt

    return _review(run, approve=False, text=read_prompt(text), reach=reach)


def _review(run: str, *, approve: bool, text: str, reach: Reach) -> int:
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/review", {"approve": approve, "text": text})
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Run {found.number} is approved." if approve else f"Run {found.number} goes on with your words.")
    return 0


def resume(
    run: Name,
    /,
    *,
    budget: Annotated[float | None, Parameter(help="US dollars that the run may spend at most from now on.")] = None,
    tokens: Annotated[int | None, Parameter(help="Tokens that it may use at most from now on.")] = None,
    model: Annotated[str | None, Parameter(help="Another model to go on with.")] = None,
    account: Annotated[str | None, Parameter(help="Another account to go on with.")] = None,
    reach: Reach = HERE,
) -> int:
    """Let a run go on now that waits for a quota or a budget."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        wanted = {"budget_usd": budget, "budget_tokens": tokens, "model": model, "account": account}
        answer = hub.post(f"/api/runs/{found.id}/resume", wanted)
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Run {found.number} goes on.")
    return 0


COMMANDS = (checks, receipt, approve, reject, resume)
