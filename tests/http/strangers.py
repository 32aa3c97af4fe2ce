"""Everybody who may ask for anything, and a person whose business is nobody else's.

`python -m tests.http.strangers` writes down what each is answered: `tests/golden/access.txt`.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from interfaces.http.app import describe
from interfaces.tokens import Identity, Tokens
from tests.http.conftest import SECRET, Api, an_api, who_waits_begins
from tests.http.post import OURS, code_in
from tests.http.test_reporting_events import CAME, an_event

ACCESS = Path(__file__).parents[1] / "golden" / "access.txt"

ADA, BEN, ROOM = "ada", "ben", "concert"
GROUP = "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"
EMAIL, TALKS = "/api/v1/me/account/email", "/api/v1/conversations"

PRIVATE = (
    *("Ada in line", "Pacific/Chatham", "only Ada did this", "ada@hers.example"),
    *("said to nobody", "The countess receives"),
)
"""What is not for other players: how she is called in a line, where she lives, what she did, where
she gets mails, what she said, and how she calls a room into which nobody is invited."""

Headers = Mapping[str, str]
Operation = tuple[str, str, Any]
"""Method, path and what the OpenAPI document says of it."""


def bearer(token: str) -> Headers:
    """The header that shows a token."""
    return {"authorization": f"Bearer {token}"}


WHO: Mapping[str, Callable[["Hers"], Headers]] = {
    "nobody": lambda _: {},
    "another-hall": lambda _: bearer(Tokens(SECRET[::-1]).issue(ADA, "admin")),
    "expired": lambda _: bearer(Tokens(SECRET).issue(ADA, "admin", ttl=-1)),
    "link": lambda hers: bearer(hers.api.services.tokens.link(ADA)),
    "ticket": lambda hers: bearer(hers.ticket),
    "peer": lambda hers: hers.api.peer_token(),
    "process": lambda hers: hers.api.token("matchmaking", "process"),
    "guest": lambda hers: {"cookie": hers.guest, "sec-fetch-site": "same-origin"},
    "player": lambda hers: hers.api.token("mallory"),
    "another-page": lambda hers: {"cookie": hers.cookie, "sec-fetch-site": "cross-site"},
    "her-browser": lambda hers: {"cookie": hers.cookie, "sec-fetch-site": "same-origin"},
    "ada": lambda hers: hers.api.token(ADA),
    "service": lambda hers: hers.api.token("shop", "service"),
    "admin": lambda hers: hers.api.token("olga", "admin"),
}
"""Everybody; `guest` and `player` are other people. `another-page` leads her browser here, and
changes nothing by it; what her browser is told, no such page can read."""

STRANGERS = tuple(WHO)[: tuple(WHO).index("another-page")]
"""Those who come before her, and are told nothing of hers."""


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation, by its id."""
    paths = json.loads(describe())["paths"]
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in paths.items()
        for method, operation in item.items()
    }


class Hers:
    """What Ada has in a hall, and requests for it."""

    def __init__(self, api: Api, session: str, game: str, event: str, room: str) -> None:
        self.api: Api = api
        self.cookie: str = ""
        self.guest: str = ""
        self.ticket: str = api.services.tokens.ticket(Identity(ADA, "player", 0, 2**40), 60)
        self._event = event
        self._named = {
            "event_id": ROOM,
            "session_id": session,
            "game_id": game,
            "room_id": room,
            "user_id": ADA,
            "player_id": ADA,
            "player": ADA,
            "handle": "countess",
            "category": "user",
            "aggregate_id": ADA,
            "letter_id": "nothing",
            "effect_id": "nothing",
            "rule": "nothing",
            "subscription_id": "nothing",
            "conversation_id": GROUP,
            "move": "1",
            "step": "player_score",
            "timestamp": an_event()["timestamp"],
        }
        self._schemas: Any = json.loads(describe())["components"]["schemas"]

    async def ask(self, operation: Operation, who: str) -> httpx.Response:
        """Send a good request of an operation about what is hers."""
        method, path, about = operation
        named = self._named | ({"event_id": self._event} if "/events/" in path else {})
        filled = re.sub(r"{(\w+)}", lambda found: named[found[1]], path.replace("{number}", "1"))
        asked = {
            each["name"]: self._named[each["name"]]
            for each in about.get("parameters", ())
            if each["in"] == "query" and each["name"] in self._named
        }
        if "text/event-stream" in repr(about):
            method = "HEAD"  # what is told goes on for ever
        return await self.api.client.request(
            method, filled, params=asked, headers=dict(WHO[who](self)), json=self._body(about)
        )

    def _body(self, about: Any) -> Any:
        content = about.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return None
        example = self._example(content["schema"])
        if not isinstance(example, dict):
            return example
        of_event = {"event_id"} if "event_type" in example else set()
        named = {name: id for name, id in self._named.items() if name not in of_event}
        return {name: named.get(name, value) for name, value in example.items()}

    def _example(self, schema: Any) -> Any:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if schema.get("type") == "array":
            return [self._example(schema["items"])]
        if "anyOf" in schema:
            return self._example(schema["anyOf"][0])
        return next(iter(schema.get("examples", ())), {})


