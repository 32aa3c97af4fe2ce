"""At `/friends`, people ask each other, answer, and want nothing of somebody."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.pages.conftest import SIZES, Scheme, Site, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRIENDS = "/api/v1/friends"
PEOPLE = count(1)
"""Of whom each test has some of its own, as all look at one hall."""


@pytest.fixture(autouse=True)
def _all_are_told(site: Site) -> Iterator[None]:
    """What happens is in the feeds of people at once."""
    site.api.log.feeds_people = True
    yield
    site.api.log.feeds_people = False


async def does(site: Site, user: str, path: str, body: Any = None) -> None:
    """Somebody does something about friends elsewhere."""
    answer = await site.api.ask("POST", f"{FRIENDS}{path}", body, user=user)
    assert answer.is_success, answer.text


async def asks(site: Site, user: str, other: str, note: str | None = None) -> None:
    await does(site, user, "/requests", {"user_id": other, "note": note})


async def befriend(site: Site, one: str, other: str) -> None:
    await asks(site, one, other)
    await does(site, other, f"/requests/{one}/accept")


async def has_an_account(site: Site, user_id: str, handle: str) -> None:
    body = {"handle": handle}
    answer = await site.api.ask("POST", "/api/v1/me/account/register", body, user=user_id)
    assert answer.is_success, answer.text


def somebody(name: str) -> str:
    """The id of a guest whom no other test knows."""
    return f"{name}~{next(PEOPLE)}"


@dataclass
class Person:
    """Somebody who is signed in at a browser."""

    site: Site
    visit: Visit
    user_id: str

    def card(self, title: str) -> Locator:
        heading = self.visit.page.get_by_role("heading", name=title, exact=True)
        return self.visit.page.locator("section.card").filter(has=heading)

    def button(self, name: str) -> Locator:
        return self.visit.page.get_by_role("button", name=name, exact=True)

    @property
    def popup(self) -> Locator:
        return self.visit.page.get_by_role("dialog")

    async def asks(self, typed: str, note: str = "") -> None:
        await self.visit.page.get_by_label("Their handle").fill(typed)
        await self.visit.page.get_by_label("A note").fill(note)
        await self.button("Ask").click()

    async def is_told(self, sentence: str) -> None:
        told = self.visit.page.get_by_role("status").filter(has_text=sentence)
        await expect(told.first).to_be_attached()

    async def sees(self, title: str, *names: str) -> None:
        """A list has these people, each by a name that it begins with, and nobody else."""
        lines = self.card(title).get_by_role("listitem")
        await expect(lines).to_have_count(len(names))
        for n, name in enumerate(names):
            await expect(lines.nth(n)).to_contain_text(name)


@asynccontextmanager
async def at_browser(
    site: Site,
    user_id: str,
    size: str = "desktop",
    scheme: Scheme = "light",
    path: str = "/friends",
) -> AsyncIterator[Person]:
    async with site.visit(size, scheme) as visit:
        await site.sign_in(visit, user_id, user_id.split("~", maxsplit=1)[0], "player", "guest")
        await visit.go(path)
        await expect(visit.page.locator("button.bell")).to_be_visible()
        await site.bell()
        yield Person(site, visit, user_id)
        # Whoever has no account is looked for, and not found.
        visit.complaints = [each for each in visit.complaints if "404" not in each]


async def test_who_is_not_signed_in_is_led_there(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/friends")
        way = visit.page.locator("main").get_by_role("link", name="Sign in")
        await expect(way).to_have_attribute("href", "/sign-in?return=/friends")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_page_shows_who_is_what_to_somebody(
    still: Site, size: str, scheme: Scheme
) -> None:
    ada = "Ada~k3j9x2m"
    await has_an_account(still, "u-5108", "linus")
    await asks(still, "Grace~7654321", ada, "We met in the hall, at the board by the window.")
    await asks(still, "Ben~p4c8w1z", ada)
    await asks(still, ada, "Margaret~a7d2k9q")
    await befriend(still, "u-5108", ada)
    await befriend(still, "Edsger~b2m5t8x", ada)
    await befriend(still, "Edsger~b2m5t8x", "Barbara~h3n6r1v")
    await befriend(still, "u-5108", "Barbara~h3n6r1v")
    await does(still, ada, "/Pest~z9z9z9z/block")
    async with at_browser(still, ada, size, scheme) as here:
        await here.sees("They ask you", "Ben p4c8w1z", "Grace 7654321")
        await here.sees("You have asked", "Margaret")
        await here.sees("Your friends", "Edsger", "linus")
        await here.sees("You may know", "Barbara h3n6r1v")
        await expect(here.card("You may know")).to_contain_text("2 of your friends know them")
        await here.sees("You have blocked", "Pest")
        await expect(here.card("They ask you")).to_contain_text("the board by the window")
        assert await here.visit.width() <= SIZES[size]["width"], "nothing sticks out at the side"
        assert await here.visit.barriers() == []
        await here.visit.keep(f"friends-people-{size}-{scheme}")


async def test_somebody_is_asked_by_handle_and_both_see_at_once_what_becomes_of_it(
    site: Site,
) -> None:
    number = next(PEOPLE)
    ada, bob, handle = somebody("Ada"), f"u-{number}", f"bob{number}"
    await has_an_account(site, bob, handle)
    async with at_browser(site, ada) as one, at_browser(site, bob) as other:
        await one.asks(f"@{handle}", "It is me.")
        await one.is_told(f"{handle} is asked.")
        await one.sees("You have asked", handle)
        await other.sees("They ask you", "Ada")
        await expect(other.card("They ask you")).to_contain_text("It is me.")
        await other.button("Accept: Ada").click()
        await other.is_told("You and Ada are friends.")
        await other.sees("Your friends", "Ada")
        await one.sees("Your friends", handle)
        await one.sees("You have asked")


async def test_who_asks_whom_they_were_asked_by_is_their_friend(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await asks(site, bob, ada)
    async with at_browser(site, ada) as here:
        await here.asks(bob)
        await here.is_told("You and Bob are friends.")
        await here.sees("Your friends", "Bob")


async def test_friends_see_who_is_there_unless_they_hide(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await befriend(site, ada, bob)
    async with at_browser(site, bob) as other, at_browser(site, ada) as here:
        await expect(here.card("Your friends")).to_contain_text("online")
        hide = other.visit.page.get_by_label("Look as if I were not here")
        await hide.check()
        await other.is_told("you look as if you had left")
        await here.visit.page.reload()
        await expect(here.card("Your friends")).to_contain_text(re.compile("(last|not) here"))
        await other.visit.page.reload()
        await expect(hide).to_be_checked()
        await hide.uncheck()
        await other.is_told("Your friends see that you are here.")


async def test_whom_friends_know_is_asked_by_a_press(site: Site) -> None:
    ada, bob, cyd = somebody("Ada"), somebody("Bob"), somebody("Cyd")
    await befriend(site, ada, bob)
    await befriend(site, bob, cyd)
    async with at_browser(site, ada) as here:
        await here.sees("You may know", "Cyd")
        await here.button("Ask: Cyd").click()
        await here.is_told("Cyd is asked.")
        await here.sees("You may know")
        await here.sees("You have asked", "Cyd")


async def test_where_nobody_has_a_handle_the_id_of_somebody_is_asked(site: Site) -> None:
    bob = f"player-{next(PEOPLE)}"
    async with at_browser(site, somebody("Ada")) as here:
        await here.asks(bob)
        await expect(here.visit.page.get_by_role("alert")).to_contain_text("Nobody has the handle")
        await here.button(f"Ask the id {bob}").click()
        await here.sees("You have asked", bob)
        await expect(here.visit.page.get_by_role("alert").filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "told"), [("", "Say whom to ask"), ("oneself", "That is yourself")]
)
async def test_what_cannot_be_asked_is_told_in_a_sentence(
    site: Site, typed: str, told: str
) -> None:
    ada = somebody("Ada")
    async with at_browser(site, ada) as here:
        await here.asks(ada if typed else "")
        await expect(here.visit.page.get_by_role("alert").filter(has_text=told)).to_be_visible()
        here.visit.complaints = [each for each in here.visit.complaints if "422" not in each]


@pytest.mark.parametrize(
    ("begun", "pressed", "told", "left"),
    [
        ("asked", "Decline", "You have declined what Bob asked.", None),
        ("asked", "Block", "You have blocked Bob, who is not told.", "You have blocked"),
        ("requested", "Take back", "You ask Bob no more.", None),
        ("friends", "Unfriend", "You and Bob are friends no more.", None),
        ("friends", "Block", "You have blocked Bob, who is not told.", "You have blocked"),
        ("blocked", "Unblock", "You have lifted your block of Bob.", "They ask you"),
    ],
)
async def test_what_is_pressed_is_done_and_said_and_by_keyboard_one_goes_on_from_there(
    site: Site, begun: str, pressed: str, told: str, left: str | None
) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await (asks(site, ada, bob) if begun == "requested" else asks(site, bob, ada))
    if begun == "friends":
        await does(site, ada, f"/requests/{bob}/accept")
    if begun == "blocked":
        await does(site, ada, f"/{bob}/block")
    async with at_browser(site, ada) as here:
        button = here.button(f"{pressed}: Bob")
        await button.focus()
        await here.visit.page.keyboard.press("Enter")
        await here.is_told(told)
        await expect(button).to_have_count(0)
        assert await here.visit.page.evaluate("document.activeElement.tagName") == "H2"
        if left:
            await here.sees(left, "Bob")


async def test_whom_somebody_has_blocked_sees_a_request_that_waits(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    await does(site, ada, f"/{bob}/block")
    async with at_browser(site, ada) as one, at_browser(site, bob) as other:
        await other.asks(ada)
        await other.is_told("Ada is asked.")
        await other.sees("You have asked", "Ada")
        await one.visit.page.reload()
        await one.sees("You have blocked", "Bob")
        await one.sees("They ask you")
        await expect(one.visit.page.locator("button.bell")).to_have_accessible_name(
            "What you were told: nothing unread"
        )


async def test_what_is_looked_at_again_leaves_whoever_is_there_where_they_are(site: Site) -> None:
    ada, bob, cyd = somebody("Ada"), somebody("Bob"), somebody("Cyd")
    await asks(site, bob, ada)
    async with at_browser(site, ada) as here:
        await here.button("Decline: Bob").focus()
        await asks(site, cyd, ada)
        await here.sees("They ask you", "Bob", "Cyd")
        await expect(here.button("Decline: Bob")).to_be_focused()


async def test_there_is_more_than_a_page_has_room_for(site: Site) -> None:
    ada = somebody("Ada")
    for n in range(51):
        await does(site, ada, f"/Pest~{n:03}/block")
    async with at_browser(site, ada) as here:
        lines = here.card("You have blocked").get_by_role("listitem")
        await expect(lines).to_have_count(50)
        await here.button("Show more").click()
        await expect(lines).to_have_count(51)
        await expect(here.button("Show more")).to_be_hidden()
