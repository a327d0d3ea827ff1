"""`clawlink import jira | vibe-kanban` and `clawlink issues import | sync | show`: tasks of other programs, tried first and then made.

Above: `main`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.import_shapes import Imported

app = App(name="import", help="Make tasks of what other programs export: Jira's CSV, Vibe Kanban's database.")
issues = App(
    name="issues", help="Issues of a project's repository on GitHub: make tasks of them, and keep both the same."
)

LONG_BYTES = 1024 * 1024
SHOWN_AT_MOST = 20

File = Annotated[Path, Parameter(help="The file, at most 64 MiB.")]
Into = Annotated[str, Parameter(name="--project", help="The key or number of the project that the tasks are made in.")]
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Only tell what would be made, known, skipped and left out.")
]
Key = Annotated[str, Parameter(help="The project's key or number.")]


@app.command
def jira(file: File, /, *, project: Into, dry_run: DryRun = False, reach: Reach = HERE) -> int:
    """Import Jira's CSV export (Export, CSV, all fields). All of it or nothing; importing again brings in what is new."""
    return _import(file, project, "jira", "issue", dry_run=dry_run, reach=reach)


@app.command(name="vibe-kanban")
def vibe_kanban(
    file: File,
    /,
    *,
    project: Into,
    only: Annotated[str | None, Parameter(name="--only", help="Only this one of the file's projects, by name.")] = None,
    dry_run: DryRun = False,
    reach: Reach = HERE,
) -> int:
    """Import the tasks in Vibe Kanban's file db.sqlite; end Vibe Kanban first, so that all is in the file."""
    return _import(file, project, "vibe-kanban", "task", dry_run=dry_run, reach=reach, only=only)


def _import(
    file: Path, into: str, kind: str, noun: str, *, dry_run: bool, reach: Reach, only: str | None = None
) -> int:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import import_shapes as shapes

    try:
        with file.open("rb") as content, hubs.reached(reach) as hub:
            project = hub.project(into)
            if file.stat().st_size > LONG_BYTES and not reach.json:
                screen.complain(f"Reading {file.name}; that may take a minute …")
            path = f"/api/projects/{project.id}/import/{kind}"
            answer = hub.post_file(path, content, dry_run=dry_run or None, project=only)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
    if reach.json:
        screen.as_json(answer.text)
        return 0
    _tell(answer.read(shapes.Imported), project.key, noun)
    return 0


def _tell(came: Imported, key: str, noun: str) -> None:
    from coderclawlink.cli.text import count, line

    for told, why in ((came.skipped, "Skipped"), (came.notes, "Left out")):
        if told:
            screen.say(f"{why}:")
            for each in told[:SHOWN_AT_MOST]:
                screen.say(f"  {line(each.where)}: {line(each.why)}")
            if len(told) > SHOWN_AT_MOST:
                screen.say(f"  and {len(told) - SHOWN_AT_MOST:,} more; --json shows all")
    for name, words in (("Status", came.statuses), ("Priority", came.priorities)):
        if words:
            became = ", ".join(f"{line(word) or 'none'} → {made}" for word, made in list(words.items())[:SHOWN_AT_MOST])
            screen.say(f"{name}: {became}")
    if came.unknown:
        named = ", ".join(line(name) for name in came.unknown[:SHOWN_AT_MOST])
        rest = f" and {len(came.unknown) - SHOWN_AT_MOST:,} more" if len(came.unknown) > SHOWN_AT_MOST else ""
        screen.say(f"Columns that nothing is made of: {named}{rest}")
    if came.labels:
        screen.say(f"New labels: {', '.join(line(name) for name in came.labels)}")
    verb = "Would make" if came.dry_run else "Made"
    screen.say(
        f"{verb} {count(len(came.made), 'task')} in {key}; {count(came.known, noun)} known already, "
        f"{len(came.skipped):,} skipped."
    )
    if came.dry_run:
        screen.say("Nothing was changed. Leave out --dry-run to do it.")


# ── issues ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@issues.command(name="import")
def import_issues(
    project: Key,
    /,
    *numbers: Annotated[int, Parameter(help="The issues' numbers. None: all that --label and --state say.")],
    label: Annotated[str | None, Parameter(help="Only issues with this label.")] = None,
    state: Annotated[Literal["open", "closed", "all"], Parameter(help="Issues in this state.")] = "open",
    reach: Reach = HERE,
) -> int:
    """Make tasks of issues now, each once."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import import_shapes as shapes
    from coderclawlink.cli.text import count, line

    with hubs.reached(reach) as hub:
        found = hub.project(project)
        wanted = {"numbers": list(numbers), "label": label, "state": state}
        answer = hub.post(f"/api/projects/{found.id}/issues/import", wanted)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    came = answer.read(shapes.IssuesBroughtIn)
    for each in came.skipped:
        screen.say(f"Skipped #{each.number}: {line(each.why)}")
    screen.say(
        f"Made {count(len(came.made), 'task')} in {found.key}; {count(came.known, 'issue')} known already, "
        f"{len(came.skipped):,} skipped."
    )
    return 0


@issues.command
def sync(
    project: Key,
    /,
    *,
    label: Annotated[str | None, Parameter(help="Only issues with this label come by themselves.")] = None,
    assignee: Annotated[str | None, Parameter(help="Only issues assigned to this account come by themselves.")] = None,
    start: Annotated[
        str | None,
        Parameter(help="The agent that begins when somebody who may write there puts the label or assigns the issue."),
    ] = None,
    close: Annotated[bool, Parameter(help="Close the issue of a task that is done.")] = True,
    comment: Annotated[bool, Parameter(help="Let one comment there tell how the work stands.")] = True,
    off: Annotated[bool, Parameter(negative="", help="Keep them the same no longer.")] = False,
    reach: Reach = HERE,
) -> int:
    """Keep a project's tasks and its repository's issues the same, both ways, from now on."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.project(project)
        wanted: dict[str, hubs.Value] = {
            "on": not off,
            "label": label,
            "assignee": assignee,
            "start": start is not None,
            "agent": start,
            "close_when_done": close,
            "comment": comment,
        }
        answer = hub.put(f"/api/projects/{found.id}/issues/sync", wanted)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Issues and tasks of {found.key} are kept the same {'no longer' if off else 'from now on'}.")
    return 0


@issues.command
def show(project: Key, /, *, reach: Reach = HERE) -> int:
    """Show how issues and tasks are kept the same, and how it goes."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import import_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        found = hub.project(project)
        answer = hub.get(f"/api/projects/{found.id}/issues/sync")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    how = None if answer.text == "null" else answer.read(shapes.Sync)
    if how is None or not how.on:
        screen.say(f"Issues and tasks of {found.key} are not kept the same. Begin: clawlink issues sync {found.key}")
        return 0
    screen.facts(
        ("which", " or ".join(filter(None, (_called("label", how.label), _called("assignee", how.assignee)))) or "all"),
        ("starts", line(how.agent) if how.start else None),
        ("closes", "the issue of a task that is done" if how.close_when_done else "nothing"),
        ("comments", "one on each issue that is worked on" if how.comment else "none"),
        ("read up to", screen.when(how.read_up_to)),
        ("looks again", screen.when(how.look_next_at)),
        ("trouble", line(how.error) or None),
    )
    return 0 if how.error is None else 1


def _called(what: str, name: str | None) -> str | None:
    from coderclawlink.cli.text import line

    return None if name is None else f"{what} {line(name)}"
