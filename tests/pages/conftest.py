"""A real browser in front of the API in this process, which a real server serves to it.

It looks at nothing but this server, and whatever it complains of fails the test.
"""

import os
import random
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from unittest.mock import Mock, patch

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from litestar import Litestar
from playwright.async_api import Browser, Page, async_playwright

from application.ports.sign_ins import Way
from domain.games import lobby
from interfaces.http import app as application
from interfaces.http.feed.live import FeedLimits
from interfaces.http.platform import days
from interfaces.http.player_events import ingest
from interfaces.http.sign_in import guests
from projections.games.standings import RankedEntry
from tests.http.conftest import Api, an_api
from tests.http.fakes.log import NOW
from tests.http.serving import served
from tests.pages import pictures
from tests.people import eventually
from tests.programs import found

QUIET = [
    "--no-sandbox",  # which root has none of; it shows nothing but our own pages
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Axe()
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
BEST = [("Grace", 11, 2), ("bot-hard", 9, 4), ("Linus", 7, 3), ("Margaret", 4, 4), ("Edsger", 2, 5)]
"""Who is on the leaderboard in pictures, with wins and losses."""

SIZES: dict[str, Any] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}


@dataclass
class Visit:
    """One tab of a browser, and what it complained of."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def go(self, path: str) -> int:
        """Go to an address; the status that it answers with."""
        answer = await self.page.goto(self.base + path, wait_until="load")
        assert answer is not None
        return answer.status

    async def keep(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the page, or of what is seen of it first."""
        picture = await self.page.screenshot(full_page=whole, animations="disabled")
        await pictures.keep(name, picture, self.page)

    async def barriers(self) -> list[str]:
        """What keeps somebody from using the page, as axe finds it."""
        found = await AXE.run(self.page)
        return [
            f"{each['id']}: {node['html'][:120]}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]

    async def width(self) -> int:
        """How wide what is in the page is, in its own pixels."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth"))


@dataclass
class Site:
    """The running API, and a browser to visit it with."""

    api: Api
    browser: Browser
    base: str
    now: datetime | None = None
    """The time at its browsers, where that stands still."""

    async def sign_in(
        self, visit: Visit, user_id: str, name: str, scope: Literal["player", "admin"], way: Way
    ) -> None:
        """Let a visitor be signed in."""
        cookies = self.api.services.cookies
        begun = await cookies.begin(user_id, name, scope, way)
        assert begun is not None
        value = begun[1].partition(";")[0].partition("=")[2]
        cookie = {"name": cookies.name, "value": value, "url": self.base}
        await visit.page.context.add_cookies([cookie])  # type: ignore[list-item]

    async def bell(self) -> None:
        """Wait until a bell listens; before that, a browser complains of being signed out."""
        limits = self.api.services.part(FeedLimits)

        async def listens() -> int:
            return limits._total

        await eventually(listens, bool)

    @asynccontextmanager
    async def visit(
        self, size: str = "desktop", scheme: Scheme = "light", **options: Any
    ) -> AsyncIterator[Visit]:
        """Open a tab; fails if the browser has complained in it, or asked anybody else."""
        self.api.tries.tried.clear()  # all tests are at one address
        is_phone = size == "phone"
        context = await self.browser.new_context(
            viewport=SIZES[size],
            color_scheme=scheme,
            has_touch=is_phone,
            is_mobile=is_phone,
            timezone_id="UTC",
            **options,
        )
        if self.now is not None:
            await context.clock.set_fixed_time(self.now)
        visit = Visit(await context.new_page(), self.base)
        visit.page.on("console", lambda said: visit.complaints.append(f"{said.type}: {said.text}"))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        context.on("request", lambda asked: visit.strangers.append(asked.url))
        try:
            yield visit
            assert visit.complaints == []
            assert [url for url in visit.strangers if not own(url, self.base)] == []
        finally:
            await context.close()


def own(url: str, base: str) -> bool:
    """Whether an address is the server's, or written in the page itself."""
    return url.startswith((base + "/", "data:", "blob:")) or bool(re.fullmatch("about:.*", url))


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Debian's chromium; without it, tests are skipped."""
    async with async_playwright() as playwright:
        path = found("chromium", shutil.which("chromium"), os.environ)
        running = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as running:
        yield running


@asynccontextmanager
async def a_site(browser: Browser, now: datetime | None = None) -> AsyncIterator[Site]:
    """A hall in which nothing has happened yet."""
    async with AsyncExitStack() as held:
        # Those that tests of the API share have the state of whoever built them last.
        with patch.object(application, "Litestar", Litestar):
            api = await held.enter_async_context(an_api())
        port = await held.enter_async_context(served(api.doors.public))
        yield Site(api, browser, f"http://127.0.0.1:{port}", now)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def site(browser: Browser) -> AsyncIterator[Site]:
    """A hall in which tetris has been played for three weeks, until today."""
    async with a_site(browser) as site:
        await play(site.api, datetime.now(UTC))
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def still(browser: Browser) -> AsyncIterator[Site]:
    """A hall of its own for pictures, so that they are the same whenever they are taken.

    Its time stands still, nothing has happened in it yet, and nothing is left to chance.
    """
    clock = Mock(wraps=datetime, now=lambda _: NOW)
    async with AsyncExitStack() as held:
        for module in (ingest, days):
            held.enter_context(patch.object(module, "datetime", clock))
        held.enter_context(patch.object(guests, "secrets", random.Random(13)))
        held.enter_context(patch.object(lobby, "by_lot", lambda _, one, other, __: (one, other)))
        yield await held.enter_async_context(a_site(browser, NOW))


@pytest.fixture
def ranked(still: Site) -> Site:
    """The same, with a leaderboard."""
    still.api.standings.entries = tuple(
        RankedEntry(
            rank=rank,
            user_id=user,
            score=3 * wins,
            wins=wins,
            draws=0,
            losses=losses,
            reached_at=NOW,
        )
        for rank, (user, wins, losses) in enumerate(BEST, 1)
    )
    return still


async def play(api: Api, now: datetime) -> None:
    """Let players come, come back less and less, and end their sessions."""
    events = [
        event
        for player in range(60)
        for day in range(player % 21 + 1)
        if not (player * 7 + day * 5) % (day % 4 + 1)
        for event in a_day(f"player-{player}", now - timedelta(days=player % 21 - day))
    ]
    events += a_day("ada", now - timedelta(days=3), "solitaire")
    for start in range(0, len(events), 500):
        answer = await api.ask(
            "POST", "/api/v1/events/batch", events[start : start + 500], scope="service"
        )
        assert answer.json()["refused"] == 0


def a_day(player: str, at: datetime, game: str = "tetris") -> list[dict[str, Any]]:
    """What a player does on one day."""
    number = sum(player.encode())
    kinds = ["session_started", "level_started", "level_completed", "session_ended"]
    facts = {"level_id": "1", "seconds": 60 + number % 9 * 95}
    return [
        {
            "event_type": kind,
            "player_id": player,
            "game_id": game,
            "timestamp": at.isoformat(),
            "data": facts,
        }
        for kind in kinds
        if kind.startswith("session") or number % (3 if kind == "level_completed" else 2)
    ]
