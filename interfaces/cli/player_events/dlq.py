"""`gamehall dlq`: players' events that could not be taken, and what is to become of them."""

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import rich_click as click

from interfaces.cli.common import (
    Group,
    json_option,
    print_json,
    print_pairs,
    print_table,
    settings,
    show,
)
from interfaces.cli.player_events.players import by_option, dry_run_option, print_changes

if TYPE_CHECKING:
    from domain.player_events.letters import DeadLetter, LetterStatus

SERVICES = click.Choice(["ingest", "event-archive", "player-statistics", "leaderboards"])
STATUSES = click.Choice(["open", "retried", "dropped"])
ERROR_CHARACTERS = 60

consumer_option = click.option(
    "--consumer", type=SERVICES, help="Who could not take them; the API's are `ingest`."
)


@click.group(cls=Group)
def dlq() -> None:
    """Look at players' events that could not be taken; repair, retry or drop them."""


@dlq.command("list")
@consumer_option
@click.option("--status", type=STATUSES, help="What became of them.")
@click.option("--player", metavar="ID", help="The player they are about.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many."
)
@json_option
def list_letters(
    consumer: str | None,
    status: "LetterStatus | None",
    player: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List dead letters, the latest first."""
    from interfaces.bootstrap.player_events.dead_letters import Wanted, ask

    wanted = Wanted(consumer=consumer, status=status, player=player)
    found = ask(settings("postgres"), lambda _, letters: letters.page(wanted, limit)).letters
    columns = ["id", "player", "status", "attempts", "error"]
    rows = [(x.id, x.player_id, x.status, x.attempts, _short(x.error_message)) for x in found]
    show(found, as_json, lambda: print_table(columns, rows))


@dlq.command("show")
@click.argument("id")
@json_option
def show_letter(id: str, as_json: bool) -> None:
    """Show the dead letter ID: the event, why it could not be taken, what became of it."""
    import msgspec

    from interfaces.bootstrap.player_events.dead_letters import ask

    letter = ask(settings("postgres"), lambda service, _: service.show(id))
    show(letter, as_json, lambda: print_pairs(_told(msgspec.structs.asdict(letter))))


@dlq.command()
@click.argument("id")
@click.argument("file", type=click.File("rb"))
@by_option
@json_option
def edit(id: str, file: IO[bytes], by: str, as_json: bool) -> None:
    """Put the event in FILE (- for standard input) in the place of that of the dead letter ID.

    It takes effect when it is retried.
    """
    from interfaces.bootstrap.player_events.dead_letters import ask, repair_from

    repair = repair_from(file.read())
    letter = ask(settings("kafka", "postgres"), lambda service, _: service.edit(id, repair, by))
    show(letter, as_json, lambda: click.echo(f"Edited {letter.id}; now retry it."))


@dlq.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="All that are open.")
@consumer_option
@by_option
@dry_run_option
@json_option
def retry(
    ids: tuple[str, ...],
    every: bool,
    consumer: str | None,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let everybody take the events of dead letters again, edited or as they were.

    In the order of the events' own times; all of them, or none if one has to be edited first.
    However often an event is retried, it counts once.
    """
    from interfaces.bootstrap.player_events.dead_letters import ask

    chosen = _open(consumer) if every else _named(ids)
    if dry_run:
        changes = ask(settings("postgres"), lambda service, _: service.preview(chosen, by))
        show(changes, as_json, lambda: print_changes(changes))
    else:
        _print(
            ask(settings("kafka", "postgres"), lambda service, _: service.retry(chosen, by)),
            as_json,
        )


@dlq.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@by_option
@json_option
def drop(ids: tuple[str, ...], by: str, as_json: bool) -> None:
    """Note that nobody will try the events of dead letters again."""
    from interfaces.bootstrap.player_events.dead_letters import ask

    _print(ask(settings("kafka", "postgres"), lambda service, _: service.drop(ids, by)), as_json)


def _named(ids: tuple[str, ...]) -> Sequence[str]:
    if not ids:
        raise click.UsageError("Name the letters to retry, or say --all.")
    return ids


def _open(consumer: str | None) -> Sequence[str]:
    from interfaces.bootstrap.player_events.dead_letters import Wanted, ask

    wanted = Wanted(consumer=consumer, status="open")
    return [
        letter.id
        for letter in ask(settings("postgres"), lambda _, letters: letters.page(wanted)).letters
    ]


def _print(letters: "Sequence[DeadLetter]", as_json: bool) -> None:
    if as_json:
        print_json(letters)
        return
    for letter in letters:
        click.echo(f"{letter.id}: {_outcome(letter)}")


def _outcome(letter: "DeadLetter") -> str:
    return f"failed again: {letter.error_message}" if letter.status == "open" else letter.status


def _told(letter: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in letter.items() if value is not None}


def _short(text: str) -> str:
    return text if len(text) <= ERROR_CHARACTERS else f"{text[: ERROR_CHARACTERS - 1]}…"
