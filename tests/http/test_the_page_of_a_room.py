"""A visitor's page: it joins, shows the place, leads to the shop and leaves, without any script."""

import re
import time
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt
import pytest

from interfaces.http.app import create_app
from interfaces.http.platform.auth import open_handlers
from interfaces.http.platform.problems import Problem
from interfaces.http.waitroom import visitors
from interfaces.http.waitroom.visitor_view import LANGUAGES, language_of
from interfaces.http.waitroom.visitors import KEPT_S, MOST_VISITORS, PLACE, Visitors
from tests.http.conftest import Api

PAGE = "/queue/concert"
SHOP = "https://shop.example"
FROM_PAGE = {"sec-fetch-site": "same-origin"}


class Browser:
    """Somebody's browser: it keeps cookies, and says where a form was."""

    def __init__(self, api: Api, language: str = "en") -> None:
        self._api = api
        self._language = language
        self.cookies: dict[str, str] = {}

    async def get(self, path: str = PAGE) -> httpx.Response:
        return await self._ask("GET", path)

    async def post(self, path: str, **headers: str) -> httpx.Response:
        return await self._ask("POST", path, **(headers or FROM_PAGE))

    async def _ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        every = {"accept": "text/html", "accept-language": self._language, **headers}
        if cookie:
            every["cookie"] = cookie
        self._api.client.cookies.clear()
        answer = await self._api.client.request(method, path, headers=every, follow_redirects=False)
        for said in answer.headers.get_list("set-cookie"):
            name, _, value = said.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def join(self, path: str = PAGE) -> str:
        """Join, and go where that leads; what the page says then."""
        joined = await self.post(f"{path}/join")
        assert joined.status_code == 303, joined.text
        return (await self.get(joined.headers["location"])).text


async def describe(api: Api, **description: Any) -> None:
    told = await api.ask(
        "POST", "/api/v1/waitroom/concert/describe", description, user="shop", scope="service"
    )
    assert told.status_code == 200, told.text


def words(page: str) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main")[2].partition(">")[2])
    )


async def test_a_visitor_joins_waits_goes_to_the_shop_and_leaves(api: Api) -> None:
    await api.open(capacity=1)
    await describe(api, title="Spring sale", return_origins=[SHOP])
    first, second = Browser(api), Browser(api)

    before = await first.get()
    assert before.status_code == 200
    assert "Nobody is in line" in words(before.text)
    assert "<title>Spring sale</title>" in before.text
    assert "It is your turn" in words(await first.join())
    waiting = words(await second.join())
    assert "Your place in line 1" in waiting
    assert "You are next" in waiting

    gone = await first.get(f"{PAGE}/go?return={SHOP}/cart%3Fitem%3D7")
    shop = urlsplit(gone.headers["location"])
    assert (gone.status_code, f"{shop.scheme}://{shop.netloc}{shop.path}") == (303, f"{SHOP}/cart")
    shown = parse_qs(shop.query)
    assert shown["item"] == ["7"]
    claims = jwt.decode(shown["pass"][0], options={"verify_signature": False})
    assert claims["room"] == "concert"

    assert (await first.post(f"{PAGE}/leave")).status_code == 303
    assert "You have left the line" in words((await first.get()).text)
    assert "It is your turn" in words((await second.get()).text)


async def test_who_joins_again_has_the_same_place(api: Api) -> None:
    await api.open(capacity=1)
    await Browser(api).join()
    browser = Browser(api)
    assert words(await browser.join()) == words(await browser.join())
    assert "Your place in line 2" in words(await Browser(api).join())


async def test_a_place_is_shown_to_nobody_else(api: Api) -> None:
    await api.open(capacity=1)
    first, other = Browser(api), Browser(api)
    await first.join()
    other.cookies |= {k: v for k, v in first.cookies.items() if k.startswith(PLACE)}
    assert "You have not joined yet" in words((await other.get()).text)
    assert (await other.post(f"{PAGE}/leave")).status_code == 403
    forged = first.cookies["gamehall-visitor"].partition(".")[0] + ".made-up"
    other.cookies["gamehall-visitor"] = forged
    assert "You have not joined yet" in words((await other.get()).text)
    assert (await other.get(f"{PAGE}/go")).headers["location"] == PAGE


async def test_who_is_signed_out_is_led_back_to_the_place(api: Api) -> None:
    await api.open(capacity=1)
    await Browser(api).join()
    cookies, ada, other = api.services.cookies, Browser(api), Browser(api)
    _, kept = await cookies.begin("ada", "Ada", "player", "mail") or (None, "")
    ada.cookies[cookies.name] = kept.partition(";")[0].partition("=")[2]
    assert "Your place in line 1" in words(await ada.join())

    await cookies.end_of("ada", "player")

    page = (await ada.get()).text
    assert "You are signed out at this browser. Your place is kept" in words(page)
    assert 'href="/sign-in?return=%2Fqueue%2Fconcert"' in page
    assert "Your place in line" not in words(page)
    assert "signed out" not in words((await other.get()).text)


