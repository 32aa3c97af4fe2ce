"""Somebody with a room, games, events, scores, letters and an account, told of all and forgotten.

What is looked for are texts that stand nowhere else, in everything that there is.
"""

import asyncio
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints
from zipfile import ZipFile

import httpx
import msgspec
import psycopg
import pytest
import redis
from psycopg import sql

from domain.categories import CATEGORIES
from domain.events import DomainEvent
from domain.personal import sealed_in
from domain.player_events.event import TOPIC
from infra.kafka.records import produce
from interfaces.bootstrap.people import tables
from interfaces.bootstrap.workers import PROJECTIONS
from tests.conftest import Hall
from tests.http.test_avatars import picture
from tests.people import Player, a_name, client_of, eventually, in_turn, open_room
from tests.subjects.test_declarations import undeclared_keys
from tests.subjects.test_erasing import records_in_kafka
from tests.vertical.test_accounts import register

TABLES = dict(tables())
EVENTS = {event.wire_name(): event for category in CATEGORIES for event in category.evolvers}
AVATAR = "/api/v1/me/account/avatar"
OF_THE_OTHER = "Benjamin of Elsewhere"
BEHIND_THE_KEY = "Ada of Nowhere"


class Person:
    """Somebody who is in every family, and a friend who plays and waits beside them."""

    def __init__(self, hall: Hall, client: httpx.AsyncClient) -> None:
        self.hall, self.client = hall, client
        self.id, self.friend = a_name("ada"), a_name("ben")
        self.mark = a_name("Marked")
        self.name, self.other_name = f"{BEHIND_THE_KEY} {self.mark}", f"{OF_THE_OTHER} {self.mark}"
        self.title = a_name("pinball")

    async def live(self) -> None:
        await self._register()
        await self._wait_in_line()
        await self._play()
        await self._report()
        self._sign_in()

    async def _register(self) -> None:
        assert (await register(self.client, self.hall, self.id, a_name("owl"))).is_success
        await self._tell("/api/v1/me/account/profile", {"display_name": self.name})
        headers = self.hall.player(self.id) | {"Content-Type": "image/png"}
        answer = await self.client.post(AVATAR, content=picture(), headers=headers)
        assert answer.is_success, answer.text

    async def _wait_in_line(self) -> None:
        room = await open_room(self.client, self.hall, capacity=1)
        for user, name in ((self.id, self.name), (self.friend, self.other_name)):
            body = {"event_id": room, "user_id": user, "display_name": name}
            await self._tell("/api/v1/waitroom/join", body, user)

    async def _play(self) -> None:
        async with Player(self.hall, self.id) as ada, Player(self.hall, self.friend) as ben:
            first, second, _ = await in_turn(ada, ben)
            await first.say("move", column=0)
            await second.hear("move")
            await second.say("move", column=0)
            await first.hear_move_of(second.user)
            await (first if first.user == self.friend else second).say("resign")
            await first.hear("game_ended")

    async def _report(self) -> None:
        """Events of which two can be counted, and one becomes a letter."""
        for data in ({"score": 7, "chat": self.mark}, {"score": 8}):
            await self._tell("/api/v1/events", self._event("player_score", data), service=True)
        session = self._event("session_ended", {"seconds": 60, "why": self.mark})
        await self._tell("/api/v1/events", session, service=True)
        ids = {"event_id": "0d9d3b7c-1a5e-4f0f-8a3b-6c2d1e0f9a8b"}
        poison = self._event("player_score", {"score": self.mark})
        poison |= {"ingested_at": poison["timestamp"], **ids}
        await asyncio.to_thread(produce, self.hall.kafka, TOPIC, [(self.id, json.dumps(poison))])
        since = datetime.now(UTC) - timedelta(days=300)
        voided = await asyncio.to_thread(
            *(self.hall.command, "players", "void", self.id, "--reason", self.mark),
            *("--from", f"{since:%Y-%m-%d}", "--until", f"{since + timedelta(days=1):%Y-%m-%d}"),
        )
        assert voided.returncode == 0, voided.stderr

    def _event(self, kind: str, data: Any) -> dict[str, Any]:
        return {
            "event_type": kind,
            "player_id": self.id,
            "game_id": self.title,
            "timestamp": datetime.now(UTC).isoformat(),
            "data": data,
        }

    def _sign_in(self) -> None:
        row = [self.id.encode(), self.id, self.name]
        with psycopg.connect(self.hall.postgres) as connection:
            connection.execute(
                "INSERT INTO sign_ins (digest, user_id, name, scope, way, expires_at)"
                " VALUES (%s, %s, %s, 'player', 'guest', now() + interval '1 day')",
                row,
            )

    async def _tell(
        self, path: str, body: Any, user: str | None = None, *, service: bool = False
    ) -> None:
        headers = self.hall.service() if service else self.hall.player(user or self.id)
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text

    async def is_everywhere(self) -> bool:
        """Whether each read model shows what has happened."""
        told = {table: len(rows_of(self.hall, table, self.id)) for table in SHOWN}
        return all(told[table] == count for table, count in SHOWN.items())


