"""The archive of more days than PostgreSQL can lock tables: nothing costs more for each day."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from alembic import command
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from infra.migrations import _config, missing, upgrade
from projections.player_events.event_archive import EVENT, OF_PLAYER, Cursor, EventQueries
from tests.conftest import Hall
from tests.people import eventually
from tests.player_events.conftest import Build
from tests.player_events.stored import Stored
from tests.player_events.told import NOON, Told, scored
from tests.projections.fakes import FakeLetters
from tests.projections.living import is_true, live, outcome, quietly

DAY = timedelta(days=1)
DAYS = 1_300
CONNECTIONS = 16
STATEMENTS_FOR_ONE_CULPRIT = 150
"""Halving 1,300 events takes 22 attempts, of some six statements each."""


@pytest.fixture
def archive(read_model: Build, told: Told) -> Any:
    """An archive with an event of each of the days, and its worker."""
    told.tell(*(scored("ada", at=NOON - n * DAY) for n in range(DAYS)))
    return live(read_model("event-archive", DAYS))


@pytest.fixture
async def events(empty: Hall) -> AsyncIterator[EventQueries]:
    """The queries of an API that has many connections."""
    kwargs = {"autocommit": True}
    async with AsyncConnectionPool(
        empty.postgres, min_size=CONNECTIONS, open=False, kwargs=kwargs
    ) as pool:
        yield EventQueries(pool)


@pytest.mark.usefixtures("archive")
async def test_however_many_ask_at_once_each_is_answered(told: Told, events: EventQueries) -> None:
    wanted = told.events[:: DAYS // 100]

    found, pages = await asyncio.gather(
        asyncio.gather(*(events.event(event.event_id) for event in wanted)),
        asyncio.gather(*(events.of_player("ada", DAYS) for _ in range(CONNECTIONS))),
    )

    assert [event.timestamp for event in found if event] == [event.timestamp for event in wanted]
    assert {len(page.events) for page in pages} == {DAYS}


LOCKED = """
    SELECT DISTINCT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE pid = pg_backend_pid() AND relkind IN ('r', 'p') AND relname ~ '^events'
"""


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("query", [EVENT, OF_PLAYER], ids=["by its id", "of a player"])
def test_a_query_touches_one_table_and_no_more(query: Any, told: Told, stored: Stored) -> None:
    asked: Any = [told.events[7].event_id]
    if query == OF_PLAYER:
        cursor = Cursor()
        asked = {"player_id": "ada", "limit": 10, "timestamp": cursor.timestamp}
        asked["event_id"] = cursor.event_id

    stored.postgres.execute("ANALYZE events")
    with stored.postgres.transaction():
        rows = stored.postgres.execute(b"EXPLAIN " + query.encode(), asked).fetchall()
        locked = stored.postgres.execute(LOCKED).fetchall()

    plan = "".join(line for (line,) in rows)
    assert "Index Scan" in plan
    assert "Append" not in plan
    assert locked == [("events",)]


@contextmanager
def counted_statements() -> Iterator[list[Any]]:
    """What the block has PostgreSQL do."""
    statements: list[Any] = []

    def counting(method: Any) -> Any:
        def call(self: Any, statement: Any, *rest: Any, **options: Any) -> Any:
            statements.append(statement)
            return method(self, statement, *rest, **options)

        return call

    with (
        patch.object(psycopg.Connection, "execute", counting(psycopg.Connection.execute)),
        patch.object(psycopg.Cursor, "copy", counting(psycopg.Cursor.copy)),
    ):
        yield statements


def test_a_poisoned_event_among_them_costs_no_more_than_among_those_of_one_day(
    read_model: Build, told: Told, stored: Stored
) -> None:
    worker = live(read_model("event-archive", DAYS))
    told.tell(*(scored("ada", at=NOON - n * DAY) for n in range(DAYS)))
    told.events[DAYS // 3].event_id = "no id"

    with counted_statements() as statements:
        live(worker)

    assert isinstance(worker.letters, FakeLetters)
    assert len(worker.letters.sent) == 1
    assert len(stored.archive()) == DAYS - 1
    assert len(statements) < STATEMENTS_FOR_ONE_CULPRIT


def test_they_are_rebuilt_and_compared(archive: Any, stored: Stored) -> None:
    assert outcome(archive.rebuild(quietly)) == (True, 0)
    assert is_true(archive)
    assert len(stored.archive()) == DAYS


# -- from an archive with a table for each day -----------------------------------------------------

BY_DAY = "20261127_best_hundred"
OF_ALL_DAYS = "20261129_events_of_all_days"

OLD_EVENT = """
    CREATE TABLE {table} PARTITION OF events FOR VALUES FROM ({day}) TO ({end});
    INSERT INTO events VALUES
        (gen_random_uuid(), 'player_score', 'ada', 'chess', {day}, {day}, '{{}}', {day}, 0, 1, true)
