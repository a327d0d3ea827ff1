"""`clawlink github`: with whose access repositories on GitHub are reached, and what is done with what GitHub tells of pull requests.

Above: `main`. Secrets come from standard input or a file, never from the command line, where others on the machine could read them.
"""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.connection_shapes import Connection
    from coderclawlink.cli.hub import Answer, Hub

app = App(name="github", help="GitHub: with whose access repositories are reached, and what becomes of what it tells.")

SECRET_AT_MOST = 20_000


@Parameter(name="*")
@dataclass(frozen=True)
class Whose:
    """Whose connection is meant: say one of the three."""

    project: Annotated[str | None, Parameter(name="--project", help="A project's, by its key or number.")] = None
    mine: Annotated[bool, Parameter(name="--mine", negative="", help="Yours, for what you ask for.")] = False
    installation: Annotated[
        bool,
        Parameter(name="--installation", negative="", help="The hub's, for all that have none of their own."),
    ] = False

    def path(self, hub: Hub) -> str:
        """Raises `Invalid`."""
        if (self.project is not None) + self.mine + self.installation != 1:
            raise Invalid("Say whose connection is meant: --project KEY, --mine or --installation.")
        if self.project is not None:
            return f"/api/projects/{hub.project(self.project).id}/connection"
        return "/api/connections/mine" if self.mine else "/api/connections/installation"


NOBODY = Whose()
Repository = Annotated[
    str | None,
    Parameter(name="--repository", help="The address of a repository to try it on; a project has its own."),
]


@app.command
def connect(
    *,
    whose: Whose = NOBODY,
    app_id: Annotated[str | None, Parameter(name="--app-id", help="Connect a GitHub App: its number.")] = None,
    key_file: Annotated[Path | None, Parameter(name="--key-file", help="The App's private key, a PEM file.")] = None,
    installation_id: Annotated[
        str | None, Parameter(name="--installation-id", help="Which installation of the App; found by itself else.")
    ] = None,
    repository: Repository = None,
    reach: Reach = HERE,
) -> int:
    """Connect with a token, which is read from standard input or typed unseen, or with a GitHub App. It is tried before it is kept."""
    from coderclawlink.cli import hub as hubs

    if (app_id is None) != (key_file is None):
        raise Invalid("A GitHub App takes both, --app-id and --key-file.")
    with hubs.reached(reach) as hub:
        path = whose.path(hub)
        access = {"token": _token()} if key_file is None else {"app_id": app_id, "private_key": _key(key_file)}
        given = {**access, "installation_id": installation_id, "repository": repository}
        answer = hub.put(path, {name: value for name, value in given.items() if value is not None})
    return _tell(answer, reach, "Connected")


@app.command
def show(*, whose: Whose = NOBODY, reach: Reach = HERE) -> int:
    """Show a connection; with --project the one that counts there for you. Its secret is never shown."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(whose.path(hub))
    return _tell(answer, reach, "")


@app.command
def check(*, whose: Whose = NOBODY, repository: Repository = None, reach: Reach = HERE) -> int:
    """Try a connection anew. Exit code 1 if it does not work."""
    from coderclawlink.cli import hub as hubs

    if repository is None and whose.project is None:
        raise Invalid("Say which repository it is to be tried on: --repository URL.")
    with hubs.reached(reach) as hub:
        asked = {} if repository is None or whose.project is not None else {"repository": repository}
        answer = hub.post(f"{whose.path(hub)}/check", asked)
    return _tell(answer, reach, "It works")


@app.command
def disconnect(*, whose: Whose = NOBODY, reach: Reach = HERE) -> int:
    """Forget a connection and its secret."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(whose.path(hub))
    screen.say("Disconnected. Its secret is deleted here; revoke it on GitHub as well if nothing else uses it.")
    return 0


@app.command
def answers(
    project: Annotated[str, Parameter(help="The project's key or number.")],
    /,
    *,
    checks: Annotated[bool | None, Parameter(help="Failed checks become a prompt to the agent.")] = None,
    reviews: Annotated[bool | None, Parameter(help="Remarks of those who may write there become one.")] = None,
    conflicts: Annotated[bool | None, Parameter(help="Conflicts with the base branch become one.")] = None,
    rounds: Annotated[
        int | None, Parameter(name="--rounds", help="At most so many prompts by themselves until a person acts.")
    ] = None,
    merge: Annotated[Literal["merge", "squash", "rebase"] | None, Parameter(help="How it is merged.")] = None,
    propose: Annotated[bool | None, Parameter(help="A completed run opens its pull request by itself.")] = None,
    draft: Annotated[
        Literal["unproven", "never", "always"] | None,
        Parameter(help="Whether as a draft; unproven: as long as no check has passed on the result."),
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Show what is done with what GitHub tells of a project's pull requests, or change what is said."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.connection_shapes import Connection

    said: dict[str, bool | int | str | None] = {"checks": checks, "reviews": reviews, "conflicts": conflicts}
    said |= {"rounds_at_most": rounds, "merge": merge, "propose": propose, "draft": draft}
    wanted = {name: value for name, value in said.items() if value is not None}
    with hubs.reached(reach) as hub:
        path = Whose(project).path(hub)
        answer = hub.get(path)
        if wanted:
            known = answer.read(Connection).answers
            answer = hub.put(f"{path}/answers", {**known, **wanted})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.facts(
        *(
            (name.replace("_", " "), ("yes" if value else "no") if isinstance(value, bool) else value)
            for name, value in answer.read(Connection).answers.items()
        )
    )
    return 0


def _token() -> str:
    said = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.read(SECRET_AT_MOST)
    if not said.strip():
        raise Invalid("Give the token on standard input.")
    return said.strip()


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The key cannot be read from {file}.") from error


def _tell(answer: Answer, reach: Reach, done: str) -> int:
    """Exit code 1 where it was tried and does not work."""
    from coderclawlink.cli.connection_shapes import Connection

    found: Connection = answer.read(Connection)
    if reach.json:
        screen.as_json(answer.text)
        return 0 if found.error is None else 1
    whose = {"mine": "yours", "installation": "the hub's", "project": "the project's"}[found.of]
    screen.facts(
        ("connection", whose),
        ("as", found.as_whom + (f", App {found.app_id}" if found.app_id else "")),
        ("since", f"{screen.when(found.made_at)}, by {found.made_by}"),
        ("tried", screen.when(found.checked_at)),
        ("default branch", None if found.reached is None else found.reached.default_branch),
    )
    for lack in [] if found.reached is None else found.reached.lacks:
        screen.complain(lack)
    if found.error is not None:
        screen.complain(found.error)
        return 1
    if done:
        screen.say(f"{done}.")
    return 0
