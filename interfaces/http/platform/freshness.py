"""Queries: answered from a read model that has got far enough."""

from typing import Annotated, Protocol, TypeVar

from litestar.params import HeaderParameter

from domain.categories import GAMES, WAITROOMS
from domain.events import Position
from domain.player_events.event import TOPIC
from interfaces.http.platform.errors import unavailable
from interfaces.http.platform.problems import Problem, bad_request

PATIENCE = 2.0
"""Seconds that a query waits for its read model; a healthy one is behind by milliseconds."""


def _read_after(topic: str) -> HeaderParameter:
    # The pattern is for readers only: what does not match gets a better sentence from us.
    return HeaderParameter(
        name="Read-After",
        description="Wait until the answer shows this position, as a command's Position said.",
        schema_extra={"minLength": 1, "pattern": f"^{topic}/[0-9]+@[0-9]+$"},
    )


AfterWaitroom = Annotated[str | None, _read_after(WAITROOMS.topic)]
AfterGame = Annotated[str | None, _read_after(GAMES.topic)]
AfterPlayerEvent = Annotated[str | None, _read_after(TOPIC)]

Found = TypeVar("Found")


class Follower(Protocol):
    """The queries of a read model that can say whether it has got as far as an event."""

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the event shows; False when `timeout` seconds have gone by."""
        ...


async def caught_up(model: Follower, read_after: str | None, topic: str) -> None:
    """Return when `model`, which follows `topic`, shows what the asker has seen.

    Raises `Problem` 400 for what is no position, and 503 when the wait runs out.
    """
    if read_after is None:
        return
    position = _position(read_after, topic)
    if not await model.wait_for(position, PATIENCE):
        raise unavailable("not-caught-up", f"What is asked for is not as far as {position}.", 1)


def _position(text: str, topic: str) -> Position:
    try:
        position = Position.parse(text)
    except ValueError as error:
        raise bad_request("invalid-position", str(error)) from None
    if position.topic != topic:
        raise bad_request("invalid-position", f"What is asked for follows {topic}, not {text}.")
    return position


def found(answer: Found | None, type: str, detail: str) -> Found:
    """The answer, if there is one; raises `Problem` 404."""
    if answer is None:
        raise Problem(404, type, detail)
    return answer