SHOWN = {
    "accounts": 1,
    "games": 1,
    "users": 1,
    "standings": 1,
    "game_metrics_winners": 2,
    "events": 5,
    "player_statistics": 1,
    "leaderboard_scores": 3,
    "dead_letters": 1,
    "leaderboards_voids": 1,
    "player_statistics_voids": 1,
    "active_players": 1,
    "sign_ins": 1,
}
"""The rows that a person has in the end."""


def rows_of(hall: Hall, table: str, user_id: str) -> list[Any]:
    says = TABLES[table]
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(map(sql.Identifier, says.names)),
        sql.Identifier(table),
        sql.SQL(says.condition),
    )
    with psycopg.connect(hall.postgres) as connection:
        return connection.execute(query, {"user_id": user_id}).fetchall()


@pytest.mark.timeout(400)  # it looks at all that other tests have left in the hall
async def test_a_person_is_told_of_everything_and_forgotten_everywhere(
    hall: Hall, tmp_path: Path
) -> None:
    async with client_of(hall) as client:
        ada = Person(hall, client)
        await ada.live()
        await eventually(ada.is_everywhere, bool, patience=60)

        told = await exported(hall, ada, tmp_path / "ada.zip")
        is_all_that_is_declared(hall, ada, told)
        assert OF_THE_OTHER not in str(told), "of others it tells ids"
        with redis.Redis.from_url(hall.redis, decode_responses=True) as valkey:
            assert not [*undeclared_keys(valkey)]

        assert await asyncio.to_thread(lambda: {*places_of(hall, ada.mark)}) == {
            *("topic player.events.raw", "table public.events", "table public.sign_ins"),
            *("table public.leaderboards_voids", "table public.player_statistics_voids"),
        }, "all else is sealed"
        report = await erased(hall, ada.id)
        assert report["complete"], report["undone"]
        counts = {each["place"]: each["count"] for each in report["forgotten"]}
        assert counts["account"] == counts["sign-ins"] == 1
        assert counts["avatars"] == 2
        assert counts["subject-keys"] >= 1
        assert counts["players' events"] == 4, "all but the event with a score alone"
        assert {"place": TOPIC, "what": "what players do in games", "hours": 168} in report["later"]

        assert await asyncio.to_thread(lambda: {*places_of(hall, ada.mark)}) == {f"topic {TOPIC}"}
        await nothing_is_readable(hall, ada)
        for name in PROJECTIONS:
            built = await asyncio.to_thread(
                partial(hall.command, "projections", "rebuild", name, "--json", seconds=120)
            )
            assert built.returncode == 0, built.stderr
            found = json.loads(built.stdout)
            assert (found["compared"], found["different"]) == (True, 0), built.stdout
        assert await asyncio.to_thread(lambda: {*places_of(hall, ada.mark)}) == {f"topic {TOPIC}"}
        await nothing_is_readable(hall, ada)
        again = await erased(hall, ada.id)
        assert again["complete"]
        assert {each["count"] for each in again["forgotten"]} == {0}


