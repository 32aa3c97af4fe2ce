"""Two browsers at a hall with all its servers, and what its read models show of their game."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import redis
from playwright.async_api import Browser, Page, expect

from tests.chaos.network import Network
from tests.conftest import Hall, free_port
from tests.people import a_name

pytestmark = pytest.mark.asyncio(loop_scope="session")

YOUR_TURN, PATIENCE_MS = "Your turn.", 20_000


@asynccontextmanager
async def signed_in(
    browser: Browser, hall: Hall, base: str, name: str, **options: Any
) -> AsyncIterator[Page]:
    """Somebody at the page to play on, by a link of the console."""
    with redis.Redis.from_url(hall.redis) as client:  # all tests try to sign in from one address
        client.delete("tries:sign-in:127.0.0.1")
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{base}/sign-in?return=/play#link={hall.tokens.link(name)}")
    problem = page.get_by_role("alert").filter(visible=True)
    await expect(
        page.get_by_role("button", name="Find an opponent").or_(problem).first
    ).to_be_visible()
    assert await problem.all_text_contents() == []
    await expect(page.get_by_role("button", name="Find an opponent")).to_be_visible()
    yield page
    await context.close()


async def drop(page: Page, column: int) -> None:
    await expect(page.locator("#status")).to_have_text(YOUR_TURN, timeout=PATIENCE_MS)
    await page.locator(".column").nth(column).click()
    await expect(page.locator("#status")).not_to_have_text(YOUR_TURN)


async def test_two_browsers_play_a_whole_game_and_one_loses_its_network(
    hall: Hall, browser: Browser
) -> None:
    wire = free_port(1)
    network = Network({wire: hall.settings.port})
    names = a_name("ada"), a_name("bob")
    async with AsyncExitStack() as held:
        held.enter_context(network.up())
        far = f"http://127.0.0.1:{wire}"
        ada = await held.enter_async_context(signed_in(browser, hall, far, names[0]))
        bob = await held.enter_async_context(signed_in(browser, hall, hall.base_url, names[1]))
        for page in (ada, bob):
            await page.get_by_role("button", name="Find an opponent").click()
        turn = re.compile("turn|to move")
        await expect(ada.locator("#status")).to_have_text(turn, timeout=PATIENCE_MS)
        ada_begins = await ada.locator("#status").text_content() == YOUR_TURN
        first, second = (ada, bob) if ada_begins else (bob, ada)

        for column in (3, 2):
            await drop(first, column)
            await drop(second, column)
        network.reset()
        await expect(ada.locator("#status")).to_contain_text("The connection is gone")
        if not ada_begins:
            await drop(first, 4)
        network.heal()
        if ada_begins:
            await drop(first, 4)
        await drop(second, 4)
        await drop(first, 5)

        status = first.locator("#status")
        await expect(status).to_contain_text("You win!", timeout=PATIENCE_MS)
        await expect(second.locator("#status")).to_contain_text("You lose.")
        await expect(second.locator("#board .disc")).to_have_count(7)
        await expect(second.locator("#told")).to_contain_text("Move 7:", timeout=PATIENCE_MS)
        await expect(first.locator("#mine a").first).to_contain_text("won", timeout=PATIENCE_MS)
