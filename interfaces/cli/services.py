"""`gamehall api` and `gamehall worker`: one process each, as the supervisor starts them."""

import os

import rich_click as click

from interfaces.bootstrap.workers import WORKERS
from interfaces.cli.common import settings

GIVES_MEMORY_BACK = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0"
"""What the server's allocator (jemalloc) is told: without a thread of its own it keeps what a crowd
took until somebody takes it again, 52 MiB after 3,000 requests at once (measured)."""


@click.command()
def api() -> None:
    """Serve HTTP and WebSocket."""
    os.environ.setdefault("_RJEM_MALLOC_CONF", GIVES_MEMORY_BACK)  # read as the server is loaded
    from interfaces.http.serve import serve

    serve(settings())


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(WORKERS)))
def worker(names: tuple[str, ...]) -> None:
    """Run workers in one process; of several, one that fails starts again by itself."""
    from interfaces.worker import run

    run(settings(), tuple(dict.fromkeys(names)))
