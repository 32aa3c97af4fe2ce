"""The page of a game's activity does its work."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Route, expect

from tests.http.fakes.log import NOW
from tests.pages.conftest import SIZES, Scheme, Site, Visit, play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def as_operator(site: Site, visit: Visit, path: str = "/activity") -> None:
    """Go to the page as somebody who runs the hall."""
    link = site.api.services.tokens.link("grace")
    await visit.go(f"/sign-in?return={path}#link={link}")
    await visit.page.wait_for_url(f"{site.base}{path}")
    await expect(visit.page.locator("#ask")).to_be_visible()


async def shown(visit: Visit, game: str = "tetris") -> None:
    """Have a game shown that was offered."""
    await visit.page.get_by_role("button", name=game).click()
    await expect(visit.page.locator("#answer")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_the_figures_of_a_game_that_it_offers(
    still: Site, size: str, scheme: Scheme
) -> None:
    await play(still.api, NOW)
    async with still.visit(size, scheme) as visit:
        await as_operator(still, visit)
        games = visit.page.locator("#choices button")
        await expect(games).to_have_count(2)
        await expect(games.first).to_contain_text("tetris")  # which was played last
        await visit.page.get_by_role("button", name="Show").click()
        await expect(visit.page.locator("#game-wrong")).to_be_visible()
        await visit.keep(f"activity-wrong-{size}-{scheme}")
        await shown(visit)
        await expect(visit.page.get_by_role("heading", name="tetris")).to_be_focused()
        await visit.keep(f"activity-tetris-{size}-{scheme}")

        assert await visit.width() <= SIZES[size]["width"]
        for drawing in ("players", "sessions", "lengths"):
            await expect(visit.page.locator(f"#{drawing} svg")).to_be_visible()
        assert await visit.page.locator("#retention tbody tr").count() > 15
        assert await visit.page.locator("#funnel li").count() == 4


async def test_it_says_what_is_so_far_and_in_which_unit(site: Site) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    async with site.visit() as visit:
        await as_operator(site, visit)
        await shown(visit)
        page = visit.page
        tiles = await page.locator("#tiles > div").all_inner_texts()
        assert "so far today" in tiles[0]
        assert tiles[0].endswith("players")
        assert tiles[4].endswith("sessions")
        assert tiles[5].endswith("min")
        await expect(page.locator("#players figcaption")).to_contain_text(f"{today}, so far today")
        units = [
            await page.locator(f"#{each} .unit").text_content() for each in ("players", "lengths")
        ]
        assert units == ["players", "minutes"]
        assert await page.locator("#retention td.today").count() > 1
        await expect(page.locator("#retention-today")).to_be_visible()

        await page.get_by_label("Until").fill("2026-01-01")
        await page.get_by_label("From").fill("2025-12-01")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator("#problem")).to_have_text(
            "Nobody played tetris from 2025-12-01 until 2026-01-01."
        )


async def test_days_that_are_over_are_told_as_such(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        last = f"{datetime.fromtimestamp(datetime.now(UTC).timestamp() - 2 * 86_400, UTC):%Y-%m-%d}"
        await visit.page.get_by_label("Until").fill(last)
        await shown(visit)
        assert f"on {last}" in (await visit.page.locator("#tiles").inner_text())
        assert "so far" not in (await visit.page.locator("#tiles").inner_text())
        await expect(visit.page.locator("#players time")).to_have_text(last)


async def test_arrows_tell_other_days(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        await shown(visit)
        caption = visit.page.locator("#players figcaption time")
        today = await caption.get_attribute("datetime")
        await visit.page.locator("#players svg").focus()
        await visit.page.keyboard.press("ArrowLeft")
        before = await caption.get_attribute("datetime")
        assert today is not None
        assert before is not None
        assert before < today


async def test_what_came_back_is_not_cut_off_on_a_phone(site: Site) -> None:
    async with site.visit("phone") as visit:
        await as_operator(site, visit)
        await shown(visit)
        scroll = visit.page.get_by_role("region", name="Who came back")
        last = visit.page.locator("#retention thead th").last
        await scroll.scroll_into_view_if_needed()
        await expect(scroll).to_contain_class("more")
        await scroll.evaluate("each => each.scrollTo(each.scrollWidth, 0)")
        await expect(last).to_be_in_viewport()
        await expect(scroll).not_to_contain_class("more")
        box, place = await last.bounding_box(), await scroll.bounding_box()
        assert box is not None
        assert place is not None
        assert box["x"] + box["width"] <= place["x"] + place["width"] + 1
        await expect(visit.page.locator("#retention tbody th").first).to_be_visible()


async def test_fields_that_do_not_fit_are_told_in_sentences(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        visit.strangers = []
        page = visit.page
        show = page.get_by_role("button", name="Show")
        await show.click()
        await expect(page.get_by_label("Game", exact=True)).to_be_focused()
        await expect(page.locator("#game-wrong")).to_have_text(
            "Say which game, or choose one below."
        )
        await page.get_by_label("Game", exact=True).fill("tetris")
        await page.get_by_label("Steps").fill("session_started")
        await page.get_by_label("From").fill("2026-11-20")
        await page.get_by_label("Until").fill("2026-11-19")
        await show.click()
        await expect(page.locator("#game-wrong")).to_be_hidden()
        await expect(page.locator("#until-wrong")).to_have_text("The range ends before it begins.")
        await expect(page.locator("#steps-wrong")).to_contain_text("two steps or more")
        assert await page.get_by_label("Until").get_attribute("aria-invalid") == "true"
        assert not [url for url in visit.strangers if "/api/" in url], "nothing was asked for it"


async def test_who_does_not_run_the_hall_is_led_to_sign_in_and_back(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/activity?game=tetris")
        sign_in = visit.page.locator("main").get_by_role("link", name="Sign in")
        await expect(visit.page.locator("#ask")).to_be_hidden()
        await sign_in.click()
        await visit.page.get_by_label("A name").fill("Ada")
        await visit.page.get_by_label("A name").press("Enter")
        await visit.page.wait_for_url(f"{site.base}/activity?game=tetris")
        await expect(sign_in).to_be_visible()  # a guest runs nothing
        await expect(visit.page.locator("#ask")).to_be_hidden()
        assert not [url for url in visit.strangers if "/api/v1/games" in url]


async def test_who_has_signed_out_elsewhere_is_led_to_sign_in(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        await visit.page.context.clear_cookies()
        await visit.page.get_by_role("button", name="tetris").click()
        await expect(visit.page.locator("#ask")).to_be_hidden()
        await expect(visit.page.locator("main").get_by_role("link", name="Sign in")).to_be_visible()
        assert all("401" in each for each in visit.complaints)
        visit.complaints = []


async def test_a_hall_that_does_not_answer_is_told(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)

        async def gone(route: Route) -> None:
            await route.abort()

        await visit.page.route("**/api/**", gone)
        await visit.page.reload()
        await expect(visit.page.locator("#problem")).to_contain_text("does not answer")
        visit.complaints = []


async def test_a_hall_in_which_nobody_played_says_so(site: Site) -> None:
    async with site.visit() as visit:

        async def none(route: Route) -> None:
            await route.fulfill(json={"games": []})

        await visit.page.route("**/api/v1/games/activity", none)
        await as_operator(site, visit)
        await expect(visit.page.locator("#nothing")).to_be_visible()


async def test_what_is_shown_can_be_shared_and_nothing_else_is_in_reach(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        await shown(visit)
        page = visit.page
        kept = await page.evaluate(
            "[location.href, document.cookie, JSON.stringify({...localStorage, ...sessionStorage})]"
        )
        assert kept == [page.url, "", "{}"]
        assert "game=tetris" in page.url
        await page.reload()
        await expect(page.get_by_label("Game", exact=True)).to_have_value("tetris")


async def test_a_game_with_signs_in_its_name_is_only_a_name(site: Site) -> None:
    async with site.visit() as visit:
        await as_operator(site, visit)
        await visit.page.get_by_label("Game", exact=True).fill("<img src=x>&é")
        await visit.page.get_by_role("button", name="Show").click()
        await expect(visit.page.locator("#problem")).to_contain_text("Nobody played <img src=x>&é")
