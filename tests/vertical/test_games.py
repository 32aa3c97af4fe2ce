"""Games over the socket, to the end, and what the read models make of them."""

from typing import Any

import psycopg

from tests.conftest import Hall
from tests.people import Player, a_name, client_of, eventually, in_turn


async def test_two_people_play_to_the_end(hall: Hall) -> None:
    async with Player(hall, a_name("ada")) as ada, Player(hall, a_name("bob")) as bob:
        first, second, game_id = await in_turn(ada, bob)

        # The first stacks column 3, the second column 4; the first has four first.
        for _ in range(3):
            await first.say("move", column=3)
            await second.hear_move_of(first.user)
            await second.say("move", column=4)
            await first.hear_move_of(second.user)
        await first.say("move", column=3)
        ended = (await second.hear("game_ended"))["payload"]
        assert (ended["winner"], ended["result"]) == (first.user, "win")
        await first.hear("game_ended")

    assert await game_row(hall, game_id) == ("finished", first.user, "win")
    assert events_of(hall, game_id) == ["game_started", *["move"] * 7, "game_ended"]
    await standings(hall, first.user, {"wins": 1, "losses": 0, "draws": 0, "score": 3})
    await standings(hall, second.user, {"wins": 0, "losses": 1, "draws": 0, "score": 0})


async def test_a_player_alone_meets_the_bot_and_plays_to_the_end(hall: Hall) -> None:
    async with Player(hall, a_name("eve")) as eve:
        await eve.say("seek", bot_level="easy")
        started = (await eve.hear("game_started"))["payload"]
        assert started["player2"] == "bot-easy"
        game_id = started["game_id"]
        while True:
            state = await my_turn_or_end(hall, game_id, eve.user)
            if state["status"] == "finished":
                break
            column = next(c for c in (3, 2, 4, 1, 5, 0, 6) if state["board"][0][c] == ".")
            await eve.say("move", column=column)
            await eve.hear("move", "game_ended")

    status, winner, result = await game_row(hall, game_id)
    assert status == "finished"
    outcome = {(eve.user, "win"): "wins", ("bot-easy", "win"): "losses", (None, "draw"): "draws"}
    await standings(hall, eve.user, {"games_played": 1, outcome[winner, result]: 1})


async def test_who_comes_back_to_a_game_is_told_every_move_since(hall: Hall) -> None:
    async with Player(hall, a_name("ada")) as ada, Player(hall, a_name("bob")) as bob:
        first, second, game_id = await in_turn(ada, bob)
        seen = 0
        for columns in ((0, 2), (4, 6), (0, 2)):
            for column in columns:
                await first.say("move", column=column)
                await second.hear_move_of(first.user)
                await second.say("move", column=column)
                await first.hear_move_of(second.user)
            async with Player(hall, a_name("eve")) as eve:
                await eve.say("watch", game_id=game_id, after=seen)
                told = [(await eve.hear("move"))["payload"]["move"] for _ in range(4)]
                assert told == [*range(seen + 1, seen + 5)]
                assert (await eve.hear("game_state", "move"))["payload"]["moves"] == seen + 4
            seen += 4


async def test_a_move_out_of_turn_is_refused_on_the_socket_and_changes_nothing(hall: Hall) -> None:
    async with Player(hall, a_name("ada")) as ada, Player(hall, a_name("bob")) as bob:
        first, second, game_id = await in_turn(ada, bob)
        await second.say("move", column=0)
        refused = (await second.hear("error"))["payload"]
        assert refused["type"].endswith("not-your-turn")
        await second.say("resign")
        ended = (await first.hear("game_ended"))["payload"]
        assert (ended["result"], ended["winner"]) == ("resignation", None)
    assert "move" not in events_of(hall, game_id)


