"""Mails that a hall keeps are shown to operators, where there is what keeps them."""

from dataclasses import replace

import httpx
import pytest

from application.ports.mail import MailMessage
from interfaces.http import app as application
from interfaces.http.operations.mails import Sink
from interfaces.tokens import Scope
from tests.http.conftest import Api, problem

MAILS = "/api/v1/mails"
BROWSER = {"accept": "text/html"}


async def test_operators_see_the_last_mails_the_latest_first(api: Api) -> None:
    for subject in ("one", "two"):
        await api.post.mail.send(MailMessage(to="ada@hall.example", subject=subject, text="Hi"))
    told = (await api.ask("GET", MAILS, user="olga", scope="admin")).json()["mails"]
    assert [each["subject"] for each in told] == ["two", "one"]
    assert {(each["to"], each["text"]) for each in told} == {("ada@hall.example", "Hi")}


@pytest.mark.parametrize("scope", ["player", "service"])
async def test_nobody_else_sees_them(api: Api, scope: Scope) -> None:
    problem(await api.ask("GET", MAILS, scope=scope), 403, "wrong-scope")


async def test_what_keeps_them_may_be_away(api: Api) -> None:
    api.post.mail.away = True
    answer = await api.ask("GET", MAILS, user="olga", scope="admin")
    problem(answer, 503, "sink-away")
    assert answer.headers["retry-after"] == "1"


async def test_a_hall_that_keeps_none_has_neither_the_page_nor_an_answer(api: Api) -> None:
    parts = {each: part for each, part in api.services.parts.items() if each is not Sink}
    for services, status in ((api.services, 200), (replace(api.services, parts=parts), 404)):
        transport = httpx.ASGITransport(application.create_app(services).public)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
            assert (await client.get("/mails", headers=BROWSER)).status_code == status
            assert ("/mails" in (await client.get("/")).text) == (status == 200)
            told = await client.get(MAILS, headers=api.token("olga", "admin"))
            assert told.status_code == status
