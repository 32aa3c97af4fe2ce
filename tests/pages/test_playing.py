"""The page to play on does its work: whole games in real browsers, over real sockets."""

import re
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from domain.events import Recorded
from tests.chaos.network import Network
from tests.conftest import free_port
from tests.pages.conftest import SIZES, Scheme, Site
from tests.pages.players import YOUR_TURN, Player, a_game, a_player
from tests.people import a_name

pytestmark = pytest.mark.asyncio(loop_scope="session")


def moves(site: Site) -> list[Recorded]:
    """All moves that were ever made."""
    return [r for r in site.api.log.events["game-log"] if type(r.event).__name__ == "MovePlayed"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_two_people_play_a_whole_game(ranked: Site, size: str, scheme: Scheme) -> None:
    async with a_game(ranked, size, scheme) as (first, second):
        for column in (3, 2, 4):
            await first.drop(column)
            await second.drop(column)
        await expect(first.status).to_have_text(YOUR_TURN)
        await first.visit.keep(f"play-move-{size}-{scheme}")
        assert await first.visit.barriers() == []
        await first.drop(5)

        await expect(first.status).to_have_text("You win! You have four in a row.")
        await expect(second.status).to_contain_text("You lose.")
        await expect(second.page.locator(".won")).to_have_count(4)
        await second.visit.keep(f"play-lost-{size}-{scheme}")
        assert await second.visit.barriers() == []
        assert await second.visit.width() <= SIZES[size]["width"]
        await expect(second.button("Play again")).to_be_visible()


async def test_a_whole_game_is_played_by_keyboard_alone(site: Site) -> None:
    async with a_game(site) as (first, second):
        await expect(first.status).to_have_text(YOUR_TURN)
        await first.page.locator(".column").nth(3).focus()
        await first.page.keyboard.press("ArrowRight")
        await expect(first.page.locator(".column").nth(4)).to_be_focused()
        await first.page.keyboard.press("Enter")
        await second.page.locator(".column").nth(3).focus()
        await expect(second.status).to_have_text(YOUR_TURN)
        await second.page.keyboard.press("5")
        await expect(first.status).to_have_text(YOUR_TURN)

        told = await first.page.locator(".column").nth(4).get_attribute("aria-label")
        other = await second.page.locator("#bottom .name").inner_text()
        assert told == f"Column 5: from the bottom yours, {other.split()[0]}"
        await expect(first.page.locator("#said")).to_have_text(f"{other.split()[0]}: column 5.")
        assert await first.page.locator(".column[tabindex='0']").count() == 1


async def test_whoever_loses_the_network_comes_back_to_the_game(site: Site) -> None:
    wire = free_port(1)
    network = Network({wire: int(site.base.rpartition(":")[2])})
    with network.up():
        far = Site(site.api, site.browser, f"http://127.0.0.1:{wire}")
        async with AsyncExitStack() as held:
            ada = await held.enter_async_context(a_player(far, "Ada"))
            ben = await held.enter_async_context(a_player(site, "Ben"))
            for each in (ada, ben):
                await each.button("Find an opponent").click()
            await expect(ada.status).to_have_text(re.compile("turn|to move"))
            before = len(moves(site))
            if await ada.status.text_content() != YOUR_TURN:
                await ben.drop(0)
            await ada.drop(2)
            network.reset()
            await expect(ada.status).to_contain_text("The connection is gone")
            await ben.drop(3)
            network.heal()
            await expect(ada.status).to_have_text(YOUR_TURN, timeout=15_000)
            await ada.drop(3)
            await ben.drop(4)
            await expect(ada.status).to_have_text(YOUR_TURN)
            assert await ada.discs() == await ben.discs() == len(moves(site)) - before
            ada.visit.complaints = [e for e in ada.visit.complaints if "ERR_CONN" not in e]


async def test_a_move_that_nobody_answered_is_made_once(site: Site) -> None:
    wire = free_port(1)
    network = Network({wire: int(site.base.rpartition(":")[2])})
    with network.up():
        far = Site(site.api, site.browser, f"http://127.0.0.1:{wire}")
        async with a_player(far, "Ada") as ada, a_player(site, "Ben") as ben:
            for each in (ada, ben):
                await each.button("Find an opponent").click()
            await expect(ada.status).to_have_text(re.compile("turn|to move"))
            before = len(moves(site))
            if await ada.status.text_content() != YOUR_TURN:
                await ben.drop(0)
            await expect(ada.status).to_have_text(YOUR_TURN)
            network.fall_silent()
            await ada.page.locator(".column").nth(3).click()  # on its way, and no answer comes
            await expect(ada.status).not_to_have_text(YOUR_TURN)
            network.reset()
            network.heal()
            await expect(ada.status).to_have_text("Ben is to move.", timeout=15_000)
            await ben.drop(3)
            await expect(ada.status).to_have_text(YOUR_TURN)
            assert await ada.discs() == await ben.discs() == len(moves(site)) - before
            ada.visit.complaints = [e for e in ada.visit.complaints if "ERR_CONN" not in e]


async def test_a_page_that_is_opened_anew_shows_the_game(site: Site) -> None:
    async with a_game(site) as (first, second):
        await first.drop(3)
        await expect(second.status).to_have_text(YOUR_TURN)
        await second.page.reload()
        await expect(second.status).to_have_text(YOUR_TURN)
        assert await second.discs() == 1
        await expect(second.page.locator("#bottom .clock")).to_have_text("1:00")
        await expect(second.page.locator(".disc.last")).to_have_count(1)
        await second.drop(3)
        await expect(first.status).to_have_text(YOUR_TURN)


async def test_who_leaves_before_both_have_moved_costs_nobody_a_game(site: Site) -> None:
    async with a_game(site) as (first, second):
        await first.button("Leave").click()
        for each in (first, second):
            await expect(each.status).to_contain_text("Nobody wins")


async def test_who_resigns_is_asked_once_more(site: Site) -> None:
    async with a_game(site) as (first, second):
        await first.drop(3)
        await second.drop(3)
        await expect(first.status).to_have_text(YOUR_TURN)
        await first.button("Resign").click()
        await expect(first.status).to_contain_text("wins then")
        await first.button("Play on").click()
        await expect(first.status).to_have_text(YOUR_TURN)
        await first.button("Resign").click()
        await first.button("Yes, give up").click()
        await expect(first.status).to_have_text("You lose. You have given up.")
        await expect(second.status).to_contain_text("You win!")


async def test_where_nobody_comes_the_bot_of_the_chosen_level_does(site: Site) -> None:
    async with a_player(site, "Ada") as ada:
        await ada.page.get_by_label("hard").check()
        await ada.button("Find an opponent").click()
        await expect(ada.status).to_contain_text("in 10 s the bot comes")
        site.api.log.pass_time(10)
        await expect(ada.page.locator("#top .name")).to_have_text("bot-hard")
        for discs in (2, 4, 6):  # the bot moves at once
            await ada.page.locator(".column").nth(3).click()
            await expect(ada.page.locator("#board .disc")).to_have_count(discs)
        await expect(ada.status).to_have_text(YOUR_TURN)


async def test_who_looks_for_nobody_any_more_may_look_again(site: Site) -> None:
    async with a_player(site, "Ada") as ada:
        await ada.button("Find an opponent").click()
        await ada.button("Stop looking").click()
        await expect(ada.button("Find an opponent")).to_be_visible()
        await ada.button("Find an opponent").click()
        await expect(ada.status).to_contain_text("Looking for an opponent")
        await ada.button("Stop looking").click()
        await expect(ada.button("Find an opponent")).to_be_visible()


async def test_after_a_game_there_is_another(site: Site) -> None:
    async with a_game(site) as (first, second):
        await first.button("Leave").click()
        for each in (first, second):
            await each.button("Play again").click()
        await expect(first.status).to_have_text(re.compile("turn|to move"))


async def a_finished_game(first: Player, second: Player) -> None:
    """The first wins in the lowest row, after a mistake of the second."""
    for column in (3, 2, 4):
        await first.drop(column)
        await second.drop(column)
    await first.drop(5)
    await expect(first.status).to_contain_text("You win!")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_game_that_is_over_is_stepped_through_with_the_bot_s_judgement(
    ranked: Site, size: str, scheme: Scheme
) -> None:
    async with a_game(ranked, size, scheme) as (first, second):
        await a_finished_game(first, second)
        page, told = first.page, first.page.locator("#told")
        await expect(told).to_contain_text("Move 7:")
        await first.button("One move back").click()
        await expect(first.page.locator("#board .disc")).to_have_count(6)
        await expect(told).to_contain_text("goes on with column 6, as good as any: it wins at once")
        await expect(page.locator("#judgement .best")).to_have_text("win 1")
        await first.visit.keep(f"play-review-{size}-{scheme}")
        assert await first.visit.barriers() == []
        assert await first.visit.width() <= SIZES[size]["width"]

        await page.get_by_label("Moves made").focus()
        await page.keyboard.press("Home")
        await expect(first.page.locator("#board .disc")).to_have_count(0)
        await expect(told).to_contain_text("The empty board.")
        await expect(first.button("One move back")).to_be_disabled()
        await expect(told).to_contain_text("column 4, as good as any")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await expect(first.page.locator("#board .disc")).to_have_count(3)


async def test_one_s_games_and_those_that_go_on_are_there_to_look_at(site: Site) -> None:
    async with a_game(site) as (first, second):
        await a_finished_game(first, second)
        await second.page.locator("#mine a").first.click()
        await expect(second.page.locator("#status")).to_contain_text("You lose.")
        await expect(second.page.locator("#told")).to_contain_text("Move 7:")
        await expect(second.page.locator("#mine a").first).to_contain_text("lost")
        await expect(second.page.locator("#best li").first).to_contain_text("points")
        await expect(second.page.get_by_role("link", name="Play yourself")).to_be_visible()


async def test_a_game_of_others_is_watched_as_it_goes_on(site: Site) -> None:
    async with a_game(site) as (first, second), a_player(site, "Eve") as eve:
        await first.drop(3)
        await expect(second.status).to_have_text(YOUR_TURN)
        game = site.api.log.events["game-log"][-1].event.originator_id
        await eve.visit.go(f"/play?game={game}")
        name = await second.page.locator("#bottom .name").inner_text()
        await expect(eve.status).to_have_text(f"{name.split()[0]} is to move.")
        await expect(eve.page.locator(".clock.runs")).to_have_count(1)
        assert await eve.discs() == 1
        await expect(eve.button("Resign")).to_be_hidden()
        await second.drop(2)
        await expect(eve.page.locator("#board .disc")).to_have_count(2)
        await first.button("Resign").click()
        await first.button("Yes, give up").click()
        await expect(eve.status).to_contain_text("gave up")
        await expect(eve.page.locator("#told")).to_contain_text("Move 2:")


async def test_a_game_that_there_is_not_is_told(site: Site) -> None:
    async with a_player(site, "Eve") as eve:
        await eve.visit.go("/play?game=none")
        await expect(eve.page.locator("#problem")).to_contain_text("There is no game 'none'.")
        eve.visit.complaints = [each for each in eve.visit.complaints if "404" not in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_who_challenges_a_friend_has_a_link_to_send(
    ranked: Site, size: str, scheme: Scheme
) -> None:
    async with a_player(ranked, "Ada", size, scheme) as ada:
        await ada.button("Challenge a friend").click()
        link = ada.page.get_by_label("Send this to a friend")
        await expect(link).to_have_value(re.compile(f"^{ranked.base}/play#challenge="))
        # Its port may be another one the next time.
        await link.evaluate(
            "each => each.value = each.value.replace(location.host, 'hall.example')"
        )
        await ada.visit.keep(f"play-challenge-{size}-{scheme}")
        assert await ada.visit.barriers() == []


async def test_a_friend_is_challenged_by_a_link(site: Site) -> None:
    async with a_player(site, "Ada") as ada, site.visit() as visit:
        await ada.button("Challenge a friend").click()
        await expect(ada.page.get_by_label("Send this to a friend")).to_be_visible()
        link = await ada.page.get_by_label("Send this to a friend").input_value()
        ben = Player(visit)
        await ben.page.goto(link)
        await ben.page.get_by_label("A name for others to see").fill("Ben")
        await ben.button("Come in").click()
        await expect(ben.status).to_have_text("Ada challenges you.")
        await ben.button("Accept the challenge").click()
        for each in (ada, ben):
            await expect(each.status).to_have_text(re.compile("turn|to move"))
        assert "challenge" not in ben.page.url
        begins = ada if await ada.status.text_content() == YOUR_TURN else ben
        await begins.drop(3)


async def test_two_play_again_once_both_want_it(site: Site) -> None:
    async with a_game(site) as (first, second):
        await first.drop(3)
        await second.button("Leave").click()
        await second.button("One move back").click()
        await first.button("Rematch").click()
        await expect(first.button("Rematch offered…")).to_be_disabled()
        offered = second.page.get_by_role("button", name=re.compile("offers a rematch"))
        await expect(offered).to_be_visible()
        assert await second.discs() == 0, "who looks back is not disturbed"
        await offered.click()
        for each in (first, second):
            await expect(each.status).to_have_text(re.compile("turn|to move"))
            await expect(each.button("Rematch")).to_be_hidden()


def end(site: Site, sign_ins: list[bytes]) -> None:
    """What another process has done, and told."""
    site.api.sign_ins.ended.update(sign_ins)
    site.api.services.cookies.forget(sign_ins)


async def test_who_is_signed_out_elsewhere_is_asked_to_come_in(site: Site) -> None:
    async with a_player(site, "Ada") as ada:
        await site.bell()
        end(site, list(site.api.sign_ins.rows))
        await expect(ada.button("Come in")).to_be_visible()


async def test_who_signs_in_anew_in_another_tab_plays_on(site: Site) -> None:
    async with site.visit() as visit:
        user = a_name("ada")
        await site.sign_in(visit, user, "Ada", "player", "mail")
        await visit.go("/play")
        ada = Player(visit)
        await expect(ada.button("Find an opponent")).to_be_visible()
        await visit.page.evaluate("window.same = true")
        former = list(site.api.sign_ins.rows)
        await site.sign_in(visit, user, "Ada", "player", "mail")
        end(site, former)
        await ada.button("Find an opponent").click()
        await expect(ada.status).to_contain_text("Looking for an opponent")
        await ada.button("Stop looking").click()
        assert await visit.page.evaluate("window.same")