async def erased(hall: Hall, user_id: str) -> dict[str, Any]:
    done = await asyncio.to_thread(hall.command, "subjects", "erase", user_id, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


async def exported(hall: Hall, ada: Person, file: Path) -> dict[str, list[dict[str, Any]]]:
    """What the archive of somebody holds, by file."""
    done = await asyncio.to_thread(hall.command, "subjects", "export", ada.id, str(file))
    assert done.returncode == 0, done.stderr
    with ZipFile(file) as archive:
        return {
            name.removesuffix(".ndjson"): [json.loads(x) for x in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.endswith(".ndjson")
        }


async def nothing_is_readable(hall: Hall, ada: Person) -> None:
    """An export after the erasure opens nothing of what was said."""
    headers = hall.admin()
    answer = await ada.client.get(f"/api/v1/accounts/{ada.id}/export", headers=headers)
    with ZipFile(io.BytesIO(answer.content)) as archive:
        found = [name for name in archive.namelist() if ada.mark.encode() in archive.read(name)]
    assert not found
    letters = await ada.client.get(f"/api/v1/dead-letters?player={ada.id}", headers=headers)
    assert [each["original_event"] for each in letters.json()["letters"]] == [""]


# -- the export, field by field --------------------------------------------------------------------


def is_all_that_is_declared(hall: Hall, ada: Person, told: dict[str, list[Any]]) -> None:
    for table, says in TABLES.items():
        if says.of and not says.instead:
            rows = told.pop(f"table-{table}")
            assert len(rows) == len(rows_of(hall, table, ada.id)), table
            for row in rows:
                assert row.keys() == {*says.names}, table
                for column in (*says.sealed, *says.open, *says.emptied):
                    assert "sealed" not in str(row[column]), f"{table}.{column} is opened"
    assert told["subject-keys"]
    assert len(told.pop("avatars")) == 2
    for category in CATEGORIES:
        for event in told.pop(category.topic):
            shape = EVENTS[event["type"]]
            own = {*shape.__struct_fields__} - {*DomainEvent.__struct_fields__}
            needed = own - personal_fields(shape) - left_out(shape)
            assert needed <= event["facts"].keys() <= own, event["type"]
            assert sealed_in(str(event["facts"].get("display_name"))) is None
    assert told.keys() == {"subject-keys"}, "nothing is told that nobody has declared"


def personal_fields(event: type[DomainEvent]) -> set[str]:
    return {name for name, hint in get_type_hints(event).items() if "Sealed" in str(hint)}


def left_out(event: type[DomainEvent]) -> set[str]:
    """The fields that are not written where they say nothing out of the ordinary."""
    omits = event.__struct_config__.omit_defaults
    return {each.name for each in msgspec.structs.fields(event) if omits and not each.required}


# -- everything that there is ----------------------------------------------------------------------


def places_of(hall: Hall, text: str) -> Iterator[str]:
    """Where a text stands in the open: topics, keys, tables of all schemas, files of the hall."""
    for topic, record in records_in_kafka(hall):
        if text in record:
            yield f"topic {topic}"
    with redis.Redis.from_url(hall.redis, decode_responses=True) as client:
        for key in client.scan_iter():
            if text in f"{key}{client.dump(key)!r}":
                yield f"key {key}"
    yield from tables_with(hall, text)
    for file in hall.settings.home.rglob("*"):
        kept = file.is_file() and not {"kafka", "postgres", "valkey", "logs"} & {*file.parts}
        if kept and text.encode() in file.read_bytes():
            yield f"file {file.relative_to(hall.settings.home)}"


def tables_with(hall: Hall, text: str) -> Iterator[str]:
    query = """
        SELECT table_schema, table_name FROM information_schema.tables
        WHERE table_type = 'BASE TABLE'
            AND table_schema NOT IN ('pg_catalog', 'information_schema')
    """
    with psycopg.connect(hall.postgres) as connection:
        for schema, table in connection.execute(query).fetchall():
            rows = sql.SQL("SELECT FROM {} AS row WHERE strpos(row::text, %s) > 0 LIMIT 1").format(
                sql.Identifier(schema, table)
            )
            if connection.execute(rows, [text]).fetchone() is not None:
                yield f"table {schema}.{table}"
