"""`clawlink run`: submit, watch, answer, cancel, and look at what came of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Answer, Hub, Question, RunDetail

app = App(name="run", help="Runs: one agent at one piece of work, from submit to commit.")

Name = Annotated[str, Parameter(help="The run's number or id, or `last`.")]
State = Literal["pending", "planning", "running", "waiting", "completed", "failed", "cancelled"]


@app.command
def submit(
    agent: Annotated[str, Parameter(help="The agent's name; `clawlink agent list` shows them.")],
    prompt: Annotated[str, Parameter(allow_leading_hyphen=True, help="What to ask; `-` reads standard input.")],
    /,
    *,
    project: Annotated[str | None, Parameter(help="Work in this project's repository, by key.")] = None,
    task: Annotated[str | None, Parameter(help="Work on this task of the board, by key.")] = None,
    tries: Annotated[int | None, Parameter(help="How many attempts may fail in a way that another could mend.")] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds that an attempt may take.")] = None,
    model: Annotated[str | None, Parameter(help="The model, for this run alone.")] = None,
    account: Annotated[str | None, Parameter(help="Which account at the model's provider pays.")] = None,
    mode: Annotated[Literal["ask", "auto"] | None, Parameter(help="Whether the agent asks before it acts.")] = None,
    budget: Annotated[float | None, Parameter(help="US dollars that the run may spend at most.")] = None,
    follow: Annotated[bool, Parameter(negative="", help="Watch it to its end.")] = False,
    reach: Reach = HERE,
) -> int:
    """Ask an agent for something. What is not said here is as configured: `clawlink agent show`.

    With --follow the exit code tells how it ended: 0 completed, 1 failed, 3 cancelled.
    """
    from coderclawlink.cli import hub as hubs

    options = {"model": model, "account": account, "mode": mode, "budget_usd": budget}
    with hubs.reached(reach) as hub:
        answer = hub.post(
            "/api/runs",
            {
                "agent": agent,
                "prompt": read_prompt(prompt),
                "project_id": hub.project(project).id if project else None,
                "task_id": hub.task(task).id if task else None,
                "tries": tries,
                "timeout_seconds": timeout,
                "options": {name: value for name, value in options.items() if value is not None},
            },
        )
    return submitted(answer, reach, follow=follow)


def read_prompt(prompt: str) -> str:
    """The words themselves, or for `-` all of standard input. Raises `Invalid` for what is a misspelled option."""
    if prompt.startswith("--") and len(prompt.split()) == 1:
        raise Invalid(f"There is no option {prompt}.")
    return sys.stdin.read() if prompt == "-" else prompt


def submitted(answer: Answer, reach: Reach, *, follow: bool) -> int:
    """Say what was submitted, or watch it to its end; returns the exit code."""
    from coderclawlink.cli import following
    from coderclawlink.cli import hub as hubs

    run = answer.read(hubs.Run)
    if follow:
        return following.follow(reach, run.id)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Submitted run {run.number}  {run.id}")
    screen.say(f"Watch it: clawlink run follow {run.number}")
    return 0


@app.command(name="list")
def list_all(
    *,
    state: Annotated[State | None, Parameter(help="Only those in this state.")] = None,
    project: Annotated[str | None, Parameter(help="Only this project's, by key.")] = None,
    task: Annotated[str | None, Parameter(help="Only this task's, by key.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 30,
    reach: Reach = HERE,
) -> int:
    """List runs, the newest first."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(
            "/api/runs",
            state=state,
            limit=limit,
            project_id=hub.project(project).id if project else None,
            task_id=hub.task(task).id if task else None,
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("run", "state", "agent", "since", "took", "title"),
        [
            (
                run.number,
                run.state,
                run.agent,
                screen.when(run.created_at),
                screen.lasted(run.started_at, run.ended_at),
                run.title,
            )
            for run in answer.read(list[hubs.Run])
        ],
        empty="There are no such runs.",
    )
    return 0


