"""What commands share that operators order, or ask for, through the API."""

import getpass
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import settings

if TYPE_CHECKING:
    from interfaces.bootstrap.ask_api import AskApi

by_option = click.option("--by", default=getpass.getuser, help="Who decides; you by default.")


def asking(by: str = "", timeout_s: float = 10) -> "AskApi":
    """The API, to be asked in somebody's name."""
    from interfaces.bootstrap.ask_api import AskApi

    return AskApi(settings("api"), by or getpass.getuser(), timeout_s)
