"""The archive of players' events, written to a file."""

from typing import BinaryIO

from psycopg_pool import AsyncConnectionPool

from infra.errors import SetupError
from interfaces.settings import Settings
from projections.player_events.exported_events import EventExport, Format, Selection
from projections.positions import Pool
from projections.projection import ReadModelMissing

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to let us in."""


async def export(settings: Settings, selection: Selection, format: Format, file: BinaryIO) -> None:
    """Write events to a file; raises `SetupError` where there is no archive."""
    pool: Pool = AsyncConnectionPool(
        settings.postgres_dsn, min_size=0, max_size=1, timeout=CONNECT_TIMEOUT_S, open=False
    )
    async with pool:
        try:
            async for piece in EventExport(pool).export(selection, format):
                file.write(piece)
        except ReadModelMissing as error:
            raise SetupError(str(error)) from error
