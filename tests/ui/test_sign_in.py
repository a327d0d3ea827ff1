"""Signing in to a team's hub, and what is only for those who have."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.ui.team import Team

pytestmark = pytest.mark.anyio


@pytest.fixture
def site(team: Team) -> str:
    return team.site


async def test_the_team_stands(page: Page, team: Team) -> None:
    await team.sign_in(page.context, "ann")
    await page.goto("/projects")
    await page.wait_for_selector("html[data-ready]", state="attached")
    assert await page.evaluate("fetch('/api/me').then(r => r.json()).then(m => m.user)") == "ann"
