"""`gamehall psql`: the read models, asked in SQL."""

import os

import rich_click as click

from interfaces.cli.common import settings


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open the database of the read models in psql, which takes ARGUMENTS, such as -c 'SELECT 1'.

    What is changed there is no part of the log, and lasts until a read model is rebuilt.
    """
    from interfaces.bootstrap.stack import psql

    command, environment = psql(settings("postgres"))
    os.execvpe(command[0], [*command, *arguments], {**os.environ, **environment})  # noqa: S606
