"""`clawlink review`: look at a run's result, comment its lines, and say what is to become of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.runs import Name, read_prompt
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub, Value
    from coderclawlink.cli.shapes import ChangedFile, Remark

app = App(name="review", help="Reviews: a run's result, comments on its lines, and a person's word on it.")

Text = Annotated[str, Parameter(allow_leading_hyphen=True, help="What to say; `-` reads standard input.")]
Words = Annotated[str, Parameter(help="Words to go with it.")]
_MARKS = {"same": " ", "added": "+", "deleted": "-"}
_HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_COLOURS = {"added": "green", "deleted": "red"}


@app.command
def show(
    run: Name,
    path: Annotated[str | None, Parameter(help="Show this file's lines, with their numbers.")] = None,
    /,
    *,
    since: Annotated[str | None, Parameter(help="Only what is otherwise than at this commit.")] = None,
    reach: Reach = HERE,
) -> int:
    """Show which files a run has changed, what was said of them, and the verdict; with a path, that file's lines."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        if path is not None:
            return _show_file(hub, reach, found.id, path)
        review = hub.get(f"/api/runs/{found.id}/review")
        if reach.json:
            screen.as_json(review.text)
            return 0
        told = review.read(shapes.Review)
        remarks = hub.get(f"/api/runs/{found.id}/remarks").read(list[shapes.Remark])
        files, gone = _all_files(hub, found.id, since) if told.head is not None else ([], [])
    if told.head is None:
        screen.say("The run has no result yet.")
        return 0
    screen.facts(
        ("run", f"{found.number}  {found.state}"),
        ("commit", told.head[:12]),
        ("verdict", told.verdict or "none yet"),
        ("looked at", f"{told.viewed} of {told.files} files"),
        ("yours to send", told.drafts or None),
        ("last seen", None if told.last_seen in (None, told.head) else str(told.last_seen)[:12]),
    )
    screen.say()
    screen.rows(
        ("file", "change", "+/−", "viewed", "since"),
        [(file.path, _kind(file), f"+{file.additions} −{file.deletions}", _tick(file), file.since) for file in files],
        empty="Nothing is otherwise." if since else "No file is changed.",
    )
    for each in gone:
        screen.say(f"{_line(each)}: no longer changed")
    _say_remarks(remarks)
    for verdict in told.verdicts:
        words = f": {_line(verdict.text)}" if verdict.text else ""
        screen.say(f"{screen.when(verdict.at)}  {verdict.verdict} by {_line(verdict.author)}{words}")
    return 0


def _all_files(hub: Hub, run: str, since: str | None) -> tuple[list[ChangedFile], list[str]]:
    """All of them, without their lines."""
    from coderclawlink.cli.shapes import ChangedFiles

    files: list[ChangedFile] = []
    after: int | None = 0
    gone: list[str] = []
    while after is not None:
        page = hub.get(f"/api/runs/{run}/files", after=after, limit=1000, lines=1000, since=since).read(ChangedFiles)
        files, gone, after = [*files, *page.files], page.gone, page.next
    return files, gone


def _show_file(hub: Hub, reach: Reach, run: str, path: str) -> int:
    from coderclawlink.cli.shapes import ChangedFiles

    start: int | None = 0
    while start is not None:
        answer = hub.get(f"/api/runs/{run}/files", path=path, from_line=start)
        if reach.json:
            screen.as_json(answer.text)
            return 0
        (file,) = answer.read(ChangedFiles).files
        if start == 0:
            screen.say(screen.paint(f"{_line(file.path)}  {_kind(file)}", "bold"))
        for hunk in file.hunks:
            screen.say(screen.paint(f"@@ {hunk.old_start} → {hunk.new_start} {_line(hunk.heading)}", "cyan"))
            for line in hunk.lines:
                words = f"{line.old or '':>6} {line.new or '':>6} {_MARKS[line.kind]} {_visible(line.text)}"
                screen.say(screen.paint(words, _COLOURS[line.kind]) if line.kind in _COLOURS else words)
        start = file.next_line
    return 0


def _visible(text: str) -> str:
    """A line of a file as it is: what would be obeyed or hides is spelled out, for that is what a reviewer must see."""
    return _HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def _kind(file: ChangedFile) -> str:
    return "binary" if file.binary else f"from {_line(file.old_path)}" if file.old_path else file.status


def _tick(file: ChangedFile) -> str | None:
    return "yes" if file.viewed else "changed since" if file.viewed_head else None


