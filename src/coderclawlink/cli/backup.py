"""`clawlink backup FILE`, `backup verify FILE`, `restore FILE --data DIR`: all that the hub knows as one file, and back.

They work on the data directory and the database themselves: the hub may serve meanwhile, and need not run; `fetch` asks a hub elsewhere. Above: `main`. Below: `db.snapshot`,
`db.archive`. Not in a backup: secrets in plain, the node's keys and tokens, checkouts and mirrors, logs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.text import line

if TYPE_CHECKING:
    from coderclawlink.db.archive import Manifest
    from coderclawlink.db.engine import Tx
    from coderclawlink.settings import Settings

app = App(name="backup", help="Back up all that the hub knows, while it serves.")

File = Annotated[Path, Parameter(help="The backup.")]
Data = Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME).")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print the backup's manifest as JSON.")]


@app.default
def make(
    file: File,
    /,
    *,
    with_key: Annotated[
        bool,
        Parameter(negative="", help="Put secrets.key into it too: who has the backup then has the hub's secrets."),
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Write the database, the attachments, agents.toml and prices.toml to a new file, as they are at one moment."""
    from coderclawlink.cli import configured
    from coderclawlink.db import archive, snapshot
    from coderclawlink.errors import Invalid

    settings = configured.settings(data=data)
    home = settings.clawlink_home
    if not home.is_dir():
        raise Invalid(f"There is no data directory at {home}.")
    if file.exists():
        raise archive.IsThere(f"{file} is there already; a backup overwrites nothing.")
    made = snapshot.make(file, home, settings.store_url, with_key=with_key)
    manifest = made.manifest
    for name, secret in made.left_out.items():
        screen.complain(f"{name} holds the value of the secret {secret} in plain, and so is not in the backup.")
    size = file.stat().st_size
    _note(settings, size)
    if as_json:
        screen.as_json(manifest.model_dump_json())
        return 0
    screen.say(f"{file}: {_megabytes(size)}. {_told(manifest)}")
    if missing := manifest.missing:
        screen.complain(f"Attachments that are not on the disk, and so not in the backup: {len(missing)}.")
    if altered := manifest.altered:
        screen.complain(f"Attachments that are not what they were when they were attached: {altered}.")
    if not with_key and (home / "secrets.key").is_file():
        screen.say("secrets.key is not in it: keep a copy elsewhere, or the hub's secrets must be set anew.")
    return 0


@app.command
def fetch(file: File, /, *, reach: Reach = HERE) -> int:
    """Have a hub elsewhere make a backup, and write it to a new file here. For administrators who have just proven who they are."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.db import archive
    from coderclawlink.ids import new_id

    if file.exists():
        raise archive.IsThere(f"{file} is there already; a backup overwrites nothing.")
    draft = file.with_name(f".{file.name}.{new_id()}")
    try:
        with hubs.reached(reach) as hub, open(draft, "xb", opener=archive.private) as into:
            hub.get_file("/api/backup", into, made=True)
        manifest = archive.read(draft)
        draft.rename(file)
    except OSError as error:
        raise archive.CannotWrite(f"The backup cannot be written to {file}: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    if reach.json:
        screen.as_json(manifest.model_dump_json())
        return 0
    screen.say(f"{file}: {_megabytes(file.stat().st_size)}. {_told(manifest)}")
    screen.say("secrets.key is not in it: keep a copy elsewhere, or the hub's secrets must be set anew.")
    return 0


@app.command
def last(*, reach: Reach = HERE) -> int:
    """Show when the last backup was made, and by whom."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/backup")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    if answer.text == "null":
        screen.say("No backup was made. Make one with `clawlink backup FILE`.")
    else:
        made = answer.read(hubs.Backup)
        screen.say(f"{screen.when(made.made_at)} by {line(made.by)}, {_megabytes(made.size)}.")
    return 0


@app.command
def verify(file: File, /, *, as_json: AsJson = False) -> int:
    """Read a whole backup and check every sum in it."""
    from coderclawlink.db import archive

    manifest = archive.read(file)
    if as_json:
        screen.as_json(manifest.model_dump_json())
        return 0
    screen.say(f"{file} is whole. {_told(manifest)}")
    return 0


def restore(
    file: File,
    /,
    *,
    data: Annotated[Path, Parameter(help="A new data directory, or an empty one.")],
) -> int:
    """Make a new data directory, and the database of DATABASE_URL, out of a backup.

    Sums are checked before anything is written there, and older backups are brought to this version. A backup of PostgreSQL goes into
    an empty database that DATABASE_URL names.
    """
    import tempfile

    from coderclawlink.cli import configured
    from coderclawlink.db import archive, backup, snapshot
    from coderclawlink.db.engine import store_url
    from coderclawlink.engine.dbos import make_tables
    from coderclawlink.errors import Conflict, Invalid

    settings = configured.settings(data=data)
    home = settings.clawlink_home
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Conflict(f"{home} is not empty. A backup is restored into a new data directory, so that nothing is lost.")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{home.name}-") as folder:
        staged, fresh = Path(folder) / "parts", Path(folder) / "home"
        fresh.mkdir(mode=0o700)
        manifest = archive.read(file, staged)
        store = store_url(settings.store_url)
        url = settings.store_url
        if store.get_backend_name() == "sqlite":
            place = Path(str(store.database)).absolute()
            if place.is_relative_to(home):
                url = f"sqlite:///{fresh / place.relative_to(home)}"
        backup.load(url, staged / "database", manifest.database, make_tables)
        for name in (*snapshot.SETTINGS, "secrets.key", "attachments"):
            if (staged / name).exists():
                (staged / name).replace(fresh / name)
        for path in fresh.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        try:
            fresh.replace(home)
        except OSError as error:
            raise Invalid(f"The data directory {home} cannot be made: {error.strerror}.") from error
    screen.say(f"Restored to {home}. {_told(manifest)}")
    if not manifest.has_key:
        screen.say("The backup has no secrets.key: put yours there before the hub starts, or set its secrets anew.")
    screen.say(f"Start it: clawlink serve --data {home}")
    return 0


def _note(settings: Settings, size: int) -> None:
    """Tell the journal; a backup that is made stays made when the database cannot be written to just now."""
    from coderclawlink.db.engine import StoreUnavailable, open_database
    from coderclawlink.db.migrate import is_current

    try:
        with open_database(settings.store_url) as db:
            if is_current(db):
                db.submit(_made, size).result()
    except StoreUnavailable as error:
        screen.complain(f"The journal does not tell of this backup. {error.message}")


def _made(tx: Tx, size: int) -> None:
    from coderclawlink.access.policy import OWNER
    from coderclawlink.events import BackupMade
    from coderclawlink.journal import log

    log.append(tx, BackupMade(size=size), actor=OWNER.name)


def _told(manifest: Manifest) -> str:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[manifest.database.dialect]
    files = f"{manifest.attachments} attachments" if manifest.attachments != 1 else "1 attachment"
    return f"Of {manifest.made_at}: {kind}, {files}, {_megabytes(manifest.size)} unpacked."


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MiB"
