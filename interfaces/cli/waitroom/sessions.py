"""`gamehall waitroom sessions` and what is ordered of one."""

import rich_click as click

from interfaces.cli.common import json_option, print_table, show
from interfaces.cli.operators import asking, by_option
from interfaces.cli.waitroom.rooms import (
    address,
    limit_option,
    ordered,
    room_argument,
)

STATUSES = click.Choice(
    [
        "waiting",
        "ready",
        "completed",
        "failed",
        "expired",
        "left",
        "removed",
        "dismissed",
        "dropped",
    ]
)
session_argument = click.argument("session")


@click.command()
@room_argument
@click.option("--status", type=STATUSES, help="Where they are.")
@click.option("--user", help="Whose they are, in place of a status.")
@limit_option
@json_option
def sessions(room: str, status: str | None, user: str | None, limit: int, as_json: bool) -> None:
    """List or search the sessions of ROOM.

    Those who wait in the order of the line, those who check out by deadline, all others as they
    came.
    """
    asked = {"status": status, "user_id": user}
    found = list(asking().pages(address(room, "sessions"), "sessions", limit, **asked))
    columns = ("session_id", "user_id", "status", "position", "joined_at", "deadline")
    rows = [[session[column] or "" for column in columns] for session in found]
    show(found, as_json, lambda: print_table(columns, rows))


@click.command()
@session_argument
@click.argument("seconds", type=click.FloatRange(0, 86_400, min_open=True))
@by_option
@json_option
def extend(session: str, seconds: float, by: str, as_json: bool) -> None:
    """Give the checkout of SESSION so many SECONDS more."""
    ordered(by, as_json, address("sessions", session, "extend"), {"seconds": seconds})


@click.command()
@session_argument
@by_option
@json_option
def remove(session: str, by: str, as_json: bool) -> None:
    """Take away the place in line or the slot of SESSION."""
    ordered(by, as_json, address("sessions", session, "remove"))


@click.command()
@session_argument
@by_option
@json_option
def admit(session: str, by: str, as_json: bool) -> None:
    """Admit SESSION ahead of the line, beyond the capacity, and in a pause too."""
    ordered(by, as_json, address("sessions", session, "admit"))


COMMANDS = (sessions, extend, remove, admit)