def _line(text: str | None) -> str:
    from coderclawlink.cli.text import line

    return line(text)


def _say_remarks(remarks: list[Remark]) -> None:
    if remarks:
        screen.say()
    for each in remarks:
        lines = str(each.first) if each.first == each.last else f"{each.first}-{each.last}"
        side = " (before the change)" if each.side == "old" else ""
        screen.say(
            f"{each.id[-8:]}  {each.state}  {_line(each.path)}:{lines}{side}  {_line(each.author)}: {_line(each.text)}"
        )


@app.command
def comment(
    run: Name,
    place: Annotated[str, Parameter(help="A file and its line or lines, as `src/code.py:10` or `src/code.py:10-12`.")],
    text: Text,
    /,
    *,
    side: Annotated[Literal["new", "old"], Parameter(help="Of the file as it is now, or as it was before.")] = "new",
    reach: Reach = HERE,
) -> int:
    """Write a comment on lines that a run has changed. It is a draft until `clawlink review send` or `reject`."""
    from coderclawlink.cli import hub as hubs

    path, first, last = _read_place(place)
    body: dict[str, Value] = {"path": path, "first": first, "last": last, "side": side, "text": read_prompt(text)}
    with hubs.reached(reach) as hub:
        answer = hub.post(f"/api/runs/{hub.run(run).id}/remarks", body)
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Noted. Send your comments: clawlink review send {run}")
    return 0


def _read_place(place: str) -> tuple[str, int, int]:
    path, _, lines = place.rpartition(":")
    first, dash, last = lines.partition("-")
    numbers = [first, last] if dash else [first, first]
    if not path or not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        raise Invalid(f"{place} names no line of a file; one looks like src/code.py:10 or src/code.py:10-12.")
    return path, int(numbers[0]), int(numbers[1])


@app.command
def delete(
    run: Name,
    remark: Annotated[str, Parameter(help="The comment, as `clawlink review show` names it.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Take back a comment that has not been sent."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.shapes import Remark

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        known = hub.get(f"/api/runs/{found.id}/remarks").read(list[Remark])
        named = [each.id for each in known if each.id.endswith(remark.lower())]
        if len(named) != 1:
            raise hubs.Missing(f"No comment is called {remark}. `clawlink review show {run}` shows them.")
        hub.delete(f"/api/runs/{found.id}/remarks/{named[0]}")
    screen.say("It is gone.")
    return 0


@app.command
def send(
    run: Name,
    text: Words = "",
    /,
    *,
    follow: Annotated[bool, Parameter(negative="", help="Watch the run to its end.")] = False,
    reach: Reach = HERE,
) -> int:
    """Give the agent all your comments as one prompt. A run that has ended is gone on with by a new one."""
    from coderclawlink.cli import following, shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import count

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/remarks/send", {"text": text})
    sent = answer.read(shapes.Sent)
    if follow:
        return following.follow(reach, sent.run.id)
    if reach.json:
        screen.as_json(answer.text)
    else:
        goes_on = "goes on with" if sent.run.id == found.id else f"is gone on with in run {sent.run.number}, with"
        screen.say(f"Run {found.number} {goes_on} {count(len(sent.remarks), 'comment')}.")
    return 0


@app.command
def approve(run: Name, text: Words = "", /, *, reach: Reach = HERE) -> int:
    """Approve a result. A run that waits for a review completes."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/review", {"approve": True, "text": text})
    return _say(reach, answer.text, f"Run {found.number} is approved.")


@app.command
def reject(run: Name, text: Text = "", /, *, reach: Reach = HERE) -> int:
    """Send a result back: the agent goes on with your comments and these words."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        body: dict[str, Value] = {"approve": False, "text": read_prompt(text)}
        answer = hub.post(f"/api/runs/{found.id}/review", body)
    after = answer.read(hubs.Run)
    new = "goes on" if after.id == found.id else f"is gone on with in run {after.number}"
    return _say(reach, answer.text, f"Run {found.number} {new}.")


@app.command
def discard(run: Name, text: Words = "", /, *, reach: Reach = HERE) -> int:
    """A result is not wanted: its task is to be done anew. The branch stays."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        found = hub.run(run)
        answer = hub.post(f"/api/runs/{found.id}/discard", {"text": text})
    return _say(reach, answer.text, f"The result of run {found.number} is discarded.")


def _say(reach: Reach, answer: str, words: str) -> int:
    if reach.json:
        screen.as_json(answer)
    else:
        screen.say(words)
    return 0
