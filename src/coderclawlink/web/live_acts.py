"""What can be done over the live stream's socket: answer a question, ask a run's agent for more. Each is checked as its route is.

Above: `live`, whose frames these are. Below: the runtime.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.configuration import NOTHING_SAID
from coderclawlink.ids import QuestionId, RunId
from coderclawlink.runs import inbox
from coderclawlink.runs.prompts import TEXT_AT_MOST
from coderclawlink.web.rooms import Rooms
from coderclawlink.web.runs import ANSWER_AT_MOST
from coderclawlink.web.shapes import Asked

SOCKET = {"method": "GET", "path": "/api/live", "address": ""}
"""How what is said over the socket is told to a policy."""
Name = Annotated[str, Field(max_length=200)]


class AnswerGiven(Asked):
    question: Name
    option: Name
    text: Annotated[str, Field(max_length=ANSWER_AT_MOST)] | None = None


class PromptGiven(Asked):
    run: Name
    text: Annotated[str, Field(min_length=1, max_length=TEXT_AT_MOST)]
    steer: bool = False


async def answer(here: Rooms, actor: Actor, given: AnswerGiven) -> dict[str, object]:
    """Raises as the runtime's `answer` does; the first answer counts."""
    question = QuestionId(given.question)
    await here.rules.require(actor, Permission.TASK_SUBMIT, {"question_id": given.question}, SOCKET)
    run = await here.db.read(inbox.run_of, actor, question)
    answered = await here.runtime.answer(actor, run, question, given.option, given.text)
    return {"run": run, "question": question, "option": answered.option}


async def prompt(here: Rooms, actor: Actor, given: PromptGiven) -> dict[str, object]:
    """Raises as the runtime's `follow_up` does."""
    await here.rules.require(actor, Permission.TASK_SUBMIT, {"run_id": given.run}, SOCKET)
    run, queued = await here.runtime.follow_up(
        actor, RunId(given.run.lower()), given.text, steer=given.steer, agent=None, options=NOTHING_SAID
    )
    return {"run": run.id, "number": None if queued is None else queued.number}
