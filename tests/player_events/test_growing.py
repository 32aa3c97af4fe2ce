"""What a batch costs a read model does not grow with what it holds."""

import pytest

from application.ports.projections import ProjectionStore
from tests.player_events.conftest import Build
from tests.player_events.stored import Stored
from tests.player_events.told import Told, did, scored
from tests.read_models import OF_PLAYERS, record_of

READ = """
    SELECT relname || ' by ' || indexrelname, idx_tup_read FROM pg_stat_user_indexes
    UNION ALL SELECT relname, seq_tup_read FROM pg_stat_user_tables
"""
BATCH = 200
FEW = 10
"""Rows of one index for an event."""


def rows_read(store: ProjectionStore, stored: Stored) -> dict[str, int]:
    record_of(store)._database.connection.execute("SELECT pg_stat_force_next_flush()")
    return dict(stored.postgres.execute(READ).fetchall())


@pytest.mark.parametrize("name", OF_PLAYERS)
def test_a_batch_reads_as_few_rows_in_a_table_that_has_grown_since_the_first(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    model = read_model(name, batch=BATCH)
    worker = model.projector()
    while not worker.resume():
        worker.build()
    for number in range(20):
        told.tell(*(scored(f"player-{number}-{each}") for each in range(BATCH)))
        worker.step(0)
    before = rows_read(model.store, stored)

    for number in range(5):
        told.tell(*(did("login", f"player-{number}-{each}") for each in range(BATCH)))
        worker.step(0)

    after = rows_read(model.store, stored)
    read = {what: rows - before.get(what, 0) for what, rows in after.items()}
    most = max(read, key=lambda what: read[what])
    assert 0 < read[most] < 5 * BATCH * FEW, most
