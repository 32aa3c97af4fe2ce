"""Who runs a sale opens rooms at the console, watches one, and gives it orders."""

from datetime import timedelta
from itertools import count, islice

import pytest
from playwright.async_api import Locator, Page, expect

from domain.waitroom import Waitroom
from domain.waitroom.commands import RoomView
from domain.waitroom.events import SessionAdmitted
from tests.http.fakes.log import NOW
from tests.pages.conftest import SIZES, Scheme, Site, Visit
from tests.people import a_name

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sign_in(site: Site, visit: Visit) -> None:
    """As by a link of `gamehall console`."""
    await site.sign_in(visit, "olga", "olga", "admin", "link")


async def a_room(site: Site) -> str:
    room = a_name("autumn-sale")
    await site.api.open(room, capacity=2)
    for number in range(6):
        await site.api.join(f"{room}-user-{number}", room)
    return room


def view(site: Site, room: str) -> RoomView:
    rooms = [each for each in site.api.log.aggregates.values() if isinstance(each, Waitroom)]
    (found,) = [each.view for each in rooms if each.id == room]
    assert found is not None
    return found


def tile(page: Page, name: str) -> Locator:
    return page.locator("#tiles div", has=page.locator("dt", has_text=name)).locator("dd")


async def test_an_operator_opens_a_room(site: Site) -> None:
    room = a_name("new-sale")
    async with site.visit() as visit:
        await sign_in(site, visit)
        await visit.go("/console")
        await visit.page.get_by_label("Name, for the address of its page").fill(room)
        await visit.page.get_by_label("In checkout at a time").first.fill("25")
        await visit.page.get_by_role("button", name="Open", exact=True).click()
        await expect(visit.page.locator("h1")).to_have_text(room)
        await expect(tile(visit.page, "In checkout")).to_have_text("0 of 25")
    assert view(site, room).capacity == 25


async def test_an_operator_pauses_raises_the_capacity_and_closes(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        await sign_in(site, visit)
        await visit.go("/console")
        await visit.page.get_by_role("link", name=room).click()
        page, state = visit.page, tile(visit.page, "State")
        await expect(state).to_have_text("open")
        await page.get_by_role("button", name="Pause admission").click()
        await expect(state).to_have_text("paused")
        assert view(site, room).paused
        await page.get_by_label("In checkout at a time").last.fill("4")
        await page.get_by_role("button", name="Change").click()
        await expect(tile(page, "In checkout")).to_have_text("2 of 4")
        await page.get_by_role("button", name="Resume admission").click()
        await expect(tile(page, "In checkout")).to_have_text("4 of 4")
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Close, dismiss who waits").click()
        await expect(state).to_have_text("closed")
        await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    assert (view(site, room).status, view(site, room).waiting) == ("closed", 0)
    assert {event.by for event in site.api.log.of(room) if hasattr(event, "by")} == {"olga"}


async def test_an_operator_lets_somebody_in_and_takes_somebody_out(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        await sign_in(site, visit)
        await visit.go(f"/console?room={room}")
        page = visit.page
        await page.get_by_role("button", name=f"Let in: {room}-user-5").click()
        await expect(page.locator("#done")).to_have_text(f"Let in: {room}-user-5.")
        await expect(tile(page, "In checkout")).to_have_text("3 of 2")
        await page.get_by_role("button", name=f"Remove: {room}-user-4").click()
        await expect(tile(page, "Waiting")).to_have_text("2")
        await page.get_by_label("Or a user").fill(f"{room}-user-0")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("button", name=f"2 minutes more: {room}-user-0").click()
        await expect(page.locator("#done")).to_contain_text("2 minutes more")


async def test_what_is_refused_is_told(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        await sign_in(site, visit)
        await visit.go("/console")
        await visit.page.get_by_label("Name, for the address of its page").fill(room)
        await visit.page.get_by_role("button", name="Open", exact=True).click()
        await expect(visit.page.get_by_role("alert")).to_contain_text("This room is there for 2")
        visit.complaints = [each for each in visit.complaints if "409" not in each]


async def test_nobody_else_runs_a_room(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/console")
        await expect(visit.page.get_by_role("link", name="Sign in")).to_be_visible()
        assert await visit.page.locator("#rooms").is_hidden()


ARRIVALS = (
    8,
    11,
    8,
    6,
    7,
    5,
    6,
    4,
    5,
    5,
    4,
    3,
    5,
    4,
    4,
    3,
    5,
    4,
    3,
    4,
    2,
    3,
    4,
    3,
    2,
    4,
    3,
    3,
    2,
    2,
)
NAMES = ("ada", "ben", "cem", "dana", "eli", "finn", "gita", "hugo")


async def a_sale(site: Site) -> str:
    """A room in which people have come and bought for half an hour."""
    room, log = "autumn-sale", site.api.log
    log.now = NOW - timedelta(minutes=len(ARRIVALS) - 1)
    await site.api.open(room, capacity=4)
    numbers = count(1)
    for minute, many in enumerate(ARRIVALS):
        for number in islice(numbers, many):
            await site.api.join(f"{NAMES[number % len(NAMES)]}-{number}", room)
        admitted = [each for each in log.of(room) if isinstance(each, SessionAdmitted)]
        too_slow = minute % 5 == 1
        for each in admitted[too_slow - 4 :]:
            path = f"/api/v1/waitroom/sessions/{each.session_id}/completed?event_id={room}"
            await site.api.ask("POST", path, user="shop", scope="service")
        log.pass_time(60 if log.now < NOW else 0)
    return room


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_console_fits_and_bars_nobody(still: Site, size: str, scheme: Scheme) -> None:
    room = await a_sale(still)
    orders = {"early-birds": ("close", {"waiting": "serve"}), "lantern-tickets": ("pause", {})}
    for other, (order, body) in orders.items():
        await still.api.open(other, capacity=20)
        await still.api.join("ada", other)
        path = f"/api/v1/waitroom/{other}/{order}"
        given = await still.api.ask("POST", path, body, user="olga", scope="admin")
        assert given.status_code == 200, given.text
    async with still.visit(size, scheme) as visit:
        await sign_in(still, visit)
        await visit.go("/console")
        await expect(visit.page.get_by_role("link", name=room)).to_be_visible()
        await visit.keep(f"console-rooms-{size}-{scheme}")
        assert await visit.barriers() == []
        assert await visit.width() <= SIZES[size]["width"]
        await visit.go(f"/console?room={room}")
        waiting = view(still, room).waiting
        await expect(tile(visit.page, "Waiting")).to_have_text(f"{waiting}")
        await expect(visit.page.locator("#sessions tr")).to_have_count(waiting)
        await visit.keep(f"console-room-{size}-{scheme}")
        assert await visit.barriers() == []
        assert await visit.width() <= SIZES[size]["width"]
