"""Queries: answered from a read model that has got far enough."""

from typing import Protocol, TypeVar

from litestar.params import HeaderParameter

from domain.events import Position
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.errors import unavailable
from interfaces.http.platform.parameters import position_in
from interfaces.http.platform.problems import Problem, bad_request
from interfaces.http.platform.services import services_of
from projections.read_model import ReadModel

CATCH_UP_TIMEOUT_S = 2.0
"""For which a query waits for its read model; a healthy one is behind by milliseconds."""


def read_after_of(topic: str) -> HeaderParameter:
    """The header that a query of what follows `topic` takes."""
    # The pattern is for readers only: what does not match gets a better sentence from us.
    return HeaderParameter(
        name="Read-After",
        description="Wait until the answer shows this position, as a command's Position said.",
        schema_extra={"minLength": 1, "pattern": f"^{topic}/[0-9]+@[0-9]+$"},
    )


class Follower(Protocol):
    """The queries of a read model that can say whether it has got as far as an event."""

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the event shows; False when `timeout` seconds have gone by."""


Queries = TypeVar("Queries", bound=Follower)
Found = TypeVar("Found")


async def caught_up(request: Request, model: ReadModel[Queries], read_after: str | None) -> Queries:
    """The queries of a read model, once it shows what the asker has seen.

    Raises `Problem` 400 for what is no position that it follows, and 503 when the wait runs out.
    """
    queries = services_of(request).queries(model)
    if read_after is None:
        return queries
    position, topics = position_in(read_after), model.source.topics
    if position.topic not in topics:
        detail = f"What is asked for follows {', '.join(topics)}, not {read_after}."
        raise bad_request("invalid-position", detail)
    if not await queries.wait_for(position, CATCH_UP_TIMEOUT_S):
        raise unavailable("not-caught-up", f"What is asked for is not as far as {position}.", 1)
    return queries


def found(answer: Found | None, type: str, detail: str) -> Found:
    """The answer, if there is one; raises `Problem` 404."""
    if answer is None:
        raise Problem(404, type, detail)
    return answer
