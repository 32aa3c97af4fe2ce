"""`gamehall console`: a way into the hall's pages for who runs it."""

import rich_click as click

from interfaces.cli.common import console_link, json_option, settings, show


@click.command()
@click.option(
    "--name",
    default="admin",
    show_default=True,
    help="Who you are: what you do to the hall is written down under this name.",
)
@json_option
def console(name: str, as_json: bool) -> None:
    """Print a link that signs you in at a browser, once, within ten minutes."""
    link = console_link(settings(), name)
    show({"link": link}, as_json, lambda: click.echo(link))


COMMANDS = (console,)
