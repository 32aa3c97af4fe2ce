"""The contract, as the running service publishes it, and what its tests have in common."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Hall
from tests.http.test_reporting_events import an_event
from tests.people import a_name, client_of, eventually


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests last.

    What they leave behind goes on ticking (deadlines, clocks of games, somebody looking for an
    opponent), and other tests pair players or compare every row of the read models.
    """
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.is_relative_to(here))


@pytest.fixture(scope="session")
def positions(hall: Hall) -> set[str]:
    """A position of each topic that the log and all read models have reached."""
    return asyncio.run(_something_happens(hall))


async def _something_happens(hall: Hall) -> set[str]:
    """A room is opened and a game sought and another won; whoever reads of it has done so then."""
    headers = hall.service()
    game: dict[str, Any] = {"game_id": a_name("game")}
    start: dict[str, Any] = {
        "command": "game.start",
        "player1": "ann",
        "player2": "ben",
        "move_seconds": 60,
    }
    moves = [{"command": "game.move", "player": each, "column": 3} for each in ("ann", "ben")]
    commands = [start, *moves, {"command": "game.resign", "player": "ben"}]
    room = {"event_id": a_name("contract"), "capacity": 1, "checkout_seconds": 600}
    async with client_of(hall) as client:
        opened = await client.post("/api/v1/waitroom", json=room, headers=headers)
        played = [{"command_id": a_name("played"), "command": each | game} for each in commands]
        won = await client.post("/api/v1/commands", json=played, headers=headers)
        sought = await client.post("/api/v1/games/seek", json={}, headers=headers)
        account = await client.post(
            "/api/v1/me/account/register",
            json={"handle": a_name("ada")},
            headers=hall.player(a_name("ada")),
        )
        told = await client.post("/api/v1/events", json=an_event(), headers=headers)
        ruled = await client.post("/api/v1/effects/rules", json=a_rule(), headers=hall.admin())
        after_feed = await _somebody_is_told(hall, client)
        after_friend = await _somebody_is_asked(hall, client)
        after_lounge = await _somebody_opens_a_room(hall, client)
        after_room, after_game, after_event, after_account, after_rule = (
            answer.headers["Position"] for answer in (opened, sought, told, account, ruled)
        )
        for path, position in (
            (f"/api/v1/waitroom/{room['event_id']}", after_room),
            ("/api/v1/players/nobody", after_game),
            ("/api/v1/accounts/nobody", after_account),
            ("/api/v1/leaderboard", won.json()[-1]["position"]),
            ("/api/v1/players/nobody/events", after_event),
            ("/api/v1/player/nobody/stats", after_event),
            ("/api/v1/games/none/leaderboard", after_event),
            ("/api/v1/effects/rules", after_rule),
        ):
            asked = (hall.admin() if position == after_rule else headers) | {"Read-After": position}
            ask = partial(client.get, path, headers=asked)
            await eventually(ask, lambda answer: answer.status_code in {200, 404})
        ask = partial(client.get, "/api/v1/dead-letters", headers=hall.admin())
        await eventually(ask, lambda answer: answer.status_code == 200)
    return {
        *(after_room, after_game, after_event, after_account, after_rule, after_feed),
        *(after_friend, after_lounge),
    }


def a_rule() -> dict[str, Any]:
    """A rule that holds on nothing."""
    action = {"kind": "file", "file": "contract"}
    where = {"event_id": a_name("none")}
    return {"name": a_name("rule"), "on": "QUEUE_LEFT", "where": where, "action": action}


async def _somebody_is_told(hall: Hall, client: httpx.AsyncClient) -> str:
    """Add an entry to a feed, as a worker does; the position that its read model has reached."""
    user, name = a_name("ada"), a_name("told")
    source = {"kind": "game-found", "about": name, "source": "game-log/0@1"}
    told = {"command_id": name, "command": {"command": "feed.add", "user_id": user} | source}
    by_worker = {"Authorization": f"Bearer {hall.tokens.issue('feed', 'process')}"}
    added = await client.post("/api/v1/commands", json=[told], headers=by_worker)
    position: str = added.json()[0]["position"]
    asked = hall.player(user) | {"Read-After": position}
    ask = partial(client.get, "/api/v1/me/feed", headers=asked)
    await eventually(ask, lambda answer: answer.status_code == 200)
    return position


async def _somebody_is_asked(hall: Hall, client: httpx.AsyncClient) -> str:
    """Ask somebody to be a friend; the position that the read models have reached."""
    asking, friends = hall.player(a_name("ada")), "/api/v1/friends"
    asked = await client.post(
        f"{friends}/requests", json={"user_id": a_name("bob")}, headers=asking
    )
    position = asked.headers["Position"]
    for path in (friends, "/api/v1/conversations"):
        ask = partial(client.get, path, headers=asking | {"Read-After": position})
        await eventually(ask, lambda answer: answer.status_code == 200)
    return position


async def _somebody_opens_a_room(hall: Hall, client: httpx.AsyncClient) -> str:
    """Open a room in which people meet; the position that the read model has reached."""
    asking, rooms = hall.player(a_name("olga")), "/api/v1/rooms"
    opened = await client.post(rooms, json={"name": "Contract"}, headers=asking)
    position = opened.headers["Position"]
    ask = partial(client.get, rooms, headers=asking | {"Read-After": position})
    await eventually(ask, lambda answer: answer.status_code == 200)
    return position
