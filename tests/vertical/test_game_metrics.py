"""A game shows in the windows of its hour and day, and the topic comes to say the same."""

from contextlib import closing
from typing import Any

import msgspec

from infra.game_metrics import MetricsTopic
from tests.conftest import Hall
from tests.people import a_name, client_of, eventually


async def test_a_game_is_counted_at_once_and_told_on_the_topic(hall: Hall) -> None:
    users = a_name("ada"), a_name("bob")
    async with client_of(hall) as client:

        async def ask(path: str, user: str, body: Any = None, **headers: str) -> Any:
            method, headers = "GET" if body is None else "POST", headers | hall.player(user)
            answer = await client.request(method, f"/api/v1/{path}", headers=headers, json=body)
            assert answer.is_success, answer.text
            return answer.json(), answer.headers.get("position")

        async def latest(**headers: str) -> Any:
            told, _ = await ask("games/metrics?per=hour", users[0], **headers)
            return told["windows"][-1]

        challenge, _ = await ask("games/challenge", users[0], {})
        seat, _ = await ask(
            "games/challenge/accept", users[1], {"challenge": challenge["challenge"]}
        )
        place, _ = await ask("me/place", users[0])
        first = place["game"]["to_move"]
        second = users[1] if first == users[0] else users[0]
        for user in (first, second):
            await ask(f"games/{seat['game_id']}/move", user, {"column": 3})
        _, position = await ask(f"games/{seat['game_id']}/resign", first, {})

        window = await latest(**{"read-after": position})
        assert window["second_wins"] >= 1
        assert window["resignations"] >= 1
        assert window["started"] >= 1

        with closing(MetricsTopic(hall.kafka)) as topic:

            async def told() -> list[Any]:
                return [msgspec.json.decode(value) for value in topic.newest().values()]

            await eventually(told, lambda windows: window in windows, patience=30, pause=0.5)
