"""Rows in PostgreSQL: one for each effect, on the disk, in a table that nobody has to make."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.effects.actions import TableRow
from infra.effects.table import SCHEMA, TableRows
from tests.chaos.network import Network
from tests.conftest import Hall
from tests.effects.adapters.wires import wire_to
from tests.effects.given import an_effect

SOON_S = 0.5

Wire = tuple[Network, str]


@pytest.fixture
def table(servers: Hall) -> Iterator[TableRow]:
    """A table that is not there yet."""
    name = f"t_{uuid4().hex}"
    yield TableRow(table=name)
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, name)))


@pytest.fixture
async def rows(servers: Hall) -> AsyncIterator[TableRows]:
    adapter = TableRows(servers.postgres)
    yield adapter
    await adapter.close()


@pytest.fixture
def wire(servers: Hall) -> Iterator[Wire]:
    port = servers.settings.postgres_port
    assert port is not None
    with wire_to(servers.postgres, port) as wired:
        yield wired


def all_in(hall: Hall, table: TableRow, columns: str = "effect_id") -> list[Any]:
    named = SQL("SELECT {} FROM {} ORDER BY effect_id").format(
        SQL(columns),
        Identifier(SCHEMA, table.table),
    )
    with psycopg.connect(hall.postgres) as connection:
        return connection.execute(named).fetchall()


async def test_a_row_says_what_happened_in_a_table_that_is_made(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    effect = an_effect(table)
    assert (await rows.perform(effect)).outcome == "accepted"
    columns = "effect_id, rule, position, type, at::text, data ->> 'user_id'"
    ((id, rule, position, type, at, user),) = all_in(servers, table, columns)
    assert (id, rule, position) == (effect.id, effect.rule, "waitroom-log/3@17")
    assert (type, at, user) == ("waitroom.joined.v1", "2026-11-30 12:00:00+00", "ada")


async def test_a_repetition_is_no_second_row(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    for seq in (17, 17, 18):
        assert (await rows.perform(an_effect(table, seq))).outcome == "accepted"
    assert len(all_in(servers, table)) == 2


async def test_many_who_make_the_table_at_once_are_all_let_in(
    servers: Hall, table: TableRow
) -> None:
    many = [TableRows(servers.postgres) for _ in range(6)]
    told = await asyncio.gather(
        *(each.perform(an_effect(table, seq)) for seq, each in enumerate(many))
    )
    assert {each.outcome for each in told} == {"accepted"}
    assert len(all_in(servers, table)) == 6
    for each in many:
        await each.close()


async def test_many_rows_at_once_over_one_connection_are_all_written(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    effects = [an_effect(table, seq) for seq in range(100)]
    told = await asyncio.gather(*map(rows.perform, [*effects, *effects]))
    assert {each.outcome for each in told} == {"accepted"}
    assert len(all_in(servers, table)) == 100


async def test_a_row_is_on_the_disk_whatever_is_set_for_the_database(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    await rows.perform(an_effect(table))
    assert rows._connection is not None
    found = await (await rows._connection.execute("SHOW synchronous_commit")).fetchone()
    assert found == ("on",)


async def test_a_table_that_is_another_s_is_said_to_be(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(SCHEMA)))
        connection.execute(
            SQL("CREATE TABLE {} (a int NOT NULL)").format(Identifier(SCHEMA, table.table))
        )
    delivery = await rows.perform(an_effect(table))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert "another shape" in delivery.reason


async def test_a_table_that_was_removed_is_made_again(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    await rows.perform(an_effect(table, 1))
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(SQL("DROP TABLE {}").format(Identifier(SCHEMA, table.table)))
    gone = await rows.perform(an_effect(table, 2))
    assert (gone.outcome, gone.again) == ("rejected", True)
    assert (await rows.perform(an_effect(table, 2))).outcome == "accepted"
    assert len(all_in(servers, table)) == 1


async def test_a_text_that_no_json_column_takes_is_final(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    delivery = await rows.perform(an_effect(table, user="a\0b"))
    assert (delivery.outcome, delivery.again) == ("rejected", False)


async def test_a_server_that_is_away_has_not_got_it(table: TableRow, wire: Wire) -> None:
    network, address = wire
    rows = TableRows(address, SOON_S)
    network.reset()
    delivery = await rows.perform(an_effect(table))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    network.heal()
    assert (await rows.perform(an_effect(table))).outcome == "accepted"
    await rows.close()


async def test_a_server_that_falls_silent_makes_it_unknown_and_a_repetition_is_no_second_row(
    servers: Hall, table: TableRow, wire: Wire
) -> None:
    network, address = wire
    rows = TableRows(address, SOON_S)
    await rows.perform(an_effect(table, 1))
    network.fall_silent()
    delivery = await rows.perform(an_effect(table, 2))
    assert (delivery.outcome, delivery.again) == ("unknown", True)
    assert "127.0.0.1" not in delivery.reason
    network.heal()
    assert (await rows.perform(an_effect(table, 2))).outcome == "accepted"
    assert len(all_in(servers, table)) == 2
    await rows.close()


async def test_a_connection_that_was_ended_is_opened_again(
    servers: Hall, table: TableRow, rows: TableRows
) -> None:
    await rows.perform(an_effect(table, 1))
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'gamehall effects'"
        )
    lost = await rows.perform(an_effect(table, 2))
    assert lost.again or lost.outcome == "accepted"
    assert (await rows.perform(an_effect(table, 2))).outcome == "accepted"
    assert len(all_in(servers, table)) == 2
