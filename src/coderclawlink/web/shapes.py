"""The small shapes that the routes' bodies and answers are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from coderclawlink.clock import rfc3339

ID_AT_MOST = 2**31 - 1
SEQ_AT_MOST = 2**53 - 1
LONG_TEXT_AT_MOST = 100_000
"""Characters of a description."""


def _row_or_none(number: int) -> int:
    return number if 0 < number <= ID_AT_MOST else 0


def _stamp(at: Any) -> Any:
    return rfc3339(at) if isinstance(at, int | float) else at


Id = Annotated[int, AfterValidator(_row_or_none)]
"""A number of a row. What no row can have becomes 0, which no row has: it is simply not found."""
Stamp = Annotated[str, BeforeValidator(_stamp), Field(json_schema_extra={"format": "date-time"})]
"""Seconds since the epoch, told as RFC 3339 in UTC with `Z`."""
LongText = Annotated[str, Field(max_length=LONG_TEXT_AT_MOST)]
Seq = Annotated[int, Field(ge=0, le=SEQ_AT_MOST)]
"""A place in the journal."""


class Told(BaseModel):
    """An answer, read off the attributes of what it tells of."""

    model_config = ConfigDict(from_attributes=True)


class Asked(BaseModel):
    """A body. Fields nobody knows are ignored."""

    model_config = ConfigDict(extra="ignore")
