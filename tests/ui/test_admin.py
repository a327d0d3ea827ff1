"""Running a team's hub in the browser: people, uses, providers, programs, secrets, backup, policies, and the members of a project."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Locator, Page, expect

from tests.ui.conftest import Looks, OpenPage
from tests.ui.hub import LOOK_SECONDS
from tests.ui.team import ADMINISTRATOR, DEVELOPER, VIEWER, Team

pytestmark = pytest.mark.anyio

POLICY = """package clawlink

import rego.v1

default allow := true

allow := false if { input.action == "project:write" }

reason := "Nothing changes here on Sundays." if { not allow }
"""
FAILING = 'package clawlink_test\n\ntest_one_may := {"input": {"action": "project:write"}, "allow": true}\n'
PASSING = 'package clawlink_test\n\ntest_nobody_may := {"input": {"action": "project:write"}, "allow": false}\n'


@pytest.fixture
def site(team: Team) -> str:
    return team.site


@pytest.fixture
async def administrator(page: Page, team: Team) -> None:
    await team.sign_in(page.context, ADMINISTRATOR)


async def look_once(page: Page) -> None:
    """As `axe` does, at one size and in one theme: for what is made of the same pieces as what was looked at in all."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def choose(page: Page, within: Page | Locator, label: str, option: str) -> None:
    """In a field with a list below it."""
    await within.get_by_role("button", name=re.compile(rf"{label}$")).click()
    await page.get_by_role("option", name=option).first.click()


