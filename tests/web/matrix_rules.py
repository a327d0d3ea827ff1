"""Who may what, once more and in other words than the code: what each cell of the matrix is held against. Nothing of the code under test is asked.

    401   who has not signed in, or is no proof of anybody
    403   whom neither the installation nor any project gives the permission; a program, where a person must ask
    404   what is not there for the asker: a private project to who is no member, any project to a guest who is none; others' runs
    403   who sees it and whose role there does not give the permission, or whose thing it is not
    let   anybody else

Above: `test_matrix`. Below: the askers of `matrix_world`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from tests.web.matrix_world import CLOSED, MACHINE, NOWHERE, OPEN, OTHER, Asker

Outcome = Literal["let", 401, 403, 404]

GUEST = frozenset({"task:view"})
VIEWER = GUEST | {"agent:list", "skill:list", "project:read"}
DEVELOPER = VIEWER | {"task:submit", "task:cancel", "agent:execute", "skill:execute", "project:write"}
ADMIN = DEVELOPER | {"agent:configure", "skill:install", "project:delete", "admin:users", "admin:system"}
GIVES = {"guest": GUEST, "viewer": VIEWER, "developer": DEVELOPER, "admin": ADMIN}
LOOKS = VIEWER
"""All that a device of low trust may be used for."""
ADMINISTERS = frozenset({"admin:users", "admin:system", "agent:configure", "skill:install"})
"""What a device of normal trust may not be used for."""


class About(Enum):
    """What a route is about, and whose that is."""

    NOTHING = auto()
    INSTALLATION = auto()
    PROJECT = auto()
    SEEN = auto()
    AUTHORS = auto()
    AUTHORS_OR_ADMINS = auto()
    OWN = auto()
    UNDO = auto()
    CHAT = auto()
    RUN = auto()
    COMPARISON = auto()
    REMARK = auto()
    CANCEL = auto()
    DEVICE = auto()
    MEMORY = auto()
    ONESELF = auto()
    USER = auto()
    ADMINS = auto()
    NOBODYS = auto()

    @property
    def spots(self) -> tuple[str, ...]:
        """Where such things are."""
        if self in NO_PROJECTS:
            return ("",)
        if self in (About.RUN, About.REMARK, About.CANCEL):
            return (OPEN, CLOSED, NOWHERE)
        return (OPEN, CLOSED)

    @property
    def is_owned(self) -> bool:
        return self not in UNOWNED


UNOWNED = (About.NOTHING, About.INSTALLATION, About.PROJECT, About.ONESELF, About.MEMORY, About.ADMINS, About.NOBODYS)
NO_PROJECTS = (*(about for about in UNOWNED if about is not About.PROJECT), About.USER, About.DEVICE, About.OWN)
RUNS = (About.RUN, About.COMPARISON, About.REMARK, About.CANCEL)


def owners(about: About, asker: Asker) -> tuple[str, ...]:
    """Whose things are asked for: one's own, another person's, the machine owner's."""
    if about is About.DEVICE:  # programs' accounts and the machine's owner have none
        return (OTHER,) if asker.service else (asker.user, OTHER)
    return (asker.user, OTHER, MACHINE) if about.is_owned else ("",)


def role_in(asker: Asker, spot: str) -> str:
    """An administrator is one everywhere; else a project's own role counts in it."""
    if asker.role == "admin" or spot in ("", NOWHERE):
        return asker.role or ""
    return asker.member or asker.role or ""


def may(asker: Asker, permission: str, spot: str = "") -> bool:
    narrowed = asker.scopes is not None and permission not in asker.scopes
    if narrowed or (asker.trust == "low" and permission not in LOOKS):
        return False
    if asker.trust == "normal" and permission in ADMINISTERS:
        return False
    if asker.only and spot != asker.only and not (spot == "" and permission in LOOKS):
        return False
    return permission in GIVES[role_in(asker, spot)]


def is_there(asker: Asker, spot: str) -> bool:
    """Whether the project is there for the asker at all. What is of no project is not for who is narrowed to one."""
    if asker.only and spot:
        return spot == asker.only
    if spot in ("", NOWHERE) or asker.role == "admin" or asker.member:
        return True
    return spot == OPEN and asker.role != "guest"


def sees_run(asker: Asker, spot: str, owner: str) -> bool:
    """Of what is there: one's own, all for an admin; what the machine's owner or a colleague began in a project is the project's."""
    if not may(asker, "task:view", spot):
        return False
    return role_in(asker, spot) == "admin" or owner == asker.user or spot != NOWHERE


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route declares. `permission`: None: it is open to all. `person`: no program may; `fresh`: and only who has just proven to be
    there; `program`: only a program's account. `of_project`: a project's admins may, though it is administrators' elsewhere.
    `writes`: and a device of low trust, which only looks, may not where a person must."""

    permission: str | None
    person: bool = False
    fresh: bool = False
    program: bool = False
    of_project: bool = False
    writes: bool = False


def outcome(
    asker: Asker, about: About, declared: Declared, spot: str, owner: str, *, seen_late: bool = False
) -> Outcome:
    """`seen_late`: the project stands in the query, which is looked at once it is known that no program asks where a person must."""
    permission = declared.permission
    if about is About.MEMORY and not asker.bearer:
        return "let"  # who knows its id has the session
    if permission is None and about is not About.MEMORY:
        return "let"
    if asker.role is None:
        return 401
    if permission is None:
        return 404
    is_administrators = permission in ADMINISTERS and not declared.of_project
    places = ("",) if is_administrators or about is About.INSTALLATION else ("", OPEN, CLOSED)
    if declared.of_project:
        places = ("", OPEN, CLOSED)
    if not any(may(asker, permission, place) for place in places):
        return 403
    if seen_late and _is_no_person(asker, declared):
        return 403
    if not is_there(asker, spot) or (about in RUNS and not sees_run(asker, spot, owner)):
        return 404
    if about in (About.CHAT, About.UNDO, About.OWN) and not _is_theirs(asker, about, owner):
        return 404
    if spot and not may(asker, permission, spot):
        return 403
    if _is_no_person(asker, declared) or (declared.program and not asker.service):
        return 403
    if about is About.INSTALLATION and not may(asker, permission):
        return 404 if asker.only else 403
    return _whose(asker, about, spot, owner)


def _is_no_person(asker: Asker, declared: Declared) -> bool:
    if declared.person and (asker.program or (declared.writes and asker.trust == "low")):
        return True
    return declared.fresh and asker.trust is not None


def _is_theirs(asker: Asker, about: About, owner: str) -> bool:
    """What is a person's alone is there for nobody else; only what was done to cards an administrator may take back too."""
    return owner == asker.user or (about is About.UNDO and asker.role == "admin")


def _whose(asker: Asker, about: About, spot: str, owner: str) -> Outcome:
    """What is decided by whose it is, for somebody who may such things."""
    is_own, is_admin = owner == asker.user, role_in(asker, spot) == "admin"
    match about:
        case About.AUTHORS if not (is_own or (is_admin and owner == MACHINE)):
            return 403  # for the machine's owner, who does not sign in, an admin acts
        case About.CANCEL if not (is_own or is_admin or (owner == OTHER and spot != NOWHERE)):
            return 403
        case About.AUTHORS_OR_ADMINS if not (is_own or is_admin):
            return 403
        case About.DEVICE if not (is_own or may(asker, "admin:users")):
            return 404
        case About.REMARK if not is_own:
            return 404
        case About.USER if not (is_own or may(asker, "admin:system")):
            return 403
        case About.ADMINS if not may(asker, "admin:system"):
            return 403
        case About.NOBODYS:
            return 404
    return "let"
