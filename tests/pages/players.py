"""People at browsers who play."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Locator, expect

from tests.pages.conftest import Site, Visit

YOUR_TURN = "Your turn."


class Player:
    """Somebody at a browser."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        self.status = visit.page.locator("#status")
        self.game = visit.page.get_by_label("Game", exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def come_in(self, name: str) -> None:
        await self.visit.go("/play")
        await self.page.get_by_label("A name for others to see").fill(name)
        await self.button("Come in").click()
        await expect(self.button("Find an opponent")).to_be_visible()

    async def drop(self, column: int) -> None:
        """Drop a disc into a column, from 0, once it is one's turn."""
        await expect(self.status).to_have_text(YOUR_TURN)
        await self.page.locator(".column").nth(column).click()
        await expect(self.status).not_to_have_text(YOUR_TURN)

    async def discs(self) -> int:
        return await self.page.locator("#board .disc").count()


@asynccontextmanager
async def a_player(site: Site, name: str, *args: Any, **options: Any) -> AsyncIterator[Player]:
    async with site.visit(*args, **options) as visit:
        player = Player(visit)
        await player.come_in(name)
        yield player


@asynccontextmanager
async def a_game(site: Site, *args: Any) -> AsyncIterator[tuple[Player, Player]]:
    """Two who play, in the order in which they move."""
    async with a_player(site, "Ada", *args) as ada, a_player(site, "Ben", *args) as ben:
        await ada.button("Find an opponent").click()
        await expect(ada.status).to_contain_text("Looking for an opponent")
        await ben.button("Find an opponent").click()
        await expect(ada.status).to_have_text(re.compile("turn|to move"))
        await expect(ben.status).to_have_text(re.compile("turn|to move"))
        ada_begins = await ada.status.text_content() == YOUR_TURN
        yield (ada, ben) if ada_begins else (ben, ada)