@pytest.mark.usefixtures("administrator")
async def test_a_person_is_invited_into_a_project_given_a_role_and_disabled(
    page: Page, open_page: OpenPage, axe: Looks, team: Team
) -> None:
    team.project("INVITE", "Invited to")
    person = team.person("viewer")
    await open_page("/admin")
    await expect(page.get_by_role("rowheader", name="Root")).to_contain_text("You")
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Invite somebody")
    await dialog.get_by_label("E-mail").fill("new@example.org")
    await choose(page, dialog, "Member of", "INVITE")
    await dialog.get_by_role("button", name="Make the link").click()
    once = page.get_by_role("dialog", name="The invitation")
    await expect(once).to_contain_text(f"{team.site}/invitation#")
    await once.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("row", name="new@example.org")).to_contain_text("INVITE (developer)")
    await axe()

    await page.get_by_label("Find a person").fill(person)
    await expect(page).to_have_url(re.compile(f"q={person}"))
    row = page.get_by_role("row", name=person)
    await choose(page, row, f"Role of {person}", "Developer")
    await expect(page.get_by_text(f"The role of {person} is changed")).to_be_visible()
    assert team.get(f"/api/users/{person}")["role"] == "developer"
    await row.get_by_role("button", name=f"Change {person}").click()
    await page.get_by_role("menuitem", name="Disable…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    await expect(row.get_by_text("Disabled")).to_be_visible()
    assert team.get(f"/api/users/{person}")["state"] == "disabled"


async def test_who_does_not_run_the_hub_is_told_who_can_let_them(page: Page, open_page: OpenPage, team: Team) -> None:
    await team.sign_in(page.context, VIEWER)
    await open_page("/admin?tab=secrets")
    await expect(
        page.get_by_text("You are here as viewer. An administrator of this hub can let you run it.")
    ).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main").get_by_text("Audit")).to_have_count(0)
    await look_once(page)
    await page.goto("/audit")
    await expect(page.get_by_role("alert").first).to_contain_text("Permission denied: admin:system")


@pytest.mark.usefixtures("administrator")
async def test_roles_uses_programs_and_secrets_are_kept(page: Page, open_page: OpenPage, team: Team) -> None:
    await open_page("/admin?tab=roles")
    granted = page.get_by_role("row", name="agent:configure").get_by_role("cell")
    await expect(granted).to_have_text(["Yes", "No", "No", "No", re.compile("routes?")])
    await page.get_by_text("routes").first.click()
    await look_once(page)

    await page.get_by_role("tab", name="Uses").click()
    await page.get_by_role("button", name="Make a rule").click()
    dialog = page.get_by_role("dialog", name="Make a rule of use")
    await choose(page, dialog, "Which", "Guest")
    await choose(page, dialog, "The rule", "May not use")
    await dialog.get_by_role("combobox", name="Which one").fill("goose")
    await page.keyboard.press("Tab")
    await dialog.get_by_role("button", name="Make the rule").click()
    await expect(page.get_by_role("row", name="Role Guest")).to_contain_text("May not use")
    [use] = [one for one in team.get("/api/uses") if one["name"] == "goose"]
    assert (use["subject"], use["allowed"]) == ("role:guest", False)
    await page.get_by_role("button", name="Take back: Role Guest, goose").click()
    await expect(page.get_by_role("row", name="Role Guest")).to_have_count(0)

    await page.get_by_role("tab", name="Programs").click()
    await page.get_by_role("button", name="Add an account").click()
    await page.get_by_role("dialog").get_by_label("User").fill("pipeline")
    await page.get_by_role("dialog").get_by_role("button", name="Add").click()
    await page.get_by_role("button", name="New token of pipeline").click()
    dialog = page.get_by_role("dialog", name="New token of pipeline")
    await dialog.get_by_label("Name").fill("nightly")
    await dialog.get_by_text("Narrow what it may").click()
    await dialog.get_by_text("task:view").click()
    await dialog.get_by_role("button", name="Make the token").click()
    shown = page.get_by_role("dialog", name="The token nightly")
    token = await shown.locator("code").inner_text()
    await shown.get_by_role("button", name="Done").click()
    await expect(page.get_by_text("task:view; never used")).to_be_visible()
    with team.client(DEVELOPER) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/api/me").json()["permissions"] == ["task:view"]
    await look_once(page)
    await page.get_by_role("button", name="Revoke nightly").click()
    await expect(page.get_by_text("It has no token: it cannot come in.")).to_be_visible()

    await page.get_by_role("tab", name="Secrets").click()
    await page.get_by_role("button", name="Set a secret").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("mail/password")
    await page.get_by_role("dialog").get_by_label("Value").fill("hunter2 hunter2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name="mail/password")).to_contain_text("root")
    await expect(page.get_by_text("hunter2")).to_have_count(0)
    await page.get_by_role("button", name="Remove mail/password").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("row", name="mail/password")).to_have_count(0)


@pytest.mark.usefixtures("administrator")
async def test_a_provider_is_added_and_checked_groups_give_roles_and_a_backup_is_taken_along(
    page: Page, open_page: OpenPage, team: Team, tmp_path: Path
) -> None:
    await open_page("/admin?tab=sign-in")
    await page.get_by_role("button", name="Add a provider").click()
    dialog = page.get_by_role("dialog", name="Add a provider")
    await dialog.get_by_label("Name", exact=True).fill("away")
    await dialog.get_by_label("Issuer").fill("http://127.0.0.1:9")
    await dialog.get_by_label("Client id").fill("clawlink")
    await look_once(page)
    await dialog.get_by_role("button", name="Add").click()
    await expect(page.get_by_text(f"{team.site}/api/auth/providers/away/callback")).to_be_visible()
    await page.get_by_role("button", name="Check away").click()
    await expect(page.get_by_role("listitem").filter(has_text="127.0.0.1:9").last).to_contain_text(re.compile(r"\w"))
    await page.get_by_role("button", name="Give a group a role").click()
    await page.get_by_role("dialog").get_by_label("Group").fill("engineering")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name="engineering")).to_contain_text("Everywhere")
    await look_once(page)
    await page.get_by_role("button", name="Take the role of engineering").click()
    await page.get_by_role("button", name="Remove away").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("no provider is set up")).to_be_visible()
    assert team.get("/api/group-roles") == []

    await page.get_by_role("tab", name="Devices").click()
    await expect(page.get_by_text("No device is paired")).to_be_visible()
    await page.get_by_role("tab", name="Backup").click()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Make a backup").click()
    await (await coming.value).save_as(tmp_path / "hub.backup")
    assert (tmp_path / "hub.backup").read_bytes()[:2] == b"\x1f\x8b"
    await expect(page.get_by_text("The last one:")).to_be_visible()
    await look_once(page)


