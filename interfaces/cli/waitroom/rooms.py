"""`gamehall waitroom`: look at waiting rooms, and run them."""

from typing import IO, Any

import rich_click as click

from interfaces.cli.common import Group, json_option, print_pairs, print_table, show
from interfaces.cli.operators import asking, by_option

ROOMS = "/api/v1/waitroom"

room_argument = click.argument("room")
capacity_option = click.option(
    "--capacity", type=click.IntRange(1, 1_000_000), help="How many may check out at a time."
)
seconds_option = click.option(
    "--seconds", type=click.FloatRange(1, 86_400), help="How long a checkout may take."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many."
)


def address(*names: str) -> str:
    """The address of something in a room, or of a session."""
    from interfaces.bootstrap.ask_api import in_path

    return "/".join((ROOMS, *map(in_path, names)))


def ordered(by: str, as_json: bool, where: str, body: object = None) -> None:
    """Have something done, and show what is answered."""
    answer = asking(by).post(where, body)
    show(answer, as_json, lambda: print_pairs(told(answer)))


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what it does not say."""
    return {name: value for name, value in answer.items() if value is not None}


@click.group(cls=Group)
def waitroom() -> None:
    """Look at waiting rooms, and run them: terms, pauses, ends, sessions.

    What is ordered stands in the log with the name of who did.
    """


@waitroom.command("list")
@click.option("--status", type=click.Choice(["open", "closed"]), help="How rooms are.")
@click.option("--paused/--running", default=None, help="Whether admission is paused.")
@click.option("--prefix", help="How names of rooms begin.")
@limit_option
@json_option
def list_rooms(
    status: str | None, paused: bool | None, prefix: str | None, limit: int, as_json: bool
) -> None:
    """List rooms by name."""
    flag = None if paused is None else ("yes" if paused else "no")
    asked = {"status": status, "paused": flag, "prefix": prefix}
    found = list(asking().pages(address("rooms"), "rooms", limit, **asked))
    columns = ("event_id", "status", "paused", "capacity", "waiting", "ready", "completed")
    rows = [[room[column] for column in columns] for room in found]
    show(found, as_json, lambda: print_table(columns, rows))


@waitroom.command("show")
@room_argument
@json_option
def show_room(room: str, as_json: bool) -> None:
    """Show how ROOM is, and how many are where."""
    found = asking().get(address(room))
    show(found, as_json, lambda: print_pairs(told(found)))


@waitroom.command("open")
@room_argument
@click.option("--capacity", type=click.IntRange(1, 1_000_000), required=True, help="At a time.")
@click.option("--seconds", type=click.FloatRange(1, 86_400), required=True, help="For a checkout.")
@by_option
@json_option
def open_room(room: str, capacity: int, seconds: float, by: str, as_json: bool) -> None:
    """Open ROOM for so many checkouts at a time, each of so many seconds."""
    terms = {"event_id": room, "capacity": capacity, "checkout_seconds": seconds}
    ordered(by, as_json, ROOMS, terms)


@waitroom.command()
@room_argument
@capacity_option
@seconds_option
@by_option
@json_option
def change(room: str, capacity: int | None, seconds: float | None, by: str, as_json: bool) -> None:
    """Change the terms of ROOM while it runs.

    A higher capacity admits people at once, a lower one takes nobody's slot; those who have been
    admitted keep the deadline.
    """
    if capacity is None and seconds is None:
        raise click.UsageError("Say what to change: --capacity, --seconds or both.")
    terms = told({"capacity": capacity, "checkout_seconds": seconds})
    ordered(by, as_json, address(room, "change"), terms)


@waitroom.command()
@room_argument
@by_option
@json_option
def pause(room: str, by: str, as_json: bool) -> None:
    """Admit nobody to ROOM for now; people may join, and checkouts go on."""
    ordered(by, as_json, address(room, "pause"))


@waitroom.command()
@room_argument
@by_option
@json_option
def resume(room: str, by: str, as_json: bool) -> None:
    """Admit people to ROOM again."""
    ordered(by, as_json, address(room, "resume"))


@waitroom.command()
@room_argument
@click.option(
    "--waiting",
    type=click.Choice(["serve", "dismiss"]),
    required=True,
    help="What becomes of the line.",
)
@by_option
@json_option
def close(room: str, waiting: str, by: str, as_json: bool) -> None:
    """Let nobody join ROOM any more; those who wait are served, or dismissed.

    GAMEHALL_ROOMS_KEPT_SECONDS of the API after its last session has ended it is archived.
    """
    ordered(by, as_json, address(room, "close"), {"waiting": waiting})


@waitroom.command()
@room_argument
@by_option
@json_option
def reopen(room: str, by: str, as_json: bool) -> None:
    """Let people join ROOM again, unless it is archived."""
    ordered(by, as_json, address(room, "reopen"))


@waitroom.command()
@room_argument
@click.argument("file", type=click.File("rb"))
@by_option
@json_option
def describe(room: str, file: IO[bytes], by: str, as_json: bool) -> None:
    """Let ROOM look to visitors as the JSON in FILE says (- for standard input).

    It takes the place of all that was said before: title, colours, texts by language,
    return_origins.
    """
    import msgspec

    try:
        description = msgspec.json.decode(file.read())
    except msgspec.DecodeError as error:
        raise click.UsageError(f"What is in FILE is not JSON: {error}.") from error
    ordered(by, as_json, address(room, "describe"), description)


@waitroom.command()
@room_argument
@click.option("--seconds", type=click.FloatRange(10, 3_600), help="For how long one may be missed.")
@click.option("--off", is_flag=True, help="Let nobody lose a place by absence.")
@click.option("--redeems", is_flag=True, help="The shop redeems passes: slots are lost too.")
@by_option
@json_option
def presence(
    room: str, seconds: float | None, off: bool, redeems: bool, by: str, as_json: bool
) -> None:
    """Let those lose their place in ROOM whom nobody sees.

    Who is missed for so long is told (QUEUE_MISSED), and who is missed for as long again is out.
    """
    if off == (seconds is not None):
        raise click.UsageError("Say either --seconds or --off.")
    wanted = {"absent_seconds": seconds, "redeems": redeems}
    ordered(by, as_json, address(room, "presence"), wanted)


@waitroom.command()
@room_argument
@click.option("--limit", type=click.IntRange(1, 1_440), default=60, show_default=True)
@json_option
def minutes(room: str, limit: int, as_json: bool) -> None:
    """Show ROOM by the minute: who came, was admitted and ended how, and waits in seconds."""
    found = asking().get(address(room, "minutes"), limit=limit)["minutes"]
    columns = list(found[0]) if found else ["minute"]
    rows = [[_cell(minute[column]) for column in columns] for minute in found]
    show(found, as_json, lambda: print_table(columns, rows))


def _cell(value: object) -> object:
    return "" if value is None else value
