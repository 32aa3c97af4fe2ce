"""A room's whole life, of which nothing is left but the log."""

import httpx
import pytest

from bench import room_life
from bench.hall import Hall as Bench
from tests.conftest import Hall

JOINS = 300


@pytest.fixture
def bench(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The hall, as benchmarks see it."""
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    return Bench()


def test_a_room_that_is_over_leaves_nothing_in_redis_and_its_past_in_the_log(
    hall: Hall, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: list[str] = []
    opening = bench.open_room

    def open_room(capacity: int) -> str:
        rooms.append(opening(capacity))
        return rooms[-1]

    monkeypatch.setattr(bench, "open_room", open_room)
    before = room_life.left(bench)
    life = room_life.live(bench, JOINS)

    assert life.full.keys >= before.keys + JOINS
    assert life.left.keys == before.keys
    (room,) = rooms
    headers = hall.service()
    address = f"{bench.settings.base_url}/api/v1"
    gone = httpx.get(f"{address}/waitroom/{room}", headers=headers)
    assert gone.json()["type"].endswith(":waitroom-not-found")
    past = httpx.get(f"{address}/history/waitroom/{room}?limit=3", headers=headers).json()
    assert (past["state"]["status"], past["state"]["joined"]) == ("archived", JOINS)
    join = {"event_id": room, "user_id": "late"}
    late = httpx.post(f"{address}/waitroom/join", headers=headers, json=join)
    assert late.json()["type"].endswith(":waitroom-archived")
