"""Whatever is said over a socket ends nothing but that socket, and is answered."""

import json

import pytest

from interfaces.http.platform.channel import MESSAGE_LIMIT_BYTES
from tests.contracts.poison.inbound import sockets
from tests.contracts.poison.mutations import Poison, poisons
from tests.http.conftest import Api
from tests.http.socket_client import Socket, connected

SAID = list(sockets())


def names(case: object) -> str:
    return str(case.get("type", "")) if isinstance(case, dict) else str(case).split("/")[3]


@pytest.mark.parametrize(("path", "message"), SAID, ids=names)
async def test_a_socket_answers_whatever_is_said_and_goes_on(
    api: Api, path: str, message: dict[str, object]
) -> None:
    address = await where_ann_is(api, path)
    async with connected(api, address) as socket, connected(api, address) as canary:
        for poison in poisons(message):
            if len(poison.body) <= MESSAGE_LIMIT_BYTES and is_text(poison):
                await socket.send_text(poison.body.decode())
                await is_there(socket)
        await is_there(canary)


@pytest.mark.parametrize("path", sorted({path for path, _ in SAID}))
async def test_what_is_too_long_ends_the_socket_of_who_said_it(api: Api, path: str) -> None:
    address = await where_ann_is(api, path)
    async with connected(api, address) as socket, connected(api, address) as canary:
        await socket.send_text(json.dumps({"type": "ping", "payload": "x" * MESSAGE_LIMIT_BYTES}))
        assert await socket.closed() == 1009
        await is_there(canary)


async def where_ann_is(api: Api, path: str) -> str:
    """The address of a socket, about something of Ann's: her place in a line, or a room."""
    await api.open()
    session = (await api.join("ann")).json()["session_id"]
    opened = await api.ask("POST", "/api/v1/rooms", {"name": "Night owls"}, user="ann")
    room = opened.json()["room_id"]
    await api.ask("POST", f"/api/v1/rooms/{room}/join", user="ann")
    return path.replace("{session_id:str}", session).replace("{room_id:str}", room)


def is_text(poison: Poison) -> bool:
    """Other frames never reach the application: the server ends the socket."""
    try:
        poison.body.decode()
    except UnicodeDecodeError:
        return False
    return True


async def is_there(socket: Socket) -> None:
    await socket.send("ping")
    await socket.until("pong")
