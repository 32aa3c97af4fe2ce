"""`gamehall events`: what the log says of one aggregate."""

from datetime import datetime
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import Group, json_option, print_json, settings

if TYPE_CHECKING:
    from domain.events import Recorded


@click.group(cls=Group)
def events() -> None:
    """Read events from the log."""


@events.command("show")
@click.argument("topic")
@click.argument("aggregate_id")
@json_option
def show_events(topic: str, aggregate_id: str, as_json: bool) -> None:
    """Show the events of AGGREGATE_ID in TOPIC, for example waitroom-log concert.

    With --json one object per line.
    """
    from interfaces.bootstrap.events import events_of

    found = 0
    for recorded in events_of(settings(), topic, aggregate_id):
        found += 1
        if as_json:
            print_json(recorded._asdict() | {"position": str(recorded.position)})
        else:
            _print(recorded)
    if not found and not as_json:
        click.echo(f"{topic} holds no event of {aggregate_id!r}.")


def _print(recorded: "Recorded") -> None:
    import msgspec

    event = recorded.event
    facts = msgspec.structs.asdict(event)
    version, at = facts.pop("originator_version"), _human(facts.pop("timestamp"))
    del facts["originator_id"]
    shown = ", ".join(f"{name}={_human(value)}" for name, value in facts.items())
    click.echo(f"{version:>6}  {at}  {event.wire_name():<32} {shown}  ({recorded.position})")


def _human(value: object) -> str:
    """A value as somebody reads it who does not know Python."""
    match value:
        case None:
            return "none"
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case float():
            return f"{value:.10g}"
        case bytes():
            return value.decode(errors="replace")
        case list() | tuple():
            return f"[{', '.join(map(_human, value))}]"
        case _:
            return str(value)
