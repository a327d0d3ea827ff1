"""`clawlink serve`: the hub in this process and the local node beside it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    import socket

    from coderclawlink.cli.hosting import Hosted
    from coderclawlink.settings import Settings


def serve(
    *,
    host: Annotated[str | None, Parameter(help="Address to listen on (API_HOST). Only loopback in local mode.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on (API_PORT); 0 takes any free one.")] = None,
    data: Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME).")] = None,
) -> int:
    """Start the hub and this machine's node, and serve the web interface until Ctrl-C.

    Ctrl-C stops both; the agents' work is saved first, and a second Ctrl-C does not wait for that. SIGTERM stops the hub
    alone: the node and its agents go on, and the next hub on the same data directory takes them up again.
    """
    from coderclawlink.cli import configured
    from coderclawlink.cli import port as ports

    settings = configured.settings(host=host, port=port, data=data)
    beyond = ports.may_go_beyond(settings)
    with (
        ports.listening(settings.api_host, settings.api_port, beyond=beyond) as listener,
        ports.inner(settings, listener) as inner,
    ):
        return asyncio.run(_serve(settings, listener, inner))


async def _serve(settings: Settings, listener: socket.socket, inner: socket.socket | None) -> int:
    with _nothing_collected():
        from coderclawlink.cli import hosting

    async with hosting.hosted(settings, listener, inner) as here:
        for line in _greeting(settings, here):
            _say(line)
        await here.until(_tell_agents(here))
        if here.interrupted:
            _say("\nSaving the work of the agents…")
            if not await here.save_work():
                _say("The node did not say in time that all is saved; it goes on by itself.")
    _say("The hub has stopped." if here.interrupted else "The hub has stopped; its node and the agents go on.")
    return 0


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """While so much is imported that stays, looking for garbage takes a fifth of the time and finds none; nor would it later."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def _say(line: str) -> None:
    """A hub does not end because nobody reads what it prints."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


def _greeting(settings: Settings, here: Hosted) -> list[str]:
    from sqlalchemy import make_url

    home, store = settings.clawlink_home, make_url(settings.store_url)
    rows = [
        ("Open", here.url if here.opened is None else settings.public_url or here.opened),
        ("Data", str(home)),
        ("Database", f"SQLite, {store.database}" if store.get_backend_name() == "sqlite" else store.render_as_string()),
        ("Node", f"this machine, {settings.slots} agents at once; log in {home / 'node.log'}"),
    ]
    if settings.mode == "team":
        rows.append(("People", "everybody signs in (CLAWLINK_MODE=team)"))
        if not here.has_administrator:
            rows.append(("", "there is no administrator yet: clawlink user create NAME --admin"))
    if settings.model_script:
        rows.append(("Models", "every model call is answered by the built-in script (CLAWLINK_MODEL_SCRIPT)"))
    lines = [f"  {name:<9} {value}" for name, value in rows]
    return ["coderClawLink is ready. Ctrl-C stops it.", *lines]


async def _tell_agents(here: Hosted) -> None:
    agents = await here.agents()
    for sandbox in await here.sandboxes():
        warning = (
            "" if sandbox != "none" else ": agents see all that you see. Install bubblewrap, or set CLAWLINK_SANDBOX"
        )
        _say(f"  Sandbox   {sandbox}{warning}")
    able = [f"{agent.name} ({agent.version})" if agent.version else agent.name for agent in agents if agent.available]
    if able:
        _say(f"  Agents    {', '.join(able)}")
        return
    _say("  Agents    none is available yet. What to do, for any one of them:")
    for agent in agents:
        _say(f"            {agent.name}: {agent.why or 'not available'}")
    _say("            Or see it work without any key: clawlink demo")
