"""`gamehall events`: what the log says of one aggregate."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import rich_click as click

from interfaces.cli.common import (
    Group,
    as_position,
    human,
    json_option,
    print_json,
    print_pairs,
    settings,
)

if TYPE_CHECKING:
    from application.history import Moment, Past
    from domain.events import Position, Recorded


@click.group(cls=Group)
def events() -> None:
    """Read events from the log, up to now or to any moment; export those of players."""


def _time(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    from application.history import read_time

    try:
        return None if text is None else read_time(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def at_a_moment(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take options that name a moment, which it gets as `moment`."""

    @click.option("--at-version", type=click.IntRange(min=1), help="Up to this version.")
    @click.option("--at-position", callback=as_position, metavar="POSITION", help="Up to there.")
    @click.option("--at-time", callback=_time, metavar="TIME", help="Up to this time.")
    @wraps(command)
    def with_moment(
        *arguments: Any,
        at_version: int | None,
        at_position: "Position | None",
        at_time: datetime | None,
        **options: Any,
    ) -> None:
        from application.history import Moment

        command(*arguments, moment=Moment(at_version, at_position, at_time), **options)

    return with_moment


@events.command("show")
@click.argument("topic")
@click.argument("aggregate_id")
@at_a_moment
@json_option
def show_events(topic: str, aggregate_id: str, moment: "Moment", as_json: bool) -> None:
    """Show the events of AGGREGATE_ID in TOPIC, for example waitroom-log concert.

    With --json one object per line.
    """
    from application.personal import opened
    from interfaces.bootstrap.events import events
    from interfaces.bootstrap.subjects import opener

    chosen = settings("kafka")
    found, open = 0, opener(chosen)
    for recorded in events(chosen, topic, aggregate_id, moment):
        found += 1
        facts = opened(recorded.event, open)
        if as_json:
            print_json(_event_as_json(recorded, facts))
        else:
            _print(recorded, facts)
    if not found and not as_json:
        click.echo(f"{topic} holds no event of {aggregate_id!r}.")


@events.command("state")
@click.argument("topic")
@click.argument("aggregate_id")
@at_a_moment
@json_option
def show_state(topic: str, aggregate_id: str, moment: "Moment", as_json: bool) -> None:
    """Show the state of AGGREGATE_ID in TOPIC, as its events made it.

    It is folded from the log here, so a shard of millions of events takes its time.
    """
    from interfaces.bootstrap import SetupError
    from interfaces.bootstrap.events import past

    found = past(settings("kafka"), topic, aggregate_id, moment)
    if found is None:
        raise SetupError(f"{topic} holds no event of {aggregate_id!r} up to then.")
    if as_json:
        print_json(_as_json(found))
    else:
        _print_state(found)


def _as_json(past: "Past") -> dict[str, Any]:
    latest = past.latest
    return {
        "aggregate_id": past.aggregate.id,
        "version": past.aggregate.version,
        "position": str(latest.position),
        "timestamp": latest.event.timestamp,
        "state": past.aggregate.view,
    }


def _print_state(past: "Past") -> None:
    import msgspec

    event = past.latest.event
    at = f"{human(event.timestamp)}, at {past.latest.position}"
    click.echo(f"{past.aggregate.id}, version {past.aggregate.version}, {at}")
    state = msgspec.to_builtins(past.aggregate.view) or {"state": None}
    print_pairs({name: human(value) for name, value in state.items()})


def _event_as_json(recorded: "Recorded", facts: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    event = msgspec.to_builtins(recorded.event) | facts
    return recorded._asdict() | {"event": event, "position": str(recorded.position)}


def _print(recorded: "Recorded", facts: dict[str, Any]) -> None:
    event = recorded.event
    version, at = event.originator_version, human(event.timestamp)
    shown = ", ".join(f"{name}={human(value)}" for name, value in facts.items())
    click.echo(f"{version:>6}  {at}  {event.wire_name():<32} {shown}  ({recorded.position})")
