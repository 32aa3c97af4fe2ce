"""A guest with a game in progress becomes an account, at a hall with all its servers."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from psycopg_pool import AsyncConnectionPool

from infra.sign_ins import SignInsInPostgres
from interfaces.http.platform.cookies import Cookies
from tests.conftest import Hall
from tests.pages.devices import with_device
from tests.pages.test_at_a_real_hall import PATIENCE_MS, YOUR_TURN, drop, signed_in
from tests.people import a_name, listening

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def a_guest(browser: Browser, hall: Hall, base: str, user: str) -> AsyncIterator[Page]:
    """Somebody who came as a guest, while the hall let them in."""
    async with AsyncConnectionPool(hall.postgres, min_size=1, open=False) as pool:
        cookies = Cookies(hall.tokens, SignInsInPostgres(pool), secure=False)
        begun = await cookies.begin(user, "Ada", "player", "guest")
    assert begun is not None
    value = begun[1].partition(";")[0].partition("=")[2]
    context = await browser.new_context()
    await context.add_cookies([{"name": cookies.name, "value": value, "url": base}])
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    await context.close()


async def me(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = await page.evaluate("fetch('/api/v1/me').then((each) => each.json())")
    return told


async def test_a_guest_becomes_an_account_in_the_middle_of_a_game(
    hall: Hall, browser: Browser
) -> None:
    base = hall.base_url.replace("127.0.0.1", "localhost")
    guest, handle = f"Ada~{a_name('g')}", a_name("ada")
    async with AsyncExitStack() as held:
        ada = await held.enter_async_context(a_guest(browser, hall, base, guest))
        bob = await held.enter_async_context(signed_in(browser, hall, hall.base_url, a_name("bob")))
        await ada.goto(f"{base}/play")
        for page in (ada, bob):
            await page.get_by_role("button", name="Find an opponent").click()
        status = ada.locator("#status")
        await expect(status).to_have_text(re.compile("turn|to move"), timeout=PATIENCE_MS)
        both = (ada, bob) if await status.text_content() == YOUR_TURN else (bob, ada)
        columns = {ada: (3, 4, 5, 6), bob: (0, 1, 0, 1)}
        for page in both:
            await drop(page, columns[page][0])

        device = await with_device(ada)
        told = held.enter_context(listening(hall, "user-events", guest))
        await ada.goto(f"{base}/sign-up?return=/play")
        await expect(ada.get_by_label("Stay Ada")).to_be_checked()
        await ada.get_by_label("Your handle").fill(handle)
        await ada.get_by_role("button", name="Make a passkey and sign up").click()
        await ada.wait_for_url(f"{base}/play")
        assert (await me(ada))["user_id"] == guest
        assert (await me(ada))["name"] == handle
        assert len(await device.passkeys()) == 1

        for turn in (1, 2):
            for page in both:
                await drop(page, columns[page][turn])
        for page in both[: both.index(ada) + 1]:
            await drop(page, columns[page][3])
        await expect(status).to_contain_text("You win!", timeout=PATIENCE_MS)
        await expect(ada.locator("#mine a").first).to_contain_text("won", timeout=PATIENCE_MS)

        await ada.goto(f"{base}/me")
        await ada.get_by_role("button", name="Sign out here").click()
        await ada.wait_for_url(f"{base}/sign-in")
        await ada.goto(f"{base}/sign-in?return=/me")
        await ada.get_by_role("button", name="Sign in with a passkey").click()
        await expect(ada.get_by_label("Handle", exact=True)).to_have_value(handle)
        assert (await me(ada))["user_id"] == guest
        events = told(3)
        assert [each["event_type"] for each in events] == [
            "user_registered",
            "user_logged_in",
            "user_logged_in",
        ]
        assert {each.get("device") for each in events[1:]} == {"Chrome on Linux"}

        ended = hall.command("accounts", "sign-out", guest, "--json")
        assert json.loads(ended.stdout) == {"user_id": guest, "ended": 1}
        await ada.reload()
        await expect(ada.get_by_role("heading", name="Nobody is signed in")).to_be_visible()
        await expect_refused_once_disabled(hall, ada, base, guest)


async def expect_refused_once_disabled(hall: Hall, page: Page, base: str, user: str) -> None:
    disabled = hall.command("accounts", "disable", user, "--by", "olga")
    assert disabled.returncode == 0, disabled.stderr
    await page.goto(f"{base}/sign-in")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator("#passkey-wrong")).to_contain_text("is disabled")
