"""Whose something is, in a team: a person's from every session; the machine's owner's is for who administers the project."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from coderclawlink.access.policy import OWNER, Actor, Role, ownership
from coderclawlink.board import authorship
from coderclawlink.board.authorship import NotYours

HERE, ELSEWHERE = 7, 8
ANN = Actor(Role.DEVELOPER, "ann", ownership("ann"), proven=True, login="one")
ADMIN_HERE = replace(ANN, user="root", session=ownership("root"), memberships={HERE: Role.ADMIN})


@dataclass(frozen=True)
class Written:
    session: str | None
    user_id: str | None = None


OWNERS, ANNS, BOBS = Written(None), Written(ownership("ann"), "ann"), Written(ownership("bob"), "bob")


def test_a_persons_own_is_the_persons_from_every_session() -> None:
    assert authorship.is_author(replace(ANN, login="another"), ANNS, HERE)
    assert not authorship.is_author(ANN, BOBS, HERE)
    assert not authorship.is_author(ANN, OWNERS, HERE)


def test_what_the_machines_owner_wrote_an_admin_of_the_project_changes_in_the_owners_place() -> None:
    assert authorship.may_change(ADMIN_HERE, OWNERS, HERE)
    assert not authorship.may_change(ADMIN_HERE, OWNERS, ELSEWHERE)
    assert not authorship.may_change(replace(ADMIN_HERE, proven=False), OWNERS, HERE)
    assert not authorship.may_change(ADMIN_HERE, ANNS, HERE), "what people wrote nobody else rewrites"
    assert authorship.may_delete(ADMIN_HERE, ANNS, HERE)
    assert not authorship.may_delete(ADMIN_HERE, ANNS, ELSEWHERE)
    with pytest.raises(NotYours):
        authorship.require_author_or_admin(ADMIN_HERE, ANNS, ELSEWHERE)


def test_a_project_may_give_less_than_the_installation() -> None:
    assert authorship.may_change(ANN, ANNS, HERE)
    assert not authorship.may_change(replace(ANN, memberships={HERE: Role.VIEWER}), ANNS, HERE)
    assert authorship.may_change(OWNER, OWNERS, HERE)
