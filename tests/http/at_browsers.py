"""Browsers with devices at the API in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from domain.categories import USERS
from tests.accounts.browsers import Browser
from tests.http.conftest import Api

HALL = "https://hall.example"
ASIDE = "gamehall-aside-passkey"
HOST = "testserver.local"
OURS = {"origin": f"http://{HOST}", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}


@asynccontextmanager
async def another_browser(api: Api, **options: Any) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        yield Browser(client, HALL, headers=OURS, **options)


async def me(here: Browser) -> dict[str, Any]:
    return dict((await here.get("me")).json())


def events_of(api: Api, kind: type[Any]) -> list[Any]:
    events = [each.event for each in api.log.events[USERS.topic]]
    return [each for each in events if isinstance(each, kind)]
