"""`clawlink device`: machines that sign in by a key of their own, without a password; how far they are trusted, and revoking them."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="device", help="Devices: machines that sign in by a key of their own.")

Named = Annotated[str, Parameter(help="The device's id, or its name if no other device of yours has it.")]
User = Annotated[str | None, Parameter(help="Whose; for administrators. Default: your own.")]
Trust = Literal["low", "normal", "high"]


@app.command
def code(
    *,
    trust: Annotated[
        Trust,
        Parameter(
            help="low: it looks and changes nothing; normal; high: also what needs an administrator, which only administrators give."
        ),
    ] = "normal",
    user: User = None,
    reach: Reach = HERE,
) -> int:
    """Make a code for a new device: good once, for ten minutes."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.device_shapes import Pairing

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/devices/pairings", {"trust": trust, "user": user})
        url = hub.url
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(Pairing)
    screen.say(made.code)
    screen.complain(f"On the device: clawlink device pair {url} --code {made.code}")
    return 0


@app.command
def pair(
    url: Annotated[str | None, Parameter(help="The hub's address. Default: as for all commands.")] = None,
    /,
    *,
    code: Annotated[str, Parameter(help="What `clawlink device code`, or the web interface, has shown.")],
    name: Annotated[str | None, Parameter(help="What to call this device. Default: the machine's name.")] = None,
    reach: Reach = HERE,
) -> int:
    """Make this machine a device of yours at a hub. All commands sign in by its key from then on."""
    from coderclawlink.access import device_key
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import paired
    from coderclawlink.cli.device_shapes import PairedDevice

    name = (name or socket.gethostname()).strip()[:64]
    key = device_key.new()
    public = device_key.public_of(key)
    signature = device_key.sign(key, device_key.to_pair(device_key.meant(code), public, name))
    if url is not None:
        reach = replace(reach, url=url)
    with hubs.reached(reach, as_nobody=True) as hub:
        body = {"code": code, "public_key": public, "name": name, "signature": signature}
        answer = hub.post("/api/devices/pair", body)
        device = answer.read(PairedDevice)
        paired.keep(hub.url, paired.Paired(device=device.id, hub=device.hub, key=key))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"This is now {device.name}, a device of {device.user} at {device.hub}, with {device.trust} trust.")
    screen.say(f"Its words, which the hub must show too: {device_key.fingerprint(public)}")
    return 0


@app.command(name="list")
def list_all(
    *,
    user: User = None,
    everybody: Annotated[bool, Parameter(negative="", help="All people's; for administrators.")] = False,
    revoked: Annotated[bool, Parameter(negative="", help="Also those that were revoked.")] = False,
    reach: Reach = HERE,
) -> int:
    """List them, with the words of their keys, and when each signed in last."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.device_shapes import Device
    from coderclawlink.cli.text import line

    asked = {"user": user, "everybody": "true" if everybody else None, "revoked": "true" if revoked else None}
    with hubs.reached(reach) as hub:
        answer = hub.get("/api/devices", **asked, limit=hubs.PAGE)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            line(device.name),
            line(device.user),
            device.trust if device.state == "paired" else device.state,
            device.fingerprint,
            "never" if device.seen_at is None else screen.when(device.seen_at),
            device.id,
        )
        for device in answer.read(list[Device])
    ]
    heads = ("device", "of", "trust", "words", "signed in", "id")
    screen.rows(heads, cells, empty="There is no device. Make a code for one: clawlink device code")
    return 0


@app.command
def trust(device: Named, level: Annotated[Trust, Parameter(help="How far.")], /, *, reach: Reach = HERE) -> int:
    """Trust a device more or less; your own only less, unless you administer. It holds at once."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.patch(f"/api/devices/{hubs.path_part(_id_of(hub, device))}", {"trust": level})
    screen.say(f"{device} has {level} trust.")
    return 0


@app.command
def revoke(device: Named, /, *, reach: Reach = HERE) -> int:
    """Revoke a device: it opens nothing from now on, and what it has open is closed within a second."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import paired

    with hubs.reached(reach) as hub:
        id = _id_of(hub, device)
        hub.delete(f"/api/devices/{hubs.path_part(id)}")
        if (here := paired.find(hub.url)) is not None and here.device == id:
            paired.drop(hub.url)
    screen.say(f"{device} is revoked.")
    return 0


def _id_of(hub: object, named: str) -> str:
    """Raises `Missing`, `Invalid`."""
    from coderclawlink.cli.device_shapes import Device
    from coderclawlink.cli.hub import PAGE, Hub, Missing
    from coderclawlink.errors import Invalid

    if len(named) == 36 and named.count("-") == 4:
        return named
    assert isinstance(hub, Hub)  # noqa: S101 - imported only where it is used
    found = [one.id for one in hub.get("/api/devices", limit=PAGE).read(list[Device]) if one.name == named]
    if not found:
        raise Missing(
            f"You have no device {named}. `clawlink device list` shows them; name those of others by their id."
        )
    if len(found) > 1:
        raise Invalid(f"You have {len(found)} devices called {named}: name it by its id.")
    return found[0]
