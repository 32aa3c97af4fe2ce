"""At the pages people sign up and in with a passkey, and see what the hall knows of them."""

import re
from datetime import timedelta

import msgspec
import pytest
from playwright.async_api import Page, expect

from interfaces.http.platform import welcome
from tests.http.fakes.log import NOW
from tests.pages.conftest import SIZES, Scheme, Site
from tests.pages.devices import named, with_device

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sign_up(page: Page, handle: str) -> None:
    await page.get_by_label("Your handle").fill(handle)
    await page.get_by_role("button", name="Make a passkey and sign up").click()


async def test_somebody_signs_up_signs_out_and_in_again(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        device = await with_device(page)
        await visit.go("/sign-up")
        await expect(page.get_by_label("Your handle")).to_be_focused()
        await sign_up(page, "Ada.L")
        await page.wait_for_url(f"{here.base}/me")
        await expect(page.get_by_label("Handle", exact=True)).to_have_value("ada.l")
        (passkey,) = await device.passkeys()
        assert passkey["isResidentCredential"]

        await page.get_by_role("button", name="Sign out here").click()
        await page.wait_for_url(f"{here.base}/sign-in")
        await visit.go("/sign-in?return=/activity")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url(f"{here.base}/activity")
        assert await page.evaluate("document.cookie") == ""


async def test_a_guest_keeps_what_they_played(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        await with_device(page)
        await visit.go("/sign-in?return=/me")
        await page.get_by_label("A name for others to see").fill("Guest")
        await page.get_by_role("button", name="Come in").click()
        await expect(page.get_by_role("heading", name="You are Guest, without")).to_be_visible()
        guest = await page.evaluate("fetch('/api/v1/me').then((each) => each.json())")
        await page.get_by_role("link", name="Make an account").click()
        await expect(page.get_by_label("Stay Guest")).to_be_checked()
        await sign_up(page, "was-a-guest")
        await expect(page.get_by_label("Handle", exact=True)).to_have_value("was-a-guest")
        now = await page.evaluate("fetch('/api/v1/me').then((each) => each.json())")
        assert (now["user_id"], now["name"]) == (guest["user_id"], "was-a-guest")
        visit.complaints = [each for each in visit.complaints if "404" not in each]


async def test_what_is_wrong_with_a_handle_is_told_before_a_passkey_is_made(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        device = await with_device(page)
        await visit.go("/sign-up")
        for handle, said in (
            ("", "Choose a handle."),
            ("a", "3 to 30 letters"),
            ("adm1n", "is reserved"),
        ):
            await sign_up(page, handle)
            await expect(page.get_by_role("alert")).to_contain_text(said)
        assert await device.passkeys() == []
        visit.complaints = [each for each in visit.complaints if "422" not in each]


async def test_a_device_without_a_passkey_is_told_in_a_sentence(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        device = await with_device(page)
        await device.send("setUserVerified", isUserVerified=False)
        await visit.go("/sign-in")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.locator("#passkey-wrong")).to_contain_text("Nothing came of it")


async def test_at_a_number_people_are_led_to_the_name(site: Site) -> None:
    here = named(site)
    async with site.visit() as visit:
        page = visit.page
        await visit.go("/sign-in?return=/play")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        way = page.locator("#passkey-wrong a")
        await expect(way).to_have_attribute("href", f"{here.base}/sign-in?return=/play")


async def test_passkeys_are_added_and_removed_but_not_the_last(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        phone = await with_device(page)
        await visit.go("/sign-up")
        await sign_up(page, "two-devices")
        listed = page.get_by_role("button", name=re.compile("^Remove"))
        await expect(listed).to_have_count(1)
        await listed.click()
        await expect(page.get_by_role("alert")).to_contain_text("could not sign in any more")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("has a passkey of this account")
        await phone.leave()
        await with_device(page)
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(listed).to_have_count(2)
        await listed.first.click()
        await expect(listed).to_have_count(1)
        visit.complaints = [each for each in visit.complaints if "409" not in each]


async def test_who_signed_in_long_ago_signs_in_again_to_change_how(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        phone = await with_device(page)
        await visit.go("/sign-up")
        await sign_up(page, "long-ago")
        listed = page.get_by_role("button", name=re.compile("^Remove"))
        await expect(listed).to_have_count(1)
        sessions = here.api.sign_ins.rows
        for digest, row in list(sessions.items()):
            long_ago = row.began_at - timedelta(seconds=welcome.FRESH_S)
            sessions[digest] = msgspec.structs.replace(row, began_at=long_ago)
        here.api.services.cookies._known.clear()
        (key,) = await phone.passkeys()
        await phone.leave()
        await with_device(page, key)
        await page.get_by_role("button", name="Add a passkey").click()
        # The same device, which has signed them in, has a passkey already.
        await expect(page.get_by_role("alert")).to_contain_text("has a passkey of this account")
        await expect(page.get_by_text("this one")).to_be_visible()
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_a_profile_is_changed(site: Site) -> None:
    here = named(site)
    async with here.visit() as visit:
        page = visit.page
        await with_device(page)
        await visit.go("/sign-up")
        await sign_up(page, "profiled")
        await page.get_by_label("What you want to be called").fill("Ada Lovelace")
        await page.get_by_label("Time zone").fill("Europe/London")
        here.api.log.pass_time(1)
        await page.get_by_label("Handle", exact=True).fill("Countess")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await expect(page.get_by_label("Handle", exact=True)).to_have_value("countess")
        await page.get_by_label("Time zone").fill("Europe/Atlantis")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("no time zone")
        visit.complaints = [each for each in visit.complaints if "422" not in each]


async def test_somebody_signs_out_elsewhere(site: Site) -> None:
    here = named(site)
    async with here.visit() as phone, here.visit("phone") as desktop:
        for visit in (phone, desktop):
            await here.sign_in(visit, "twice", "Twice", "player", "provider")
        await phone.go("/me")
        await desktop.go("/me")
        out = desktop.page.get_by_role("button", name="Sign out on")
        await expect(out).to_have_count(1)
        await desktop.page.get_by_role("button", name="Sign out everywhere else").click()
        await expect(out).to_have_count(0)
        await phone.go("/me")
        await expect(phone.page.get_by_role("heading", name="Nobody is signed")).to_be_visible()
        for visit in (phone, desktop):
            visit.complaints = [each for each in visit.complaints if "404" not in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_what_somebody_sees_of_themselves_fits_and_keeps_nobody_out(
    still: Site, size: str, scheme: Scheme
) -> None:
    here = named(still)
    here.api.services.cookies._clock = NOW.timestamp
    here.api.sign_ins.clock = lambda: NOW
    async with here.visit(size, scheme) as visit:
        page = visit.page
        await with_device(page)
        await here.sign_in(visit, "Ada~k7m2xqe", "Ada", "player", "guest")
        await visit.go("/sign-up")
        await expect(page.get_by_label("Stay Ada")).to_be_checked()
        await visit.keep(f"sign-up-of-a-guest-{size}-{scheme}")
        assert await visit.barriers() == []
        await sign_up(page, "ada")
        await page.wait_for_url(f"{here.base}/me")
        await expect(page.get_by_role("heading", name="Where you are")).to_be_visible()
        await here.api.services.cookies.begin(
            "Ada~k7m2xqe", "ada", "player", "passkey", device="Firefox on Android"
        )
        await page.reload()
        await expect(page.get_by_role("button", name="Sign out on Firefox")).to_be_visible()
        assert await visit.width() <= SIZES[size]["width"]
        await visit.keep(f"me-with-an-account-{size}-{scheme}")
        assert await visit.barriers() == []