"""


@pytest.fixture
def database(servers: Hall) -> Iterator[str]:
    """A database of its own, as an earlier version made it, with an event of each of three days."""
    dsn = make_conninfo(servers.postgres, dbname="earlier")
    with psycopg.connect(servers.postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS earlier WITH (FORCE)")
        connection.execute("CREATE DATABASE earlier")
        command.upgrade(_config(dsn), BY_DAY)
        with psycopg.connect(dsn) as earlier:
            for n in range(3):
                day = NOON.replace(hour=0) - n * DAY
                table = sql.Identifier(f"events_{day:%Y_%m_%d}")
                made = sql.SQL(OLD_EVENT).format(table=table, day=day, end=day + DAY)
                earlier.execute(made)
        yield dsn
        connection.execute("DROP DATABASE earlier WITH (FORCE)")


def events_in(dsn: str) -> int:
    """How many there are, in one table."""
    with psycopg.connect(dsn) as connection:
        (kind,) = connection.execute(
            "SELECT relkind FROM pg_class WHERE oid = 'events'::regclass"
        ).fetchone() or ("none",)
        assert kind == "r"
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone() or (0,)
    return int(count)


def test_what_an_earlier_version_kept_by_day_moves_together(database: str) -> None:
    upgrade(database)

    assert events_in(database) == 3


def test_a_move_that_was_stopped_goes_on_where_it_was(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE VIEW in_the_way AS SELECT * FROM events_2026_11_17")
        with pytest.raises(Exception, match="in_the_way"):
            upgrade(database)
        assert events_in(database) == 1
        connection.execute("DROP VIEW in_the_way")

    upgrade(database)

    assert events_in(database) == 3


def test_a_move_that_was_stopped_before_its_end_was_noted_is_not_made_again(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "ALTER TABLE alembic_version ADD CONSTRAINT unnoted CHECK (false) NOT VALID"
        )
        with pytest.raises(Exception, match='constraint "unnoted"'):
            upgrade(database)
        assert events_in(database) == 3
        connection.execute("ALTER TABLE alembic_version DROP CONSTRAINT unnoted")

    upgrade(database)

    assert events_in(database) == 3
    assert not missing(database)


def test_a_move_whose_version_was_set_back_is_not_made_again(database: str) -> None:
    command.upgrade(_config(database), OF_ALL_DAYS)
    command.stamp(_config(database), BY_DAY)

    command.upgrade(_config(database), OF_ALL_DAYS)

    assert events_in(database) == 3


WAITING = """
    SELECT DISTINCT locktype FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND NOT granted
"""


async def test_of_two_that_move_at_once_one_waits_for_the_other(database: str) -> None:
    migrate = "import sys; from infra.migrations import upgrade; upgrade(sys.argv[1])"
    with psycopg.connect(database, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("LOCK TABLE events_2026_11_17")
            both = [
                await asyncio.create_subprocess_exec(sys.executable, "-c", migrate, database)
                for _ in range(2)
            ]

            async def waiting() -> set[str]:
                return {kind for (kind,) in connection.execute(WAITING).fetchall()}

            await eventually(waiting, lambda kinds: kinds == {"advisory", "relation"})

        assert [await each.wait() for each in both] == [0, 0]

    assert events_in(database) == 3


def test_it_can_be_kept_by_day_again(database: str) -> None:
    upgrade(database)

    command.downgrade(_config(database), BY_DAY)

    with psycopg.connect(database) as connection:
        of_days = connection.execute(
            "SELECT tableoid::regclass::text, count(*) FROM events GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert of_days == [(f"events_2026_11_{day}", 1) for day in (16, 17, 18)]
