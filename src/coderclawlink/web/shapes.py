"""The small shapes that the routes' bodies and answers are made of."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WrapValidator

from coderclawlink.clock import rfc3339
from coderclawlink.configuration import AgentConfiguration, Verification

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


def _by_way_of_json(model: type[BaseModel]) -> WrapValidator:
    """Strict as everywhere, but a list of JSON may be a tuple of ours."""
    return WrapValidator(lambda given, _: model.model_validate_json(json.dumps(given)))


Configured = Annotated[AgentConfiguration, _by_way_of_json(AgentConfiguration)]
"""An agent's configuration in a body."""
Demanded = Annotated[Verification, _by_way_of_json(Verification)]
"""What a project demands of results, in a body."""


def said(configuration: Any) -> Any:
    """What a configuration says, without what it leaves open."""
    if isinstance(configuration, AgentConfiguration):
        return configuration.model_dump(mode="json", exclude_defaults=True)
    return configuration


Said = Annotated[dict[str, JsonValue], BeforeValidator(said)]
"""An agent's configuration in an answer."""


class Told(BaseModel):
    """An answer, read off the attributes of what it tells of."""

    model_config = ConfigDict(from_attributes=True)


class Asked(BaseModel):
    """A body. Fields nobody knows are ignored."""

    model_config = ConfigDict(extra="ignore")
