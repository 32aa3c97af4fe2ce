"""Two browsers at a hall with all its servers: one asks, one is away and sees it later."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.conftest import Hall
from tests.pages.test_a_guest_at_a_real_hall import a_guest
from tests.pages.test_at_a_real_hall import PATIENCE_MS
from tests.people import a_name

pytestmark = pytest.mark.asyncio(loop_scope="session")


def people(page: Page, title: str) -> Locator:
    """Who is in a list."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.locator("section.card").filter(has=heading).get_by_role("listitem")


async def shows(page: Page, title: str, *names: str) -> None:
    lines = people(page, title)
    await expect(lines).to_have_count(len(names), timeout=PATIENCE_MS)
    for n, name in enumerate(names):
        await expect(lines.nth(n)).to_contain_text(name)


async def ask(page: Page, user_id: str) -> None:
    """Ask a guest."""
    await page.get_by_label("Their handle").fill(user_id)
    await page.get_by_role("button", name="Ask", exact=True).click()
    await shows(page, "You have asked", user_id.split("~", maxsplit=1)[0])


async def test_one_is_away_while_asked_and_later_one_is_blocked_and_notices_nothing(
    hall: Hall, browser: Browser
) -> None:
    names = a_name("Ada"), a_name("Bob")
    one, other = (f"{name}~7654321" for name in names)
    async with a_guest(browser, hall, hall.base_url, one) as ada:
        await ada.goto(f"{hall.base_url}/friends")
        await ask(ada, other)
        async with a_guest(browser, hall, hall.base_url, other) as bob:
            await bob.goto(f"{hall.base_url}/games")
            popup = bob.get_by_role("dialog", name=f"{names[0]} asks to be your friend")
            await expect(popup).to_be_visible(timeout=PATIENCE_MS)
            await popup.get_by_role("button", name="Accept").click()
            await expect(popup).to_have_count(0)
            await shows(ada, "Your friends", names[1])
            await shows(ada, "You have asked")

            await bob.goto(f"{hall.base_url}/friends")
            await shows(bob, "Your friends", names[0])
            await bob.get_by_role("button", name=f"Block: {names[0]}").click()
            await shows(bob, "You have blocked", names[0])
            await ada.reload()
            await shows(ada, "Your friends")
            await ask(ada, other)
            await bob.reload()
            await shows(bob, "You have blocked", names[0])
            await shows(bob, "They ask you")
            await bob.get_by_role("button", name=f"Unblock: {names[0]}").click()
            await shows(bob, "They ask you", names[0])
