"""What "done" means in a project, as its people say it to the hub: checks, mendings, review.

Above: the routes; the runtime, which gives each run the verification that holds when it is submitted. Below: the project's row.
Where a project says nothing here, the repository's own `.clawlink.toml` counts.
"""

from __future__ import annotations

import sqlalchemy as sa

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects
from coderclawlink.configuration import Verification
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects as table
from coderclawlink.events import ProjectChanged
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About


def of_project(look: Look, project: ProjectId) -> Verification | None:
    """None where the repository says. Raises `ProjectNotFound`."""
    projects.find(look, project)
    text = look.scalar(sa.select(table.c.verification).where(table.c.id == project))
    return None if text is None else Verification.model_validate_json(text)


def put(tx: Tx, actor: Actor, project: ProjectId, verification: Verification | None) -> None:
    """Say what results must pass from now on; None: the repository says. Runs that are under way keep what they began with.

    Raises `ProjectNotFound`, `PermissionMissing`.
    """
    projects.find_for(tx, actor, project, Permission.PROJECT_WRITE)
    if of_project(tx, project) == verification:
        return
    text = None if verification is None else verification.model_dump_json()
    tx.change(table.update().where(table.c.id == project).values(verification=text, updated_at=tx.now()))
    told = None if verification is None else verification.model_dump(mode="json")
    log.append(tx, ProjectChanged(changes={"verification": told}), About(project), actor=actor)
