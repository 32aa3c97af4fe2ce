"""`gamehall events export`: what players did, as a file."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import rich_click as click

from interfaces.cli.common import settings

if TYPE_CHECKING:
    from projections.player_events.exported_events import Format


def _day(_: click.Context, __: click.Parameter, given: datetime | None) -> date | None:
    return None if given is None else given.date()


DAY = click.DateTime(["%Y-%m-%d"])


@click.command("export")
@click.option(
    "--format", type=click.Choice(["ndjson", "parquet"]), default="ndjson", show_default=True
)
@click.option("--from", "first", type=DAY, callback=_day, help="The first day, in UTC.")
@click.option("--until", "last", type=DAY, callback=_day, help="The last day, in UTC.")
@click.option("--game", "game_id", help="Only events of this game.")
@click.option("--player", "player_id", help="Only events of this player.")
@click.option("--type", "event_type", help="Only events of this type.")
@click.option(
    "--output", type=click.File("wb"), default="-", help="A file, in place of the terminal."
)
def export_events(format: "Format", output: BinaryIO, **selected: Any) -> None:
    """Write what players did, from the archive, in the order of its time.

    Days are those of the events' own timestamps.
    """
    import asyncio

    from interfaces.bootstrap.player_events.exports import export
    from projections.player_events.exported_events import Selection

    asyncio.run(export(settings("postgres"), Selection(**selected), format, output))
