"""`gamehall api` and `gamehall worker`: one process each, as the supervisor starts them."""

import rich_click as click

from interfaces.bootstrap.workers import WORKERS
from interfaces.cli.common import settings


@click.command()
def api() -> None:
    """Serve HTTP and WebSocket."""
    from interfaces.http.serve import serve

    serve(settings())


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(WORKERS)))
def worker(names: tuple[str, ...]) -> None:
    """Run workers in one process; of several, one that fails starts again by itself."""
    from interfaces.worker import run

    run(settings(), tuple(dict.fromkeys(names)))
