"""At `/me` people have an address and a picture, take a copy of everything, and are forgotten."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from interfaces.http.platform import welcome
from tests.http.fakes.log import NOW
from tests.http.post import ADA, EVE, ada_has_an_account, code_in, latest
from tests.pages.conftest import SIZES, Scheme, Site, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


def picture() -> FilePayload:
    """A file that somebody chooses."""
    file = io.BytesIO()
    Image.radial_gradient("L").save(file, "PNG")
    return {"name": "ada.png", "mimeType": "image/png", "buffer": file.getvalue()}


INTERNAL = ("user-events", "log", "sign-ins", "keys:", "avatars")
"""Places that whoever runs the hall knows."""


@asynccontextmanager
async def ada(site: Site, size: str = "desktop", scheme: Scheme = "light") -> AsyncIterator[Visit]:
    """Ada, who has signed up by mail, and looks at what is hers."""
    site.api.services.cookies._clock = NOW.timestamp
    site.api.sign_ins.clock = lambda: NOW
    user_id = await ada_has_an_account(site.api)
    site.api.sign_ins.rows.clear()
    async with site.visit(size, scheme) as visit:
        await site.sign_in(visit, user_id, "ada", "player", "mail")
        await visit.go("/me")
        await expect(visit.page.get_by_role("heading", name="Be forgotten")).to_be_visible()
        yield visit


async def test_an_address_is_changed_by_a_code_and_the_last_way_in_stays(
    still: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "FRESH_S", 10**9)  # the time of the hall goes on
    async with ada(still) as visit:
        page = visit.page
        await page.get_by_label("A new address").fill(EVE)
        await page.get_by_role("button", name="Send a code there").click()
        await expect(page.get_by_label("The code")).to_be_focused()
        await still.api.post.errands.done()
        still.api.log.pass_time(1)
        await page.get_by_label("The code").fill(code_in(latest(still.api)))
        await page.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_text(f"Mails to {EVE} sign you in.")).to_be_visible()
        await page.get_by_role("button", name="Remove the address").click()
        await expect(page.get_by_role("alert")).to_contain_text("the only way to sign in")
        visit.complaints = [each for each in visit.complaints if "409" not in each]


async def test_who_came_by_mail_long_ago_comes_by_mail_again_to_add_a_passkey(still: Site) -> None:
    async with ada(still) as visit:
        page = visit.page
        for digest, row in list(still.api.sign_ins.rows.items()):
            long_ago = row.began_at - timedelta(seconds=welcome.FRESH_S)
            still.api.sign_ins.rows[digest] = msgspec.structs.replace(row, began_at=long_ago)
        still.api.services.cookies._known.clear()
        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_role("link", name="sign in again").click()
        await expect(page.get_by_label("Your e-mail address")).to_be_focused()
        await page.get_by_label("Your e-mail address").fill(ADA)
        await page.get_by_label("Your e-mail address").press("Enter")
        await expect(page.get_by_label("The code")).to_be_focused()
        await still.api.post.errands.done()
        await page.get_by_label("The code").fill(code_in(latest(still.api)))
        await page.get_by_label("The code").press("Enter")
        await page.wait_for_url(f"{still.base}/me")
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_a_picture_is_shown_and_taken_away(still: Site) -> None:
    async with ada(still) as visit:
        page = visit.page
        shown = page.get_by_role("img", name="Your picture")
        await expect(shown).to_be_hidden()
        await page.locator("#avatar").set_input_files(picture())
        await expect(shown).to_be_visible()
        middle = "(drawn) => drawn.getContext('2d').getImageData(128, 128, 1, 1).data[3]"
        assert await shown.evaluate(middle) == 255
        text: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"a text"}
        await page.locator("#avatar").set_input_files(text)
        await expect(page.get_by_role("alert")).to_contain_text("picture")
        await page.get_by_role("button", name="Remove the picture").click()
        await expect(shown).to_be_hidden()
        visit.complaints = [each for each in visit.complaints if "422" not in each]


async def test_a_copy_of_everything_is_saved(still: Site) -> None:
    async with ada(still) as visit:
        async with visit.page.expect_download() as saving:
            await visit.page.get_by_role("button", name="Save a copy").click()
        with zipfile.ZipFile(await (await saving.value).path()) as archive:
            assert "index.json" in archive.namelist()
            assert ADA.encode() in b"".join(map(archive.read, archive.namelist()))


async def test_nobody_is_erased_by_a_slip(still: Site) -> None:
    async with ada(still) as visit:
        await erase(visit.page, "adam")
        await expect(visit.page.get_by_role("alert")).to_contain_text("nothing was erased")
        assert await visit.barriers() == []
        await visit.page.get_by_role("button", name="Rather not").click()
        await expect(visit.page.get_by_role("button", name="Erase me")).to_be_focused()


async def erase(page: Page, name: str) -> None:
    await page.get_by_role("button", name="Erase me").click()
    await page.get_by_label("Type ada").fill(name)
    await page.get_by_role("button", name="Erase me for good").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_who_is_erased_is_told_what_became_of_it_and_signed_out(
    still: Site, size: str, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "FRESH_S", 10**9)  # the time of the hall goes on
    async with ada(still, size, scheme) as visit:
        page = visit.page
        await page.locator("#avatar").set_input_files(picture())
        await expect(page.get_by_role("img", name="Your picture")).to_be_visible()
        await visit.keep(f"me-by-mail-{size}-{scheme}")
        await erase(page, "ada")
        await expect(page.get_by_role("heading", name="You are forgotten")).to_be_focused()
        await expect(page.get_by_text("every picture")).to_be_visible()
        report = await page.locator("#sections").inner_text()
        assert [place for place in INTERNAL if place in report] == []
        await visit.keep(f"me-erased-{size}-{scheme}")
        assert await visit.barriers() == []
        assert await visit.width() <= SIZES[size]["width"]
        await page.reload()
        await expect(page.get_by_role("heading", name="Nobody is signed")).to_be_visible()


async def test_nobody_is_erased_at_a_browser_that_was_left_open(still: Site) -> None:
    async with ada(still) as visit:
        await erase(visit.page, "ada")
        again = visit.page.get_by_role("link", name="sign in again")
        await expect(again).to_have_attribute("href", "/sign-in?by=mail&return=%2Fme")
        visit.complaints = [each for each in visit.complaints if "403" not in each]


async def test_who_is_not_forgotten_everywhere_goes_on_and_is_then_signed_out(
    still: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "FRESH_S", 10**9)
    async with ada(still) as visit:
        page = visit.page
        monkeypatch.setattr(still.api.seals, "away", True)
        await erase(page, "ada")
        await expect(page.get_by_role("heading", name="You are almost forgotten")).to_be_focused()
        assert await visit.barriers() == []
        monkeypatch.setattr(still.api.seals, "away", False)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("heading", name="You are forgotten")).to_be_focused()
        await page.reload()
        await expect(page.get_by_role("heading", name="Nobody is signed")).to_be_visible()
