"""Pages for browsers, and what holds for every address that can be looked at."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest

from interfaces.http.app import PAGES
from interfaces.http.platform.pages import FOLDER, HALL, Page
from tests.http.conftest import Api, problem
from tests.http.test_authentication import OPEN, OPERATIONS

ALL = (HALL, *PAGES)
FILES = sorted(address for page in ALL for address, _ in page.files())
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LOOKS = sorted(path for method, path, _ in OPERATIONS if method == "GET")
UNKNOWN = ["/nothing", "/docs2", "/health/other", "/internal/commands", "/docs/other.js", "//docs"]


def filled(path: str) -> str:
    """An address with something in each of its places."""
    path = path.replace("{move}", "1").replace("{category}", "game")
    path = re.sub("{[^}]*}", "none", path)
    return path + "?step=a&step=b" if path.endswith("/funnel") else path


def lasting(answer: httpx.Response) -> dict[str, str]:
    """The headers that do not depend on when it was asked."""
    return {name: value for name, value in answer.headers.items() if name != "date"}


# -- HEAD ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*LOOKS, *FILES, "/openapi.json", "/nothing", "/docs/nothing"])
async def test_head_is_answered_as_get_is_without_the_body(api: Api, path: str) -> None:
    await api.open("none")
    address = filled(path)
    if path == "/metrics":  # which counts these requests themselves
        assert (await api.client.head(address)).status_code == 200
        return
    looked = await api.ask("GET", address, scope="admin")
    headed = await api.ask("HEAD", address, scope="admin")

    assert (headed.status_code, headed.content) == (looked.status_code, b"")
    assert lasting(headed) == lasting(looked)
    assert looked.content or path == "/api/v1/events/export", "of which there are none here"


async def test_a_stream_of_which_only_the_head_is_asked_ends_after_it(api: Api) -> None:
    sent: list[bytes] = []
    closed = asyncio.Event()

    async def export(*_: Any) -> AsyncIterator[bytes]:
        try:
            while True:
                sent.append(b"one more\n")
                yield sent[-1]
        finally:
            closed.set()

    api.of_players.export = export  # type: ignore[method-assign, assignment]
    headed = await api.ask("HEAD", "/api/v1/events/export", scope="service")

    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"].startswith("application/x-ndjson")
    await asyncio.wait_for(closed.wait(), 5)
    assert len(sent) < 10


async def test_head_asks_for_a_token_where_get_does(api: Api) -> None:
    headed = await api.client.head("/api/v1/leaderboard")
    assert (headed.status_code, headed.content) == (401, b"")


async def test_what_takes_another_method_says_which(api: Api) -> None:
    for method, path, allowed in (
        ("PUT", "/api/v1/leaderboard", {"GET", "HEAD", "OPTIONS"}),
        ("HEAD", "/api/v1/waitroom/join", {"POST"}),
        ("HEAD", "/api/v1/games/seek", {"POST", "OPTIONS"}),
        ("GET", "/api/v1/events", {"POST"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("DELETE", "/activity/activity.js", {"GET", "HEAD"}),
    ):
        answer = await api.ask(method, path)
        assert answer.status_code == 405, path
        assert set(answer.headers["allow"].split(", ")) == allowed


async def test_heads_are_counted_as_what_they_are(api: Api) -> None:
    await api.client.head("/docs")
    counted = 'gamehall_http_request_seconds_count{method="HEAD",route="/docs",status="200"}'
    assert counted in (await api.client.get("/metrics")).text


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_sent_again_only_when_it_has_changed(api: Api, path: str) -> None:
    first = await api.client.get(path)
    again = await api.client.get(path, headers={"if-none-match": first.headers["etag"]})
    changed = await api.client.get(path, headers={"if-none-match": '"another"'})

    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert changed.content == first.content


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.path))
async def test_a_page_runs_only_what_is_in_its_files(api: Api, page: Page) -> None:
    for address, file in page.files():
        policy = (await api.client.get(address)).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert ("unsafe" in policy) is (page.path == "/docs")
        if file.suffix == ".html":
            text = file.read_text()
            assert not re.search(
                r"<style|\sstyle=|\son\w+=|javascript:|<script(?! [^>]*src=)", text
            )


def test_pages_name_only_files_that_there_are() -> None:
    for file in FOLDER.rglob("*"):
        if file.suffix in {".html", ".js", ".css"}:
            for name in re.findall(r"""(?:href|src|from)[= ]"(/[^"]*)\"""", file.read_text()):
                known = name.partition("?")[0] in FILES or name.startswith("/api/")
                assert known, f"{name} in {file.name}"


def test_colours_are_named_in_one_place() -> None:
    for file in FOLDER.rglob("*.css"):
        if file.name != "tokens.css":
            stripped = file.read_text().replace("#page", "").replace("#fff;", "")
            assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", stripped), file.name


async def test_a_page_of_one_address_has_nothing_of_another(api: Api) -> None:
    problem(await api.client.get("/activity/tokens.css"), 404, "not-found")
    problem(await api.client.get("/charts.js"), 401, "unauthenticated")
    problem(await api.client.get("/nowhere.html"), 401, "unauthenticated")
    problem(await api.client.get("/docs/../activity/charts.js%00"), 404, "not-found")


async def test_an_end_with_a_slash_is_the_same_page(api: Api) -> None:
    assert (await api.client.get("/docs/")).text == (await api.client.get("/docs")).text


# -- the index -------------------------------------------------------------------------------------


async def test_the_index_names_what_asks_for_no_token(api: Api) -> None:
    index = await api.client.get("/")

    assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = re.findall(r'<li><a href="([^"]*)"', index.text)
    assert set(named) == {path for _, path, _ in OPEN} | {page.path for page in PAGES} | {
        "/openapi.json"
    }
    for page in PAGES:
        assert page.title in index.text
        assert page.about.removesuffix(".") in unescape(index.text)
    for address in named:
        assert (await api.client.get(address)).status_code == 200


async def test_icons_are_there_without_a_token(api: Api) -> None:
    icon = await api.client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/x-icon")
    assert icon.content.startswith(b"\0\0\1\0")
    assert (await api.client.get("/icon.svg")).headers["content-type"] == "image/svg+xml"


# -- addresses that lead nowhere -------------------------------------------------------------------


@pytest.mark.parametrize("path", UNKNOWN)
async def test_a_browser_is_shown_a_page_where_there_is_none(api: Api, path: str) -> None:
    answer = await api.client.get(f"http://testserver.local{path}", headers=BROWSER)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.content == (FOLDER / "nowhere.html").read_bytes(), "the same wherever it is"
    assert answer.headers["vary"] == "accept"
    assert "www-authenticate" not in answer.headers
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    headed = await api.client.head(f"http://testserver.local{path}", headers=BROWSER)
    assert (headed.status_code, headed.content) == (404, b"")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain, */*", "", "image/png"])
async def test_a_program_is_told_the_problem(api: Api, accept: str) -> None:
    problem(await api.client.get("/nothing", headers={"accept": accept}), 401, "unauthenticated")


async def test_browsers_are_told_problems_by_the_api(api: Api) -> None:
    for path in ("/api/v1/leaderboard", "/api/v1/nothing"):
        problem(await api.client.get(path, headers=BROWSER), 401, "unauthenticated")
    problem(await api.client.post("/nothing", headers=BROWSER), 401, "unauthenticated")
    token = api.token("ann") | BROWSER
    problem(await api.client.get("/api/v1/nothing", headers=token), 404, "not-found")
