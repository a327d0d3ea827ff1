"""`clawlink chat`: ask a project something; an agent answers, and what it proposes is done when you confirm it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.runs import read_prompt

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub
    from coderclawlink.cli.shapes import Chat, ChatDetail, Proposal

app = App(name="chat", help="Conversations with a project: an agent that knows its tasks and repository answers.")

Project = Annotated[str, Parameter(help="The project's key.")]
Number = Annotated[int, Parameter(help="The proposal's number, as `clawlink chat show` tells it.")]
Which = Annotated[str | None, Parameter(name="--chat", help="Which conversation, by its id. Default: the latest.")]


@app.default
def ask(
    project: Project,
    text: Annotated[str, Parameter(allow_leading_hyphen=True, help="What to say; `-` reads standard input.")],
    /,
    *,
    new: Annotated[bool, Parameter(negative="", help="Begin a new conversation.")] = False,
    chat: Which = None,
    agent: Annotated[str | None, Parameter(help="Who is to answer; begins a new conversation.")] = None,
    model: Annotated[str | None, Parameter(help="With which model.")] = None,
    reach: Reach = HERE,
) -> int:
    """Ask a project something, and watch the answer: `clawlink chat DEMO "What is open?"`. Goes on with your latest conversation.

    Exit code: 0 it was answered, 1 it failed, 3 it was cancelled.
    """
    from coderclawlink.cli import following, shapes
    from coderclawlink.cli import hub as hubs

    words = read_prompt(text)
    with hubs.reached(reach) as hub:
        found = hub.project(project)
        known = None if new or (agent and not chat) else _latest(hub, found.id, chat)
        if known is None:
            answer = hub.post(f"/api/projects/{found.id}/chat", {"text": words, "agent": agent, "model": model})
        else:
            answer = hub.post(f"/api/chat/{known.id}", {"text": words, "model": model})
    asked = answer.read(shapes.ChatDetail)
    run = asked.messages[-1].run_id
    if reach.json:
        for _ in following.events(reach, run, screen.complain):
            pass
        code = 0
    else:
        code = following.follow(reach, run)
    with hubs.reached(reach) as hub:
        told = hub.get(f"/api/chat/{asked.id}")
    detail = told.read(shapes.ChatDetail)
    if reach.json:
        screen.as_json(told.text)
        return following.EXITS.get(detail.messages[-1].state, 0)
    _say_refusal(detail)
    _say_proposals(detail, [each for each in detail.proposals if each.message == len(detail.messages)], project)
    return code


@app.command(name="list")
def list_all(project: Project, /, *, reach: Reach = HERE) -> int:
    """List your conversations with a project, the latest first."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/projects/{hub.project(project).id}/chat")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("chat", "agent", "since", "last used", "title"),
        [
            (each.id, each.agent, screen.when(each.created_at), screen.when(each.updated_at), each.title)
            for each in answer.read(list[shapes.Chat])
        ],
        empty="There are no conversations.",
    )
    return 0


@app.command
def show(project: Project, /, *, chat: Which = None, reach: Reach = HERE) -> int:
    """Show a conversation: what was asked, answered and proposed."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import clean

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/chat/{_found(hub, project, chat).id}")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    told = answer.read(shapes.ChatDetail)
    for message in told.messages:
        screen.say(screen.paint(f"> {clean(message.text)}", "bold"))
        screen.say(clean(message.answer or message.error or f"({message.state})"))
        if message.refused:
            screen.say(screen.paint(clean(message.refused), "yellow"))
        screen.say()
    _say_proposals(told, told.proposals, project)
    return 0


@app.command
def confirm(project: Project, number: Number, /, *, chat: Which = None, reach: Reach = HERE) -> int:
    """Have something done that was proposed, with your rights."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        answer = hub.post(f"/api/chat/{_found(hub, project, chat).id}/proposals/{number}/confirm")
        done = answer.read(shapes.Proposal)
        if reach.json:
            screen.as_json(answer.text)
        elif done.run_id is not None:
            run = hub.run(done.run_id)
            screen.say(f"Submitted run {run.number}  {run.id}")
            screen.say(f"Watch it: clawlink run follow {run.number}")
        elif done.create_pr is not None:
            key = hub.task(str(done.task_id)).key
            screen.say(f"The result of {key} is on its way to a pull request.")
            screen.say(f"See it: clawlink pr show {key}")
        else:
            screen.say(f"Created {hub.task(str(done.task_id)).key}.")
    return 0


@app.command
def dismiss(project: Project, number: Number, /, *, chat: Which = None, reach: Reach = HERE) -> int:
    """Something that was proposed is not to be done."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post(f"/api/chat/{_found(hub, project, chat).id}/proposals/{number}/dismiss")
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"Proposal {number} is dismissed.")
    return 0


def _latest(hub: Hub, project: int, chat: str | None) -> Chat | None:
    """The conversation of that id, else the latest; None: there is none. Raises `Missing` for an id that none has."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.shapes import Chat

    known = hub.get(f"/api/projects/{project}/chat").read(list[Chat])
    if chat is None:
        return known[0] if known else None
    found = next((each for each in known if each.id == chat.lower()), None)
    if found is None:
        raise hubs.Missing(f"There is no conversation {chat}. `clawlink chat list` shows them.")
    return found


def _found(hub: Hub, project: str, chat: str | None) -> Chat:
    from coderclawlink.cli import hub as hubs

    found = _latest(hub, hub.project(project).id, chat)
    if found is None:
        raise hubs.Missing(f"There is no conversation yet. Begin one: clawlink chat {project} TEXT")
    return found


def _say_refusal(told: ChatDetail) -> None:
    from coderclawlink.cli.text import line

    if told.messages[-1].refused:
        screen.say(screen.paint(line(told.messages[-1].refused), "yellow"))


def _say_proposals(told: ChatDetail, some: list[Proposal], project: str) -> None:
    """Each with all that would be done: what is confirmed must have been read."""
    from coderclawlink.cli.text import clean, line

    for each in some:
        what = "?"
        words: str | None = None
        if each.create_task is not None:
            what, words = f"create the task “{line(each.create_task.title)}”", each.create_task.description
        elif each.start_run is not None:
            what = f"have {line(each.start_run.agent)} work on {line(each.start_run.task)}"
            words = each.start_run.prompt
        elif each.create_pr is not None:
            what, words = f"open a pull request for the result of {line(each.create_pr.task)}", each.create_pr.title
        screen.say(f"{screen.paint(f'{each.number}.', 'bold')} {each.state}: {what}")
        for written in clean(words or "").splitlines():
            screen.say(f"     {written}")
    if any(each.state == "proposed" for each in some):
        screen.say(
            f"Have it done: clawlink chat confirm {project} NUMBER   Not: clawlink chat dismiss {project} NUMBER"
        )
