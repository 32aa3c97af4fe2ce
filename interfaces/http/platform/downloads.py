"""Files that are written while they are sent."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.response import Stream


async def download(pieces: AsyncGenerator[bytes], media_type: str, name: str) -> Response[Any]:
    """Send a file in pieces, which are closed when it is over, also for who leaves early.

    What goes wrong at the beginning is still a problem; later it can only break off.
    """
    beginning = await anext(pieces)
    return Stream(
        _joined(beginning, pieces),
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
        # Whoever asked for the head alone gives the next one their turn at once, too.
        background=BackgroundTask(_close, pieces),
    )


async def _close(pieces: AsyncGenerator[bytes]) -> None:
    await pieces.aclose()


async def _joined(beginning: bytes, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield beginning
        async for piece in pieces:
            yield piece
    finally:  # also when whoever asked has gone
        await pieces.aclose()