@pytest.mark.parametrize("action", ["join", "leave", "ticket"])
@pytest.mark.parametrize(
    "from_elsewhere",
    [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}],
    ids=str,
)
async def test_a_page_of_somebody_else_does_nothing_for_a_visitor(
    api: Api, action: str, from_elsewhere: dict[str, str]
) -> None:
    await api.open(capacity=1)
    browser = Browser(api)
    await browser.join()
    commands = len(api.log.commands)
    assert (await browser.post(f"{PAGE}/{action}", **from_elsewhere)).status_code == 403
    assert len(api.log.commands) == commands


async def sign_in(api: Api, browser: Browser, user: str = "ann") -> None:
    begun = await api.services.cookies.begin(user, user, "player", "guest")
    assert begun is not None
    browser.cookies["gamehall"] = begun[1].partition(";")[0].partition("=")[2]


async def test_who_signs_in_while_waiting_keeps_the_place(api: Api) -> None:
    await api.open(capacity=1)
    await Browser(api).join()
    browser = Browser(api)
    await browser.join()
    await sign_in(api, browser)
    assert "Your place in line 1" in words((await browser.get()).text)
    assert "Your place in line 1" in words(await browser.join())
    assert (await browser.post(f"{PAGE}/ticket")).status_code == 200
    await browser.post(f"{PAGE}/leave")
    assert "You have left the line" in words((await browser.get()).text)


async def test_a_visitor_s_ticket_opens_the_socket_of_the_place_alone(api: Api) -> None:
    await api.open(capacity=1)
    browser = Browser(api)
    await browser.join()
    session = next(v for k, v in browser.cookies.items() if k.startswith(PLACE))

    async def holder(path: str) -> object:
        ticket = (await browser.post(f"{PAGE}/ticket")).json()["ticket"]
        return await api.services.tickets.redeem(ticket, path)

    assert await holder("/api/v1/games/live") is None
    assert await holder("/api/v1/waitroom/sessions/another/live") is None
    assert await holder(f"/api/v1/waitroom/sessions/{session}/live")


