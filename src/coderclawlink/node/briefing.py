"""What an agent is told of its task before it is asked: what a colleague would be told who is given it. Pure words.

Above: the conversation, which says it to an agent that does not know the task yet. Below: the words of the link. The order's
context may be anything that a client sent along; what is not of the known shape is not put into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from coderclawlink.link.protocol import Attached, Order

REMEMBERED = "What was said before in this session, oldest first (to be known, not to be done again):"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Comment(_Shape):
    author: str
    at: str
    text: str


class _Link(_Shape):
    kind: str
    key: str
    title: str = ""
    status: str = ""


class _Task(_Shape):
    key: str
    title: str = ""
    description: str | None = None
    labels: tuple[str, ...] = ()
    comments: tuple[_Comment, ...] = ()
    comments_left_out: int = 0
    links: tuple[_Link, ...] = ()


class _Project(_Shape):
    key: str
    name: str = ""


class _Known(_Shape):
    task: _Task | None = None
    project: _Project | None = None
    session_memory: str = ""


def brief(order: Order, asked: str, folder: Path, repositories: Sequence[str] = ()) -> str:
    """All that is known of the order's task; empty when nothing is. `asked`: the prompt that follows, whose words are not said
    twice. `folder`: where the attachments lie, as far as they could be had. `repositories`: their folders, of several."""
    try:
        known = _Known.model_validate(order.context)
    except ValidationError:
        known = _Known()
    parts = [] if known.task is None else _of_task(known.task, known.project, asked)
    parts += [f"{REMEMBERED}\n\n{known.session_memory}"] if known.session_memory else []
    parts += [words] if (words := beside(order.attachments, folder, repositories)) else []
    return "\n\n".join(parts)


def beside(files: Sequence[Attached], folder: Path, repositories: Sequence[str]) -> str:
    """What lies where for the agent, other than the files of one repository; empty when nothing does."""
    parts = [words] if (words := _side_by_side(repositories)) else []
    return "\n\n".join(parts + ([words] if (words := attached(files, folder)) else []))


def _side_by_side(repositories: Sequence[str]) -> str:
    if not repositories:
        return ""
    return (
        f"Your working folder holds {len(repositories)} git repositories, each in a folder of its own: "
        f"{', '.join(f'{name}/' for name in repositories)}. The first is the main one. Change whichever the task needs; what "
        "you change in each is kept as commits of that repository. Outside of them nothing is kept."
    )


def attached(files: Sequence[Attached], folder: Path) -> str:
    """Which files lie in the folder for the agent; empty when there are none."""
    there = [f"{file.name} ({_size(file.size)})" for file in files if (folder / file.name).is_file()]
    return f"Attachments of the task, to be read only, in {folder}: {', '.join(there)}" if there else ""


def _of_task(task: _Task, project: _Project | None, asked: str) -> list[str]:
    head = [f"You work on task {task.key}" + (f": {task.title}" if task.title and task.title not in asked else "")]
    head += [f"Project: {project.name or project.key} ({project.key})"] if project is not None else []
    head += [f"Labels: {', '.join(task.labels)}"] if task.labels else []
    head += [f"{_link(link)}" for link in task.links]
    parts = ["\n".join(head)]
    if task.description and task.description.strip() not in asked:
        parts.append(task.description.strip())
    if task.comments:
        older = f" ({task.comments_left_out} older ones are left out)" if task.comments_left_out else ""
        parts.append(f"Comments on the task, oldest first{older}:")
        parts += [f"{comment.author}, {comment.at}:\n{comment.text}" for comment in task.comments]
    return parts


def _link(link: _Link) -> str:
    words = f"{link.kind.replace('_', ' ').capitalize()}: {link.key}"
    words += f" {link.title}" if link.title else ""
    return words + (f" ({link.status.replace('_', ' ')})" if link.status else "")


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.0f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"
