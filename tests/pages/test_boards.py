"""Who plays finds the boards of all games, and oneself on them."""

import pytest
from playwright.async_api import expect

from tests.http.fakes.log import NOW
from tests.pages.conftest import BEST, SIZES, Scheme, Site
from tests.pages.players import a_player

pytestmark = pytest.mark.asyncio(loop_scope="session")

ELSEWHERE = (
    *("Radia", "Grace", "Linus", "Margaret", "Edsger"),
    *("Barbara", "Donald", "Frances", "Ken", "Katherine"),
)
"""Who plays another game in them, the best first."""


async def points(site: Site, *scores: tuple[str, str, int]) -> None:
    """Report points in games that are played elsewhere: game, player and score."""
    events = [
        {
            "event_type": "player_score",
            "player_id": player,
            "game_id": game,
            "timestamp": NOW.isoformat(),
            "data": {"score": score},
        }
        for game, player, score in scores
    ]
    answer = await site.api.ask("POST", "/api/v1/events/batch", events, scope="service")
    assert answer.json()["accepted"] == len(events)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_whoever_plays_finds_the_boards_of_all_games_and_oneself_on_each(
    ranked: Site, size: str, scheme: Scheme
) -> None:
    async with a_player(ranked, "Ada", size, scheme) as ada:
        told = await ada.page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")
        others = [("asteroids", each, 12_400 - 950 * n) for n, each in enumerate(ELSEWHERE)]
        await points(ranked, *others, ("asteroids", told["user_id"], 1_250), ("tetris", "Ken", 1))
        await ada.page.reload()
        own, standing = ada.page.locator("#best [aria-current]"), ada.page.locator("#standing")
        await expect(ada.game.locator("option")).to_have_text(
            ["Four in a row", "asteroids", "tetris"]
        )
        await expect(standing).to_have_text("You are not on this board yet.")
        await expect(ada.page.locator("#periods")).to_be_hidden()

        await ada.game.select_option("asteroids")
        await expect(standing).to_have_text("You are number 11 of 11.")
        await expect(own).to_have_text("11. Ada you1,250 points")
        await expect(ada.page.locator("#best li")).to_have_count(9)
        await ada.visit.keep(f"play-boards-{size}-{scheme}")
        assert await ada.visit.barriers() == []
        assert await ada.visit.width() <= SIZES[size]["width"]

        await ada.game.select_option("tetris")
        await expect(ada.page.locator("#best li")).to_have_text(["1. Ken1 point"])
        await expect(standing).to_have_text("You are not on this board yet.")


async def test_a_board_is_chosen_by_keyboard_alone(ranked: Site) -> None:
    async with a_player(ranked, "Ada") as ada:
        await points(ranked, ("tetris", "Ken", 7))
        await ada.page.reload()
        best = ada.page.locator("#best li")
        await expect(ada.game).to_be_visible()
        await ada.game.focus()
        await ada.page.keyboard.press("ArrowDown")
        await expect(best).to_have_text(["1. Ken7 points"])
        await ada.page.keyboard.press("Tab")
        await expect(ada.page.get_by_label("all time")).to_be_focused()
        ranked.api.player_events.events.clear()
        await ada.page.keyboard.press("ArrowRight")
        await expect(ada.page.get_by_label("this week")).to_be_checked()
        await expect(ada.page.locator("#standing")).to_have_text("Nobody has scored yet.")
        await ada.game.focus()
        await ada.page.keyboard.press("Home")
        await expect(best).to_have_count(len(BEST))


async def test_where_nobody_plays_anything_else_there_is_nothing_to_choose(ranked: Site) -> None:
    async with a_player(ranked, "Ada") as ada:
        async with ada.page.expect_response("**/api/v1/leaderboards?*"):
            await ada.page.reload()
        await expect(ada.page.locator("#best li")).to_have_count(len(BEST))
        await expect(ada.game).to_be_hidden()


async def test_there_are_as_many_boards_to_choose_from_as_there_are_games(ranked: Site) -> None:
    async with a_player(ranked, "Ada") as ada:
        await points(ranked, *((f"game-{number:03}", "Ken", 1) for number in range(101)))
        await ada.page.reload()
        options = ada.game.locator("option")
        await expect(options).to_have_count(101)
        await ada.button("More games").click()
        await expect(options).to_have_count(102)
        await expect(ada.game).to_be_focused()
        await expect(ada.button("More games")).to_be_hidden()
