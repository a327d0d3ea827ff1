"""A team's hub in the browser: signing in, being asked again, what is only one's own, and that nothing is lost on the way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect

from tests.peers import oidc
from tests.ui.conftest import Looks, OpenPage
from tests.ui.team import PASSWORD, Team
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
def site(team: Team) -> str:
    return team.site


async def look_once(page: Page) -> None:
    """As `axe` does, at the size and in the theme that the page has: for what is made of the same pieces as what was looked at in all."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def fill_in(page: Page, user: str, password: str = PASSWORD) -> None:
    await page.get_by_label("User name or e-mail").fill(user)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_who_is_unknown_signs_in_where_they_wanted_to_go_and_hears_what_happens_there(
    page: Page, open_page: OpenPage, axe: Looks, team: Team
) -> None:
    project = team.project("LIVE", "Live")
    await open_page("/board?q=heard")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await axe()
    await fill_in(page, "ann", "not the password")
    await expect(page.get_by_role("alert")).to_have_text("The user or the password is wrong.")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Board")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/board\?q=heard"))
    for title in ("Heard of, or read when the stream began", "Heard of while it happens"):
        team.task(project, title)
        await expect(page.get_by_text(title)).to_be_visible()
    await page.get_by_role("button", name="ann, Developer: your account").click()
    await page.get_by_role("menuitem", name="Sign out", exact=True).click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_session_that_ends_over_the_work_loses_nothing_of_it(
    page: Page, open_page: OpenPage, team: Team
) -> None:
    user = team.person()
    await team.sign_in(page.context, user)
    await open_page("/projects")
    await page.get_by_role("button", name="New project").first.click()
    await page.get_by_label("Name").fill("Typed before")
    await page.get_by_label("Key").fill("KEPT")
    with team.client(user) as elsewhere:
        assert elsewhere.post("/api/auth/sign-out-everywhere").status_code == 200
    await expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    await look_once(page)
    await expect(page.get_by_label("User name or e-mail")).to_have_value(user)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Typed before")
    await page.get_by_role("button", name="Create project").click()
    await expect(page).to_have_url(re.compile("/projects/KEPT"))


async def test_a_page_follows_when_its_reader_may_less(page: Page, open_page: OpenPage, team: Team) -> None:
    user = team.person()
    await team.sign_in(page.context, user)
    await open_page("/projects")
    await expect(page.get_by_role("button", name="New project").first).to_be_visible()
    team.send("PATCH", f"/api/users/{user}", {"role": "viewer"})
    await expect(page.get_by_role("button", name=f"{user}, Viewer: your account")).to_be_visible()
    await expect(page.get_by_role("button", name="New project")).to_have_count(0)


async def test_what_needs_a_proof_anew_is_done_once_it_is_given(page: Page, open_page: OpenPage, team: Team) -> None:
    user = team.person()
    await team.sign_in(page.context, user)
    team.forget_proofs(user)
    await open_page("/settings?tab=tokens")
    await page.get_by_role("button", name="New token").click()
    await page.get_by_label("Name").fill("nightly build")
    await page.get_by_role("button", name="Make the token").click()
    proof = page.get_by_role("dialog", name="Is it you?")
    await proof.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("you did not prove that it is you").first).to_be_visible()
    await page.get_by_role("button", name="Make the token").click()
    await look_once(page)
    await proof.get_by_label("Your password").fill("not the password")
    await page.keyboard.press("Enter")
    await expect(proof.get_by_text("The user or the password is wrong.")).to_be_visible()
    await proof.get_by_label("Your password").fill(PASSWORD)
    await proof.get_by_role("button", name="Go on").click()
    shown = page.get_by_role("alertdialog", name="The token nightly build")
    token = await shown.locator("code").first.inner_text()
    await shown.get_by_role("button", name="I have it").click()
    await expect(page.get_by_role("listitem").filter(has_text="nightly build")).to_contain_text("task:view")
    await look_once(page)
    known = team.http.get(f"{team.url}/api/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert known["user"] == user
    assert "task:submit" not in known["permissions"]
    await page.get_by_role("button", name="Revoke nightly build").click()
    await page.get_by_role("button", name="Revoke token").click()
    await expect(page.get_by_text("You have no tokens")).to_be_visible()


async def test_a_passkey_is_made_signs_in_and_proves_anew(page: Page, open_page: OpenPage, team: Team) -> None:
    user = team.person()
    await team.sign_in(page.context, user)
    authenticator = await page.context.new_cdp_session(page)
    await authenticator.send("WebAuthn.enable")
    told = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": told})
    await open_page("/settings?tab=sign-in")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_label("Name")).to_have_value("Chrome on Linux")
    await page.get_by_label("Name").fill("This laptop")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("listitem").filter(has_text="This laptop")).to_contain_text("not used yet")
    await page.get_by_role("button", name=re.compile("your account")).click()
    await page.get_by_role("menuitem", name="Sign out", exact=True).click()
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    team.forget_proofs(user)
    await page.goto("/settings?tab=sign-in")
    await page.get_by_role("button", name="Remove This laptop").click()
    await page.get_by_role("button", name="Remove passkey").click()
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_text("You have none yet.")).to_be_visible()


