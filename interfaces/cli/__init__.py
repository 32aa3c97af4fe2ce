"""The command `gamehall`: one module per group of commands."""

import signal

WOULD_TELL_WHERE = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if WOULD_TELL_WHERE:  # Ctrl-C while the commands load ends them without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from importlib import import_module
from importlib.util import find_spec

import rich_click as click

from interfaces.cli import (
    completion,
    doctor,
    events,
    projections,
    psql,
    services,
    stack,
    token,
    topics,
)
from interfaces.cli.common import Group
from interfaces.features import FEATURES

OF_FEATURES: tuple[click.Command, ...] = tuple(
    command
    for feature in FEATURES
    if find_spec(f"{__name__}.{feature}")
    for command in import_module(f"{__name__}.{feature}").COMMANDS
)

COMMANDS: tuple[click.Command, ...] = (
    stack.up,
    stack.down,
    stack.status,
    stack.logs,
    doctor.doctor,
    services.api,
    services.worker,
    token.token,
    topics.topics,
    projections.projections,
    events.events,
    psql.psql,
    *OF_FEATURES,
    completion.completion,
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gamehall", prog_name="gamehall", message="%(prog)s %(version)s")
def gamehall() -> None:
    """Run and look after a hall: a fair waiting room, games, and the log behind them.

    Settings come from environment variables that start with GAMEHALL_.
    """


for command in COMMANDS:
    gamehall.add_command(command)

if WOULD_TELL_WHERE:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Run the command line."""
    gamehall(prog_name="gamehall")
