"""How sockets end: the client hears the code that the reference promises, through the real server.

A close frame that is lost on its way shows as 1006 here, and none arriving as a time-out.
"""

import asyncio
import json
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.conftest import Hall
from tests.people import PATIENCE_S, a_name, client_of, eventually, join, open_room

LIVE = "/api/v1/games/live"
MOST_SOCKETS = 10


async def test_who_opens_too_many_sockets_hears_that(hall: Hall) -> None:
    user = hall.player(a_name("ann"))
    sockets = [await opened(hall, LIVE, user) for _ in range(MOST_SOCKETS + 1)]
    assert await code_of_the_end(sockets[-1]) == 1013
    await asyncio.gather(*(socket.close() for socket in sockets))


async def test_who_asks_for_a_session_that_is_not_there_hears_that(hall: Hall) -> None:
    await new_session(hall, "ann")
    async with await opened(hall, live("nobody"), hall.player("ann")) as socket:
        assert await code_of_the_end(socket) == 4404


async def test_who_asks_for_somebody_else_s_session_hears_that(hall: Hall) -> None:
    _, session = await new_session(hall, "ann")
    async with await opened(hall, live(session), hall.player("eve")) as socket:
        assert await code_of_the_end(socket) == 4403


async def test_the_end_of_a_session_ends_its_socket_which_was_waiting_for_the_client(
    hall: Hall,
) -> None:
    room, session = await new_session(hall, "ann")
    async with await opened(hall, live(session), hall.player("ann")) as socket:
        assert (await heard(socket))["type"] == "ready"
        async with client_of(hall) as client:
            body = {"event_id": room, "session_id": session}
            await client.post("/api/v1/waitroom/leave", json=body, headers=hall.service())
        assert (await heard(socket))["payload"]["status"] == "left"
        assert await code_of_the_end(socket) == 1000


async def test_too_long_a_message_ends_a_socket(hall: Hall) -> None:
    async with await opened(hall, LIVE, hall.player(a_name("ann"))) as socket:
        await socket.send("x" * 5_000)
        assert await code_of_the_end(socket) == 1009


async def new_session(hall: Hall, user: str) -> tuple[str, str]:
    """Somebody is let into a new room; gives the room and the session, which can be looked up."""
    async with client_of(hall) as client:
        room = await open_room(client, hall)
        place = (await join(client, hall.service(), room, user)).json()
        path = f"/api/v1/waitroom/sessions/{place['session_id']}"

        async def looked_up() -> httpx.Response:
            return await client.get(path, headers=hall.service())

        await eventually(looked_up, lambda answer: answer.status_code == 200)
    return room, place["session_id"]


def live(session: str) -> str:
    return f"/api/v1/waitroom/sessions/{session}/live"


async def opened(hall: Hall, path: str, headers: dict[str, str]) -> ClientConnection:
    return await connect(hall.base_url.replace("http", "ws", 1) + path, additional_headers=headers)


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """The next message."""
    async with asyncio.timeout(PATIENCE_S):
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def code_of_the_end(socket: ClientConnection) -> int | None:
    """The code that the service ends the socket with; what comes before is passed over."""
    try:
        while True:
            await heard(socket)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