async def test_an_invitation_makes_a_user_and_is_good_once(
    page: Page, open_page: OpenPage, axe: Looks, team: Team
) -> None:
    made = team.post("/api/invitations", {"role": "viewer", "email": "cara.diaz@example.org"})
    await open_page(f"/invitation#{made['code']}")
    await expect(page.get_by_text("invites cara.diaz@example.org as viewer")).to_be_visible()
    await axe()
    await page.get_by_label("Password").fill("cara.diaz is here")
    await expect(page.get_by_text("It holds your name")).to_be_visible()
    await expect(page.get_by_role("button", name="Accept and sign in")).to_be_disabled()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Accept and sign in").click()
    await expect(page.get_by_role("button", name="cara.diaz, Viewer: your account")).to_be_visible()
    await page.goto(f"/invitation#{made['code']}")
    await expect(page.get_by_text("unknown, used or older than a week")).to_be_visible()


async def test_sessions_are_listed_and_ended_and_a_new_password_ends_the_others(
    page: Page, open_page: OpenPage, axe: Looks, team: Team
) -> None:
    user = team.person()
    with team.client(user) as other, team.client(user) as third:
        await team.sign_in(page.context, user)
        await open_page("/settings?tab=sign-in")
        sessions = page.get_by_role("region", name="Sessions")
        await expect(sessions.get_by_role("listitem")).to_have_count(3)
        await axe()
        await sessions.get_by_role("button", name=re.compile("^End")).first.click()
        await expect(sessions.get_by_role("listitem")).to_have_count(2)
        assert sorted(one.get("/api/me").status_code for one in (other, third)) == [200, 401]
        await page.get_by_label("Present password").fill(PASSWORD)
        await page.get_by_label("New password").fill("another four unrelated words")
        await page.get_by_role("button", name="Change password").click()
        await expect(sessions.get_by_role("listitem")).to_have_count(1)
        assert {one.get("/api/me").status_code for one in (other, third)} == {401}


async def test_a_device_is_paired_by_a_code_shows_the_same_words_and_is_revoked(
    page: Page, open_page: OpenPage, team: Team, tmp_path: Path
) -> None:
    user = team.person()
    await team.sign_in(page.context, user)
    await open_page("/settings?tab=devices")
    await expect(page.get_by_text("You have paired no device")).to_be_visible()
    await page.get_by_role("button", name="Pair a device").click()
    code = await page.get_by_label("The code").inner_text()
    command = [sys.executable, "-m", "coderclawlink", "device", "pair", team.url, "--code", code]
    own = {**os.environ, "CLAWLINK_HOME": str(tmp_path)}
    said = subprocess.run(command, env=own, text=True, check=True, timeout=60, capture_output=True)
    await page.get_by_role("button", name="Has it come?").click()
    words = await page.get_by_label("The words of its key").inner_text()
    assert words in said.stdout + said.stderr
    await page.get_by_role("button", name="The words are the same").click()
    await page.get_by_role("button", name=re.compile("^Let it look only")).click()
    await expect(page.get_by_role("listitem").filter(has_text="Looks only")).to_be_visible()
    await look_once(page)
    await page.get_by_role("button", name=re.compile("^Revoke")).click()
    await page.get_by_role("button", name="Revoke device").click()
    await expect(page.get_by_text("You have paired no device")).to_be_visible()


async def test_who_fails_too_often_sees_how_long_to_wait_and_no_return_address_leads_elsewhere(
    page: Page, open_page: OpenPage, team: Team
) -> None:
    user = team.person()
    await open_page("/sign-in?return_to=//evil.example/x")
    for _ in range(6):
        team.http.post(f"{team.url}/api/auth/sign-in", json={"user": user, "password": "not the password"})
    await fill_in(page, user)
    await expect(page.get_by_role("alert")).to_contain_text("Too many failures")
    await expect(page.get_by_role("button", name=re.compile(r"Wait \d+ s"))).to_be_disabled()
    await page.get_by_label("User name or e-mail").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    assert page.url.startswith(team.site)


@pytest.fixture(scope="module")
def issuer(team: Team) -> Iterator[str]:
    """A certified provider, which somebody else wrote."""
    try:
        oidc.folder()
    except oidc.PeerMissing as why:
        pytest.skip(str(why))
    with oidc.provider([f"{team.site}/api/auth/providers/corp/callback"]) as found:
        yield found


async def test_a_provider_signs_in_and_beside_the_work_signs_in_again(
    page: Page, open_page: OpenPage, team: Team, issuer: str
) -> None:
    user = team.person()
    team.send("PATCH", f"/api/users/{user}", {"email": f"{user}@example.org"})
    corp = {"label": "Example Corp", "trusts_email": True}
    told = {"kind": "oidc", "issuer": issuer, "client_id": "hub", "secret": oidc.SECRET, "settings": corp}
    team.send("PUT", "/api/providers/corp", told)
    try:
        await open_page("/board?q=kept")
        await page.get_by_role("link", name="Continue with Example Corp").click()
        await page.get_by_placeholder("Enter any login").fill(user)
        await page.get_by_placeholder("and password").fill("any")
        await page.get_by_role("button").click()
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("button", name=f"{user}, Developer: your account")).to_be_visible()
        await expect(page).to_have_url(re.compile(r"/board\?q=kept"))
        await page.evaluate("fetch('/api/auth/sign-out', {method: 'POST'})")
        await expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
        async with page.context.expect_page() as opening:
            await page.get_by_role("link", name="Continue with Example Corp").click()
        await opening.value
        await expect(page.get_by_role("heading", name="Your session has ended")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Board")).to_be_visible()
    finally:
        team.send("DELETE", "/api/providers/corp", None)


@pytest.fixture(scope="module")
def new_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("new"), mode="team") as running:
        yield running


async def test_a_hub_without_people_tells_how_the_first_comes_in(page: Page, new_hub: Server) -> None:
    await page.goto(new_hub.url)
    await expect(page.get_by_text("clawlink user create NAME --admin")).to_be_visible()
    await look_once(page)
