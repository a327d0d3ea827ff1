"""How the hub starts, refuses to start, and stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.cli.conftest import Cli, read_until


def test_it_says_where_to_look(house: Cli) -> None:
    said = "\n".join(house.greeting)
    assert "http://127.0.0.1:" in said
    assert not house.url.endswith(":0")
    assert str(house.home / "clawlink.db") in said
    assert str(house.home / "node.log") in said
    assert "steady" in house.greeting[-1]


def test_ctrl_c_saves_the_work_of_the_agents_and_stops_both(cli: Cli) -> None:
    cli.serve()
    following = cli.start("run", "submit", "steady", "steps=1000 pause=0.05", "--follow")
    read_until(following, "✓ edit  step 2")
    node = cli.node
    code, said = cli.stop(signal.SIGINT)
    following.kill()
    following.communicate()
    assert code == 0
    assert "Saving the work of the agents…" in said
    assert said.endswith("The hub has stopped.\n")
    assert node is not None
    assert cli.node is None
    cli.serve()
    run = cli.json("run", "show", "last")
    assert run["attempts"][0]["outcome"] == "interrupted"
    assert run["attempt"] == 2  # it goes on
    cli.say("run", "cancel", run["id"])


def test_sigterm_stops_the_hub_alone_and_who_watches_goes_on_with_the_next(cli: Cli) -> None:
    cli.serve()
    following = cli.start("run", "submit", "steady", "steps=60 pause=0.05", "--follow")
    seen = read_until(following, "✓ edit  step 2")
    node = cli.node
    code, said = cli.stop(signal.SIGTERM)
    assert code == 0
    assert said == "The hub has stopped; its node and the agents go on.\n"
    seen += read_until(following, "reconnecting…")
    assert cli.node == node
    cli.serve()
    said, complaints = following.communicate(timeout=60)
    assert following.returncode == 0, complaints
    assert "connected again" in said
    steps = [line for line in seen + said.splitlines() if line.startswith("✓ edit  step")]
    assert steps == [f"✓ edit  step {n}" for n in range(1, 61)]  # each once, none passed over
    assert cli.json("run", "show", "last")["attempt"] == 1
    assert cli.node == node


def test_a_second_ctrl_c_does_not_wait(cli: Cli) -> None:
    cli.serve()
    following = cli.start("run", "submit", "steady", "steps=1000 pause=0.05", "--follow")
    read_until(following, "✓ edit  step 1")
    node = cli.node
    assert node is not None
    assert cli.hub is not None
    os.kill(node, signal.SIGSTOP)  # a node that does not answer
    try:
        cli.hub.send_signal(signal.SIGINT)
        read_until(cli.hub, "Saving the work")
        code, _ = cli.stop(signal.SIGINT)
        assert code == 130
    finally:
        os.kill(node, signal.SIGCONT)
        following.kill()
        following.communicate()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "no.such.host.invalid"])  # noqa: S104 - refused
def test_it_listens_on_loopback_and_nowhere_else(cli: Cli, host: str) -> None:
    complaint = cli.refuse("serve", "--host", host)
    assert host in complaint
    assert "loopback" in complaint or "no address" in complaint


def test_a_port_that_is_taken_is_told_in_one_line(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 cannot be had" in cli.refuse("serve", "--port", str(port))


def test_a_second_hub_on_the_same_data_is_refused(house: Cli) -> None:
    assert "Another hub already runs" in house.refuse("serve", "--port", "0")


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "sqlite and postgresql are supported"),
        ("DATABASE_URL", "sqlite:////dev/null/x.db", "cannot be used"),
        ("DATABASE_URL", "postgresql://127.0.0.1:9/x", "The database cannot be used"),
        ("CLAWLINK_HOME", "/dev/null/x", "The data directory cannot be used"),
        ("API_PORT", "many", "API_PORT is not valid"),
        ("API_HOST", "0.0.0.0", "Refusing to listen"),  # noqa: S104 - refused
        ("CLAWLINK_SLOTS", "0", "CLAWLINK_SLOTS is not valid"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(cli: Cli, variable: str, value: str, complaint: str) -> None:
    done = cli.run("serve", *(() if variable == "API_PORT" else ("--port", "0")), code=2, env={variable: value})
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_goes_away_is_no_error(cli: Cli) -> None:
    listing = cli.start("--help")
    assert listing.stdout is not None
    listing.stdout.close()
    assert listing.stderr is not None
    assert "Traceback" not in listing.stderr.read()
    listing.wait(timeout=60)
    listing.stderr.close()


def test_the_version_is_printed(cli: Cli) -> None:
    assert cli.say("version") == cli.say("--version")


def test_help_comes_without_the_hubs_libraries() -> None:
    heavy = ("sqlalchemy", "dbos", "fastapi", "uvicorn", "httpx2", "pydantic", "acp")
    code = (
        "import sys\nfrom coderclawlink.cli.main import run\nrun(['--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_hub_whose_output_nobody_reads_goes_on(cli: Cli) -> None:
    hub = cli.start("serve", "--port", "0")
    greeting = read_until(hub, "  Open")
    assert hub.stdout is not None
    hub.stdout.close()
    url = greeting[-1].split()[1]
    seen = ""
    while " yes " not in seen:  # until its node is here, and the hub has told of the agents to nobody
        seen = cli.say("node", "list", "--url", url)
    hub.send_signal(signal.SIGTERM)
    assert hub.wait(60) == 0
