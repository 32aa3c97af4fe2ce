"""Somebody asks to be told at a browser, and not to be any more."""

from typing import Any, cast

import pytest

from interfaces.http.push.routes import Push, id_of
from tests.effects.receivers import Browser, PushService, base64url
from tests.http.conftest import Api, problem
from tests.http.fakes.push import FakeBrowsers

PATH = "/api/v1/me/push-subscriptions"


def told_by(browser: Browser) -> dict[str, Any]:
    """What a browser says of its subscription."""
    subscription = browser.at(PushService(""))
    return {
        "endpoint": f"https://push.example/{browser.name}",
        "expirationTime": None,
        "keys": {"p256dh": base64url(subscription.p256dh), "auth": base64url(subscription.auth)},
    }


def subscriptions_of(api: Api) -> FakeBrowsers:
    return cast("FakeBrowsers", api.services.part(Push).subscriptions)


async def test_a_browser_is_told_the_key_and_tells_its_own(api: Api) -> None:
    before = (await api.ask("GET", PATH)).json()
    assert before == {"public_key": "the-public-key-of-the-hall", "subscriptions": []}
    phone = Browser("phone")
    added = await api.ask("POST", PATH, told_by(phone))
    assert added.status_code == 201
    after = (await api.ask("GET", PATH)).json()
    assert after["subscriptions"] == [added.json()]
    (kept,) = await subscriptions_of(api).of("ann")
    assert kept.endpoint == "https://push.example/phone"
    assert (kept.p256dh, kept.auth) == (phone.at(PushService("")).p256dh, b"phone...........")


async def test_nobody_is_shown_where_a_browser_is_pushed_to(api: Api) -> None:
    await api.ask("POST", PATH, told_by(Browser("phone")))
    assert "push.example" not in (await api.ask("GET", PATH)).text


async def test_a_browser_that_comes_again_is_the_same_and_one_of_somebody_else_s_is_theirs(
    api: Api,
) -> None:
    for user in ("ann", "ann", "ben"):
        assert (
            await api.ask("POST", PATH, told_by(Browser("phone")), user=user)
        ).status_code == 201
    assert (await api.ask("GET", PATH)).json()["subscriptions"] == []
    assert len((await api.ask("GET", PATH, user="ben")).json()["subscriptions"]) == 1


async def test_one_s_own_are_removed_and_those_of_others_are_not(api: Api) -> None:
    id = (await api.ask("POST", PATH, told_by(Browser("phone")))).json()["id"]
    others = await api.ask("DELETE", f"{PATH}/{id}", user="ben")
    problem(others, 404, "push-subscription-not-found")
    assert (await api.ask("DELETE", f"{PATH}/{id}")).json() == {"id": id}
    problem(await api.ask("DELETE", f"{PATH}/{id}"), 404, "push-subscription-not-found")


GOOD = told_by(Browser("good"))


@pytest.mark.parametrize(
    "keys",
    [
        *({"p256dh": "B" * length} for length in range(86, 91)),
        {"p256dh": "B" * 85 + "=" * 5},
        {"p256dh": base64url(b"\x04" + b"\xff" * 64)},
        {"p256dh": "Ä" * 87},
        {"auth": "A" * 24},
        {"auth": "A" * 21 + "B"},
        {"auth": "!" * 22},
        {
            "auth": "A" * 21 + "===",
        },
    ],
)
async def test_what_is_no_key_of_a_browser_is_refused(api: Api, keys: dict[str, str]) -> None:
    wrong = {**GOOD, "keys": {**GOOD["keys"], **keys}}
    problem(await api.ask("POST", PATH, wrong), 422, "browser-key-malformed")
    assert not subscriptions_of(api).rows


@pytest.mark.parametrize(
    "endpoint", ["https://[push", "https://[push]/1", "https:///push", "http://:1/"]
)
async def test_an_endpoint_without_a_host_is_refused(api: Api, endpoint: str) -> None:
    answer = await api.ask("POST", PATH, {**GOOD, "endpoint": endpoint})
    problem(answer, 422, "endpoint-malformed")
    assert not subscriptions_of(api).rows


@pytest.mark.parametrize(
    "endpoint", ["push.example", "ftp://push.example/x", "https://a b", "x" * 9]
)
async def test_what_is_no_address_is_refused(api: Api, endpoint: str) -> None:
    refused = await api.ask("POST", PATH, {**GOOD, "endpoint": endpoint})
    assert refused.status_code == 400
    assert not subscriptions_of(api).rows


async def test_services_are_not_pushed_to(api: Api) -> None:
    refused = await api.ask("POST", PATH, GOOD, user="shop", scope="service")
    assert refused.status_code == 403


def test_what_a_browser_is_called_tells_not_where_it_is() -> None:
    assert id_of("https://push.example/a") != id_of("https://push.example/b")
    assert len(id_of("https://push.example/a")) == 32


async def test_an_address_tells_all_that_it_takes(api: Api) -> None:
    told = await api.ask("OPTIONS", PATH)
    assert set(told.headers["allow"].split(", ")) == {"GET", "OPTIONS", "POST"}
    told = await api.ask("OPTIONS", f"{PATH}/nothing")
    assert set(told.headers["allow"].split(", ")) == {"DELETE", "OPTIONS"}
