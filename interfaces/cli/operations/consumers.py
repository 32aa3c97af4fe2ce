"""`gamehall consumers`: how far they are, and letting one pass over what it cannot take."""

import getpass
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.bootstrap.workers import WORKERS
from interfaces.cli.common import (
    Group,
    as_position,
    json_option,
    print_pairs,
    print_table,
    settings,
    show,
)

if TYPE_CHECKING:
    from domain.events import Position

name_argument = click.argument("name", type=click.Choice(list(WORKERS)))


@click.group(cls=Group)
def consumers() -> None:
    """Look how far consumers (workers) are; let one pass over a record that it cannot take."""


@consumers.command("list")
@json_option
def list_consumers(as_json: bool) -> None:
    """List Kafka's consumer groups: how far each has come in each topic, and its lag.

    Of those partitions from which it has read something that it uses.
    """
    from interfaces.bootstrap import records

    found = records.lags(settings("kafka").kafka_bootstrap)
    columns = ["group", "topic", "partitions", "offset", "end", "lag"]
    data = [each._asdict() for each in found]
    show(data, as_json, lambda: print_table(columns, found))


@consumers.command()
@name_argument
@click.argument("position", callback=as_position)
@click.option("--reason", required=True, help="Kept with the decision, in operations-log.")
@click.option("--by", default=getpass.getuser, help="Who decides; you by default.")
@click.option("--dry-run", is_flag=True, help="Show what is at the position, and end.")
@json_option
def skip(
    name: str, position: "Position", reason: str, by: str, dry_run: bool, as_json: bool
) -> None:
    """Let NAME pass over what is at POSITION, such as waitroom-log/3@17, as if it were not there.

    A last resort, for a worker that ends or waits again and again at one record: what it cannot
    take goes to the dead letters by itself. It holds from the worker's next start on, which comes
    by itself where it fails, and for every rebuild and comparison after that; there is no way back.
    """
    from interfaces.bootstrap.consumers import skip as decide
    from interfaces.bootstrap.consumers import what_is_at

    chosen = settings("kafka", *(() if dry_run else ("api",)))
    found = what_is_at(chosen, position)
    if not dry_run:
        decide(chosen, name, position, reason, by)
    data = {"consumer": name, "position": str(position), "skipped": not dry_run, "record": found}
    show(data, as_json, lambda: print_pairs(found))
    if not as_json:
        done = "would pass over this" if dry_run else "passes over this from its next start on"
        click.echo(f"{name} {done}.")


@consumers.command()
@name_argument
@json_option
def skipped(name: str, as_json: bool) -> None:
    """List what NAME passes over: position, when, by whom and why."""
    from interfaces.bootstrap.consumers import skips

    found = skips(settings("kafka"), name)
    columns = ("position", "at", "by", "reason")
    data = [dict(zip(columns, row, strict=True)) for row in found]
    show(data, as_json, lambda: print_table(columns, found))
