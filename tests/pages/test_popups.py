"""Beside every page somebody is asked what another one wants of them, once on each device."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Route, expect

from tests.pages.conftest import SIZES, Scheme, Site
from tests.pages.test_friends import Person, asks, at_browser, does, somebody

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = "{} asks to be your friend"


@pytest.fixture(autouse=True)
def _all_are_told(site: Site) -> Iterator[None]:
    """What happens is in the feeds of people at once."""
    site.api.log.feeds_people = True
    yield
    site.api.log.feeds_people = False


@asynccontextmanager
async def elsewhere(site: Site, user_id: str, path: str = "/games") -> AsyncIterator[Person]:
    """Somebody at a page that is about something else."""
    async with at_browser(site, user_id, path=path) as here:
        yield here


async def is_asked(here: Person, by: str) -> None:
    await expect(here.popup).to_have_accessible_name(ASKED.format(by.split("~", maxsplit=1)[0]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_who_was_away_is_asked_at_the_next_page(
    still: Site, size: str, scheme: Scheme
) -> None:
    still.api.log.feeds_people = True
    ada = "Ada~k3j9x2m"
    await asks(still, "Grace~7654321", ada)
    async with at_browser(still, ada, size, scheme, "/") as here:
        await is_asked(here, "Grace")
        await here.is_told("Grace asks to be your friend")
        assert await here.visit.page.evaluate("document.activeElement.tagName") == "BODY"
        assert await here.visit.width() <= SIZES[size]["width"], "nothing sticks out at the side"
        assert await here.visit.barriers() == []
        await here.visit.keep(f"index-popup-{size}-{scheme}", whole=False)


async def test_who_is_there_is_asked_at_once_and_says_yes(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    async with elsewhere(site, ada) as here, at_browser(site, bob) as other:
        await other.asks(ada)
        await is_asked(here, bob)
        await here.button("Accept").click()
        await expect(here.popup).to_have_count(0)
        await here.is_told("You and Bob are friends.")
        await other.sees("Your friends", "Ada")
        bell = here.visit.page.locator("button.bell")
        await expect(bell).to_have_accessible_name("What you were told: nothing unread")


async def test_who_says_no_has_said_it(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here, at_browser(site, bob) as other:
        await other.sees("You have asked", "Ada")
        await here.button("Decline").click()
        await expect(here.popup).to_have_count(0)
        await other.visit.page.reload()
        await other.sees("You have asked")


async def test_who_answers_later_is_asked_once_on_each_device(site: Site) -> None:
    ada, bob, cyd = somebody("Ada"), somebody("Bob"), somebody("Cyd")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here:
        await is_asked(here, bob)
        await here.button("Later").click()
        await expect(here.popup).to_have_count(0)
        await here.visit.go("/me")
        await asks(site, cyd, ada)
        await is_asked(here, cyd)  # and not Bob, who was earlier
    async with elsewhere(site, ada) as on_another_device:
        await is_asked(on_another_device, bob)


async def test_who_is_led_on_at_once_is_asked_where_they_come_to(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here:
        await is_asked(here, bob)
        await here.visit.go("/me")
        await is_asked(here, bob)
        await here.visit.page.locator("h1").click()  # they are there, and see it
        await expect(here.popup).to_be_visible()
        await here.visit.go("/play")
        await expect(here.visit.page.get_by_label("What you were told: 1 unread")).to_be_visible()
        await here.visit.page.wait_for_load_state("networkidle")
        await expect(here.popup).to_have_count(0)


async def test_one_is_asked_after_the_other(site: Site) -> None:
    ada, bob, cyd = somebody("Ada"), somebody("Bob"), somebody("Cyd")
    await asks(site, bob, ada)
    await asks(site, cyd, ada)
    async with elsewhere(site, ada) as here:
        await is_asked(here, bob)
        await here.button("Accept").focus()
        await here.visit.page.keyboard.press("Enter")
        await is_asked(here, cyd)
        await expect(here.button("Accept")).to_be_focused()
        await here.visit.page.keyboard.press("Escape")
        await expect(here.popup).to_have_count(0)
        await expect(here.visit.page.locator("button.bell")).to_be_focused()


async def test_what_was_answered_elsewhere_is_asked_no_more(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here:
        await is_asked(here, bob)
        await does(site, bob, f"/requests/{ada}/cancel")
        await expect(here.popup).to_have_count(0)


async def test_another_tab_that_shows_it_too_is_done_with_it(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here:
        tab = await here.visit.page.context.new_page()
        await tab.goto(site.base + "/me")
        await expect(tab.get_by_role("dialog")).to_be_visible()
        await is_asked(here, bob)
        await here.button("Later").click()
        await expect(tab.get_by_role("dialog")).to_have_count(0)


async def test_at_the_page_of_friends_nobody_is_asked_beside_it(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with at_browser(site, ada) as here:
        await here.sees("They ask you", "Bob")
        await here.visit.page.wait_for_load_state("networkidle")
        await expect(here.popup).to_have_count(0)
        await here.visit.go("/games")
        await is_asked(here, bob)


async def test_what_went_wrong_is_told_and_can_be_tried_again(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with elsewhere(site, ada) as here:
        await is_asked(here, bob)
        site.api.log.away = True
        await here.button("Accept").click()
        await expect(here.popup.get_by_role("alert")).to_be_visible()
        site.api.log.away = False
        await here.button("Accept").click()
        await expect(here.popup).to_have_count(0)
        here.visit.complaints = [each for each in here.visit.complaints if "503" not in each]


async def test_what_could_not_be_looked_up_is_asked_with_what_comes_next(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with site.visit() as visit:
        failed = asyncio.Event()

        async def fail(route: Route) -> None:
            await route.fulfill(status=503, json={})
            failed.set()

        await visit.page.route("**/me/feed?kind=*", fail, times=1)
        await site.sign_in(visit, ada, "Ada", "player", "guest")
        await visit.go("/games")
        await failed.wait()
        await asks(site, somebody("Cyd"), ada)
        await is_asked(Person(site, visit, ada), bob)
        visit.complaints.clear()  # 503, and nobody has an account


async def test_the_bell_says_what_friends_do_and_leads_to_them(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, ada, bob)
    await does(site, bob, f"/requests/{ada}/accept")
    async with elsewhere(site, ada) as here:
        await here.visit.page.locator("button.bell").click()
        await here.visit.page.get_by_role("link", name="Bob is your friend").click()
        await here.visit.page.wait_for_url("**/friends")
        await here.sees("Your friends", "Bob")
