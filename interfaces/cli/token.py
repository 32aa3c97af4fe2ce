"""`gamehall token`: bearer tokens for trying things out and for services."""

import rich_click as click

from interfaces.cli.common import json_option, settings, show

DAY_S = 86_400


@click.command()
@click.option("--user", metavar="ID", help="For a player, who acts for itself only.")
@click.option("--service", metavar="NAME", help="For a service, such as the checkout.")
@click.option("--admin", is_flag=True, help="For whoever runs the hall.")
@click.option(
    "--ttl",
    default=DAY_S,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How long it is good.",
)
@click.option(
    "--priority",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="The highest waitroom priority that the player may ask for.",
)
@json_option
def token(
    user: str | None, service: str | None, admin: bool, ttl: int, priority: int, as_json: bool
) -> None:
    """Print a signed token for the Authorization header: Bearer TOKEN."""
    if [bool(user), bool(service), admin].count(True) != 1:
        raise click.UsageError("Name one holder: --user ID, --service NAME or --admin.")
    from interfaces.tokens import Scope, Tokens

    scope: Scope = "player" if user else "service" if service else "admin"
    tokens = Tokens(settings().signing_secret())
    text = tokens.issue(user or service or "admin", scope, ttl=ttl, priority=priority)
    show({"token": text, "identity": tokens.verify(text)}, as_json, lambda: click.echo(text))
