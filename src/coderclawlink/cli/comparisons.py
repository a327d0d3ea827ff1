"""`clawlink task compare` and `clawlink comparison`: one task by several agents at once, and the choice between their results.

Above: `main`, which puts `compare` on the commands of `tasks`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen, tasks
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import ClawlinkError, Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub
    from coderclawlink.cli.shapes import Comparison, Contestant

app = App(
    name="comparison", help="Comparisons: one task by several agents at once; look at what sets them apart, keep one."
)

Name = Annotated[str, Parameter(help="The comparison's id, or the task's key for its latest one.")]
Choice = Annotated[str, Parameter(help="One of its runs: number, id, or the agent as shown if that is only one.")]

AGENT_COLUMNS = 32
INTERRUPTED = 130


def compare(
    key: tasks.Key,
    /,
    *,
    contenders: Annotated[
        list[str],
        Parameter(
            name="--with",
            negative="",
            help="An agent, or AGENT:MODEL. Give it two to eight times: they work side by side.",
        ),
    ],
    prompt: Annotated[
        str | None,
        Parameter(
            allow_leading_hyphen=True,
            help="What to ask; `-` reads standard input. Default: the task's title and description.",
        ),
    ] = None,
    follow: Annotated[bool, Parameter(negative="", help="Watch them to their ends.")] = False,
    reach: Reach = HERE,
) -> int:
    """Give a task to several agents or models at once, each on a branch of its own.

    With --follow the exit code is 0 when at least one has completed, else 1.
    """
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import runs, shapes

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        asked = runs.read_prompt(prompt) if prompt else tasks.prompt_of(task)
        answer = hub.post(
            f"/api/tasks/{task.id}/comparisons",
            {"prompt": asked, "contenders": [_contender(each) for each in contenders]},
        )
    made = answer.read(shapes.Comparison)
    if follow:
        return _follow(reach, made, task.key)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(
        f"{task.key} is given to {len(made.runs)} agents: runs {', '.join(str(one.number) for one in made.runs)}"
    )
    screen.say(f"Look at them: clawlink comparison show {task.key}")
    return 0


def _contender(said: str) -> dict[str, str | None]:
    agent, _, model = said.partition(":")
    return {"agent": agent, "model": model or None}


@app.command(name="list")
def list_all(key: tasks.Key, /, *, reach: Reach = HERE) -> int:
    """List a task's comparisons, the newest first."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/tasks/{hub.task(key).id}/comparisons")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("comparison", "since", "kept", "agents"),
        [
            (
                each.id,
                screen.when(each.created_at),
                next((str(one.number) for one in each.runs if one.run == each.kept), None),
                ", ".join(_named(one) for one in each.runs),
            )
            for each in answer.read(list[shapes.Comparison])
        ],
        empty=f"Nothing was compared. Begin: clawlink task compare {key} --with AGENT --with AGENT",
    )
    return 0


@app.command
def show(name: Name, /, *, reach: Reach = HERE) -> int:
    """Show the runs of a comparison beside each other: changes, checks, cost, time."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = _find(hub, name)
        text = hub.get(f"/api/comparisons/{found.id}").text if reach.json else ""
    if reach.json:
        screen.as_json(text)
    else:
        _show(found, name)
    return 0


def _show(comparison: Comparison, name: str) -> None:
    from coderclawlink.cli.text import cut, line

    screen.rows(
        ("run", "agent/model", "state", "files +/−", "checks", "cost", "time", "kept"),
        [
            (
                one.number,
                cut(line(_named(one)), AGENT_COLUMNS),
                one.state,
                None if one.files is None else f"{one.files} +{one.additions} −{one.deletions}",
                _checks(one),
                None if one.cost_usd is None else f"${one.cost_usd:.4f}",
                None if one.seconds is None else screen.duration(one.seconds),
                "yes" if one.run == comparison.kept else None,
            )
            for one in comparison.runs
        ],
        empty="There is nothing of it that you may see.",
    )
    for one in comparison.runs:
        if one.error:
            screen.say(f"{one.number}: " + screen.paint(line(one.error), "red"))
    if comparison.kept is None and any(one.state == "completed" for one in comparison.runs):
        screen.say(f"Keep one: clawlink comparison keep {name} RUN")


def _named(one: Contestant) -> str:
    return f"{one.agent}/{one.model}" if one.model else one.agent


def _checks(one: Contestant) -> str | None:
    count = max(one.checks_demanded, one.checks_passed + one.checks_failed)
    return f"{one.checks_passed} of {count}" if count else None


@app.command
def diff(
    name: Name,
    left: Annotated[
        Choice | None, Parameter(help="One run; may be left out with both where there are but two.")
    ] = None,
    right: Annotated[Choice | None, Parameter(help="The other.")] = None,
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Print what sets the changes of two runs apart, file by file: `-` stands before what only the left one does."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import runs

    with hubs.reached(reach) as hub:
        found = _find(hub, name)
        if left is not None and right is not None:
            one, other = _choose(found, left), _choose(found, right)
        elif left is None and len(found.runs) == 2:
            one, other = found.runs
        else:
            raise Invalid(f"Say which two: {_choices(found)}.")
        text = hub.get(f"/api/comparisons/{found.id}/diff", left=one.run, right=other.run).text
    runs.print_text(text)
    return 0


@app.command
def keep(name: Name, run: Choice, /, *, reach: Reach = HERE) -> int:
    """Choose a run that has completed: the task gets its branch, the others that still work are cancelled."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = _find(hub, name)
        chosen = _choose(found, run)
        answer = hub.post(f"/api/comparisons/{found.id}/keep", {"run_id": chosen.run})
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Kept run {chosen.number} of {_named(chosen)}; its task stands in review.")
    return 0


