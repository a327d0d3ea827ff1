"""What all tests share: one event loop library, and both databases for every test that asks for one."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from coderclawlink.db.engine import Database, open_database
from coderclawlink.db.migrate import migrate
from tests import postgres as postgres_server

# Whoever starts the tests in a background has SIGINT ignored, and what the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of the tests' own. Yields the URL of its maintenance database."""
    try:
        with postgres_server.server(*postgres_server.FORGETFUL) as url:
            yield url
    except postgres_server.PostgresMissing as missing:
        pytest.fail(str(missing))


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Iterator[str]:
    """The name of a PostgreSQL database that has its tables, to be copied: that takes a quarter of making them."""
    with postgres_server.database(postgres) as url:
        with open_database(url) as opened:
            migrate(opened)
        yield url.rsplit("/", 1)[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'clawlink.db'}"
        return
    with postgres_server.database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def db(store_url: str) -> Iterator[Database]:
    """An open database with its tables, once on each of the two."""
    with open_database(store_url) as opened:
        migrate(opened)
        yield opened


LONGEST = ("journeys", "integrations", "cli", "house", "web", "drivers", "engine", "node", "gate", "agent")
"""Folders whose files take longest for the tests they hold. They begin first, or one process would wait for another at the end."""
BROWSERS, APART = "ui", 4
"""Files that drive a browser keep the whole machine busy: they stand so far apart that two of them seldom run at once."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # xdist would begin with the files that hold the most tests


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; within one, everything stays where it is."""
    order = {name: at for at, name in enumerate(LONGEST)}
    here = Path(__file__).parent

    def folder(path: Path) -> str:
        return path.relative_to(here).parts[0]

    files = sorted(dict.fromkeys(item.path for item in items), key=lambda path: order.get(folder(path), len(order)))
    browsers = [path for path in files if folder(path) == BROWSERS]
    others = [path for path in files if folder(path) != BROWSERS]
    place: dict[Path, float] = {path: float(at) for at, path in enumerate(others)}
    place |= {path: APART * at - 0.5 for at, path in enumerate(browsers)}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


REAL_AGENTS = "real_agents"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Real agents are downloaded programs of other people and take minutes: they are driven only when they are asked for."""
    asked_for = any(REAL_AGENTS in argument for argument in config.args)
    return True if collection_path.name == REAL_AGENTS and not asked_for else None


def pytest_report_header(config: pytest.Config) -> str | None:
    asked_for = any(REAL_AGENTS in argument for argument in config.args)
    return None if asked_for else f"tests/{REAL_AGENTS} is not part of this: `make test-agents` runs it"
