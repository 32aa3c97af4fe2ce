"""What a void takes away in the whole hall, and what it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conftest import Hall
from tests.http.test_reporting_events import an_event
from tests.people import a_name, client_of, eventually

MOVES = (0, 1, 0, 1, 0, 1, 0)
HOUR = timedelta(hours=1)


async def test_a_void_empties_the_boards_of_events_and_leaves_games_that_were_won(
    hall: Hall,
) -> None:
    cheater, title = a_name("mallory"), a_name("pinball")
    async with client_of(hall) as client:
        await win(client, hall, cheater)
        await report(client, hall, player_id=cheater, game_id=title)
        board, rank = f"/api/v1/games/{title}/leaderboard", f"/api/v1/leaderboard/{cheater}"
        await seen(client, hall, board, lambda found: len(found["entries"]) == 1)
        won = await seen(client, hall, rank, lambda found: found.get("wins") == 1)

        since = (datetime.now(UTC) - HOUR).strftime("%Y-%m-%dT%H:%M:%S")
        voided = hall.command("players", "void", cheater, "--from", since)

        assert voided.returncode == 0, voided.stderr
        await seen(client, hall, board, lambda found: not found["entries"])
        assert await seen(client, hall, rank, lambda _: True) == won


async def win(client: httpx.AsyncClient, hall: Hall, player: str) -> None:
    """The player has four in a row first."""
    game, other = a_name("game"), a_name("victim")
    start = {"command": "game.start", "player1": player, "player2": other, "move_seconds": 3_600}
    moves = [
        {"command": "game.move", "player": (player, other)[turn % 2], "column": column}
        for turn, column in enumerate(MOVES)
    ]
    body = [
        {"command_id": f"{game}-{n}", "command": {**order, "game_id": game}}
        for n, order in enumerate([start, *moves])
    ]
    answer = await client.post("/api/v1/commands", json=body, headers=hall.service())
    assert all("position" in verdict for verdict in answer.json()), answer.text


async def report(client: httpx.AsyncClient, hall: Hall, **event: Any) -> None:
    answer = await client.post("/api/v1/events", json=an_event(**event), headers=hall.service())
    assert answer.is_success, answer.text


async def seen(client: httpx.AsyncClient, hall: Hall, path: str, is_right: Any) -> Any:
    """What stands at an address, once it is right."""

    async def ask() -> Any:
        return (await client.get(path, headers=hall.service())).json()

    return await eventually(ask, is_right)
