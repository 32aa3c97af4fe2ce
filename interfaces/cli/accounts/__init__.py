"""`gamehall accounts`: find, disable and enable them, sign people out, merge guests into them."""

from collections.abc import Mapping
from typing import Any

import rich_click as click

from interfaces.cli.common import Group, json_option, print_pairs, print_table, show
from interfaces.cli.operators import asking, by_option

ACCOUNTS = "/api/v1/accounts"

LONGEST_S = 600.0
"""For which a merge may take, which reads all that is known of a guest."""


@click.group(cls=Group)
def accounts() -> None:
    """Find accounts, disable and enable them, sign people out, merge guests into them.

    What is ordered stands in the log with the name of who did.
    """


@accounts.command()
@click.argument("prefix", required=False)
@click.option("--status", type=click.Choice(["active", "disabled"]), help="How accounts are.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@json_option
def find(prefix: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List the accounts whose handles begin with PREFIX, or all of them, by handle."""
    asked = {"prefix": prefix, "status": status}
    found = list(asking().pages(ACCOUNTS, "accounts", limit, **asked))
    columns = ("handle", "user_id", "display_name", "status", "registered_at")
    rows = [[account[column] or "" for column in columns] for account in found]
    show(found, as_json, lambda: print_table(columns, rows))


@accounts.command()
@click.argument("user_id")
@by_option
@json_option
def disable(user_id: str, by: str, as_json: bool) -> None:
    """Let nothing be changed in the account of USER_ID, nor be seen of it, and sign it out."""
    _ordered(user_id, "disable", by, as_json)


@accounts.command()
@click.argument("user_id")
@by_option
@json_option
def enable(user_id: str, by: str, as_json: bool) -> None:
    """Take back that the account of USER_ID is disabled."""
    _ordered(user_id, "enable", by, as_json)


@accounts.command(name="sign-out")
@click.argument("user_id")
@by_option
@json_option
def sign_out(user_id: str, by: str, as_json: bool) -> None:
    """Sign USER_ID out at every browser; they may sign in again."""
    _ordered(user_id, "sign-out", by, as_json)


@accounts.command(name="merge-guest")
@click.argument("guest")
@click.argument("user_id")
@by_option
@json_option
def merge_guest(guest: str, user_id: str, by: str, as_json: bool) -> None:
    """Let what GUEST has played and scored be that of the account of USER_ID.

    It cannot be taken back. Ends with an error where something is left to do: then do it again.
    """
    from interfaces.bootstrap.ask_api import in_path

    path = f"{ACCOUNTS}/{in_path(user_id)}/merge"
    report: dict[str, Any] = asking(by, LONGEST_S).post(path, {"guest_id": guest})
    show(report, as_json, lambda: _print_report(report))
    if not report["complete"]:
        raise click.ClickException(f"{guest} is not merged everywhere; do it again.")


def _print_report(report: Mapping[str, Any]) -> None:
    for each in report["merged"]:
        click.echo(f"merged     {each['place']}: {each['count']}, {each['what']}")
    for each in report["undone"]:
        click.echo(f"not yet    {each['place']}: {each['why']}")
    for each in report["stays"]:
        click.echo(f"stays      {each['place']}: {each['why']}")


def _ordered(user_id: str, order: str, by: str, as_json: bool) -> None:
    from interfaces.bootstrap.ask_api import in_path

    answer: dict[str, Any] = asking(by).post(f"{ACCOUNTS}/{in_path(user_id)}/{order}")
    show(answer, as_json, lambda: print_pairs(answer))


COMMANDS = (accounts,)
