"""Browsers that sign in by mail, and people who read their mails."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from application.ports.mail import MailMessage
from tests.http.conftest import HALL, Api

OURS = {"origin": HALL}
MAIL = "/api/v1/sign-in/mail"
ADA, EVE = "ada@hall.example", "eve@hall.example"


class Browser:
    """A browser with cookies of its own, at an address that speaks for many."""

    def __init__(self, api: Api, client: httpx.AsyncClient) -> None:
        self.api = api
        self.client = client

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        self.api.tries.tried.pop("sign-in:127.0.0.1", None)
        return await self.client.post(f"{MAIL}{path}", json=body or {}, headers=headers or OURS)

    async def ask(self, email: str = ADA) -> httpx.Response:
        answer = await self.post("", {"email": email})
        await self.api.post.errands.done()
        return answer

    async def code(self, code: str) -> httpx.Response:
        return await self.post("/code", {"code": code})

    async def link(self, link: str) -> httpx.Response:
        return await self.post("/link", {"link": link})

    async def name(self) -> str | None:
        """Who is signed in here."""
        me = await self.client.get("/api/v1/me")
        return str(me.json()["name"]) if me.is_success else None


@asynccontextmanager
async def browser(api: Api) -> AsyncIterator[Browser]:
    """Open a browser."""
    transport = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=HALL) as client:
        yield Browser(api, client)


def latest(api: Api) -> MailMessage:
    """The mail that was sent last."""
    return api.post.mail.sent[-1]


def code_in(message: MailMessage) -> str:
    """The code in a mail, as somebody types it."""
    found = re.search(r"^ +(\d{4} \d{4})$", message.text, re.MULTILINE)
    assert found
    return found[1]


def link_in(message: MailMessage) -> str:
    """What a mail's link has behind the mark."""
    found = re.search(rf"^{HALL}/sign-in#mail=([\w-]+)$", message.text, re.MULTILINE)
    assert found
    return found[1]


async def ada_has_an_account(api: Api, email: str = ADA, handle: str = "ada") -> str:
    """Sign up by mail; the id."""
    async with browser(api) as there:
        await there.ask(email)
        await there.code(code_in(latest(api)))
        opened = await there.post("/register", {"handle": handle})
        assert opened.status_code == 201, opened.text
        return str(opened.json()["user_id"])
