"""The page to sign in sends a mail and takes what is in it; another shows the mails of a hall."""

import pytest
from playwright.async_api import Page, expect

from application.accounts.mail_texts import to_sign_in
from tests.http.post import ADA, ada_has_an_account, code_in, latest, link_in
from tests.pages.conftest import SIZES, Scheme, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVE = "eve@hall.example"
LINK = "https://hall.example/sign-in#mail=2aSO9bqFJ2J4v1pXU7mJ8x6Zk0Yd5cQ3nT4rL1wB9eE"
MAIL = to_sign_in(ADA, "12345678", LINK, 10, known=True)


async def ask(site: Site, page: Page, email: str) -> None:
    """Have a mail sent."""
    field = page.get_by_label("Your e-mail address")
    await field.fill(email)
    await field.press("Enter")
    await expect(page.get_by_label("The code")).to_be_focused()
    await site.api.post.errands.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_code_is_typed_where_it_was_asked_for(
    still: Site, size: str, scheme: Scheme
) -> None:
    await ada_has_an_account(still.api)
    async with still.visit(size, scheme) as visit:
        page = visit.page
        await visit.go("/sign-in")
        await ask(still, page, ADA)
        await visit.keep(f"sign-in-by-mail-{size}-{scheme}")
        assert await visit.barriers() == []
        await page.get_by_label("The code").fill("0000 0000")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.locator("#code-wrong")).to_contain_text("wrong, used, too old")
        await page.get_by_label("The code").fill(code_in(latest(still.api)))
        await page.get_by_label("The code").press("Enter")
        await page.wait_for_url(f"{still.base}/play")
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_a_link_of_a_mail_is_used_by_a_press_and_not_by_a_look(still: Site) -> None:
    await ada_has_an_account(still.api)
    async with still.visit() as visit:
        await visit.go("/sign-in")
        await ask(still, visit.page, ADA)
    link = f"/sign-in#mail={link_in(latest(still.api))}"
    async with still.visit() as visit:
        await visit.go(link)
        await expect(visit.page.get_by_role("heading", name="By your mail")).to_be_focused()
        assert "mail=" not in visit.page.url, "it stays in no history"
        assert await visit.barriers() == []
    async with still.visit() as visit:
        await visit.go(link)
        await visit.page.get_by_role("button", name="Sign in here").click()
        await visit.page.wait_for_url(f"{still.base}/play")
    async with still.visit() as visit:
        await visit.go(link)
        await visit.page.get_by_role("button", name="Sign in here").click()
        await expect(visit.page.locator("#mail-link-wrong")).to_contain_text("used")
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def prove(site: Site, page: Page, email: str) -> None:
    """Have a mail sent, and type its code."""
    await ask(site, page, email)
    await page.get_by_label("The code").fill(code_in(latest(site.api)))
    await page.get_by_label("The code").press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_who_has_no_account_yet_opens_one_with_the_address(
    still: Site, size: str, scheme: Scheme
) -> None:
    async with still.visit(size, scheme) as visit:
        page = visit.page
        await visit.go("/sign-in?return=/activity")
        await prove(still, page, EVE)
        await page.wait_for_url("**/sign-up?by=mail&return=*")
        await expect(page.get_by_text(EVE)).to_be_visible()
        await visit.keep(f"sign-up-by-mail-{size}-{scheme}")
        assert await visit.barriers() == []
        assert await visit.width() <= SIZES[size]["width"]
        await page.get_by_label("Your handle").fill("Eve")
        await page.get_by_role("button", name="Sign up", exact=True).click()
        await page.wait_for_url(f"{still.base}/activity")
        await visit.go("/me")
        await expect(page.get_by_text(f"Mails to {EVE} sign you in.")).to_be_visible()


async def test_a_guest_without_a_device_for_passkeys_signs_up_by_mail_and_stays(
    still: Site,
) -> None:
    async with still.visit() as visit:
        page = visit.page
        await still.sign_in(visit, "Ada~k7m2xqe", "Ada", "player", "guest")
        await visit.go("/sign-up")
        await page.get_by_role("link", name="Sign up by mail").click()
        await prove(still, page, EVE)
        await expect(page.get_by_label("Stay Ada")).to_be_checked()
        await page.get_by_label("Your handle").fill("ada")
        await page.get_by_role("button", name="Sign up", exact=True).click()
        await page.wait_for_url(f"{still.base}/me")
        me = await page.evaluate("fetch('/api/v1/me').then((each) => each.json())")
        assert (me["user_id"], me["name"]) == ("Ada~k7m2xqe", "ada")


async def test_an_address_that_is_proven_no_more_leads_to_another_mail(still: Site) -> None:
    async with still.visit() as visit:
        page = visit.page
        await visit.go("/sign-up?by=mail")
        await expect(page.locator("#problem")).to_contain_text("proven at this browser")
        await page.get_by_role("link", name="Sign up by mail").click()
        await expect(page.get_by_label("Your e-mail address")).to_be_focused()
        await expect(page.locator("main .card:visible")).to_have_count(1)
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_what_is_no_address_is_told_at_its_field(still: Site) -> None:
    async with still.visit() as visit:
        page = visit.page
        await visit.go("/sign-in")
        send, wrong = page.get_by_role("button", name="Send me a mail"), page.locator("#mail-wrong")
        await send.click()
        await expect(wrong).to_contain_text("Give the address")
        await page.get_by_label("Your e-mail address").fill("ada")
        await send.click()
        await expect(wrong).to_contain_text("no e-mail address")
        await expect(page.get_by_label("Your e-mail address")).to_be_focused()
        visit.complaints = [each for each in visit.complaints if "422" not in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_operators_read_the_mails_that_a_hall_keeps(
    still: Site, size: str, scheme: Scheme
) -> None:
    async with still.visit(size, scheme) as visit:
        page = visit.page
        await still.sign_in(visit, "grace", "grace", "admin", "link")
        await visit.go("/mails")
        await expect(page.get_by_text("Nobody has been written to yet.")).to_be_visible()
        await still.api.post.mail.send(MAIL)
        await expect(page.get_by_role("heading", name=MAIL.subject)).to_be_visible()
        assert await page.get_by_role("link", name="https://").get_attribute("href") == LINK
        await visit.keep(f"mails-kept-{size}-{scheme}")
        assert await visit.barriers() == []
        assert await visit.width() <= SIZES[size]["width"]


async def test_nobody_else_reads_them(still: Site) -> None:
    async with still.visit() as visit:
        await visit.go("/mails")
        await expect(visit.page.get_by_role("link", name="Sign in")).to_be_visible()
        await still.sign_in(visit, "ada", "ada", "player", "mail")
        await visit.go("/mails")
        await expect(visit.page.get_by_role("link", name="Sign in")).to_be_visible()
