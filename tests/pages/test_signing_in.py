"""The page to sign in does its work."""

import pytest
from playwright.async_api import expect

from interfaces.http.sign_in.guests import MOST_NAME_CHARACTERS
from tests.http.fakes.log import NOW
from tests.pages.conftest import SIZES, Scheme, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_guest_signs_in_goes_on_and_signs_out(site: Site) -> None:
    async with site.visit() as visit:
        page = visit.page
        await visit.go("/sign-in?return=/activity")
        name = page.get_by_label("A name for others to see")
        await expect(name).to_be_focused()
        await name.fill("Ada")
        await name.press("Enter")
        await page.wait_for_url(f"{site.base}/activity")

        await visit.go("/sign-in")
        await expect(page.get_by_role("heading", name="You are Ada")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(name).to_be_visible()
        assert await page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_an_operator_signs_in_by_a_link_once(still: Site, size: str, scheme: Scheme) -> None:
    still.api.services.cookies._clock = NOW.timestamp
    link = f"/sign-in#link={still.api.services.tokens.link('grace')}"
    async with still.visit(size, scheme) as visit:
        page = visit.page
        await visit.go(link)
        await expect(page.get_by_role("heading", name="You are grace")).to_be_focused()
        await visit.keep(f"sign-in-by-link-{size}-{scheme}")
        assert "link" not in page.url, "what is used up stays in no history"

    async with still.visit(size, scheme) as visit:
        await visit.go(link)
        await expect(visit.page.locator("#problem")).to_contain_text("gamehall console")
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_a_name_that_is_none_is_told_at_its_field(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/sign-in")
        come_in = visit.page.get_by_role("button", name="Come in")
        wrong = visit.page.locator("#guest-wrong")
        await come_in.click()
        await expect(wrong).to_have_text(f"Give a name of 1 to {MOST_NAME_CHARACTERS} characters.")
        await visit.page.get_by_label("A name").fill("bot-hard")
        await come_in.click()
        await expect(wrong).to_contain_text("those of bots")
        await expect(visit.page.get_by_label("A name")).to_be_focused()
        visit.complaints = [each for each in visit.complaints if "422" not in each]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_nobody_is_led_elsewhere_after_signing_in(site: Site, elsewhere: str) -> None:
    async with site.visit() as visit:
        await visit.go("/sign-in")
        await visit.page.get_by_label("A name").fill("Ada")
        await visit.page.get_by_label("A name").press("Enter")
        await visit.page.wait_for_url(f"{site.base}/play")
        await visit.go(f"/sign-in?return={elsewhere}")
        await expect(visit.page.locator("#go-on")).to_have_attribute("href", "/play")
