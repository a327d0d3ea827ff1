"""`clawlink run ask | prompts | edit-prompt | withdraw | hand-over`: what else a run's agent is to do, or another one in its place.

Above: `main`, which puts these on the commands of `runs`.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.runs import Name, read_prompt

Text = Annotated[str, Parameter(allow_leading_hyphen=True, help="What to say; `-` reads standard input.")]
Number = Annotated[int, Parameter(help="The prompt's number; `clawlink run prompts` shows them.")]
TEXT_COLUMNS = 300


def ask(
    run: Name,
    text: Text,
    /,
    *,
    steer: Annotated[bool, Parameter(negative="", help="Interrupt what the agent does now.")] = False,
    agent: Annotated[str | None, Parameter(help="Have this agent go on instead.")] = None,
    model: Annotated[str | None, Parameter(help="Have it go on with this model.")] = None,
    follow: Annotated[bool, Parameter(negative="", help="Watch the run to its end.")] = False,
    reach: Reach = HERE,
) -> int:
    """Ask a run's agent for more. It does so after what it does now; when the run has ended, in a new run that goes on from it.

    With --follow the exit code tells how the run ended: 0 completed, 1 failed, 3 cancelled.
    """
    from coderclawlink.cli import following, shapes
    from coderclawlink.cli import hub as hubs

    words = read_prompt(text)
    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(
            f"/api/runs/{found.id}/prompts", {"text": words, "steer": steer, "agent": agent, "model": model}
        )
    told = answer.read(shapes.FollowUp)
    if follow:
        return following.follow(reach, told.run.id)
    if reach.json:
        screen.as_json(answer.text)
    elif told.prompt is not None:
        screen.say(f"Prompt {told.prompt.number} of run {told.run.number} waits for its agent.")
    else:
        screen.say(f"Submitted run {told.run.number}  {told.run.id}, which goes on from run {found.number}.")
        screen.say(f"Watch it: clawlink run follow {told.run.number}")
    return 0


def prompts(run: Name, /, *, reach: Reach = HERE) -> int:
    """List what a run's agent was asked beside its own prompt, and how far each has come."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import cut, line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/runs/{hub.run(run).id}/prompts")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("prompt", "state", "by", "since", "text"),
        [
            (
                each.number,
                f"{each.state}, at once" if each.steer and each.state == "queued" else each.state,
                each.author,
                screen.when(each.created_at),
                cut(line(each.text), TEXT_COLUMNS),
            )
            for each in answer.read(list[shapes.Prompt])
        ],
        empty="There are no further prompts.",
    )
    return 0


def edit_prompt(run: Name, number: Number, text: Text, /, *, reach: Reach = HERE) -> int:
    """Change the words of a prompt that the agent has not taken yet."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.patch(f"/api/runs/{found.id}/prompts/{number}", {"text": read_prompt(text)})
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Prompt {number} of run {found.number} has other words now.")
    return 0


def withdraw(run: Name, number: Number, /, *, reach: Reach = HERE) -> int:
    """Take a prompt back that the agent has not taken yet."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.delete(f"/api/runs/{found.id}/prompts/{number}")
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Prompt {number} of run {found.number} is withdrawn.")
    return 0


def hand_over(
    run: Name,
    agent: Annotated[str, Parameter(help="The agent that is to go on.")],
    text: Annotated[str | None, Parameter(allow_leading_hyphen=True, help="What to tell it beside.")] = None,
    /,
    *,
    model: Annotated[str | None, Parameter(help="Have it work with this model.")] = None,
    reach: Reach = HERE,
) -> int:
    """Let another agent go on with a run, from the work and with all that was said so far."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    words = None if text is None else read_prompt(text)
    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/handover", {"agent": agent, "model": model, "text": words})
    if reach.json:
        screen.as_json(answer.text)
    else:
        after = answer.read(hubs.Run).agent
        screen.say(f"Run {found.number} is handed over to {line(after)}.")
    return 0


COMMANDS = (ask, prompts, edit_prompt, withdraw, hand_over)
