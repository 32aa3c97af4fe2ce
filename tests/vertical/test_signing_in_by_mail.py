"""Mail on real servers: the sink gets one, and its code and link sign in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.conftest import Hall
from tests.people import a_name, eventually

MAIL = "/api/v1/sign-in/mail"
ELSEWHERE = "127.0.0.7"
"""An address of which other tests do not use up the tries to sign in."""


@asynccontextmanager
async def browser(hall: Hall) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with cookies of its own."""
    way = httpx.AsyncHTTPTransport(local_address=ELSEWHERE)
    headers = {"origin": hall.base_url}
    async with httpx.AsyncClient(
        base_url=hall.base_url, transport=way, headers=headers, timeout=30
    ) as client:
        yield client


async def mails_to(hall: Hall, client: httpx.AsyncClient, email: str) -> list[dict[str, Any]]:
    """What the sink keeps for an address, the latest first."""
    kept = (await client.get("/api/v1/mails", headers=hall.admin())).json()["mails"]
    return [each for each in kept if each["to"] == email]


async def asked(hall: Hall, client: httpx.AsyncClient, email: str) -> dict[str, Any]:
    """Ask for a mail, and find it in the sink."""
    before = len(await mails_to(hall, client, email))
    answer = await client.post(MAIL, json={"email": email})
    assert answer.status_code == 202, answer.text
    found: list[dict[str, Any]] = await eventually(
        lambda: mails_to(hall, client, email), lambda mails: len(mails) > before
    )
    return found[0]


def code_in(mail: dict[str, Any]) -> str:
    return str(re.findall(r"\d{4} \d{4}", mail["text"])[0])


async def opened(hall: Hall, client: httpx.AsyncClient, handle: str, email: str) -> str:
    """Open an account with an address; the user's id."""
    mail = await asked(hall, client, email)
    proven = await client.post(f"{MAIL}/code", json={"code": code_in(mail)})
    assert proven.json() == {"me": None}
    answer = await client.post(f"{MAIL}/register", json={"handle": handle})
    assert answer.status_code == 201, answer.text

    async def address() -> Any:
        return (await client.get("/api/v1/me/account")).json().get("email")

    await eventually(address, lambda found: found == email)
    return str(answer.json()["user_id"])


async def test_an_account_is_opened_by_a_code_and_entered_by_a_link(hall: Hall) -> None:
    handle = a_name("ada")
    email = f"{handle}@hall.example"
    async with browser(hall) as there:
        user_id = await opened(hall, there, handle, email)

    async with browser(hall) as there:
        link = re.findall(r"#mail=(\S+)", (await asked(hall, there, email))["text"])[0]
    async with browser(hall) as elsewhere:
        signed_in = await elsewhere.post(f"{MAIL}/link", json={"link": link})
        assert signed_in.json()["me"]["user_id"] == user_id
        again = await elsewhere.post(f"{MAIL}/link", json={"link": link})
        assert again.json()["type"].endswith("mail-not-good")
    shown = hall.command("events", "show", "user-log", user_id, "--json").stdout
    raw = hall.command("topics", "consume", "user-log", "--json").stdout
    assert email in shown, "as who runs the hall reads it"
    assert user_id in raw
    assert email not in raw, "and not as it stands in the log"


async def test_an_address_is_changed_and_both_are_told(hall: Hall) -> None:
    handle, account = a_name("bob"), "/api/v1/me/account"
    former, email = f"{handle}@hall.example", f"{handle}@elsewhere.example"
    async with browser(hall) as client:
        await opened(hall, client, handle, former)
        mailed = await client.post(f"{account}/email", json={"email": email})
        assert mailed.status_code == 202, mailed.text
        mails = await eventually(lambda: mails_to(hall, client, email), bool)
        confirmed = await client.post(f"{account}/email/confirm", json={"code": code_in(mails[0])})
        assert confirmed.is_success, confirmed.text
        told = await eventually(
            lambda: mails_to(hall, client, email), lambda found: len(found) == 2
        )
        assert told[0]["subject"] == "Your account has this address now"
        assert await eventually(
            lambda: mails_to(hall, client, former), lambda found: len(found) == 2
        )
