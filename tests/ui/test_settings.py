"""Settings: theme, density and motion outlive a reload; keys are given, taken and turned off."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Looks, OpenPage

pytestmark = pytest.mark.anyio


async def test_theme_density_and_motion_are_kept_on_this_device(page: Page, open_page: OpenPage, axe: Looks) -> None:
    await open_page("/settings")
    await axe()
    await page.get_by_role("radio", name="Dark").check(force=True)
    await page.get_by_role("radio", name="Compact").check(force=True)
    await page.get_by_role("group", name="Motion").get_by_role("radio", name="None").check(force=True)
    html = page.locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    await open_page("/settings")
    for name, value in (("theme", "dark"), ("density", "compact"), ("motion", "none")):
        await expect(html).to_have_attribute(f"data-{name}", value)
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    await page.keyboard.press("Escape")


async def test_a_key_is_changed_turned_off_and_given_back(page: Page, open_page: OpenPage) -> None:
    await open_page("/settings")
    await page.get_by_role("button", name="Change the key of Usage").click()
    await expect(page.get_by_text("Press a key; Esc leaves it")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    await expect(page.get_by_role("button", name="Take back the key of Usage")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    await expect(page).to_have_url(re.compile("/usage"))
    await open_page("/settings")
    await page.get_by_role("button", name="Take back the key of Usage").click()
    await page.get_by_role("button", name="Turn off the key of Nodes").click()
    await expect(page.get_by_role("button", name="Change the key of Nodes")).to_contain_text("Off")
    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.keyboard.press("g")
    await page.keyboard.press("u")
    await expect(page).to_have_url(re.compile("/usage"))


async def test_two_actions_with_one_key_are_told(page: Page, open_page: OpenPage) -> None:
    await open_page("/settings")
    await page.get_by_role("button", name="Change the key of Nodes").click()
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await expect(page.get_by_text("Also “Agents”")).to_be_visible()


async def test_about_tells_the_version_and_where_the_reference_is(page: Page, open_page: OpenPage) -> None:
    await open_page("/settings")
    about = page.get_by_role("region", name="About")
    await expect(about).to_contain_text(re.compile(r"\d+\.\d+"))
    await expect(about.get_by_role("link", name=re.compile("HTTP interface"))).to_have_attribute("href", "/docs")