def _find(hub: Hub, name: str) -> Comparison:
    from coderclawlink.cli.hub import Missing, path_part
    from coderclawlink.cli.shapes import Comparison

    if name.count("-") == 4:  # an id; a task's key has one
        return hub.get(f"/api/comparisons/{path_part(name)}").read(Comparison)
    task = hub.task(name)
    found = hub.get(f"/api/tasks/{task.id}/comparisons").read(list[Comparison])
    if not found:
        raise Missing(f"Nothing was compared for {task.key}.")
    return found[0]


def _choose(comparison: Comparison, name: str) -> Contestant:
    found = [one for one in comparison.runs if name in (one.run, str(one.number), f"#{one.number}")] or [
        one for one in comparison.runs if name in (one.agent, _named(one))
    ]
    if len(found) != 1:
        raise Invalid(f"{name} is not one of: {_choices(comparison)}.")
    return found[0]


def _choices(comparison: Comparison) -> str:
    return ", ".join(f"{one.number} ({_named(one)})" for one in comparison.runs)


# ── watching them ──────────────────────────────────────────────────────────────────────────────────────────────────


def _follow(reach: Reach, comparison: Comparison, key: str) -> int:
    """Tell what happens in all of them until the last has ended, and what came of it; returns the exit code."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.shapes import Comparison

    news: queue.SimpleQueue[Callable[[], bool]] = queue.SimpleQueue()
    for one in comparison.runs:
        threading.Thread(target=_watch, args=(reach, one, news), daemon=True).start()
    try:
        open_still = len(comparison.runs)
        while open_still:
            open_still -= news.get()()
    except KeyboardInterrupt:
        screen.complain(f"\nStopped watching; the runs go on. Look at them: clawlink comparison show {key}")
        return INTERRUPTED
    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/comparisons/{comparison.id}")
    ended = answer.read(Comparison)
    if reach.json:
        screen.as_json(answer.text)
    else:
        _show(ended, key)
    return 0 if any(one.state == "completed" for one in ended.runs) else 1


def _watch(reach: Reach, one: Contestant, news: queue.SimpleQueue[Callable[[], bool]]) -> None:
    """Put what is to be said of a run, as what says it and tells whether that was the run's end."""
    from coderclawlink.cli import following

    def saying(words: str, *, is_end: bool = False) -> Callable[[], bool]:
        def say() -> bool:
            if words and not reach.json:
                screen.say(f"{one.number}  {_named(one)}: {words}")
            return is_end

        return say

    def failing(error: ClawlinkError) -> Callable[[], bool]:
        def fail() -> bool:
            raise error

        return fail

    try:
        for kind, data in following.events(reach, one.run, lambda words: news.put(saying(words))):
            if (words := _words(kind, data, one.number)) is not None:
                news.put(saying(words))
    except ClawlinkError as error:
        news.put(failing(error))
    finally:
        news.put(saying("", is_end=True))


def _words(kind: str, data: str, number: int) -> str | None:
    """What is worth a line among those of several runs; None for the rest."""
    from pydantic import ValidationError

    from coderclawlink.cli.text import line
    from coderclawlink.events import CheckEnded, QuestionAsked, RunFailed, RunWaiting, any_event

    match kind:
        case "run.started" | "run.resumed" | "run.completed" | "run.cancelled":
            return screen.state({"run.started": "running", "run.resumed": "running"}.get(kind, kind[4:]))
        case "run.waiting" | "run.failed" | "check.ended" | "question.asked":
            try:
                event = any_event.validate_json(data)
            except ValidationError:  # of a newer hub
                return None
            match event:
                case RunWaiting(reason=reason, who=who):
                    return f"{screen.state('waiting')} ({line(reason)}, for {line(who)})"
                case RunFailed(error=error):
                    return f"{screen.state('failed')} ({line(error)})"
                case CheckEnded(name=name, passed=passed):
                    return f"check {line(name)} {'passed' if passed else 'failed'}"
                case QuestionAsked(title=title):
                    return f"asks: {line(title)}   clawlink run show {number}"
    return None
