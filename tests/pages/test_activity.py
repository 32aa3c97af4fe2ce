"""The page of a game's activity does its work."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.pages.conftest import SIZES, Scheme, Site, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def with_token(visit: Visit, token: str) -> None:
    """Go to the page and type a token, as one does before anything else."""
    await visit.go("/activity")
    await visit.page.get_by_label("Token").fill(token)
    await visit.page.get_by_label("Token").blur()


async def shown(visit: Visit, game: str = "tetris") -> None:
    """Have a game shown that was offered."""
    await visit.page.get_by_role("button", name=game).click()
    await expect(visit.page.locator("#answer")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_the_figures_of_a_game_that_it_offers(
    site: Site, size: str, scheme: Scheme
) -> None:
    async with site.visit(size, scheme) as visit:
        await with_token(visit, site.token())
        games = visit.page.locator("#choices button")
        await expect(games).to_have_count(2)
        await expect(games.first).to_contain_text("tetris")  # which was played last
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
        await with_token(visit, site.token())
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
        await with_token(visit, site.token())
        last = f"{datetime.fromtimestamp(datetime.now(UTC).timestamp() - 2 * 86_400, UTC):%Y-%m-%d}"
        await visit.page.get_by_label("Until").fill(last)
        await shown(visit)
        assert f"on {last}" in (await visit.page.locator("#tiles").inner_text())
        assert "so far" not in (await visit.page.locator("#tiles").inner_text())
        await expect(visit.page.locator("#players time")).to_have_text(last)


async def test_arrows_tell_other_days(site: Site) -> None:
    async with site.visit() as visit:
        await with_token(visit, site.token())
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
        await with_token(visit, site.token())
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
        await visit.go("/activity")
        page = visit.page
        show = page.get_by_role("button", name="Show")
        await show.click()
        await expect(page.get_by_label("Token")).to_be_focused()
        await expect(page.locator("#token-wrong")).to_contain_text("Give a token")
        await expect(page.locator("#game-wrong")).to_have_text(
            "Say which game, or choose one below."
        )
        await visit.keep("activity-wrong-desktop-light")

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


@pytest.mark.parametrize("scope", ["player", None])
async def test_a_token_that_does_not_open_it_is_told_at_its_field(site: Site, scope: Any) -> None:
    async with site.visit() as visit:
        await with_token(visit, site.token(scope) if scope else "nonsense")
        wrong = visit.page.locator("#token-wrong")
        await expect(wrong).to_contain_text("service or admin" if scope else "token")
        assert (await wrong.inner_text()).endswith(".")
        await expect(visit.page.locator("#choices")).to_be_hidden()
        assert all(re.search("40[13]", each) for each in visit.complaints)
        visit.complaints = []


async def test_a_hall_that_does_not_answer_is_told(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/activity")

        async def gone(route: Route) -> None:
            await route.abort()

        await visit.page.route("**/api/**", gone)
        await visit.page.get_by_label("Token").fill(site.token())
        await visit.page.get_by_label("Token").blur()
        await expect(visit.page.locator("#problem")).to_contain_text("does not answer")
        visit.complaints = []


async def test_a_hall_in_which_nobody_played_says_so(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/activity")

        async def none(route: Route) -> None:
            await route.fulfill(json={"games": []})

        await visit.page.route("**/api/v1/games/activity", none)
        await visit.page.get_by_label("Token").fill(site.token())
        await visit.page.get_by_label("Token").blur()
        await expect(visit.page.locator("#nothing")).to_be_visible()


async def test_a_token_is_kept_nowhere(site: Site) -> None:
    token = site.token()
    async with site.visit() as visit:
        await with_token(visit, token)
        await shown(visit)
        page = visit.page
        kept = await page.evaluate(
            "[location.href, document.cookie, JSON.stringify({...localStorage, ...sessionStorage})]"
        )
        assert "game=tetris" in kept[0], "what is shown can be shared"
        assert token not in "".join(kept)
        await page.reload()
        assert await page.get_by_label("Token").input_value() == ""
        assert await page.get_by_label("Game", exact=True).input_value() == "tetris"


async def test_a_game_with_signs_in_its_name_is_only_a_name(site: Site) -> None:
    async with site.visit() as visit:
        await with_token(visit, site.token())
        await visit.page.get_by_label("Game", exact=True).fill("<img src=x>&é")
        await visit.page.get_by_role("button", name="Show").click()
        await expect(visit.page.locator("#problem")).to_contain_text("Nobody played <img src=x>&é")
