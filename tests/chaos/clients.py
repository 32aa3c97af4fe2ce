"""Clients that repeat every command, with the same key, until it is answered."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp

from infra.eventlog.partition import partition_for
from tests.chaos.journal import Accepted, Journal, Refused
from tests.people import a_name

SUBJECT = "chaos"
"""Whose token the clients have; command ids of keyed requests begin with it."""

PATIENCE_S = 3.0
"""Seconds that a client waits for an answer before it asks elsewhere."""

PAUSE = 0.2
"""Seconds between two attempts; less than `Retry-After`, so that the end of a fault is seen."""

COLUMNS = (0, 1, 0, 1, 0, 1, 0)
"""How a game goes: the first player wins with the seventh disc."""


class Request(NamedTuple):
    """What to send, under which id it stands in the log, and how it is refused, if it is."""

    command_id: str
    path: str
    body: Any
    headers: Mapping[str, str]
    refusal: str | None = None


def join(room: str, refusal: str | None = None) -> Request:
    """Somebody new joins a room."""
    key = a_name("join")
    body = {"event_id": room, "user_id": a_name("user"), "priority": 0}
    headers = {"Idempotency-Key": key}
    return Request(f"service/{SUBJECT}/{key}", "/api/v1/waitroom/join", body, headers, refusal)


def command(fields: Mapping[str, Any], refusal: str | None = None) -> Request:
    """A command as another service sends it."""
    id = a_name("command")
    return Request(
        f"service/{SUBJECT}/{id}",
        "/api/v1/commands",
        [{"command_id": id, "command": fields}],
        {},
        refusal,
    )


def start_game(game: str) -> Request:
    """Ada and Bob sit down."""
    players = {"player1": "ada", "player2": "bob", "move_seconds": 3600}
    return command({"command": "game.start", "game_id": game, **players})


def move(game: str, player: str, column: int, refusal: str | None = None) -> Request:
    """One of them drops a disc."""
    fields = {"command": "game.move", "game_id": game, "player": player, "column": column}
    return command(fields, refusal)


def a_game(game: str) -> Iterator[Request]:
    """A game from beginning to end, with somebody who is not patient."""
    yield start_game(game)
    yield move(game, "bob", 0, refusal="not-your-turn")
    for player, column in zip(itertools.cycle(("ada", "bob")), COLUMNS, strict=False):
        yield move(game, player, column)
    yield move(game, "bob", 0, refusal="game-over")


class Clients:
    """Clients of some processes of the API, with one journal."""

    def __init__(self, http: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        self._http = http
        self._urls = urls
        self.journal = Journal()

    async def settle(self, request: Request, *urls: str) -> None:
        """Have a request answered at one of these processes, or at any, and write that down."""
        for url in itertools.cycle(urls or random.sample(self._urls, len(self._urls))):
            with suppress(aiohttp.ClientError, TimeoutError):
                if (answer := await self.ask(url, request)) is not None:
                    self._write_down(request, answer)
                    return
            self.journal.repetitions += 1
            await asyncio.sleep(PAUSE)

    def _write_down(self, request: Request, answer: Accepted | Refused) -> None:
        expected = (
            isinstance(answer, Accepted)
            if request.refusal is None
            else answer == Refused(request.refusal)
        )
        assert expected, f"{request} was answered {answer}"
        self.journal.answers[request.command_id] = answer

    async def ask(self, url: str, request: Request) -> Accepted | Refused | None:
        """The answer of a process; None where it says that the request has to be repeated.

        Raises `TimeoutError` and `aiohttp.ClientError` where it does not say anything.
        """
        async with self._http.post(
            url + request.path, json=request.body, headers=request.headers
        ) as response:
            return _answer_in(response, await response.json(content_type=None))


def _answer_in(response: aiohttp.ClientResponse, told: Any) -> Accepted | Refused | None:
    """The answer to one command; None where it has to be repeated."""
    if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    if isinstance(told, list):
        (outcome,) = told
        if "unavailable" in outcome:
            return None
        if "refusal" in outcome:
            return Refused(outcome["refusal"]["type"])
        return Accepted(outcome["position"], outcome["reply"])
    if response.ok:
        return Accepted(response.headers["Position"], told)
    return Refused(told["type"].rpartition(":")[2])


def in_every_shard(name: str, partitions: int) -> list[str]:
    """An id for each partition of a topic."""
    ids: dict[int, str] = {}
    while len(ids) < partitions:
        id = a_name(name)
        ids.setdefault(partition_for(id, partitions), id)
    return [ids[number] for number in range(partitions)]