async def come(api: Api) -> Hers:
    """Ada stands in a line, plays, reports, has an account and a room, and talks to herself."""
    await api.open(ROOM, capacity=5)
    joining = {"user_id": ADA, "event_id": ROOM, "display_name": PRIVATE[0]}
    joined = await api.ask("POST", "/api/v1/waitroom/join", joining, user=ADA)
    game = await api.pair(ADA, BEN)
    registering = {"handle": "countess", "time_zone": PRIVATE[1]}
    account = await api.ask("POST", "/api/v1/me/account/register", registering, user=ADA)
    event = an_event(**CAME, player_id=ADA) | {"data": {"note": PRIVATE[2]}}
    told = await api.ask("POST", "/api/v1/events", event, user="server", scope="service")
    opening = {"name": PRIVATE[5], "access": "invitation"}
    opened = await api.ask("POST", "/api/v1/rooms", opening, user=ADA)
    assert {each.status_code for each in (joined, account, told, opened)} == {200, 201}
    starting: Any = {"conversation_id": GROUP, "members": []}
    await api.ask("POST", TALKS, starting, user=ADA)
    said = {"client_seq": 1, "text": PRIVATE[4]}
    assert (await api.ask("POST", f"{TALKS}/{GROUP}/messages", said, user=ADA)).is_success
    headers = OURS | {"cookie": await _cookie(api, ADA)}
    await api.client.post(EMAIL, json={"email": PRIVATE[3]}, headers=headers)
    await api.post.errands.done()
    code = {"code": code_in(api.post.mail.sent[-1])}
    confirmed = await api.client.post(f"{EMAIL}/confirm", json=code, headers=headers)
    assert confirmed.is_success
    session, event_id, room = (
        answer.json()[id]
        for answer, id in ((joined, "session_id"), (told, "event_id"), (opened, "room_id"))
    )
    hers = Hers(api, session, game, event_id, room)
    hers.cookie, hers.guest = await _cookie(api, ADA), await _cookie(api, "mallory~guest")
    return hers


async def _cookie(api: Api, user: str) -> str:
    """What the browser sends of somebody who has signed in."""
    begun = await api.services.cookies.begin(user, user, "player", "guest")
    assert begun is not None
    return begun[1].partition(";")[0]


async def answers(id: str) -> dict[str, httpx.Response]:
    """What everybody is answered by one operation about what is hers, one after the other."""
    async with an_api() as api:
        hers = await come(api)
        return {who: await hers.ask(operations()[id], who) for who in WHO}


def line(id: str, answered: Mapping[str, httpx.Response]) -> str:
    """An operation, and the status that each is answered with."""
    return " ".join((id, *(f"{who}:{each.status_code}" for who, each in answered.items())))


def written() -> Iterator[str]:
    """What is written down, operation by operation."""
    with who_waits_begins():
        for id in operations():
            yield line(id, asyncio.run(answers(id)))


if __name__ == "__main__":
    ACCESS.write_text("".join(f"{each}\n" for each in written()))
