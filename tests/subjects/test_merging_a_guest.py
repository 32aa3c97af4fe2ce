"""A guest who has played, plays and has scored, and whose account has it all in the end."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import Hall
from tests.http.test_reporting_events import an_event
from tests.people import Player, a_name, client_of, eventually, pid_of
from tests.vertical.test_accounts import register
from tests.vertical.test_voiding import win

OF_A_MERGE = (
    *("game-records", "standings", "game-metrics", "accounts"),
    *("leaderboards", "player-statistics", "player-activity"),
)
POINTS = 7


class Guest:
    """Somebody who is a guest and has an account, and whom they play."""

    def __init__(self, hall: Hall, client: httpx.AsyncClient) -> None:
        self.hall, self.client = hall, client
        self.id, self.account, self.friend = a_name("alice~"), a_name("ada"), a_name("ben")
        self.title = a_name("skittles")
        self.running = ""

    async def live(self, won: int = 1, events: int = 3) -> None:
        assert (await register(self.client, self.hall, self.account, a_name("owl"))).is_success
        for _ in range(won):
            await win(self.client, self.hall, self.id)
        self.running = await self._sit_down()
        at = datetime.now(UTC).isoformat()
        facts = {"player_id": self.id, "game_id": self.title, "timestamp": at}
        scored = [an_event(data={"score": POINTS}, **facts) for _ in range(events)]
        answer = await self.client.post(
            "/api/v1/events/batch", json=scored, headers=self.hall.service()
        )
        assert answer.is_success, answer.text
        await self.shows(f"/api/v1/player/{self.id}/stats", "total_events", events)
        await self.shows(f"/api/v1/leaderboard/{self.id}", "wins", won)

    async def _sit_down(self) -> str:
        """A friend follows the guest's challenge, past whoever waits in the lobby."""
        made = await self.client.post("/api/v1/games/challenge", headers=self.hall.player(self.id))
        seat = await self.client.post(
            "/api/v1/games/challenge/accept",
            json={"challenge": made.json()["challenge"]},
            headers=self.hall.player(self.friend),
        )
        assert seat.is_success, seat.text
        return str(seat.json()["game_id"])

    async def get(self, path: str, user: str | None = None) -> Any:
        headers = self.hall.player(user) if user else self.hall.service()
        return (await self.client.get(path, headers=headers)).json()

    async def shows(self, path: str, field: str, value: object) -> None:
        """Wait until what stands at an address says so."""
        await eventually(lambda: self.get(path), lambda found: found.get(field) == value, 30)

    async def merge(self) -> dict[str, Any]:
        """Merge, and do it again where something is left, or the API is away."""
        while True:
            done = await asyncio.to_thread(
                self.hall.command, "accounts", "merge-guest", self.id, self.account, "--json"
            )
            if done.returncode == 0:
                return dict(json.loads(done.stdout))
            await asyncio.sleep(0.2)

    async def stands(self) -> list[Any]:
        """All that the read models show of both."""
        of_guest = [await self.get(path.format(self.id)) for path in ADDRESSES]
        of_account = [await self.get(path.format(self.account)) for path in ADDRESSES]
        return [of_guest, of_account, await self.get(f"/api/v1/games/{self.title}/leaderboard")]

    def copies(self) -> int:
        """How many of the guest's events are the account's by now."""
        query = "SELECT count(*) FROM events WHERE player_id = %s"
        with psycopg.connect(self.hall.postgres) as connection:
            found = connection.execute(query, [self.account]).fetchone()
        assert found is not None
        return int(found[0])


ADDRESSES = (
    "/api/v1/games?player={}",
    "/api/v1/players/{}",
    "/api/v1/leaderboard/{}",
    "/api/v1/player/{}/stats",
)


async def everything_is_the_account_s(guest: Guest, *, won: int, events: int) -> None:
    account = guest.account
    await guest.shows(f"/api/v1/player/{account}/stats", "total_events", events)
    await guest.shows(f"/api/v1/leaderboard/{account}", "wins", won)
    await guest.shows(f"/api/v1/players/{account}", "games_played", won)
    board = f"/api/v1/games/{guest.title}/leaderboard"
    await eventually(lambda: guest.get(board), lambda found: len(found["entries"]) == 1)
    (entry,) = (await guest.get(board))["entries"]
    assert (entry["player_id"], entry["score"]) == (account, POINTS * events)
    listed = await guest.get(f"/api/v1/games?player={account}&limit=100")
    assert len(listed["games"]) == won + 1
    for path in ADDRESSES[1:]:
        assert (await guest.get(path.format(guest.id)))["status"] == 404, path
    assert (await guest.get(ADDRESSES[0].format(guest.id)))["games"] == []


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {each["place"]: each["count"] for each in report["merged"]}


async def is_the_same(hall: Hall, order: str) -> None:
    """What is built from the log once more, in place of what there is (`rebuild`) or not."""
    for name in OF_A_MERGE:
        built = await asyncio.to_thread(
            partial(hall.command, "projections", order, name, "--json", seconds=120)
        )
        assert built.returncode == 0, built.stderr
        found = json.loads(built.stdout)
        assert (found["compared"], found["different"]) == (True, 0), built.stdout


@pytest.mark.timeout(400)  # it folds all that other tests have left in the hall
async def test_games_and_scores_of_a_guest_become_the_account_s(hall: Hall) -> None:
    async with client_of(hall) as client:
        guest = Guest(hall, client)
        await guest.live()
        async with Player(hall, guest.account) as ada:
            report = await guest.merge()
            assert counts(report) == {
                "games": 2,
                "players' events": 3,
                "sign-ins": 0,
                "push-subscriptions": 0,
            }
            assert (await ada.hear("seated"))["payload"]["game_id"] == guest.running
            await plays_on(guest, ada)
        await everything_is_the_account_s(guest, won=1, events=3)

        before = await guest.stands()
        assert {*counts(await guest.merge()).values()} == {0}
        assert await guest.stands() == before
        await is_the_same(hall, "rebuild")
        assert await guest.stands() == before


async def plays_on(guest: Guest, ada: Player) -> None:
    """The account's owner moves in the game that the guest has begun, who cannot any more."""
    path = f"/api/v1/games/{guest.running}/move"
    headers = guest.hall.player(guest.id)
    refused = await guest.client.post(path, json={"column": 0}, headers=headers)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (403, "not-a-player")
    place = await guest.get("/api/v1/me/place", guest.account)
    assert place["game_id"] == guest.running
    if place["game"]["to_move"] == guest.friend:
        headers = guest.hall.player(guest.friend)
        await guest.client.post(path, json={"column": 0}, headers=headers)
        await ada.hear("move")
    await ada.say("move", column=1)
    assert (await ada.hear_move_of(guest.account))["payload"]["column"] == 1


@pytest.mark.timeout(400)
async def test_a_merge_during_which_the_api_is_killed_is_completed_by_doing_it_again(
    hall: Hall,
) -> None:
    won, events = 4, 900
    async with client_of(hall) as client:
        guest = Guest(hall, client)
        await guest.live(won, events)
        merging = asyncio.create_task(guest.merge())
        await eventually(
            lambda: asyncio.to_thread(guest.copies), lambda found: found > 0, 60, pause=0.001
        )
        os.kill(await asyncio.to_thread(pid_of, hall, "api"), signal.SIGKILL)
        await merging
    async with client_of(hall) as client:
        guest.client = client
        await everything_is_the_account_s(guest, won=won, events=events)
        assert await asyncio.to_thread(guest.copies) == events
        assert {*counts(await guest.merge()).values()} == {0}
        await is_the_same(hall, "verify")
