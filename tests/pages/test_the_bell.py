"""The bell on every page: how much there is to read, and what, by hand, keyboard and ear."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from application.ports.commands import Answer, Envelope
from domain.aggregate import Command
from domain.feed.commands import AddEntry, LookAtFeed, SettleEntry
from domain.feed.view import FeedView
from interfaces.http.feed.live import FeedLimits
from tests.pages.conftest import SIZES, Scheme, Site, Visit
from tests.pages.test_friends import has_an_account

pytestmark = pytest.mark.asyncio(loop_scope="session")

PEOPLE = count(1)
"""Of whom each test has one of its own, as all look at one hall."""


@dataclass
class Ada:
    """Somebody who is signed in at a page, and was told three things."""

    site: Site
    visit: Visit
    user_id: str

    async def hear(
        self, number: int, kind: str = "your-move", other: str = "Grace~7654321"
    ) -> None:
        """Be told something."""
        about: Any = {"about": f"game-{number}", "other": other}
        if kind == "queue-ready":
            about = {"about": f"session-{number}"}
        await self.decide(
            AddEntry(
                user_id=self.user_id,
                kind=kind,
                data={"event": "spring-sale"} if kind == "queue-ready" else {"move": number},
                pending=kind != "game-found",
                source=f"game-log/0@{number}",
                **about,
            )
        )

    async def decide(self, command: Command) -> Answer:
        id = f"{self.user_id}:{next(PEOPLE)}"
        return await self.site.api.log.execute(Envelope(command_id=id, command=command))

    async def standing(self) -> FeedView:
        return (await self.decide(LookAtFeed(user_id=self.user_id))).told(FeedView)

    @property
    def bell(self) -> Locator:
        return self.visit.page.locator("button.bell")

    @property
    def panel(self) -> Locator:
        return self.visit.page.get_by_role("region", name="What you were told")

    async def sees(self, told: str) -> None:
        """The bell says how much there is."""
        await expect(self.bell).to_have_accessible_name(f"What you were told: {told} unread")


@asynccontextmanager
async def ada(
    site: Site, path: str = "/games", size: str = "desktop", scheme: Scheme = "light"
) -> AsyncIterator[Ada]:
    async with site.visit(size, scheme) as visit:
        here = Ada(site, visit, f"ada~{next(PEOPLE)}")
        for number, kind in enumerate(("game-found", "your-move", "queue-ready"), 1):
            await here.hear(number, kind)
        await site.sign_in(visit, here.user_id, "ada", "player", "guest")
        await visit.go(path)
        await here.sees("3")
        yield here
        # Whoever has no account is looked for, and not found.
        visit.complaints = [each for each in visit.complaints if "404" not in each]


async def test_nobody_who_is_not_signed_in_has_a_bell(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/games")
        await visit.page.wait_for_load_state("networkidle")
        assert await visit.page.locator("button.bell").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_bell_shows_what_is_new(still: Site, size: str, scheme: Scheme) -> None:
    async with ada(still, "/", size, scheme) as here:
        await here.bell.click()
        lines = here.panel.get_by_role("listitem")
        await expect(lines).to_have_count(3)
        await expect(lines.nth(0)).to_contain_text("It is your turn: spring-sale")
        await expect(lines.nth(1)).to_contain_text("Your move against Grace")
        await expect(lines.nth(2)).to_contain_text("Grace plays you")
        assert await here.visit.width() <= SIZES[size]["width"], "nothing sticks out at the side"
        shown = await here.panel.bounding_box()
        assert shown is not None
        assert shown["x"] >= 0
        assert await here.visit.barriers() == []
        await here.visit.keep(f"index-bell-{size}-{scheme}", whole=False)
        assert (await here.standing()).seen == 3, "whoever opens it has seen them"


async def test_people_are_called_by_their_handles(site: Site) -> None:
    async with ada(site) as here:
        grace, handle = f"u-{next(PEOPLE)}", f"grace{next(PEOPLE)}"
        await has_an_account(site, grace, handle)
        await here.hear(4, other=grace)
        heard = here.visit.page.get_by_role("status").filter(has_text=f"against {handle}")
        await expect(heard).to_have_count(1)
        await here.visit.page.reload()
        await here.sees("4")
        await here.bell.click()
        await expect(here.panel.get_by_role("listitem").first).to_contain_text(f"against {handle}")


async def test_what_is_chosen_is_read_and_leads_there(site: Site) -> None:
    async with ada(site) as here:
        await here.bell.click()
        await here.panel.get_by_role("link", name="Your move against Grace").click()
        await here.visit.page.wait_for_url("**/play")
        await here.sees("2")
        assert (await here.standing()).by_kind == {"game-found": 1, "queue-ready": 1}


async def test_all_is_read_at_once(site: Site) -> None:
    async with ada(site) as here:
        await here.bell.click()
        await here.panel.get_by_role("button", name="Mark all as read").click()
        await here.sees("nothing")
        await expect(here.bell).to_be_focused()
        await expect(here.panel.get_by_text("unread:")).to_have_count(0)
        assert (await here.standing()).unread == 0


async def test_what_happens_is_told_at_once_and_what_is_done_is_read(site: Site) -> None:
    async with ada(site) as here:
        await here.hear(4)
        await here.sees("4")
        heard = here.visit.page.get_by_role("status").filter(has_text="Your move against Grace")
        await expect(heard).to_have_count(1)
        about = {"kind": "your-move", "about": "game-4", "source": "game-log/0@9"}
        await here.decide(SettleEntry(user_id=here.user_id, **about))
        await here.sees("3")


async def test_another_tab_knows_it_too(site: Site) -> None:
    async with ada(site) as here:
        other = await here.visit.page.context.new_page()
        await other.goto(site.base + "/me")
        await here.bell.click()
        await here.panel.get_by_role("button", name="Mark all as read").click()
        there = other.locator("button.bell")
        await expect(there).to_have_accessible_name("What you were told: nothing unread")


async def test_the_bell_is_used_by_keyboard(site: Site) -> None:
    async with ada(site) as here:
        page = here.visit.page
        await here.bell.focus()
        await page.keyboard.press("Enter")
        await expect(here.panel).to_be_visible()
        await expect(here.bell).to_have_attribute("aria-expanded", "true")
        await page.keyboard.press("Tab")
        await expect(here.panel.get_by_role("link").first).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(here.panel).to_be_hidden()
        await expect(here.bell).to_be_focused()
        await here.bell.click()
        await page.locator("h1").click()
        await expect(here.panel).to_be_hidden()


async def test_a_break_leaves_nothing_out(site: Site) -> None:
    async with ada(site) as here:
        site.api.log.cut(here.user_id)
        await here.hear(4)
        await here.sees("4")


async def test_where_there_are_too_many_sockets_the_bell_still_counts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedLimits, "enter", lambda _self, _user: False)
    async with ada(site) as here:
        assert (await here.standing()).unread == 3


async def test_who_is_signed_out_has_no_bell_any_more(site: Site) -> None:
    async with ada(site) as here:
        await here.visit.page.evaluate("fetch('/api/v1/sign-out', { method: 'POST' })")
        await expect(here.bell).to_have_count(0)
