"""The page of games in figures does its work."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.async_api import Page, Route, expect

from projections.games.game_metrics import GameMetrics, Per
from tests.games.windows import Played, shown
from tests.pages.conftest import SIZES, Scheme, Site, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOK_AGAIN_MS = 10_000


def a_month() -> list[Played]:
    """Games of thirty days until now, ever more of them."""
    random, now = Random(4), datetime.now(UTC)
    people = [f"{name}~{name[0]}4{name[-1]}" for name in ("Ada", "Ben", "Cleo", "Dana", "Emil")]
    games = []
    for number in range(1_500):
        begins = now - timedelta(days=30 * (1 - (number / 1_500) ** 0.6), seconds=400)
        first, second = random.sample(people, 2)
        with_bot = random.random() < 0.35
        second = "bot-medium" if with_bot else second
        result = random.choices(["win", "draw", "resignation", "timeout"], [70, 4, 20, 6])[0]
        winner = None if result == "draw" else random.choices([first, second], [55, 45])[0]
        winner = None if result == "resignation" and random.random() < 0.3 else winner
        ends = begins + timedelta(seconds=random.randint(40, 390))
        moves = random.randint(8, 41)
        games.append(
            Played(f"g{number}", begins, ends, result, winner, first, second, with_bot, moves)  # type: ignore[arg-type]
        )
    return games


@asynccontextmanager
async def looking(
    site: Site, *forms: Any, path: str = "/games", games: Sequence[Played] | None = None
) -> AsyncIterator[Visit]:
    """A player at the page; with `games`, of a hall in which these were played."""
    async with site.visit(*forms) as visit:
        await site.sign_in(visit, "Ada~A4a", "Ada", "player", "guest")
        await visit.page.clock.install()
        if games is not None:
            await played(visit.page, games)
        await visit.go(path)
        yield visit


async def played(page: Page, games: Sequence[Played]) -> None:
    async def answer(route: Route) -> None:
        per: Per = "hour" if "per=hour" in route.request.url else "day"
        first = parse_qs(urlsplit(route.request.url).query)["from"][0]
        windows = [each for each in shown(games, per) if f"{each.starts_at:%Y-%m-%d}" >= first]
        body = msgspec.json.encode(GameMetrics(windows=windows)).decode()
        await route.fulfill(body=body, content_type="application/json")

    await page.route("**/api/v1/games/metrics?*", answer)


async def tile(page: Page, name: str) -> str:
    found = page.locator("#tiles div", has=page.locator("dt", has_text=name)).locator("dd")
    return await found.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("per", ["day", "hour"])
async def test_it_shows_a_month_of_games_to_everybody(
    site: Site, per: str, size: str, scheme: Scheme
) -> None:
    games = a_month()
    won_last = next(each.winners for each in reversed(shown(games, "day")) if each.winners)
    async with looking(site, size, scheme, path=f"/games?per={per}", games=games) as visit:
        page = visit.page
        await expect(page.locator("#chart svg")).to_be_visible()
        await visit.keep(f"games-{per}-{size}-{scheme}")
        assert await visit.width() <= SIZES[size]["width"]
        assert await visit.barriers() == []
        bars, rows = page.locator("#chart g"), page.locator("#rows tr")
        if per == "day":
            await expect(bars).to_have_count(30)
            await expect(rows).to_have_count(30)
            await expect(page.locator("#winners li")).to_have_count(len(won_last))
        assert await rows.count() <= await bars.count() <= 48
        await expect(page.locator("#winners li").first).to_contain_text("won")
        await expect(page.get_by_role("link", name=f"By the {per}")).to_have_attribute(
            "aria-current", "page"
        )


async def test_figures_are_of_all_windows_together(site: Site) -> None:
    now = datetime.now(UTC)
    minutes = [
        Played(f"{n}", now - timedelta(days=n, minutes=2), now - timedelta(days=n), moves=10 * n)
        for n in (1, 2, 3, 3)  # two on one day, which weigh as two
    ]
    bot = Played("b", now, now, with_bot=True, second="bot-easy", winner="bot-easy", moves=0)
    left = Played("l", now, now, result="timeout", winner=None)
    async with looking(site, games=[*minutes, bot, left]) as visit:
        page = visit.page
        await expect(page.locator("#chart svg")).to_be_visible()
        assert await tile(page, "Games finished") == "5"
        assert await tile(page, "Left early") == "1"
        assert await tile(page, "Mean length") == "1.6 min"
        assert await tile(page, "Mean moves") == "18.0"
        assert await tile(page, "Against the bot") == "20 %"
        assert await tile(page, "Edge of moving first") == "+100 %"
        drawing = page.get_by_role("img", name="Games that ended, by the day")
        label = await drawing.get_attribute("aria-label")
        assert label is not None
        assert "4 between people, 1 against the bot, 1 left early" in label


async def test_it_looks_again_while_somebody_sees_it_and_shows_what_is_new(site: Site) -> None:
    games: list[Played] = []
    async with looking(site, games=games) as visit:
        page = visit.page
        await expect(page.locator("#no-rows")).to_be_visible()
        await expect(page.locator("#no-winners")).to_be_visible()
        games.append(Played("1", datetime.now(UTC), datetime.now(UTC)))
        await page.clock.run_for(LOOK_AGAIN_MS)
        await expect(page.locator("#rows tr")).to_have_count(1)

        asked = questions(visit)
        await page.evaluate(HIDDEN % "true")
        await page.clock.run_for(3 * LOOK_AGAIN_MS)
        assert questions(visit) == asked
        await page.evaluate(HIDDEN % "false")
        async with page.expect_response("**/metrics?*"):
            await page.clock.run_for(LOOK_AGAIN_MS)


HIDDEN = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"


def questions(visit: Visit) -> int:
    return sum("/metrics?" in url for url in visit.strangers)


async def test_games_that_were_played_here_are_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.api.log, "now", datetime.now(UTC))
    first, second = "Fay~F1y", "Gus~G1s"
    for user in (first, second):
        await site.api.ask("POST", "/api/v1/games/seek", {}, user=user)
    place = (await site.api.ask("GET", "/api/v1/me/place", user=first)).json()["game"]
    for number, column in enumerate([3, 4, 3, 4, 3, 4, 3]):
        user = place["player2"] if number % 2 else place["player1"]
        path = f"/api/v1/games/{place['game_id']}/move"
        assert (await site.api.ask("POST", path, {"column": column}, user=user)).is_success
    async with looking(site) as visit:
        await expect(visit.page.locator("#winners")).to_contain_text(
            place["player1"].partition("~")[0]
        )
        await expect(visit.page.locator("#rows tr").first).to_contain_text("so far")


async def test_who_is_not_signed_in_is_led_there_and_back(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/games?per=hour")
        await expect(visit.page.locator("#shown")).to_be_hidden()
        await visit.page.locator("main").get_by_role("link", name="Sign in").click()
        await visit.page.get_by_label("A name for others to see").fill("Ada")
        await visit.page.get_by_label("A name for others to see").press("Enter")
        await visit.page.wait_for_url(f"{site.base}/games?per=hour")
        await expect(visit.page.locator("#shown")).to_be_visible()


async def test_who_has_signed_out_elsewhere_is_led_to_sign_in(site: Site) -> None:
    async with looking(site, games=[]) as visit:
        await expect(visit.page.locator("#shown")).to_be_visible()
        await visit.page.unroute_all()
        await visit.page.context.clear_cookies()
        await visit.page.clock.run_for(LOOK_AGAIN_MS)
        sign_in = visit.page.locator("main").get_by_role("link", name="Sign in")
        await expect(sign_in).to_be_visible()
        await expect(visit.page.locator("#shown")).to_be_hidden()
        assert all("401" in each for each in visit.complaints)
        visit.complaints = []


async def test_a_name_with_signs_in_it_is_only_a_name(site: Site) -> None:
    now = datetime.now(UTC)
    odd = Played("1", now, now, first="<img src=x>", winner="<img src=x>")
    async with looking(site, games=[odd]) as visit:
        await expect(visit.page.locator("#winners")).to_contain_text("<img src=x>")


async def test_the_leaderboard_leads_to_it(site: Site) -> None:
    async with looking(site, path="/play") as visit:
        await visit.page.get_by_role("link", name="Games by the hour and day").click()
        await visit.page.wait_for_url(f"{site.base}/games")
