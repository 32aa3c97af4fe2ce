"""Queries: answered from a read model that has got far enough."""

from typing import Annotated, TypeVar

from litestar.params import Parameter

from domain.events import Position
from interfaces.http.errors import unavailable
from interfaces.http.problems import Problem, bad_request
from interfaces.http.queries import ReadModel

PATIENCE = 2.0
"""Seconds that a query waits for its read model; a healthy one is behind by milliseconds."""

ReadAfter = Annotated[
    str | None,
    Parameter(
        header="Read-After",
        description="Wait until the answer shows this position, as a command's Position said.",
        examples=[],
    ),
]

Found = TypeVar("Found")


async def caught_up(model: ReadModel, read_after: str | None) -> None:
    """Return when `model` shows what the asker has seen; raises `Problem` 400 and 503."""
    if read_after is None:
        return
    try:
        position = Position.parse(read_after)
    except ValueError as error:
        raise bad_request("invalid-position", str(error)) from None
    if not await model.wait_for(position, PATIENCE):
        raise unavailable("not-caught-up", f"What is asked for is not as far as {position}.", 1)


def found(answer: Found | None, type: str, detail: str) -> Found:
    """The answer, if there is one; raises `Problem` 404."""
    if answer is None:
        raise Problem(404, type, detail)
    return answer