async def test_a_game_can_be_looked_at_as_of_any_move(hall: Hall) -> None:
    async with Player(hall, a_name("ada")) as ada, Player(hall, a_name("bob")) as bob:
        first, second, game_id = await in_turn(ada, bob)
        await first.say("move", column=0)
        await second.hear("move")
        await second.say("resign")
        await first.hear("game_ended")
    async with client_of(hall) as client:
        headers = hall.player(ada.user)

        async def board(move: int) -> list[str]:
            answer = await client.get(f"/api/v1/games/{game_id}/at/{move}", headers=headers)
            return list(answer.json().get("board", []))

        assert await eventually(lambda: board(1), bool) == [*["......."] * 5, "1......"]
        assert await board(0) == ["......."] * 6
        beyond = await client.get(f"/api/v1/games/{game_id}/at/9", headers=headers)
        assert beyond.status_code == 404


async def my_turn_or_end(hall: Hall, game_id: str, user: str) -> dict[str, Any]:
    async with client_of(hall) as client:

        async def state() -> dict[str, Any]:
            answer = await client.get(f"/api/v1/games/{game_id}", headers=hall.player(user))
            return dict(answer.json()) if answer.is_success else {}

        found: dict[str, Any] = await eventually(
            state, lambda s: bool(s) and (s["status"] == "finished" or s["to_move"] == user)
        )
        return found


async def game_row(hall: Hall, game_id: str) -> Any:
    async def row() -> Any:
        async with await psycopg.AsyncConnection.connect(hall.postgres) as connection:
            query = "SELECT status, winner_id, result FROM games WHERE id = %s"
            return await (await connection.execute(query, (game_id,))).fetchone()

    return await eventually(row, lambda r: r is not None and r[0] == "finished")


def events_of(hall: Hall, game_id: str) -> list[str]:
    with psycopg.connect(hall.postgres) as connection:
        query = "SELECT event_type FROM game_analytics WHERE game_id = %s ORDER BY id"
        return [row[0] for row in connection.execute(query, (game_id,))]


async def standings(hall: Hall, user: str, expected: dict[str, int]) -> None:
    """Both the player's record and the leaderboard come to say this."""
    async with client_of(hall) as client:
        for path in (f"/api/v1/players/{user}", f"/api/v1/leaderboard/{user}"):

            async def ask(path: str = path) -> dict[str, Any]:
                answer = await client.get(path, headers=hall.player(user))
                return dict(answer.json())

            await eventually(ask, lambda found: _agrees(found, expected))


def _agrees(found: dict[str, Any], expected: dict[str, int]) -> bool:
    return all(found.get(name) == value for name, value in expected.items() if name in found) and (
        "wins" in found
    )


async def test_friends_play_find_their_game_look_back_at_it_and_play_again(hall: Hall) -> None:
    users = a_name("ada"), a_name("bob")
    ada, bob = (hall.player(user) for user in users)
    async with client_of(hall) as client:

        async def ask(path: str, who: Any, body: Any = None) -> Any:
            method = "GET" if body is None else "POST"
            answer = await client.request(method, f"/api/v1/{path}", headers=who, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        challenge = await ask("games/challenge", ada, {})
        seat = await ask("games/challenge/accept", bob, {"challenge": challenge["challenge"]})
        place = await ask("me/place", ada)
        assert place["game_id"] == seat["game_id"]
        assert 0 < place["seconds_left"] <= 60
        game_id, first = seat["game_id"], ada if place["game"]["to_move"] == users[0] else bob
        await ask(f"games/{game_id}/move", first, {"column": 3})
        await ask(f"games/{game_id}/move", bob if first is ada else ada, {"column": 3})
        await ask(f"games/{game_id}/resign", first, {})

        async def listed() -> Any:
            return await ask(f"games?player={users[0]}&status=finished", bob)

        page = await eventually(listed, lambda page: page["games"])
        assert [game["game_id"] for game in page["games"]] == [game_id]
        judgement = await ask(f"games/{game_id}/at/2/judgement", bob)
        assert judgement["depth"] > 1
        assert len(judgement["moves"]) == 7

        assert (await ask(f"games/{game_id}/rematch", ada, {}))["status"] == "open"
        assert (await ask(f"games/{game_id}/rematch/offers", bob))["offered_by"] == [users[0]]
        again = await ask(f"games/{game_id}/rematch", bob, {})
        assert again["status"] == "seated"
        assert (await ask("me/place", ada))["game"]["game_id"] == again["game_id"]
        await ask(f"games/{again['game_id']}/resign", ada, {})
