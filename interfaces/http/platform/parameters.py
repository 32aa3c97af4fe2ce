"""What stands in addresses, and what may be asked of lists."""

from typing import Annotated

import msgspec
from litestar.params import PathParameter, QueryParameter
from litestar.types import HTTPScope

from domain.events import Position
from domain.keys import KEY_PATTERN, MOST_KEY_CHARACTERS, Key
from domain.personal import PERSONAL_PATTERN
from interfaces.http.platform.problems import bad_request, invalid
from projections.projection import InvalidCursor

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
After = Annotated[
    str | None,
    QueryParameter(description="`after` of the page before.", min_length=1, max_length=500),
]

NUMBER_PATTERN = "^[0-9]{1,16}$"
"""As a text, since Litestar would take `null` for a number that is left out."""

BeforeNumber = Annotated[
    str | None, QueryParameter(description="Only older ones.", pattern=NUMBER_PATTERN)
]
AfterNumber = Annotated[
    str | None,
    QueryParameter(
        description="Only newer ones, the oldest of them first.", pattern=NUMBER_PATTERN
    ),
]


def numbers_in(before: str | None, after: str | None) -> tuple[int | None, int | None]:
    """Before and after which number a page is; raises `InvalidCursor` for both."""
    if before is not None and after is not None:
        raise InvalidCursor("A page is what comes before a number or after one, and not both.")
    return None if before is None else int(before), None if after is None else int(after)


def key_in(scope: HTTPScope, name: str) -> str:
    """A key in the address of a function that Litestar does not call; raises `Problem` 400."""
    try:
        return msgspec.convert(scope["path_params"][name], Key)
    except msgspec.ValidationError as error:
        raise invalid(400, "invalid-request", f"path.{name}", str(error)) from None


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
