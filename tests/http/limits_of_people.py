"""Attacks on what people may ask for who sign in, have accounts, and are forgotten."""

from typing import Any

from tests.http.conftest import Api
from tests.http.limits import Asked, Limit
from tests.http.post import OURS, browser, code_in, latest


async def tries(api: Api, limit: Limit) -> None:
    def guest(address: str) -> Asked:
        body = {"type": "http.request", "body": b'{"name": "Ada"}', "more_body": False}

        async def receive() -> Any:
            return body

        return Asked(
            api, receive, token=False, address=address, path="/api/v1/sign-in/guest", ours=True
        )

    most, _minutes = limit.most
    for host in range(most):
        assert await guest(f"2001:db8::{host}").status() == "201"
    assert await guest("2001:db8::ffff:0:0:1").status() == limit.beyond
    assert await guest("2001:db8:0:1::1").status() == "201"


async def sign_ups_that_are_begun(api: Api, limit: Limit) -> None:
    """Whoever tries handles out that way is at an end soon, and others are not."""
    most, _minutes = limit.most
    begin = "/api/v1/sign-up/options"
    async with browser(api) as there:
        for _ in range(most):
            begun = await there.client.post(begin, json={"handle": "ada"}, headers=OURS)
            assert begun.status_code == 200
        late = await there.client.post(begin, json={"handle": "ada"}, headers=OURS)
    assert str(late.status_code) == limit.beyond
    assert late.headers["retry-after"] == "600"


async def names_of_an_account(api: Api, limit: Limit) -> None:
    most, _minutes = limit.most
    account = "/api/v1/me/account"
    await api.ask("POST", f"{account}/register", {"handle": "ada"})
    for number in range(1, most + 1):
        api.log.pass_time(1)  # the next claim ends later than the one before
        answer = await api.ask("POST", f"{account}/handle", {"handle": f"ada-{number}"})
        assert answer.is_success == (number < most)
    assert str(answer.status_code) == limit.beyond


async def mails_of_a_browser(api: Api, limit: Limit) -> None:
    most, _minutes = limit.most
    async with browser(api) as there:
        for number in range(most):
            assert (await there.ask(f"ada-{number}@hall.example")).status_code == 202
        assert str((await there.ask()).status_code) == limit.beyond


async def mails_to_an_address(api: Api, limit: Limit) -> None:
    most, _minutes = limit.most
    for _ in range(most + 1):
        async with browser(api) as there:
            assert (await there.ask()).status_code == 202
    assert len(api.post.mail.sent) == most
    assert limit.beyond == "the rest is not sent"


async def codes_of_a_mail(api: Api, limit: Limit) -> None:
    (most,) = limit.most
    async with browser(api) as there:
        await there.ask()
        for _ in range(most):
            assert str((await there.code("none")).status_code) == limit.beyond
        assert str((await there.code(code_in(latest(api)))).status_code) == limit.beyond


async def exports(api: Api, limit: Limit) -> None:
    await as_often(api, limit, "GET", "/api/v1/me/export")


async def erasures(api: Api, limit: Limit) -> None:
    await as_often(api, limit, "POST", "/api/v1/me/erase", {"user_id": "ann"})


async def merges(api: Api, limit: Limit) -> None:
    await api.ask("POST", "/api/v1/me/account/register", {"handle": "ada"})
    body = {"guest_id": "alice~k3j9x2m"}
    await as_often(api, limit, "POST", "/api/v1/accounts/ann/merge", body, scope="admin")


async def as_often(
    api: Api, limit: Limit, method: str, path: str, body: Any = None, **options: Any
) -> None:
    most, _minutes = limit.most
    for _ in range(most):
        assert (await api.ask(method, path, body, **options)).is_success
    assert str((await api.ask(method, path, body, **options)).status_code) == limit.beyond
