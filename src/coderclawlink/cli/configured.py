"""The settings as a command sees them: its flags before the environment before `.env`; faults told in one line."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from coderclawlink.errors import Invalid
from coderclawlink.settings import Settings


def settings(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    script: str | None = None,
    own_database: bool = False,
) -> Settings:
    """All settings, with a data directory that is absolute. Raises `Invalid`, naming the setting that is wrong.

    `own_database`: the one in the data directory, whatever DATABASE_URL says.
    """
    flags = {"api_host": host, "api_port": port, "clawlink_home": data, "model_script": script}
    given: dict[str, object] = {name: value for name, value in flags.items() if value is not None}
    if own_database:
        given["database_url"] = None
    try:
        read = Settings(**given)  # type: ignore[arg-type]
        home = read.clawlink_home.expanduser().absolute()
        if home != read.clawlink_home:
            read = Settings(**{**given, "clawlink_home": home})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise Invalid(f"{name} is not valid: {first['msg']}.") from error
    return read
