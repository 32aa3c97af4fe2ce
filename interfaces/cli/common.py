"""What every command of the command line shares: settings, output, errors as sentences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import rich_click as click
from click.exceptions import Exit

if TYPE_CHECKING:
    from domain.events import Position
    from interfaces.settings import Settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class Group(click.RichGroup):
    """A group whose commands end with a sentence when something is refused."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a person can set right is told without a traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, Exit, BrokenPipeError):
            raise  # click knows what to do
        except _refusals() as error:
            _end(ctx, str(error))
        except _told() as error:
            from interfaces.bootstrap.errors import sentence

            _end(ctx, sentence(error))


def as_position(_: click.Context, __: click.Parameter, text: str | None) -> "Position | None":
    """Read a parameter that is a position."""
    from domain.events import Position

    try:
        return None if text is None else Position.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _end(context: click.Context, sentence: str) -> NoReturn:
    # Not as an exception of click: its box would wrap what has to be copied or searched.
    click.echo(f"Error: {sentence}", err=True)
    context.exit(1)


def settings(*needed: str) -> "Settings":
    """Read the settings; refuses where one of these servers does not answer.

    `needed` are `kafka`, `postgres`, `redis` and `api`, whatever the command asks of.
    """
    from interfaces.settings import load

    read = load()
    if needed:
        from interfaces.bootstrap.reach import require

        require(read, needed)
    return read


def console_link(settings: "Settings", name: str) -> str:
    """An address at which somebody signs in as an administrator, once."""
    from interfaces.tokens import Tokens

    code = Tokens(settings.signing_secret()).link(name)
    # Behind the #, so that no server, log or proxy is told of it.
    return f"{settings.base_url}/sign-in#link={code}"


def show(data: Any, as_json: bool, table: Callable[[], None]) -> None:
    """Print data as JSON for programs, or as a table for people."""
    if as_json:
        print_json(data)
    else:
        table()


def print_json(data: Any) -> None:
    """Print one JSON document on a line of its own."""
    import msgspec

    click.echo(msgspec.json.encode(data))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under bold headings."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD, highlight=False)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(markup=False).print(table)


def print_pairs(pairs: Mapping[str, object]) -> None:
    """Print names and values below each other."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        click.echo(f"  {name:<{width}}  {value}")


def human(value: object) -> str:
    """A value as somebody reads it who does not know Python."""
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case float():
            return f"{value:.10g}"
        case bytes():
            return value.decode(errors="replace")
        case dict():
            return ", ".join(f"{name} {human(each)}" for name, each in value.items())
        case list() | tuple():
            return f"[{', '.join(map(human, value))}]"
        case _:
            return "none" if value is None else str(value)


def _refusals() -> tuple[type[Exception], ...]:
    """Give the errors that are sentences; evaluated only when an error is on its way."""
    from interfaces.bootstrap import SetupError
    from interfaces.setting_kinds import SettingsRefused
    from interfaces.tokens import TokenRefused

    return SetupError, SettingsRefused, TokenRefused


def _told() -> tuple[type[Exception], ...]:
    """Give the errors of clients and of the system that are told in a sentence."""
    from interfaces.bootstrap.errors import TOLD

    return TOLD
