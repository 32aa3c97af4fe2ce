"""Two people talk at a real hall: once, counted, told without a word of it, and forgotten."""

import json
from typing import Any

import httpx

from domain.conversations.names import id_of_two
from tests.conftest import Hall
from tests.people import a_name, client_of, eventually, records_of

CONVERSATIONS = "/api/v1/conversations"


async def test_what_is_said_is_there_once_for_whom_it_is_for(hall: Hall) -> None:
    ann, bob, words = a_name("ann"), a_name("bob"), a_name("These words")
    id = id_of_two(ann, bob)
    async with client_of(hall) as client:
        people = Talkers(hall, client, id)
        with records_of(hall, "chat-messages", id) as told:
            await people.post(ann, f"/with/{bob}")
            for _ in range(2):
                said = await people.post(ann, f"/{id}/messages", {"client_seq": 1, "text": words})
                assert said["number"] == 1
            await people.post(ann, f"/{id}/messages", {"client_seq": 2, "text": words})
            await people.post(bob, f"/{id}/messages/1/react", {"reaction": "like"})
            await eventually(lambda: people.unread(bob), [2].__eq__)
            await people.post(bob, f"/{id}/read", {"up_to": 1})
            await eventually(lambda: people.unread(bob), [1].__eq__)
            messages = [json.loads(record.value() or b"") for record in told(4)]
        names = [(each["event_type"], each.get("number", each.get("up_to"))) for each in messages]
        assert names == [
            ("message_sent", 1),
            ("message_sent", 2),
            ("reaction_added", 1),
            ("conversation_read", 1),
        ]
        assert words not in str(messages)
        await eventually(lambda: people.told(bob), [("message", id, ann)].__eq__)

        await client.post(f"/api/v1/friends/{ann}/block", headers=hall.player(bob))
        await people.post(ann, f"/{id}/messages", {"client_seq": 3, "text": "Are you there?"})
        own = [(3, "Are you there?"), (2, words), (1, words)]
        await eventually(lambda: people.seen(ann), own.__eq__)
        await eventually(lambda: people.seen(bob), [].__eq__)
        await client.post(f"/api/v1/friends/{ann}/unblock", headers=hall.player(bob))
        await eventually(lambda: people.seen(bob), [(2, words), (1, words)].__eq__)

        erased = await client.post(
            "/api/v1/me/erase", json={"user_id": ann}, headers=hall.player(ann), timeout=60
        )
        assert erased.json()["complete"], erased.text
        await eventually(lambda: people.seen(bob), [(2, None), (1, None)].__eq__)


class Talkers:
    """What people say and see of one conversation."""

    def __init__(self, hall: Hall, client: httpx.AsyncClient, id: str) -> None:
        self._hall, self._client, self._id = hall, client, id

    async def post(self, user: str, path: str, body: Any = None) -> Any:
        headers = self._hall.player(user)
        answer = await self._client.post(f"{CONVERSATIONS}{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def unread(self, user: str) -> list[int]:
        listed = await self._get(user, CONVERSATIONS)
        return [each["unread"] for each in listed["conversations"]]

    async def seen(self, user: str) -> list[tuple[int, str | None]]:
        page = await self._get(user, f"{CONVERSATIONS}/{self._id}/messages")
        return [(each["number"], each["text"]) for each in page["messages"]]

    async def told(self, user: str) -> list[tuple[str, str, str]]:
        page = await self._get(user, "/api/v1/me/feed")
        return [(each["kind"], each["about"], each["other"]) for each in page["entries"]]

    async def _get(self, user: str, path: str) -> Any:
        answer = await self._client.get(path, headers=self._hall.player(user))
        assert answer.is_success, answer.text
        return answer.json()
