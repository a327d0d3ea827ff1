"""Providers of identities and groups from a terminal, and signing in there by a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.peers.forged_oidc import CLIENT, Forger, forger

PASSWORD = "four unrelated words"
BROWSER = """
import http.cookiejar, re, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
opener.addheaders = [("Accept", "text/html")]
page = opener.open(sys.argv[1], timeout=20).read().decode()
opener.open(re.search('href="([^"]+)"', page)[1], timeout=20).read()
"""
"""It goes where it is sent, keeps cookies, and clicks the one link of the page that it ends on."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Forger]:
    with forger() as honest:
        yield honest


def test_an_administrator_sets_a_provider_and_people_sign_in_there_in_their_browser(
    cli: Cli, provider: Forger, tmp_path: Path
) -> None:
    program = tmp_path / "browser.py"
    program.write_text(BROWSER)
    cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
    cli.serve(CLAWLINK_MODE="team")
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    assert "has not one provider" in cli.refuse("sign-in", "--browser")
    assert "--issuer" in cli.refuse("provider", "add", "corp", "--client-id", CLIENT, "--public")
    added = ("provider", "add", "corp", "--client-id", CLIENT, "--public", "--sign-up", "--groups", "groups")
    done = cli.run(*added, "--issuer", provider.issuer)
    assert f"{cli.url}/api/auth/providers/corp/callback" in done.stdout
    assert cli.json("provider", "list")[0]["settings"]["sign_up"] is True
    assert "Nothing is wrong" in cli.say("provider", "check", "corp")

    assert "0 people" in cli.say("group", "give", "staff", "developer")
    provider.userinfo = {"sub": "mallory", "preferred_username": "mallory", "groups": ["staff"]}
    cli.run("sign-in", "--browser", env={"BROWSER": f"{sys.executable} {program} %s"})
    me = cli.json("whoami")
    assert (me["user"], me["role"]) == ("mallory", "developer")
    assert "admin:users" in cli.refuse("group", "list")

    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    assert [(one["group"], one["people"]) for one in cli.json("group", "list")] == [("staff", 1)]
    cli.say("group", "take", "staff")
    assert {user["id"]: user["role"] for user in cli.json("user", "list")} == {"mallory": "guest", "root": "admin"}
    assert "gives nothing there" in cli.refuse("group", "take", "staff")
    provider.described["issuer"] = "https://elsewhere.example"
    wrong = cli.run("provider", "check", "corp", code=1)
    assert "it says that it is https://elsewhere.example" in wrong.stderr
    assert "--yes" in cli.refuse("provider", "remove", "corp")
    cli.say("provider", "remove", "corp", "--yes")
    assert "There is none" in cli.say("provider", "list")
