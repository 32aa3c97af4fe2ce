"""Players at their sockets: what they have been told, and how they come to a game."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.http.conftest import Api
from tests.http.socket_client import Socket, connected

LIVE = "/api/v1/games/live"
WINNING = (0, 1, 0, 1, 0, 1)
"""Columns after which ann, who began, wins by another disc in column 0."""


async def everything(socket: Socket) -> list[tuple[str, Any]]:
    """All that this socket has been told by now: it has just been asked for a pong."""
    await socket.send_text('{"type": "ping", "id": "the end"}')
    heard: list[tuple[str, Any]] = []
    while (message := await socket.receive()) != ("pong", {}):
        heard.append(message)
    return heard


async def answer_to(socket: Socket, message: dict[str, Any]) -> dict[str, Any]:
    """The message with the same id that answers this one."""
    await socket.send_text(json.dumps(message))
    while True:
        async with asyncio.timeout(3):
            said = json.loads((await socket.incoming.get())["text"])
        if said.get("id") == message["id"]:
            assert isinstance(said, dict)
            return said


@asynccontextmanager
async def at_the_table(api: Api, *, user: str = "ann") -> AsyncIterator[Socket]:
    """A socket of somebody who follows the game they sit at."""
    async with connected(api, LIVE, user=user) as socket:
        await socket.send("seek")
        await socket.until("game_state")
        yield socket


async def play(api: Api, game: str, *columns: int) -> None:
    for number, column in enumerate(columns):
        user = ("ann", "ben")[number % 2]
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)
