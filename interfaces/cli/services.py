"""`gamehall api` and `gamehall worker`: one process each, as the supervisor starts them."""

import os
import subprocess
import sys
from contextlib import suppress

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
    """Run a worker; several names run in a process each."""
    from interfaces.worker import run

    if len(names) == 1:
        run(settings(), names[0])
    else:
        _run_each(names)


def _run_each(names: tuple[str, ...]) -> None:
    from interfaces.bootstrap import interruptible

    command = [sys.executable, "-m", "interfaces.cli", "worker"]
    processes = [subprocess.Popen([*command, name]) for name in names]
    with interruptible(), suppress(KeyboardInterrupt):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # until one ends; then none goes on alone
    for process in processes:
        process.terminate()
    raise SystemExit(max(abs(process.wait()) for process in processes))
