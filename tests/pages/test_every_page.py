"""Every page, on a phone and a desktop, by day and by night: whole, quiet and of our own."""

import pytest
from playwright.async_api import Response

from interfaces.http.app import PAGES
from tests.pages.conftest import SIZES, Scheme, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESSES = {"index": "/", "nowhere": "/no-such-page"} | {p.path[1:]: p.path for p in PAGES}
WHAT_CAN_BE_REACHED = "a[href], button:not(:disabled), input, select, [tabindex='0']"
WHERE = "element => [...document.querySelectorAll('*')].indexOf(element)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ADDRESSES)
async def test_a_page_fits_asks_nobody_else_and_keeps_nobody_from_using_it(
    site: Site, name: str, size: str, scheme: Scheme
) -> None:
    async with site.visit(size, scheme) as visit:
        status = await visit.go(ADDRESSES[name])
        await visit.page.wait_for_selector("h1, .swagger-ui .opblock")
        # Swagger's is forty screens long, and takes three seconds to draw.
        await visit.keep(f"{name}-{size}-{scheme}", whole=name != "docs")

        assert status == (404 if name == "nowhere" else 200)
        assert await visit.width() <= SIZES[size]["width"], "nothing sticks out at the side"
        assert await visit.page.title()
        if name != "docs":  # Swagger's own
            assert await visit.barriers() == []
        visit.complaints = [each for each in visit.complaints if "404" not in each]


@pytest.mark.parametrize("name", ["index", "activity", "nowhere", "sign-in"])
async def test_all_of_a_page_is_reached_by_keyboard_and_seen_to_be(site: Site, name: str) -> None:
    async with site.visit() as visit:
        await visit.go(ADDRESSES[name])
        page = visit.page
        await page.wait_for_load_state("networkidle")  # its script draws what it asked for
        wanted = page.locator(WHAT_CAN_BE_REACHED).locator("visible=true")
        reached = set()
        for _ in range(3 * await wanted.count() + 9):  # a day has three parts
            await page.keyboard.press("Tab")
            where = await page.evaluate(f"({WHERE})(document.activeElement)")
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            if await page.evaluate("document.activeElement !== document.body"):
                reached.add(where)
                assert outline != "none", await page.evaluate("document.activeElement.outerHTML")
        assert reached == {await each.evaluate(WHERE) for each in await wanted.all()}
        visit.complaints = [each for each in visit.complaints if "404" not in each]


@pytest.mark.parametrize("name", ADDRESSES)
async def test_a_page_has_a_language_a_main_part_and_names_for_what_can_be_used(
    site: Site, name: str
) -> None:
    async with site.visit() as visit:
        await visit.go(ADDRESSES[name])
        page = visit.page
        assert await page.locator("html[lang=en]").count() == 1
        assert await page.locator("main").count() == 1
        assert await page.get_by_role("banner").count() == 1
        if name != "docs":  # Swagger's own
            assert await page.locator("h1").count() == 1
            used = page.locator("a, button, input, select").locator("visible=true")
            for each in await used.all():
                named = "e => e.labels?.length || e.ariaLabel || e.textContent.trim()"
                assert await each.evaluate(named)
        visit.complaints = [each for each in visit.complaints if "404" not in each]


MOST_BYTES = 100_000


@pytest.mark.parametrize("name", [name for name in ADDRESSES if name != "docs"])  # Swagger's own
async def test_a_page_is_small(site: Site, name: str) -> None:
    async with site.visit() as visit:
        answers: list[Response] = []
        # Playwright wraps what it is given, which a method of a list does not let it do.
        visit.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
        await visit.go(ADDRESSES[name])
        await visit.page.wait_for_load_state("networkidle")
        sizes = [len(await answer.body()) for answer in answers]
        assert len(sizes) > 2, "with its styles"
        assert sum(sizes) < MOST_BYTES
        visit.complaints = [each for each in visit.complaints if "404" not in each]


async def test_nothing_moves_for_those_who_do_not_want_it(site: Site) -> None:
    async with site.visit(reduced_motion="reduce") as visit:
        await visit.go("/")
        link = visit.page.locator(".entries a").first
        assert await link.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"


async def test_the_index_leads_to_every_page(site: Site) -> None:
    async with site.visit() as visit:
        for page in PAGES:
            await visit.go("/")
            await visit.page.get_by_role("link", name=page.about).click()
            assert visit.page.url == site.base + page.path


async def test_a_script_that_is_written_into_a_page_does_not_run(site: Site) -> None:
    async with site.visit() as visit:
        await visit.go("/activity")
        await visit.page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            "document.body.append(s); }"
        )
        assert await visit.page.evaluate("window.ran") is None
        assert len(visit.complaints) == 1
        assert "Content Security Policy" in visit.complaints.pop()
