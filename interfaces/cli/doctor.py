"""`gamehall doctor`: what is missing or unreachable, and the remedy."""

from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import json_option, settings, show

if TYPE_CHECKING:
    from interfaces.bootstrap.stack import Check


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check everything the hall stands on; exit with 1 if anything is wrong."""
    from interfaces.bootstrap.stack import examine

    checks = examine(settings())
    show(checks, as_json, lambda: _print(checks))
    context.exit(0 if all(check.well for check in checks) else 1)


def _print(checks: "list[Check]") -> None:
    for check in checks:
        mark = click.style("✓", fg="green") if check.well else click.style("✗", fg="red")
        click.echo(f"{mark} {check.name}: {check.finding}")
        if check.remedy:
            click.echo(f"    → {check.remedy}")
