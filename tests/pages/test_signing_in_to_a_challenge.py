"""Who has to sign in first finds the challenge again that they followed."""

from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from tests.http.conftest import an_api

pytestmark = pytest.mark.asyncio(loop_scope="session")

HALL = "http://hall.example"
ADA = {"user_id": "ada", "name": "Ada", "scope": "player", "expires_at": "2099-01-01T00:00:00Z"}


async def test_a_challenge_is_kept_on_the_way_to_the_sign_in_and_back(browser: Browser) -> None:
    entrance: dict[str, Any] = {"guests": False, "provider": "accounts.example", "me": None}
    context = await browser.new_context()
    async with an_api() as api:
        transport: Any = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]

        async def answer(route: Route) -> None:
            told = {"/api/v1/sign-in": entrance, "/api/v1/me/place": {"status": "none"}}
            path = route.request.url.removeprefix(HALL).partition("?")[0]
            if path in told:
                return await route.fulfill(json=told[path])
            async with httpx.AsyncClient(transport=transport, base_url=HALL) as client:
                got = await client.get(path)
            return await route.fulfill(
                status=got.status_code, headers=dict(got.headers), body=got.content
            )

        await context.route("**", answer)
        page = await context.new_page()
        try:
            await page.goto(f"{HALL}/play#challenge=abc")
            await page.get_by_role("link", name="Sign in to play").click()
            await expect(page).to_have_url(f"{HALL}/sign-in?return=/play")

            entrance["me"] = ADA
            await page.goto(f"{HALL}/play")
            await expect(page).to_have_url(f"{HALL}/play#challenge=abc")
            await expect(page.locator("#accept")).to_be_visible()

            await page.goto("about:blank")
            await page.goto(f"{HALL}/play")
            await expect(page.locator("#who")).to_have_text("Ada")
            assert page.url == f"{HALL}/play", "once"
        finally:
            await context.close()
