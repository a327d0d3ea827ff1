"""A team's hub as people reach it from a terminal, and how it refuses to be reached unsafely."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.access.authenticator import Authenticator
from tests.cli.conftest import Cli

PASSWORD = "four unrelated words"
OTHER = "quite another sentence"


def made(cli: Cli) -> None:
    """root, who administers, and a hub where root has signed in."""
    cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
    cli.serve(CLAWLINK_MODE="team")
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)


def certificate(folder: Path) -> tuple[Path, Path]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=hub.example", "-addext", "subjectAltName=DNS:hub.example", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert, key


def test_people_sign_in_invite_others_and_make_tokens(cli: Cli) -> None:
    made(cli)
    assert "everybody signs in" in "\n".join(cli.greeting)
    assert cli.json("whoami")["user"] == "root"
    kept = cli.home / "signed-in.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    link = cli.say("user", "invite", "--role", "viewer").strip()
    token = cli.say("token", "create", "ci", "--scope", "task:view", "--days", "3").strip()
    assert token.startswith("clk_")
    assert cli.json("whoami", "--token", token)["permissions"] == ["task:view"]
    assert "No program may" in cli.refuse("token", "create", "more", "--token", token)
    assert [one["name"] for one in cli.json("token", "list")] == ["ci"]
    cli.say("token", "revoke", "ci")
    assert "unknown or has expired" in cli.refuse("whoami", "--token", token)
    cli.run("accept", link, "--user", "new", "--name", "New One", stdin=PASSWORD)
    assert cli.json("whoami")["role"] == "viewer"
    assert "admin:users" in cli.refuse("user", "list")
    cli.say("sign-out")
    assert "sign-in" in cli.refuse("whoami")
    assert not kept.exists()
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    cli.say("user", "role", "new", "developer")
    cli.say("user", "disable", "new")
    told = {user["id"]: (user["role"], user["state"]) for user in cli.json("user", "list")}
    assert told == {"new": ("developer", "disabled"), "root": ("admin", "active")}
    assert "last administrator" in cli.refuse("user", "remove", "root")
    cli.run("password", stdin=f"{PASSWORD}\n{OTHER}\n")
    cli.run("step-up", stdin=OTHER)
    cli.say("user", "remove", "new")
    assert [user["id"] for user in cli.json("user", "list")] == ["root"]


def test_rights_are_narrowed_and_the_hubs_secrets_and_ones_passkeys_are_kept(cli: Cli) -> None:
    cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
    cli.serve_quickly(CLAWLINK_MODE="team", CLAWLINK_PUBLIC_URL="http://localhost")
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    for key in ("ONE", "TWO"):
        cli.say("project", "create", key, f"Project {key}")

    token = cli.say("token", "create", "ci", "--project", "one").strip()
    assert [one["key"] for one in cli.json("project", "list", "--token", token)] == ["ONE"]
    assert "ONE" in cli.say("token", "list")

    link = cli.say("user", "invite", "--role", "guest", "--project", "ONE=developer", "--project", "TWO").strip()
    assert "ONE=developer TWO=viewer" in cli.say("user", "invitations")

    assert "at the hub" in cli.run("secret", "set", "deploy/key", "--hub", stdin="for-the-hub-alone").stdout
    assert cli.json("secret", "list") == []  # those of this machine
    assert "deploy/key" in [one["name"] for one in cli.json("secret", "list", "--hub")]
    assert "sealed with a new key" in cli.say("secret", "rotate-key")
    assert "makes this key itself" in cli.refuse("secret", "delete", "audit/signing", "--hub")
    cli.say("secret", "delete", "deploy/key", "--hub")

    session = json.loads((cli.home / "signed-in.json").read_text())[""]
    device = Authenticator("http://localhost", "localhost")
    with httpx2.Client(base_url=cli.url, headers={"Authorization": f"Bearer {session}"}, timeout=20) as client:
        challenge = client.post("/api/auth/passkeys/options").json()["challenge"]
        client.post("/api/auth/passkeys", json={"name": "phone", "credential": device.create(challenge)})
    assert [one["name"] for one in cli.json("passkey", "list")] == ["phone"]
    cli.say("passkey", "remove", "phone")
    assert cli.json("passkey", "list") == []

    cli.run("accept", link.partition("#")[2], "--user", "new", stdin=PASSWORD)
    assert [one["key"] for one in cli.json("project", "list")] == ["ONE", "TWO"]


def test_who_may_write_the_database_is_never_locked_out(cli: Cli) -> None:
    made(cli)
    cli.run("user", "create", "root", "--admin", stdin=OTHER)
    assert "has expired" in cli.refuse("whoami")  # sessions of the old password have ended
    cli.run("sign-in", "--user", "root", stdin=OTHER)
    assert cli.json("whoami")["role"] == "admin"


def test_a_weak_password_is_refused_in_one_line(cli: Cli) -> None:
    done = cli.run("user", "create", "root", "--admin", stdin="short", code=2)
    assert "12 to 256 characters" in done.stderr
    done = cli.run("user", "create", "root", "--admin", stdin="i am root today", code=2)
    assert "your name" in done.stderr


UNSAFE = [
    ({}, "Refusing to listen"),
    ({"CLAWLINK_MODE": "team"}, "plain text"),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_PUBLIC_URL": "https://hub.example"}, "plain text"),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_PROXIES": "10.0.0.5"}, "CLAWLINK_PUBLIC_URL"),
    (
        {"CLAWLINK_MODE": "team", "CLAWLINK_PROXIES": "10.0.0.5", "CLAWLINK_PUBLIC_URL": "http://hub.example"},
        "CLAWLINK_PUBLIC_URL",
    ),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_PROXIES": "0.0.0.0/0"}, "no IP address"),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_TLS_CERT": "/dev/null"}, "go together"),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_TLS_CERT": "/dev/null", "CLAWLINK_TLS_KEY": "/dev/null"}, "cannot be used"),
    ({"CLAWLINK_MODE": "team", "CLAWLINK_TLS_CERT": "/no/cert", "CLAWLINK_TLS_KEY": "/no/key"}, "cannot be used"),
    ({"CLAWLINK_PROXIES": "10.0.0.5"}, "CLAWLINK_MODE=team"),
    ({"CLAWLINK_TLS_CERT": "/dev/null", "CLAWLINK_TLS_KEY": "/dev/null"}, "CLAWLINK_MODE=team"),
]


@pytest.mark.parametrize(("settings", "complaint"), UNSAFE)
def test_it_refuses_to_face_a_network_unsafely(cli: Cli, settings: dict[str, str], complaint: str) -> None:
    done = cli.run("serve", "--host", "0.0.0.0", "--port", "0", code=2, env=settings)  # noqa: S104 - refused
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_with_tls_it_faces_the_network_and_its_own_machine_has_a_door_of_its_own(cli: Cli) -> None:
    cert, key = certificate(cli.home.parent)
    cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
    cli.serve(
        "--host", "127.0.0.1",
        CLAWLINK_MODE="team", CLAWLINK_TLS_CERT=str(cert), CLAWLINK_TLS_KEY=str(key), CLAWLINK_ALLOWED_HOSTS="hub.example",
    )  # fmt: skip
    assert cli.url.startswith("https://127.0.0.1:")
    trusted = ssl.create_default_context(cafile=str(cert))
    trusted.check_hostname = False
    with httpx2.Client(base_url=cli.url, verify=trusted, timeout=20) as client:
        answer = client.post("/api/auth/sign-in", json={"user": "root", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith("__Host-clawlink=")
        assert client.get("/api/me").json()["user"] == "root"
    announced = json.loads((cli.home / "hub.json").read_text())["url"]
    assert announced.startswith("http://127.0.0.1:")
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    assert cli.json("node", "list")[0]["online"]  # it came in by the inner door
