"""`clawlink provider`: where people of a team's hub sign in beside a password. An administrator's."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen, signing
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

app = App(name="provider", help="Providers of identities: where people sign in beside a password.")

Name = Annotated[str, Parameter(help="Its name here: small letters, digits and -.")]


@app.command
def add(
    name: Name,
    /,
    *,
    client_id: Annotated[str, Parameter(help="The client id that the provider has given this hub.")],
    issuer: Annotated[
        str | None, Parameter(help="The issuer's URL, exactly as the provider writes it. GitHub: its base URL.")
    ] = None,
    github: Annotated[bool, Parameter(negative="", help="It is GitHub, which does not speak OpenID Connect.")] = False,
    public: Annotated[bool, Parameter(negative="", help="There is no client secret.")] = False,
    label: Annotated[str | None, Parameter(help="How it is called on the page.")] = None,
    sign_up: Annotated[
        bool, Parameter(negative="", help="Who is unknown becomes a user. Else: who was invited.")
    ] = False,
    role: Annotated[
        Literal["admin", "developer", "viewer", "guest"], Parameter(help="What such a user may.")
    ] = "guest",
    trusts_email: Annotated[
        bool, Parameter(negative="", help="Who is unknown is the user with the same verified e-mail address.")
    ] = False,
    groups: Annotated[
        str | None,
        Parameter(help="The claim that names somebody's groups. GitHub: any word; they are the organisations."),
    ] = None,
    organisation: Annotated[
        list[str] | None, Parameter(help="Only its members may sign in (GitHub); may be repeated.")
    ] = None,
    scope: Annotated[list[str] | None, Parameter(help="What is asked for (OIDC); may be repeated.")] = None,
    private_network: Annotated[
        bool, Parameter(negative="", help="It may be at an address of a private network.")
    ] = False,
    reach: Reach = HERE,
) -> int:
    """Add a provider, or set one anew. The client secret is typed unseen, or stands on standard input."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes

    if issuer is None and not github:
        raise Invalid("Say which it is: --issuer URL, or --github.")
    secret = "" if public else signing.read_password(f"Client secret of {name}: ")
    settings: dict[str, hubs.Value] = {
        "label": label,
        "sign_up": sign_up,
        "role": role,
        "trusts_email": trusts_email,
        "groups": groups,
        "organisations": organisation or [],
        "private_network": private_network,
    }
    if scope:
        settings["scopes"] = scope
    body: dict[str, hubs.Value] = {
        "kind": "github" if github else "oidc",
        "issuer": issuer,
        "client_id": client_id,
        "secret": secret,
        "settings": settings,
    }
    with hubs.reached(reach) as hub:
        answer = hub.put(f"/api/providers/{hubs.path_part(name)}", body)
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"{name} is set. Tell it that it may send browsers back to {answer.read(shapes.Provider).callback}")
        screen.complain(f"Then try it: clawlink provider check {name}")
    return 0


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List them. Secrets are not shown."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/providers")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            one.name,
            one.kind,
            line(one.issuer),
            f"anybody, as {one.settings.role}" if one.settings.sign_up else "who was invited",
            line(one.settings.groups) or "none",
        )
        for one in answer.read(list[shapes.Provider])
    ]
    screen.rows(
        ("provider", "kind", "issuer", "lets in", "groups"), cells, empty="There is none: clawlink provider add"
    )
    return 0


@app.command
def check(name: Name, /, *, reach: Reach = HERE) -> int:
    """Ask it what it tells of itself, and say what would keep people from signing in there."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.post(f"/api/providers/{hubs.path_part(name)}/check")
    wrong = answer.read(shapes.Found).wrong
    if reach.json:
        screen.as_json(answer.text)
    for sentence in wrong if not reach.json else ():
        print(line(sentence), file=sys.stderr)
    if not wrong and not reach.json:
        screen.say(f"Nothing is wrong with {name} that can be seen without signing in.")
    return 1 if wrong else 0


@app.command
def remove(
    name: Name,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    reach: Reach = HERE,
) -> int:
    """Remove a provider: nobody signs in there any more, and the roles of its groups are gone. Users stay."""
    from coderclawlink.cli import hub as hubs

    if not screen.confirm(f"Who signs in at {name} alone will not be able to any more. Remove it?", yes):
        return 1
    with hubs.reached(reach) as hub:
        hub.delete(f"/api/providers/{hubs.path_part(name)}")
    screen.say(f"{name} is removed.")
    return 0