@pytest.mark.usefixtures("administrator")
async def test_a_policy_is_written_tested_tried_put_in_force_replayed_and_taken_back(
    page: Page, open_page: OpenPage, team: Team
) -> None:
    project = team.project("POLICY", "Under a policy")
    team.task(project, "Before it")
    await open_page(f"/admin?tab=policies&project={project}")
    await page.get_by_role("textbox", name="main.rego").fill(POLICY)
    await page.get_by_role("button", name="main_test.rego", exact=True).click()
    await page.get_by_role("textbox", name="main_test.rego").fill(FAILING)
    await page.get_by_role("button", name="Run the tests").click()
    await expect(page.get_by_text("1 of 1 fail")).to_be_visible()
    await page.get_by_role("button", name="Put in force").click()
    await expect(page.get_by_role("alert")).to_contain_text("1 of its 1 tests fail")
    await look_once(page)
    await page.get_by_role("textbox", name="main_test.rego").fill(PASSING)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("All 1 pass")).to_be_visible()

    views = page.get_by_role("navigation", name="Views of the policy")
    await views.get_by_role("button", name="Replay").click()
    await page.get_by_role("button", name="Replay", exact=True).last.click()
    await expect(page.get_by_text("would have been blocked.")).to_be_visible()
    await views.get_by_role("button", name="Try").click()
    asked = page.get_by_role("textbox", name="The input")
    await asked.fill(re.sub('"task:submit"', '"project:write"', await asked.input_value()))
    await page.get_by_role("button", name="Ask the policy").click()
    await expect(page.get_by_text("Nothing changes here on Sundays.")).to_be_visible()
    await views.get_by_role("button", name="Edit").click()
    await page.get_by_role("button", name="Put in force").click()
    await expect(page.get_by_text("Version 1 in force").first).to_be_visible()

    other = await page.context.browser.new_context(base_url=team.site)  # type: ignore[union-attr]
    await team.sign_in(other, DEVELOPER)
    theirs = await other.new_page()
    await theirs.goto("/tasks/POLICY-1")
    await theirs.get_by_label("New comment").fill("May I?")
    await theirs.keyboard.press("Control+Enter")
    refused = (
        "The policy does not allow project:write: Nothing changes here on Sundays. (So says the policy of POLICY.)"
    )
    await expect(theirs.get_by_text(refused)).to_be_visible()
    await other.close()

    async with asyncio.timeout(10):  # decisions are written down once a second
        while not team.get(f"/api/policies/decisions?refused=true&project_id={project}")["decisions"]:
            await asyncio.sleep(LOOK_SECONDS)
    await views.get_by_role("button", name="Decisions").click()
    await page.get_by_text("Only refusals").click()
    await expect(page.get_by_role("row", name=f"{DEVELOPER} project:write")).to_contain_text(
        "Nothing changes here on Sundays."
    )
    await page.get_by_role("row", name=f"{DEVELOPER} project:write").get_by_role("button", name="Try").click()
    await expect(page.get_by_role("textbox", name="The input")).to_have_value(re.compile("POLICY"))
    await views.get_by_role("button", name="Edit").click()
    await page.get_by_role("button", name="Take out of force…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Take out of force").click()
    await expect(page.get_by_text("None in force")).to_be_visible()
    await views.get_by_role("button", name="Versions").click()
    await page.get_by_role("button", name="Version 1", exact=True).click()
    await expect(page.get_by_role("region", name="main.rego of version 1")).to_contain_text("on Sundays")
    await page.get_by_role("button", name="Restore version 1").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
    await expect(page.get_by_text("Version 2 in force").first).to_be_visible()
    team.send("DELETE", f"/api/policies?project_id={project}", {})


async def test_a_projects_administrator_gives_roles_in_it_and_makes_it_private(
    page: Page, open_page: OpenPage, team: Team
) -> None:
    project = team.project("SHUT", "Shut")
    person = team.person("viewer")
    team.send("PUT", f"/api/projects/{project}/members/{person}", {"role": "admin"})
    await team.sign_in(page.context, person)
    await open_page("/projects/SHUT")
    await page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="Add a member of SHUT")
    await dialog.get_by_label("Person").fill(DEVELOPER)
    await choose(page, dialog, "Role here", "Viewer")
    await dialog.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("button", name=re.compile("Role of ann$"))).to_have_text(re.compile("Viewer"))
    await page.get_by_text("there for its members alone, and as if").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Make it private").click()
    await expect(page.get_by_text("Private", exact=True).first).to_be_visible()
    with team.client(VIEWER) as client:
        assert client.get(f"/api/projects/{project}").status_code == 404
    await look_once(page)
    await page.get_by_role("link", name="Policy").click()
    await expect(page.get_by_text("None in force")).to_be_visible()
    await page.goto("/projects/SHUT")
    await page.get_by_role("button", name=f"Remove {DEVELOPER}").click()
    await expect(page.get_by_role("button", name=f"Remove {DEVELOPER}")).to_have_count(0)