@app.command
def show(run: Name, /, *, reach: Reach = HERE) -> int:
    """Show one run: how it stands, what it asks, what came of it."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.get(f"/api/runs/{found.id}")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    _show(found)
    return 0


def _show(run: RunDetail) -> None:
    from coderclawlink.cli.text import clean, count, line

    attempt = run.attempts[-1] if run.attempts else None
    wait = run.wait and f"{line(run.wait.reason)}, for {line(run.wait.who)}"
    usage = run.usage and f"{run.usage.input_tokens:,} tokens in, {run.usage.output_tokens:,} out"
    if run.usage and run.usage.cost_usd is not None:
        usage = f"{usage}, {run.usage.cost_usd:.4f} USD"
    screen.facts(
        ("Run", f"{run.number}  {run.id}"),
        ("Title", line(run.title)),
        ("State", screen.state(run.state)),
        ("Waits", wait),
        ("Agent", line(f"{run.agent}  {(attempt and attempt.agent_version) or ''}")),
        ("Attempt", f"{run.attempt}, on node {line(attempt.node)}" if attempt and attempt.node else None),
        ("Contained", attempt and attempt.sandbox),
        ("Repository", line(run.repository) or None),
        ("Commit", " on ".join(filter(None, (run.head[:12], line(run.branch)))) if run.head else None),
        (
            "Changes",
            f"{count(run.files, 'file')}, +{run.additions} −{run.deletions}" if run.files is not None else None,
        ),
        ("Usage", usage),
        ("Submitted", screen.when(run.created_at)),
        ("Took", screen.lasted(run.started_at, run.ended_at)),
    )
    is_open = [question for question in run.questions if question.is_open]
    for question in is_open:
        screen.say()
        show_question(run.number, question, alone=len(is_open) == 1)
    if run.error:
        screen.say("\n" + screen.paint(clean(run.error), "red"))
    if run.result:
        screen.say("\n" + clean(run.result, colour=screen.is_coloured()))


def show_question(number: int | str, question: Question, *, alone: bool = True) -> None:
    """The question as it stands, and how to answer it. `alone`: the run asks nothing else."""
    from coderclawlink.cli.text import clean, line

    screen.say(screen.paint(f"? {line(question.title)}", "yellow"))
    for words in clean(question.detail).splitlines():
        screen.say(f"    {words}")
    which = "" if alone else f" --question {line(question.id)}"
    for option in question.options:
        screen.say(f"  {line(option.label)}:  clawlink run answer {number} {line(option.id)}{which}")
    if question.who == "admin":
        screen.say("  Only an admin may answer.")
    if question.deadline_at is not None:
        screen.say(f"  Without an answer it is a no at {screen.when(question.deadline_at)}.")


@app.command
def follow(run: Name, /, *, reach: Reach = HERE) -> int:
    """Watch a run to its end, also over restarts of the hub.

    Exit code: 0 completed, 1 failed, 3 cancelled. Ctrl-C only stops watching. With --json each event is a line.
    """
    from coderclawlink.cli import following
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
    return following.follow(reach, found.id)


@app.command
def cancel(run: Name, /, *, reach: Reach = HERE) -> int:
    """Stop a run: its agent is ended at once, what it has done is saved."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/cancel")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Run {found.number} is {screen.state('cancelled')}.")
    return 0


@app.command
def answer(
    run: Name,
    option: Annotated[str, Parameter(help="The option's id, or what it does: allow_once, reject_once …")],
    /,
    *,
    question: Annotated[str | None, Parameter(help="The question's id, where several are open.")] = None,
    text: Annotated[str | None, Parameter(help="Words to go with it.")] = None,
    reach: Reach = HERE,
) -> int:
    """Answer what a run asks. The first answer counts."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        asked = question or _only_open(found)
        given = hub.post(f"/api/runs/{found.id}/answers", {"question": asked, "option": option, "text": text})
    if reach.json:
        screen.as_json(given.text)
        return 0
    screen.say(f"Answered; run {found.number} goes on.")
    return 0


def _only_open(run: RunDetail) -> str:
    is_open = [question.id for question in run.questions if question.is_open]
    if not is_open:
        raise Invalid(f"Run {run.number} asks nothing.")
    if len(is_open) > 1:
        raise Invalid(f"Run {run.number} asks several things; say which with --question: {', '.join(is_open)}.")
    return is_open[0]


@app.command
def diff(run: Name, /, *, reach: Reach = HERE) -> int:
    """Print a run's changes, as git writes them."""
    return _print_kept(run, "diff", reach)


@app.command
def log(run: Name, /, *, reach: Reach = HERE) -> int:
    """Print what the agent's program wrote beside its protocol."""
    return _print_kept(run, "log", reach)


def _print_kept(run: str, name: str, reach: Reach) -> int:
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        print_text(kept(hub, hub.run(run).id, name))
    return 0


def kept(hub: Hub, run: str, name: str) -> str:
    """The text of a run's `diff` or `log`. Raises `Missing`."""
    return hub.get(f"/api/runs/{run}/{name}").text


def print_text(text: str) -> None:
    """As it is into a pipe, so that `git apply` can read it; on a terminal without what that would obey, a diff in colours."""
    from coderclawlink.cli.text import clean

    if not sys.stdout.isatty():
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    for words in clean(text).splitlines():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(words[:1])
        is_head = words.startswith(("diff ", "+++", "---"))
        screen.say(screen.paint(words, "bold") if is_head else screen.paint(words, colour) if colour else words)


@app.command
def why(run: Name, /, *, reach: Reach = HERE) -> int:
    """Tell why a run is not moving, and who must act."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/runs/{hub.run(run).id}/why")
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(line(answer.read(hubs.Why).why))
    return 0
