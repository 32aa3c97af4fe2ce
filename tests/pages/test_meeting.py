"""At `/rooms`, people open a room, come in, walk, see each other walk, and are sent out."""

from typing import Any

import msgspec
import pytest
from playwright.async_api import Locator, expect

from application.ports.commands import Envelope
from domain.lounges.commands import SettleTile
from tests.pages.conftest import SIZES, Scheme, Site, Visit
from tests.pages.test_friends import at_browser, somebody

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOMS = "/api/v1/rooms"
TERRACE = "xx000000\nxx000000\n00001111\n00001222\n00001233\n00001222"


async def does(site: Site, user: str, path: str, body: Any = None) -> Any:
    """Somebody does something about rooms elsewhere, a second after whatever was before."""
    site.api.log.pass_time(1)
    answer = await site.api.ask("POST", f"{ROOMS}{path}", body, user=user)
    assert answer.is_success, answer.text
    return answer.json()


async def a_room(site: Site, name: str = "Night owls", **facts: Any) -> str:
    return str((await does(site, "Olga~7654321", "", {"name": name, **facts}))["room_id"])


async def stands(site: Site, user: str, room: str, x: int, y: int) -> None:
    """Somebody has come in, and walked there."""
    since = (await does(site, user, f"/{room}/join"))["since"]
    step = {"room_id": room, "user_id": user, "since": since, "x": x, "y": y}
    command = msgspec.convert(step, SettleTile, strict=False)
    await site.api.log.execute(Envelope(command_id=f"{user}-stands", command=command))


def avatar(visit: Visit, name: str) -> Locator:
    return visit.page.locator(".avatar").filter(has_text=name)


async def is_at(visit: Visit, name: str, x: int, y: int) -> None:
    await expect(avatar(visit, name)).to_have_attribute("data-at", f"{x},{y}")


async def goes_to(visit: Visit, number: int) -> None:
    """Click a tile, by its number row by row."""
    await visit.page.locator(".tile").nth(number).dispatch_event("click")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_page_shows_a_room_and_who_stands_where(
    still: Site, size: str, scheme: Scheme
) -> None:
    room = await a_room(still, plan=TERRACE)
    for user, x, y in (("Grace~7654321", 6, 1), ("Ben~p4c8w1z", 6, 4), ("Margaret~a7d2k9q", 1, 4)):
        await stands(still, user, room, x, y)
    async with at_browser(still, "Ada~k3j9x2m", size, scheme, f"/rooms#{room}") as here:
        await is_at(here.visit, "Ada", 2, 0)
        await is_at(here.visit, "Ben", 6, 4)
        await expect(here.visit.page.get_by_role("heading", name="Night owls")).to_be_visible()
        assert await here.visit.width() <= SIZES[size]["width"], "nothing sticks out at the side"
        assert await here.visit.barriers() == []
        await here.visit.keep(f"rooms-inside-{size}-{scheme}")


async def test_two_meet_and_each_sees_the_other_walk(site: Site) -> None:
    ada, bob = somebody("Ada"), somebody("Bob")
    async with at_browser(site, ada, path="/rooms") as one, at_browser(site, bob) as other:
        await one.visit.page.get_by_label("What it is called").fill("Ada's")
        await one.button("Open it").click()
        await is_at(one.visit, "Ada", 0, 0)
        site.api.log.pass_time(1)
        await other.visit.go("/rooms")
        await other.button("Come in: Ada's").first.click()
        await is_at(other.visit, "Ada", 0, 0)
        await one.is_told("Bob has come in.")
        await goes_to(one.visit, 12)
        await is_at(other.visit, "Ada", 2, 1)
        await is_at(one.visit, "Ada", 2, 1)
        await other.visit.page.locator(".stage").focus()
        await other.visit.page.keyboard.press("ArrowDown")
        await is_at(one.visit, "Bob", 0, 1)
        await one.button("Leave the room").click()
        await other.is_told("Ada has gone.")
        await expect(avatar(other.visit, "Ada")).to_have_count(0)


async def test_who_is_sent_out_is_told_why_and_sees_the_rooms_again(site: Site) -> None:
    room, bob = await a_room(site), somebody("Bob")
    async with at_browser(site, bob, path=f"/rooms#{room}") as here:
        await is_at(here.visit, "Bob", 0, 0)
        await does(site, "Olga~7654321", f"/{room}/members/{bob}/kick")
        await here.is_told("You are out: kicked.")
        await expect(here.visit.page.get_by_role("heading", name="Open a room")).to_be_visible()
        await here.button("Come in: Night owls").first.click()
        told = here.visit.page.get_by_role("alert").filter(has_text="You may not come in until")
        await expect(told).to_be_visible()
        here.visit.complaints = [each for each in here.visit.complaints if "403" not in each]


async def test_there_is_no_way_over_no_floor_and_that_is_said(site: Site) -> None:
    room = await a_room(site, plan="0x0")
    async with at_browser(site, somebody("Ada"), path=f"/rooms#{room}") as here:
        await is_at(here.visit, "Ada", 0, 0)
        await goes_to(here.visit, 1)
        await here.is_told("There is no way to that tile.")
