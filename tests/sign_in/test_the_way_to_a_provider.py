"""Only a page of ours sends a browser to the provider, and only who went there comes back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from application.ports.identity import Attempt, ProviderRefused, Visitor
from domain.accounts.events import (
    SignedIn,
)
from interfaces.http import app as application
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.welcome import MOST_TRIES
from interfaces.http.sign_in.provider import CALLBACK_PATH, Provider
from interfaces.tokens import Tokens
from tests.http.conftest import SECRET, Api, an_api, problem

ENTRANCE = "/api/v1/sign-in/provider"
REFUSED = "/sign-in#problem=refused"


class FakeProvider:
    """Knows Ada, by the code `good`."""

    name, issuer = "accounts.example", "https://accounts.example"

    async def address(self, attempt: Attempt) -> str:
        return f"{self.issuer}/auth?state={attempt.state}"

    async def visitor(self, attempt: Attempt, code: str) -> Visitor:
        if code != "good":
            raise ProviderRefused(f"The code {code} of {attempt.state} is not good.")
        return Visitor("7", "Ada")


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as api:
        yield api


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    parts = {**api.services.parts, Provider: Provider(FakeProvider())}
    cookies = Cookies(Tokens(SECRET), api.sign_ins, secure=True)
    app = application.create_app(replace(api.services, parts=parts, cookies=cookies)).public
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://hall.example") as client:
        yield client


async def go(browser: httpx.AsyncClient, site: str = "same-origin") -> str:
    """The address that the browser is sent to."""
    sent = await browser.get(ENTRANCE, headers={"sec-fetch-site": site})
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def come(browser: httpx.AsyncClient, state: str, code: str = "good") -> httpx.Response:
    # It is the provider's page that leads back.
    back, headers = {"state": state, "code": code}, {"sec-fetch-site": "cross-site"}
    return await browser.get(CALLBACK_PATH, params=back, headers=headers)


def state_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_page_of_another_address_sends_nobody_to_the_provider(
    browser: httpx.AsyncClient, site: str
) -> None:
    assert await go(browser, site) == REFUSED
    assert not browser.cookies


@pytest.mark.parametrize("site", ["none", "same-origin"])
async def test_our_page_and_who_types_the_address_go_there(
    browser: httpx.AsyncClient, site: str
) -> None:
    assert (await go(browser, site)).startswith(FakeProvider.issuer)


async def test_images_on_pages_of_others_use_up_no_try_of_a_network(
    api: Api, browser: httpx.AsyncClient
) -> None:
    for _ in range(MOST_TRIES + 1):
        assert (await come(browser, "made up")).headers["location"] == REFUSED
    assert not api.tries.tried

    state = state_in(await go(browser))
    assert (await come(browser, "made up")).headers["location"] == REFUSED
    assert (await come(browser, state)).headers["location"] == "/play"
    assert api.tries.tried.total() == 1


async def test_who_comes_back_from_the_provider_has_so_many_tries(
    browser: httpx.AsyncClient,
) -> None:
    for _ in range(MOST_TRIES):
        await come(browser, state_in(await go(browser)), "bad")
    late = await come(browser, state_in(await go(browser)))
    problem(late, 429, "too-many-sign-ins")


@pytest.mark.parametrize("code", ["good", "bad"])
async def test_nothing_is_left_of_an_attempt_that_is_over(
    browser: httpx.AsyncClient, code: str
) -> None:
    state = state_in(await go(browser))
    assert "__Host-gamehall-aside" in browser.cookies
    answer = await come(browser, state, code)

    (over,) = (each for each in answer.headers.get_list("set-cookie") if "-aside=" in each)
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(over.split("; "))
    assert "__Host-gamehall-aside" not in browser.cookies


async def test_who_has_an_account_that_is_disabled_is_told_so(
    api: Api, browser: httpx.AsyncClient
) -> None:
    assert (await come(browser, state_in(await go(browser)))).headers["location"] == "/play"
    user = (await browser.get("/api/v1/me")).json()["user_id"]
    opened = await api.ask("POST", "/api/v1/me/account/register", {"handle": "ada"}, user=user)
    assert opened.status_code == 201
    order = f"/api/v1/accounts/{user}/disable"
    assert (await browser.post(order, headers=api.token("olga", "admin"))).is_success

    answer = await come(browser, state_in(await go(browser)))

    assert answer.headers["location"] == "/sign-in#problem=disabled"
    assert "__Host-gamehall=" not in "".join(answer.headers.get_list("set-cookie"))
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_sign_in_of_who_has_an_account_is_told(
    api: Api, browser: httpx.AsyncClient
) -> None:
    await come(browser, state_in(await go(browser)))
    assert not api.log.events["user-log"]
    user = (await browser.get("/api/v1/me")).json()["user_id"]
    await api.ask("POST", "/api/v1/me/account/register", {"handle": "ada"}, user=user)
    await come(browser, state_in(await go(browser)))
    noted = [each for each in api.log.of(user) if isinstance(each, SignedIn)]
    assert [each.way for each in noted] == ["provider"]
