"""Who may what: the whole matrix, and every case of seeing and cancelling a run."""

from __future__ import annotations

import itertools

import pytest

from coderclawlink.access.policy import (
    GRANTS,
    OWNER,
    Actor,
    Permission,
    PermissionMissing,
    Role,
    may,
    may_cancel_run,
    may_see_run,
    require,
)

MATRIX = """
                 admin developer viewer guest
task:submit      x     x         .      .
task:cancel      x     x         .      .
task:view        x     x         x      x
agent:list       x     x         x      .
agent:execute    x     x         .      .
agent:configure  x     .         .      .
skill:list       x     x         x      .
skill:execute    x     x         .      .
skill:install    x     .         .      .
project:read     x     x         x      .
project:write    x     x         .      .
project:delete   x     .         .      .
admin:users      x     .         .      .
admin:system     x     .         .      .
"""


def test_each_role_has_exactly_the_permissions_that_are_written_here() -> None:
    header, *rows = (line.split() for line in MATRIX.strip().splitlines())
    assert [str(role) for role in Role] == header
    assert [str(permission) for permission in Permission] == [row[0] for row in rows]
    granted = {(row[0], role) for row in rows for role, mark in zip(header, row[1:], strict=True) if mark == "x"}
    assert granted == {
        (str(permission), str(role))
        for permission, role in itertools.product(Permission, Role)
        if may(Actor(role, "u", "s"), permission)
    }


def test_no_role_has_what_a_higher_one_has_not() -> None:
    admin, developer, viewer, guest = (GRANTS[role] for role in Role)
    assert guest < viewer < developer < admin


def test_what_is_missing_is_told_in_the_words_of_the_contract() -> None:
    with pytest.raises(PermissionMissing, match=r"^Permission denied: task:submit$"):
        require(Actor(Role.GUEST, "eve", "e"), Permission.TASK_SUBMIT)
    require(OWNER, Permission.ADMIN_SYSTEM)


A, B = "hash-a", "hash-b"
ACTORS = {
    "owner": OWNER,
    "admin": Actor(Role.ADMIN, "root", A),
    "developer": Actor(Role.DEVELOPER, "ann", A),
    "nobody": Actor(Role.DEVELOPER, None, A),
    "viewer": Actor(Role.VIEWER, "vic", A),
    "guest": Actor(Role.GUEST, "gus", A),
}
#                      whose run:  the owner's  the owner's   one's  one's       another's  another's
#                                  alone        in a project  alone  in project  alone      in project
SEES = {
    "owner": (True, True, True, True, True, True),
    "admin": (True, True, True, True, True, True),
    "developer": (False, True, True, True, False, False),
    "nobody": (False, True, True, True, False, False),
    "viewer": (False, True, True, True, False, False),
    "guest": (False, True, True, True, False, False),
}
CANCELS = {
    "owner": (True, True, False, False, False, False),
    "admin": (True, True, True, True, True, True),
    "developer": (False, False, True, True, False, False),
    "nobody": (False, False, True, True, False, False),
    "viewer": (False, False, False, False, False, False),
    "guest": (False, False, False, False, False, False),
}
RUNS = [(session, project) for session in (None, A, B) for project in (None, 7)]


@pytest.mark.parametrize("who", ACTORS)
def test_one_session_never_reads_or_cancels_anothers_run(who: str) -> None:
    actor = ACTORS[who]
    assert tuple(may_see_run(actor, session, project) for session, project in RUNS) == SEES[who]
    assert tuple(may_cancel_run(actor, session, project) for session, project in RUNS) == CANCELS[who]


def test_what_can_be_cancelled_can_be_seen() -> None:
    for actor, (session, project) in itertools.product(ACTORS.values(), RUNS):
        if may_cancel_run(actor, session, project):
            assert may_see_run(actor, session, project)


def test_an_actors_name_tells_no_more_of_its_session_than_is_needed() -> None:
    assert Actor(Role.DEVELOPER, None, "0123456789abcdef").name == "session:01234567"
    assert (OWNER.name, Actor(Role.VIEWER, "ann", A).name) == ("owner", "ann")
