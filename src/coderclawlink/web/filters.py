"""Which tasks are asked for, as a query says it: for the list of tasks, and for the board."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from coderclawlink.board.cards import Filter
from coderclawlink.board.tasks import Priority, TaskStatus
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.web.shapes import Id

Word = Annotated[str, Field(max_length=100)]
QUESTION_AT_MOST = 500
WORDS_AT_MOST = 50
IDS_AT_MOST = 500


async def filter_of(
    *,
    id: Annotated[list[Id] | None, Query(max_length=IDS_AT_MOST)] = None,
    key: Annotated[list[Word] | None, Query(max_length=IDS_AT_MOST)] = None,
    project_id: Annotated[list[Id] | None, Query(max_length=IDS_AT_MOST)] = None,
    status: Annotated[list[TaskStatus] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    agent: Annotated[
        list[Word] | None, Query(max_length=WORDS_AT_MOST, description="`none`: without an agent.")
    ] = None,
    assignee: Annotated[list[Word] | None, Query(max_length=WORDS_AT_MOST, description="`none`: of nobody.")] = None,
    label: Annotated[list[Word] | None, Query(max_length=WORDS_AT_MOST, description="All of these.")] = None,
    q: Annotated[str, Query(max_length=QUESTION_AT_MOST, description="Words, each the beginning of one.")] = "",
    parent_id: Id | None = None,
    blocked: bool | None = None,
) -> Filter:
    """What is given several times is any of these, but for labels."""
    return Filter(
        id=tuple(TaskId(each) for each in id or ()),
        key=tuple(key or ()),
        project=tuple(ProjectId(each) for each in project_id or ()),
        status=tuple(status or ()),
        priority=tuple(priority or ()),
        agent=tuple(agent or ()),
        assignee=tuple(assignee or ()),
        label=tuple(label or ()),
        q=q,
        parent=None if parent_id is None else TaskId(parent_id),
        blocked=blocked,
    )


Which = Annotated[Filter, Depends(filter_of)]
