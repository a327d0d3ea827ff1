"""Proposals: what an agent's answer proposes to do, read strictly from the text of it. Pure.

    ```clawlink-actions
    [{"create_task": {"title": "Mend the login", "description": "…"}},
     {"start_run": {"task": "#1", "agent": "claude", "prompt": "…"}},
     {"create_pr": {"task": "DEMO-3"}}]
    ```

Above: `chats`, which keeps them until a person has decided. Nothing here does anything: the worst that an agent's words can do is
to propose. One block, exactly of this form, or nothing is proposed at all.
"""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

LANGUAGE = "clawlink-actions"
ACTIONS_AT_MOST = 20
BLOCK_AT_MOST = 200_000
"""Characters."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
# What no database takes, and what makes a text read otherwise than it is.
_HIDING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def _is_plain(text: str) -> str:
    if _HIDING.search(text):
        raise ValueError("it holds characters that are not shown")
    if not text.strip():
        raise ValueError("it says nothing")
    return text


Title = Annotated[str, Field(max_length=500, pattern=r"^[^\r\n\t]+$"), AfterValidator(_is_plain)]
Words = Annotated[str, Field(max_length=20_000), AfterValidator(_is_plain)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CreateTask(_Part):
    title: Title
    description: Words | None = None


class StartRun(_Part):
    """`task`: a key, or `#n` for the task that the nth action of the same list creates."""

    task: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9_]{0,49}-[0-9]{1,9}|#[0-9]{1,2})$")]
    agent: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
    prompt: Words

    @property
    def created_by(self) -> int | None:
        """Which action of the list creates its task, from 1; None for a task that is there."""
        return int(self.task[1:]) if self.task.startswith("#") else None


class CreatePr(_Part):
    """`task`: the key of one that has a result. What the pull request says is made from the task and its receipt."""

    task: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,49}-[0-9]{1,9}$")]
    title: Title | None = None


class Action(_Part):
    """One thing that is proposed."""

    create_task: CreateTask | None = None
    start_run: StartRun | None = None
    create_pr: CreatePr | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.create_task, self.start_run, self.create_pr)) != 1:
            raise ValueError("an action is either create_task, start_run or create_pr")
        return self


_actions: TypeAdapter[list[Action]] = TypeAdapter(Annotated[list[Action], Field(max_length=ACTIONS_AT_MOST)])


class NotStrict(Exception):
    """What is proposed is not of the form; the words say why, for people."""


def read(answer: str) -> tuple[str, list[Action]]:
    """The answer without its block of actions, and these. Raises `NotStrict` when there is such a block that is not of the form."""
    rest, blocks = _apart(answer)
    if not blocks:
        return answer, []
    if len(blocks) > 1:
        raise NotStrict(f"There is more than one block of {LANGUAGE}.")
    if len(blocks[0]) > BLOCK_AT_MOST:
        raise NotStrict("The block of actions is too long.")
    try:
        actions = _actions.validate_json(blocks[0])
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotStrict(f"The actions are not of the form: {where + ': ' if where else ''}{first['msg']}.") from None
    for number, action in enumerate(actions, 1):
        made_by = None if action.start_run is None else action.start_run.created_by
        if made_by is not None and not (0 < made_by < number and actions[made_by - 1].create_task is not None):
            raise NotStrict(f"Action {number} names #{made_by}, which creates no task before it.")
    return rest, actions


def without_block(answer: str) -> str:
    """The answer as people read it."""
    return _apart(answer)[0]


def _apart(answer: str) -> tuple[str, list[str]]:
    """What is said, and what stands in blocks of actions. A block within another fence is a quotation; one without an end goes to
    the end of the answer."""
    said: list[str] = []
    blocks: list[list[str]] = []
    fence, is_ours = "", False
    for line in answer.split("\n"):
        found = _FENCE.fullmatch(line.rstrip("\r"))
        if not fence and found is not None:
            fence, is_ours = found[1], found[2].strip() == LANGUAGE
            if is_ours:
                blocks.append([])
                continue
        elif fence and found is not None and found[1].startswith(fence) and not found[2].strip():
            fence = ""
            if is_ours:
                is_ours = False
                continue
        (blocks[-1] if is_ours else said).append(line)
    return "\n".join(said).strip("\n"), ["\n".join(block) for block in blocks]
