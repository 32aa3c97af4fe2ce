"""What commands share that operators order, or ask for, through the API."""

import getpass
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import rich_click as click

from interfaces.cli.common import settings, show

if TYPE_CHECKING:
    from interfaces.bootstrap.ask_api import AskApi

EVERYWHERE_S = 600.0
"""For which an export, an erasure or a merge may take; all of the log is read for one."""

by_option = click.option("--by", default=getpass.getuser, help="Who decides; you by default.")


def asking(by: str = "", timeout_s: float = 10) -> "AskApi":
    """The API, to be asked in somebody's name."""
    from interfaces.bootstrap.ask_api import AskApi

    return AskApi(settings("api"), by or getpass.getuser(), timeout_s)


def show_report(report: Mapping[str, Any], as_json: bool, left: str) -> None:
    """Print what was done in all places; where something is left to do, end with that error."""
    show(report, as_json, lambda: _print_report(report))
    if not report["complete"]:
        raise click.ClickException(left)


def _print_report(report: Mapping[str, Any]) -> None:
    for done in ("merged", "forgotten"):
        for each in report.get(done, ()):
            click.echo(f"{done:<11}{each['place']}: {each['count']}, {each['what']}")
    for each in report["undone"]:
        click.echo(f"not yet    {each['place']}: {each['why']}")
    for each in report["stays"]:
        click.echo(f"stays      {each['place']}: {each['why']}")
    for each in report.get("later", ()):
        click.echo(f"later      {each['place']}: {each['hours']} hours after it was written")
