"""Routes of conversations with a project: messages, answers, and what agents propose, which only a person can have done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import chats
from coderclawlink.board.chats import Chat, Decision, Proposal
from coderclawlink.board.proposals import CreatePr, CreateTask, StartRun
from coderclawlink.db.engine import Look
from coderclawlink.ids import ProjectId
from coderclawlink.runs.run import State
from coderclawlink.runtime import chatting
from coderclawlink.runtime.chatting import Message
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs
from coderclawlink.web.tasks import AgentName

router = APIRouter(prefix="/api", tags=["chat"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Text = Annotated[str, Field(min_length=1, max_length=chatting.TEXT_AT_MOST)]
Model = Annotated[str, Field(min_length=1, max_length=200)]


class ChatTold(Told):
    id: str
    project_id: int
    agent: str
    title: str
    created_at: Stamp
    updated_at: Stamp


class MessageTold(Told):
    """`run_id`: the run that answers; its events are the answer while it is being said. `state`: of that run. `answer`: in Markdown,
    so far while the run is open, without its block of actions. `refused`: why what was proposed with it is no proposal."""

    number: int
    run_id: str
    prompt: int
    text: str
    at: Stamp
    state: State
    answer: str
    error: str | None
    refused: str | None


class ProposalTold(Told):
    """Either `create_task`, `start_run` or `create_pr`. `message`: in whose answer it stands. `task_id`, `run_id`: what came of it."""

    number: int
    message: int
    create_task: CreateTask | None
    start_run: StartRun | None
    create_pr: CreatePr | None
    state: Decision
    decided_by: str | None
    decided_at: Stamp | None
    task_id: int | None
    run_id: str | None


class ChatDetail(ChatTold):
    messages: list[MessageTold]
    proposals: list[ProposalTold]


class MessageWanted(Asked):
    """`agent`: of a new conversation; without one the first that is available. `model`: from this message on."""

    text: Text
    agent: AgentName | None = None
    model: Model | None = None


class FurtherMessage(Asked):
    text: Text
    model: Model | None = None


@router.get("/projects/{project_id}/chat")
async def list_chats(actor: Reader, here: Here, project_id: Id) -> list[ChatTold]:
    """Your own conversations, the latest used first."""
    found = await here.db.read(chats.of_project, actor, ProjectId(project_id))
    return [ChatTold.model_validate(one) for one in found]


@router.post("/projects/{project_id}/chat", status_code=201)
async def start_chat(actor: Submitter, here: Here, project_id: Id, wanted: MessageWanted) -> ChatDetail:
    """Begin a conversation with a message. An agent answers it that knows the project's tasks and reads its repository."""
    message = Message(wanted.text, wanted.agent, wanted.model)
    chat = await here.runtime.ask(actor, message, project=ProjectId(project_id))
    return await here.db.read(_detail, actor, chat.id)


@router.get("/chat/{chat_id}")
async def show_chat(actor: Reader, here: Here, chat_id: str) -> ChatDetail:
    return await here.db.read(_detail, actor, chat_id.lower())


@router.post("/chat/{chat_id}", status_code=201)
async def write_further(actor: Submitter, here: Here, chat_id: str, wanted: FurtherMessage) -> ChatDetail:
    """A further message: the same agent answers it, in the same session where it can."""
    message = Message(wanted.text, None, wanted.model)
    chat = await here.runtime.ask(actor, message, project=None, chat=chat_id.lower())
    return await here.db.read(_detail, actor, chat.id)


@router.post("/chat/{chat_id}/proposals/{number}/confirm")
async def confirm(actor: Submitter, here: Here, chat_id: str, number: Id) -> ProposalTold:
    """Have it done, with your rights."""
    return _proposal(await here.runtime.confirm(actor, chat_id.lower(), number))


@router.post("/chat/{chat_id}/proposals/{number}/dismiss")
async def dismiss(actor: Submitter, here: Here, chat_id: str, number: Id) -> ProposalTold:
    """It is not to be done."""
    return _proposal(await here.db.write(chatting.dismiss, actor, chat_id.lower(), number))


def _detail(look: Look, actor: Actor, chat_id: str) -> ChatDetail:
    chat: Chat = chats.find(look, actor, chat_id)
    return ChatDetail(
        **ChatTold.model_validate(chat).model_dump(),
        messages=[MessageTold.model_validate(one) for one in chats.messages(look, chat)],
        proposals=[_proposal(one) for one in chats.proposals_of(look, chat)],
    )


def _proposal(one: Proposal) -> ProposalTold:
    action = one.action
    known = {name: getattr(one, name) for name in ProposalTold.model_fields if hasattr(one, name)}
    return ProposalTold(**known, create_task=action.create_task, start_run=action.start_run, create_pr=action.create_pr)
