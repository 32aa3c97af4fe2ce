"""Compare two generations of a table row by row, however large it is."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from application.ports.projections import Difference
from projections.projection import Table

FETCH_ROWS = 5_000

Columns = dict[str, Any]
Keyed = tuple[tuple[str, ...], Columns]


def differences(
    table: Table,
    live: psycopg.Connection[Any],
    other: psycopg.Connection[Any],
    schema: sql.Identifier,
) -> Iterator[Difference]:
    """Every value that differs between `public` on one connection and `schema` on the other.

    See `Table` for what is not compared.

    Both are read in the order of their keys and merged; each connection is in a transaction.
    """
    if not table.key:
        return
    here = _rows(table, live, sql.Identifier("public"))
    there = _rows(table, other, schema)
    left, right = next(here, None), next(there, None)
    while left or right:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield _missing(table, left, live=True)
            left = next(here, None)
        elif left is None or right[0] < left[0]:
            yield _missing(table, right, live=False)
            right = next(there, None)
        else:
            yield from _between(table, left, right[1])
            left, right = next(here, None), next(there, None)


def _rows(
    table: Table, connection: psycopg.Connection[Any], schema: sql.Identifier
) -> Iterator[Keyed]:
    # As text in the C collation, keys of every type sort as Python sorts their text.
    order = sql.SQL(", ").join(
        sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(column)) for column in table.key
    )
    query = sql.SQL("SELECT * FROM {}.{} ORDER BY {}").format(
        schema, sql.Identifier(table.name), order
    )
    with connection.cursor("compare", row_factory=dict_row) as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(query)
        for row in cursor:
            yield tuple(str(row[column]) for column in table.key), row


def _missing(table: Table, keyed: Keyed, *, live: bool) -> Difference:
    key, row = keyed
    values = (row, None) if live else (None, row)
    return Difference(_name(table, key), "*", *values)


def _between(table: Table, live: Keyed, other: Columns) -> Iterator[Difference]:
    key, row = live
    for column, value in row.items():
        if value != other[column] and column not in table.written:
            yield Difference(_name(table, key), column, value, other[column])


def _name(table: Table, key: tuple[str, ...]) -> str:
    return "/".join((table.name, *key))
