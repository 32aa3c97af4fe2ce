"""`gamehall passes`: the keys that sign what people show at the shop."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import Group, human, json_option, print_table, settings, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interfaces.pass_keys import PassKey


@click.group(cls=Group)
def passes() -> None:
    """Look after the keys that sign passes of waiting rooms."""


@passes.command()
@json_option
def keys(as_json: bool) -> None:
    """List the keys that are published, the newest first."""
    from interfaces.pass_keys import PassKeys

    kept = PassKeys(settings().pass_key_folder)
    _show(kept.published(), kept.signing(), as_json)


@passes.command()
@click.option(
    "--compromised",
    is_flag=True,
    help="Remove all other keys and sign at once: passes on their way are good no longer.",
)
@json_option
def rotate(compromised: bool, as_json: bool) -> None:
    """Make a new key, which is published ten minutes before it signs.

    Old ones stay published for a day, as long as passes may be good that they signed.
    """
    from interfaces.pass_keys import PassKeys

    kept = PassKeys(settings().pass_key_folder)
    kept.rotate(compromised=compromised)
    _show(kept.published(), kept.signing(), as_json)


def _show(keys: "Sequence[PassKey]", signing: "PassKey", as_json: bool) -> None:
    columns = ("kid", "signs from", "signs now")
    rows = [(key.kid, datetime.fromtimestamp(key.signs_from, UTC), key is signing) for key in keys]
    show(
        [dict(zip(("kid", "signs_from", "signs"), row, strict=True)) for row in rows],
        as_json,
        lambda: print_table(columns, [[human(cell) for cell in row] for row in rows]),
    )