async def test_a_visitor_is_known_for_a_week_and_where_guests_are_let_in(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open(capacity=1)
    browser = Browser(api)
    await browser.join()
    api.services.part(Visitors).allowed = False
    assert "You have not joined yet" in words((await browser.get()).text)
    api.services.part(Visitors).allowed = True
    assert "It is your turn" in words((await browser.get()).text)
    later = time.time() + KEPT_S
    monkeypatch.setattr(visitors, "time", Mock(time=lambda: later))
    assert "You have not joined yet" in words((await browser.get()).text)


@pytest.mark.parametrize("name", ["it's (live)*", "a&b", "Frühling", "x;y"])
async def test_a_place_is_found_however_the_room_is_written_in_the_address(
    api: Api, name: str
) -> None:
    await api.open(name)
    browser = Browser(api)
    await browser.join(f"/queue/{quote(name, safe='')}")
    for address in (quote(name, safe=""), quote(name, safe="!'()*&")):
        assert "It is your turn" in words((await browser.get(f"/queue/{address}")).text)


async def test_who_cannot_join_keeps_the_way_back_and_is_known_the_next_time(api: Api) -> None:
    await api.open(capacity=1)
    await api.ask(
        "POST", "/api/v1/waitroom/concert/close", {"waiting": "serve"}, user="op", scope="admin"
    )
    browser = Browser(api)
    joined = await browser.post(f"{PAGE}/join?return=https://b.example/x")
    assert joined.headers["location"] == f"{PAGE}?return=https%3A%2F%2Fb.example%2Fx"
    assert "gamehall-visitor" in browser.cookies


async def test_the_shop_s_own_address_is_kept_as_it_is(api: Api) -> None:
    await api.open(capacity=1)
    await describe(api, return_origins=[SHOP])
    browser = Browser(api)
    await browser.join()
    back = f"{SHOP}/a?sig=%FF&b=1;2&pass=old#part"
    gone = (await browser.get(f"{PAGE}/go?{httpx.QueryParams({'return': back})}")).headers
    assert re.fullmatch(
        re.escape(f"{SHOP}/a?sig=%FF&b=1;2&pass=") + r"[\w.-]+#part", gone["location"]
    )


@pytest.mark.parametrize("header", ["en;q=1e999", "de;q=inf", "en;q=nan", "\xe9;q=x"])
async def test_a_strange_wish_for_a_language_is_none(api: Api, header: str) -> None:
    await api.open()
    answer = await api.client.get(PAGE, headers={b"accept-language": header.encode("latin-1")})
    assert answer.status_code == 200
    headers = {"accept": "text/html;q=1e999"}
    assert (await api.client.get("/nothing", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "back",
    [
        "https://shop.example/日",
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "https://shop.example:8443/",
        "https://[",
        "",
    ],
)
async def test_nobody_is_sent_where_the_room_does_not_allow(api: Api, back: str) -> None:
    await api.open(capacity=1)
    await describe(api, return_origins=[SHOP])
    browser = Browser(api)
    await browser.join()
    gone = await browser.get(f"{PAGE}/go?{httpx.QueryParams({'return': back})}")
    assert gone.headers["location"].startswith(f"{SHOP}/?pass=")


async def test_a_room_without_a_shop_sends_nobody_anywhere(api: Api) -> None:
    await api.open(capacity=1)
    browser = Browser(api)
    assert "Go back to the shop in another tab" in words(await browser.join())
    gone = await browser.get(f"{PAGE}/go?return=https://evil.example/")
    assert gone.headers["location"].startswith(f"{PAGE}?return=")


async def test_what_the_room_says_of_itself_is_text_and_in_the_reader_s_language(api: Api) -> None:
    await api.open(capacity=1)
    texts = {"de": {"title": "Frühling", "waiting": "Gleich <b>dran</b>!"}}
    await describe(api, title="<script>Sale</script>", texts=texts)
    await Browser(api).join()
    german = await Browser(api, "de-AT,de;q=0.9,en;q=0.5").join()
    assert '<html lang="de">' in german
    assert "Frühling" in german
    assert "Gleich &lt;b&gt;dran&lt;/b&gt;!" in german
    assert "<title>&lt;script&gt;Sale&lt;/script&gt;</title>" in (await Browser(api).get()).text


async def test_a_paused_and_a_closed_room_say_so(api: Api) -> None:
    await api.open(capacity=1)
    await Browser(api).join()
    waits = Browser(api)
    await waits.join()
    await api.ask("POST", "/api/v1/waitroom/concert/pause", user="op", scope="admin")
    assert "Nobody is let in at the moment" in words((await waits.get()).text)
    body = {"waiting": "dismiss"}
    await api.ask("POST", "/api/v1/waitroom/concert/close", body, user="op", scope="admin")
    assert "The line was closed before it was your turn" in words((await waits.get()).text)
    late = Browser(api)
    page = (await late.get()).text
    assert "nobody can join any more" in words(page)
    assert "<form" not in page
    joined = await late.post(f"{PAGE}/join")
    assert (joined.status_code, joined.headers["location"]) == (303, PAGE)


async def test_a_room_that_is_not_there_is_no_page_of_a_room(api: Api) -> None:
    answer = await Browser(api).get("/queue/nothing")
    assert answer.status_code == 404
    assert "There is no such waiting room" in answer.text
    assert (await Browser(api).post("/queue/nothing/join")).status_code == 303


async def test_colours_of_a_room_can_be_read_on(api: Api) -> None:
    await api.open()
    assert (await api.client.get(f"{PAGE}/colours.css")).text == ""
    await describe(api, colours={"light": "#0b5fff", "dark": "#ffe066"})
    css = (await api.client.get(f"{PAGE}/colours.css")).text
    assert "light){:root{--one:#0b5fff;--on-one:#ffffff}}" in css
    assert "dark){:root{--one:#ffe066;--on-one:#000000}}" in css


async def test_one_address_makes_only_so_many_new_visitors(api: Api) -> None:
    known = api.services.part(Visitors)
    for _ in range(MOST_VISITORS):
        await known.come("198.51.100.7", trusted=False)
    with pytest.raises(Problem, match=r"people have come from 198\.51\.100\.7 within 10 minutes"):
        await known.come("198.51.100.7", trusted=False)
    await known.come("198.51.100.7", trusted=True)
    await known.come("198.51.100.8", trusted=False)
    await known.come("::ffff:198.51.100.9", trusted=False)
    with pytest.raises(Problem):
        await known.come("::ffff:198.51.100.7", trusted=False)


async def test_a_hall_without_guests_lets_only_known_people_join(api: Api) -> None:
    await api.open(capacity=1)
    api.services.part(Visitors).allowed = False
    refused = await Browser(api).post(f"{PAGE}/join")
    assert refused.status_code == 403
    assert "This hall takes no guests" in refused.text
    known = Browser(api)
    await sign_in(api, known)
    assert "It is your turn" in words(await known.join())
    assert api.log.commands[-1].command.user_id == "ann"  # type: ignore[attr-defined]


async def test_the_page_has_a_strict_policy_and_is_small(api: Api) -> None:
    await api.open()
    answer = await Browser(api).get()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/queue-page/)|style=|\son\w+=", answer.text
    )


async def test_all_that_is_open_below_a_name_is_meant_to_be(api: Api) -> None:
    """The edge knows by how an address begins that it asks for no token."""
    app = create_app(api.services).public.app
    below = {path.partition("{")[0] for path in open_handlers(app) if "{" in path}
    assert below == {"/queue/"}
    for route in app.routes:
        if route.path.startswith("/queue/"):
            handlers = [each for each in route.route_handlers if "OPTIONS" not in each.http_methods]  # type: ignore[union-attr]
            assert all(each.opt.get("open") for each in handlers)


def test_every_language_says_everything() -> None:
    assert {name: texts.keys() for name, texts in LANGUAGES.items()} == dict.fromkeys(
        LANGUAGES, LANGUAGES["en"].keys()
    )


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("fr, de;q=0.8, en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("*", "en"),
        (";;;,q=,", "en"),
        ("x" * 5_000, "en"),
    ],
)
def test_the_language_is_the_reader_s_favourite_of_those_there_are(
    accepted: str, language: str
) -> None:
    assert language_of(accepted) == language
