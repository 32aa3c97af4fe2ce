"""A visitor in a real browser waits, is let in at once, and goes to the shop with a pass."""

import re
from collections.abc import Iterator
from unittest.mock import Mock, patch
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from domain.waitroom.events import SessionAdmitted
from interfaces.http.waitroom import visitor_page
from tests.pages.conftest import SIZES, Scheme, Site, Visit
from tests.people import a_name

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = "It is your turn."


@pytest.fixture(autouse=True)
def _the_hall_has_the_time_of_its_log(site: Site) -> Iterator[None]:
    with patch.object(visitor_page, "datetime", Mock(now=lambda _: site.api.log.now)):
        yield


async def a_room(site: Site, **description: object) -> str:
    """A room for one, in which somebody checks out."""
    room = a_name("sale")
    await site.api.open(room, capacity=1)
    await site.api.join("first", room)
    described = {
        "title": "Lanterns at the Lake",
        "texts": {"de": {"title": "Lichter am See"}},
        "colours": {"light": "#7a2e8e", "dark": "#e7a6ff"},
        "return_origins": [site.base],
    }
    path = f"/api/v1/waitroom/{room}/describe"
    told = await site.api.ask("POST", path, described | description, user="op", scope="admin")
    assert told.status_code == 200, told.text
    return room


def admitted(site: Site, room: str) -> str:
    """The session that was let in last."""
    admissions = [e for e in site.api.log.of(room) if e.wire_name() == SessionAdmitted.wire_name()]
    return str(admissions[-1].session_id)  # type: ignore[attr-defined]


async def next_please(site: Site, room: str) -> None:
    """Whoever checks out leaves, and the next is let in."""
    body = {"event_id": room, "session_id": admitted(site, room)}
    left = await site.api.ask("POST", "/api/v1/waitroom/leave", body, user="shop", scope="service")
    assert left.status_code == 200, left.text


async def join(visit: Visit, room: str, query: str = "") -> None:
    await visit.go(f"/queue/{room}{query}")
    await visit.page.get_by_role("button", name="Join the line").click()
    await expect(visit.page.locator("h1")).to_have_text("Your place in line")


async def test_a_visitor_is_let_in_at_once_and_redeems_a_pass_at_the_shop(site: Site) -> None:
    room = await a_room(site)
    async with site.visit("phone") as visit:
        shop = f"{site.base}/sign-in?item=7"
        await join(visit, room, f"?return={site.base}/sign-in%3Fitem%3D7")
        await expect(visit.page.locator("#place")).to_have_text("1")
        await next_please(site, room)
        await expect(visit.page.locator("h1")).to_have_text(TURN)
        await expect(visit.page.locator("#turn")).to_be_focused()
        await expect(visit.page.locator("#left")).to_have_text(re.compile(r"0:[0-5]\d"))
        await visit.page.get_by_role("link", name="Go to the shop").click()
        await visit.page.wait_for_url(f"{shop}&pass=*")
        (signed,) = parse_qs(urlsplit(visit.page.url).query)["pass"]
    redeemed = await site.api.ask(
        "POST", "/api/v1/waitroom/passes/redeem", {"pass": signed}, user="shop", scope="service"
    )
    assert (redeemed.status_code, redeemed.json()["event_id"]) == (200, room)


async def test_a_place_moves_up_without_loading_the_page(site: Site) -> None:
    room = await a_room(site)
    await site.api.join("second", room)
    async with site.visit() as visit:
        await join(visit, room)
        await expect(visit.page.locator("#place")).to_have_text("2")
        await visit.page.evaluate("window.same = true")
        await next_please(site, room)
        await expect(visit.page.locator("#place")).to_have_text("1")
        await expect(visit.page.locator("#ahead")).to_have_text("You are next.")
        assert await visit.page.evaluate("window.same")


async def test_a_checkout_that_is_extended_counts_down_from_there(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        await join(visit, room)
        await next_please(site, room)
        await expect(visit.page.locator("h1")).to_have_text(TURN)
        session = admitted(site, room)
        path = f"/api/v1/waitroom/sessions/{session}/extend?event_id={room}"
        told = await site.api.ask("POST", path, {"seconds": 600}, user="op", scope="admin")
        assert told.status_code == 200, told.text
        await expect(visit.page.locator("#left")).to_have_text(re.compile(r"1[01]:\d\d"))


async def test_a_visitor_without_scripts_gets_as_far(site: Site) -> None:
    room = await a_room(site)
    async with site.visit(java_script_enabled=False) as visit:
        await join(visit, room)
        await next_please(site, room)
        await visit.page.reload()  # as the page has the browser do by itself
        await expect(visit.page.locator("h1")).to_have_text(TURN)
        await visit.page.get_by_role("button", name="Give up my turn").click()
        await expect(visit.page.locator("h1")).to_have_text("You have left the line.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_state_of_the_page_fits(site: Site, size: str, scheme: Scheme) -> None:
    room = await a_room(site)
    for number in range(11):
        await site.api.join(f"somebody-{number}", room)
    async with site.visit(size, scheme) as visit:

        async def kept(state: str) -> None:
            await visit.keep(f"queue-{state}-{size}-{scheme}")
            assert await visit.barriers() == []
            assert await visit.width() <= SIZES[size]["width"]

        await visit.go(f"/queue/{room}")
        await kept("outside")
        await join(visit, room)
        await kept("waiting")
        for _ in range(12):
            await next_please(site, room)
        await expect(visit.page.locator("h1")).to_have_text(TURN)
        await kept("ready")
        await next_please(site, room)
        await expect(visit.page.locator("h1")).to_have_text("You have left the line.")
        await kept("over")


async def test_the_page_speaks_the_language_of_its_reader(site: Site) -> None:
    room = await a_room(site)
    async with site.visit(locale="de-DE") as visit:
        await visit.go(f"/queue/{room}")
        assert await visit.page.title() == "Lichter am See"
        await visit.page.get_by_role("button", name="Anstellen").click()
        await expect(visit.page.locator("h1")).to_have_text("Dein Platz in der Schlange")


async def test_all_that_the_page_loads_is_less_than_fifty_kilobytes(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        sizes: list[int] = []

        async def weigh(answer: object) -> None:
            sizes.append(len(await answer.body()))  # type: ignore[attr-defined]

        visit.page.on("response", weigh)
        await visit.go(f"/queue/{room}")
        await visit.page.wait_for_load_state("networkidle")
    assert len(sizes) >= 6
    assert sum(sizes) < 50_000


async def test_a_room_is_found_by_its_name(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        await visit.go("/queue")
        await visit.page.get_by_label("The name of a room").fill(room)
        await visit.page.get_by_role("button", name="Go there").click()
        await visit.page.wait_for_url(f"**/queue/{room}")


async def test_who_is_signed_out_elsewhere_is_led_back_to_the_place(site: Site) -> None:
    room = await a_room(site)
    async with site.visit() as visit:
        user = a_name("ada")
        await site.sign_in(visit, user, "Ada", "player", "mail")
        await join(visit, room)
        await expect(visit.page.locator("#place")).to_have_text("1")
        await site.api.services.cookies.end_of(user, "player")
        again = visit.page.get_by_role("link", name="Sign in")
        await expect(again).to_have_attribute("href", f"/sign-in?return=%2Fqueue%2F{room}")
        assert await visit.barriers() == []
        # The page may ask something in the moment before it hears of it.
        visit.complaints[:] = [each for each in visit.complaints if "403" not in each]
