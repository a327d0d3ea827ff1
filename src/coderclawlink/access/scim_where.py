"""Filters of SCIM as conditions on rows.

Above: the directory, which says what its attributes are compared with. Below: `scim_filter`, whose trees they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import JsonValue

from coderclawlink.access.scim_filter import Both, Compare, Either, Filter, InvalidFilter, Not, Operator

Text = sa.ColumnElement[str | None]
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Column:
    """What an attribute is compared with. `of`: None: it can only equal something."""

    of: Text | None
    equals: Callable[[str], Condition]


Columns = Mapping[str, Column | None]
"""By attribute in lower case. None: it may be asked for, and is not heeded."""


def exact(of: Text) -> Column:
    """Small letters are not great ones."""
    return Column(of, lambda value: of.in_([value]))


def small(of: Text) -> Column:
    """It is kept in small letters."""
    return Column(of, lambda value: of.in_([value.lower()]))


def text(of: Text) -> Column:
    """Letters count in any case. As they stand too: the database may know no small letters but those of ASCII."""
    return Column(of, lambda value: sa.or_(of.in_([value]), sa.func.lower(of).in_([value.lower()])))


def where(wanted: Filter, columns: Columns) -> Condition:
    """Raises `InvalidFilter` for an attribute that is none of the columns'."""
    match wanted:
        case Both(parts):
            return sa.and_(*(where(part, columns) for part in parts))
        case Either(parts):
            return sa.or_(*(where(part, columns) for part in parts))
        case Not(part):
            return _is_not(where(part, columns))
        case Compare(attribute, operator, value):
            if attribute not in columns:
                raise InvalidFilter(f"{attribute} cannot be asked for here.")
            column = columns[attribute]
            if column is None:
                return sa.true()
            return _compared(column, operator, str(value).lower() if isinstance(value, bool) else value)


def _is_not(condition: Condition) -> Condition:
    """Where nothing is known to be so, it is not so."""
    return sa.not_(sa.func.coalesce(condition, sa.false(), type_=sa.Boolean()))


def _compared(column: Column, operator: Operator, value: JsonValue) -> Condition:
    if operator == "eq" and isinstance(value, str):
        return column.equals(value)
    of = column.of
    if of is None:
        raise InvalidFilter("It can only equal a text in double quotes.")
    if operator == "pr" or (value is None and operator == "ne"):
        return of.is_not(None)
    if value is None and operator == "eq":
        return of.is_(None)
    if not isinstance(value, str):
        raise InvalidFilter("It is compared with a text in double quotes.")
    match operator:
        case "ne":
            return _is_not(column.equals(value))
        case "co":
            return of.icontains(value, autoescape=True)
        case "sw":
            return of.istartswith(value, autoescape=True)
        case _:
            return of.iendswith(value, autoescape=True)
