"""`gamehall events`: what the log says of one aggregate."""

import rich_click as click

from interfaces.cli.common import Group, json_option, print_json, settings


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
            _print(recorded.position, recorded.event)
    if not found and not as_json:
        click.echo(f"{topic} holds no event of {aggregate_id!r}.")


def _print(position: object, event: object) -> None:
    import msgspec

    facts = msgspec.to_builtins(event)
    version, kind, at = (facts.pop(name) for name in ("originator_version", "type", "timestamp"))
    del facts["originator_id"]
    shown = ", ".join(f"{name}={value}" for name, value in facts.items())
    click.echo(f"{version:>6}  {at}  {kind:<32} {shown}  ({position})")
