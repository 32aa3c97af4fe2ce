"""`gamehall players`: what a player got by cheating in what games report, and giving it back."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import Group, json_option, print_table, settings, show

if TYPE_CHECKING:
    from domain.player_events.event import PlayerEvent
    from interfaces.bootstrap.player_events.players import Change

MOMENT = click.DateTime(
    ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, and end.")
by_option = click.option("--by", default=getpass.getuser, help="Who decides; you by default.")


@click.group(cls=Group)
def players() -> None:
    """Take away what a player got by events that games report, and give it back."""


@players.command()
@click.argument("player")
@click.option("--from", "since", type=MOMENT, required=True, help="UTC unless it says otherwise.")
@click.option("--until", type=MOMENT, help="Before this time; now by default.")
@click.option("--reason", default="", help="Kept with the void.")
@by_option
@dry_run_option
@json_option
def void(
    player: str,
    since: datetime,
    until: datetime | None,
    reason: str,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let no event of PLAYER count that is from a time: on no game's boards, in no statistics.

    Shows what changes before it does. The events stay in the archive, so it can be taken back.
    Games of four in a row that the player won stay won, in the standings too.
    """
    from domain.player_events.corrections import PlayerVoided
    from interfaces.bootstrap.player_events.players import void_of

    end = _utc(until) if until else datetime.now(UTC)
    said = PlayerVoided(since=_utc(since), until=end, by=by, reason=reason)
    record = void_of(player, said)
    _decide(
        record,
        f"Voided. To take it back: gamehall players restore {player} {record.event_id}",
        dry_run,
        as_json,
    )


@players.command()
@click.argument("player")
@click.argument("void")
@by_option
@dry_run_option
@json_option
def restore(player: str, void: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Take back the VOID of PLAYER: what they did then counts again."""
    from interfaces.bootstrap.player_events.players import restoration_of

    _decide(restoration_of(settings("postgres"), player, void, by), "Restored.", dry_run, as_json)


@players.command()
@click.argument("player")
@json_option
def voids(player: str, as_json: bool) -> None:
    """List the voids of PLAYER that are in force."""
    from interfaces.bootstrap.player_events.players import voids

    found = voids(settings("postgres"), player)
    columns = ("void", "from", "until", "by", "reason")
    data = [dict(zip(columns, row, strict=True)) for row in found]
    show(data, as_json, lambda: print_table(columns, found))


def _decide(record: "PlayerEvent", done: str, dry_run: bool, as_json: bool) -> None:
    """Show what a record changes, and append it."""
    from interfaces.bootstrap.player_events.players import append, changes_by

    chosen = settings("kafka", "postgres")
    changes = changes_by(chosen, record)
    data = {
        "event_id": record.event_id,
        "appended": not dry_run,
        "changes": changes,
    }
    show(data, as_json, lambda: print_changes(changes))
    if not dry_run:
        append(chosen, record)
        if not as_json:
            click.echo(done)


def print_changes(changes: "Sequence[Change]") -> None:
    """Print rows as they are, and as they would be."""
    if not changes:
        click.echo("Nothing changes.")
        return
    print_table(
        ("table", "row", "before", "after"),
        [(c.table, c.key, c.before or "none", c.after or "none") for c in changes],
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
