"""`clawlink sign-in`, `sign-out`, `step-up` and `accept`: be somebody at a team's hub. Passwords are typed unseen, or stand on standard input."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

Url = Annotated[str | None, Parameter(help="The hub's address. Default: as for all commands.")]


def sign_in(
    url: Url = None,
    /,
    *,
    user: Annotated[str | None, Parameter(help="Your user name or e-mail address. Default: it is asked for.")] = None,
    browser: Annotated[
        bool, Parameter(negative="", help="In your browser, at a provider, instead of by password.")
    ] = False,
    provider: Annotated[str | None, Parameter(help="At which. Default: the only one that the hub has.")] = None,
    anew: Annotated[
        bool, Parameter(negative="", help="Show there again who you are, for what is dangerous here. With --browser.")
    ] = False,
    reach: Reach = HERE,
) -> int:
    """Sign in by password. All commands act as you from then on, until `clawlink sign-out`; a day without any ends it too."""
    if browser or anew or provider is not None:
        return _enter_by_browser(url, reach, provider, anew=anew)
    user = user or _ask_name()
    return _enter(url, reach, "/api/auth/sign-in", {"user": user, "password": read_password(f"Password of {user}: ")})


def accept(
    code: Annotated[str, Parameter(help="The invitation's code, or its whole link.")],
    /,
    *,
    user: Annotated[str, Parameter(help="The name to sign in with from now on.")],
    name: Annotated[str | None, Parameter(help="Your name, as others see it.")] = None,
    reach: Reach = HERE,
) -> int:
    """Become a user of a hub by an invitation, and sign in there."""
    link, _, last = code.rpartition("#")
    url = link.removesuffix("/invitation") or None
    password = new_password(f"A password for {user}")
    body = {"code": last, "user": user, "name": name, "password": password}
    return _enter(url, reach, "/api/auth/accept", body)


def sign_out(
    *,
    everywhere: Annotated[
        bool, Parameter(negative="", help="End all your sessions at this hub, on all machines.")
    ] = False,
    reach: Reach = HERE,
) -> int:
    """End your session, and forget it here."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import paired, signed_in

    try:
        with hubs.reached(reach) as hub:
            hub.post("/api/auth/sign-out-everywhere" if everywhere else "/api/auth/sign-out")
    finally:
        signed_in.drop(hubs.locate(reach))
    screen.say("All your sessions have ended." if everywhere else "You have signed out.")
    if paired.find(hubs.locate(reach)) is not None:
        screen.say(
            "This machine is a device of yours, and signs in again with the next command: `clawlink device revoke` ends that."
        )
    return 0


def step_up(*, reach: Reach = HERE) -> int:
    """Prove again that it is you, for what is dangerous: changing people, making tokens. It holds for 15 minutes."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.post("/api/auth/step-up", {"password": read_password("Your password: ")})
    screen.say("Proven, for 15 minutes.")
    return 0


def password(*, reach: Reach = HERE) -> int:
    """Change your own password. All your other sessions end. Two lines on standard input: the current one and the new one."""
    from coderclawlink.cli import hub as hubs

    current = read_password("Your current password: ")
    new = new_password("The new one")
    with hubs.reached(reach) as hub:
        hub.post("/api/auth/password", {"current": current, "new": new})
    screen.say("Your password is changed; your other sessions have ended.")
    return 0


def _enter(url: str | None, reach: Reach, path: str, body: Mapping[str, str | None]) -> int:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes, signed_in

    if url is not None:
        reach = replace(reach, url=url)
    with hubs.reached(reach, as_nobody=True) as hub:
        answer = hub.post(path, {**body, "keep": "session"}).read(shapes.SignedIn)
        signed_in.keep(hub.url, answer.session_id)
    screen.say(f"You are {answer.user}, {answer.role}, at {hub.url}.")
    return 0


def _enter_by_browser(url: str | None, reach: Reach, provider: str | None, *, anew: bool) -> int:
    from coderclawlink.cli import browser, signed_in
    from coderclawlink.cli import hub as hubs

    if url is not None:
        reach = replace(reach, url=url)
    with hubs.reached(reach, as_nobody=True) as hub:
        answer = browser.sign_in(hub, provider, anew=anew)
        signed_in.keep(hub.url, answer.session_id)
    screen.say(f"You are {answer.user}, {answer.role}, at {hub.url}.")
    return 0


def read_password(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().removesuffix("\n").removesuffix("\r")


def new_password(prompt: str) -> str:
    """Typed twice, where it is typed. Raises `Invalid`."""
    given = read_password(f"{prompt}: ")
    if sys.stdin.isatty() and getpass.getpass("Once more: ") != given:
        raise Invalid("The two are not the same.")
    return given


def _ask_name() -> str:
    if not sys.stdin.isatty():
        raise Invalid("Say who you are: --user NAME.")
    return input("User: ").strip()
