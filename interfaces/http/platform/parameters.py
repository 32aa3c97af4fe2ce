"""What stands in addresses, and what may be asked of lists."""

from typing import Annotated

from litestar.params import PathParameter, QueryParameter

from domain.events import Position
from domain.keys import KEY_PATTERN, MOST_KEY_CHARACTERS
from domain.personal import PERSONAL_PATTERN
from interfaces.http.platform.problems import bad_request

PathKey = Annotated[
    str, PathParameter(min_length=1, max_length=MOST_KEY_CHARACTERS, pattern=KEY_PATTERN)
]
Before = Annotated[
    str | None,
    QueryParameter(
        description="`before` of the page before.",
        min_length=1,
        max_length=500,
        pattern=PERSONAL_PATTERN,
    ),
]


def key_of(description: str) -> QueryParameter:
    """A key that may be asked for."""
    return QueryParameter(
        description=description,
        min_length=1,
        max_length=MOST_KEY_CHARACTERS,
        pattern=KEY_PATTERN,
    )


def limit_of(what: str, at_least: int = 1) -> QueryParameter:
    """How many of a list to show, up to 1,000."""
    return QueryParameter(ge=at_least, le=1_000, description=f"How many {what}.")


def position_in(text: str) -> Position:
    """A position as the answer of a command told it; raises `Problem` 400."""
    try:
        return Position.parse(text)
    except ValueError as error:
        raise bad_request("invalid-position", str(error)) from None
