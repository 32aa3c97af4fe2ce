"""`gamehall subjects`: people, what is known of them, and forgetting it."""

from typing import BinaryIO

import rich_click as click

from interfaces.cli.common import Group, json_option, settings, show
from interfaces.cli.operators import EVERYWHERE_S, asking, by_option, show_report


@click.group(cls=Group)
def subjects() -> None:
    """Tell people what is known of them, and forget it."""


@subjects.command("show")
@click.argument("subject")
@json_option
def show_subject(subject: str, as_json: bool) -> None:
    """Show whether personal texts about SUBJECT can be read: which keys there are."""
    from interfaces.bootstrap.subjects import keys_of

    keys = keys_of(settings("kafka"), subject)
    text = (
        f"{subject} has {_keys(len(keys))}: {', '.join(keys)}."
        if keys
        else f"{subject} has no key: there is nothing personal to read."
    )
    show({"subject": subject, "keys": keys}, as_json, lambda: click.echo(text))


@subjects.command()
@click.argument("subject")
@click.argument("file", type=click.File("wb"))
@by_option
def export(subject: str, file: BinaryIO, by: str) -> None:
    """Write all that is known of SUBJECT to FILE, a zip archive.

    The user id is enough: there need not be an account.
    """
    from interfaces.bootstrap.ask_api import in_path

    written = asking(by, EVERYWHERE_S).save(f"/api/v1/accounts/{in_path(subject)}/export", file)
    click.echo(f"{written:,} bytes written.", err=True)


@subjects.command()
@click.argument("subject")
@by_option
@json_option
def erase(subject: str, by: str, as_json: bool) -> None:
    """Forget SUBJECT everywhere: keys, account, sign-ins, what games told of them.

    It cannot be taken back. Rooms and games go on, and the user id itself stays in the log. Ends
    with an error where something is left to do: then do it again.
    """
    from interfaces.bootstrap.ask_api import in_path

    path = f"/api/v1/accounts/{in_path(subject)}/erase"
    report = asking(by, EVERYWHERE_S).post(path)
    show_report(report, as_json, f"{subject} is not forgotten everywhere; do it again.")


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"


COMMANDS = (subjects,)
