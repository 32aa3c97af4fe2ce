"""The past: any aggregate as of a version, a position or a time, straight from the log."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Router
from litestar.params import FromPath, QueryParameter

from application.history import History, Moment, Past, read_time
from application.personal import Open, opened
from domain.categories import CATEGORIES
from domain.events import Recorded
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import found
from interfaces.http.platform.parameters import PathKey, limit_of, position_in
from interfaces.http.platform.problems import bad_request
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of

BY_NAME = {category.name: category for category in CATEGORIES}

CategoryName: Any = Literal[*BY_NAME]
"""A name of one of `CATEGORIES`."""

POSITION = "^(" + "|".join(category.topic for category in CATEGORIES) + ")/[0-9]+@[0-9]+$"

LAST_VERSION = 1_000_000_000
"""More events than any aggregate has. Not None, for which Litestar would take `version=null`."""

Version = Annotated[
    int,
    QueryParameter(ge=1, le=LAST_VERSION, description="The number of its last event that counts."),
]
AtPosition = Annotated[
    str | None,
    QueryParameter(
        description="The last position that counts, as a command's answer told it.",
        schema_extra={"pattern": POSITION, "examples": ["game-log/3@17"]},
    ),
]
AtTime = Annotated[
    str | None,
    QueryParameter(
        description="The last moment that counts, with an offset from UTC.",
        schema_extra={"format": "date-time", "examples": ["2026-11-01T12:00:00Z"]},
    ),
]
Limit = Annotated[int, limit_of("events, up to that moment", at_least=0)]


class PastEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event: `version` counts those of its aggregate, `facts` are its own fields.

    What is personal about somebody who has been erased is null.
    """

    version: int
    position: str
    type: str
    timestamp: datetime
    command_id: str
    actor: str | None
    facts: dict[str, Any]


class PastState(msgspec.Struct, frozen=True, kw_only=True):
    """An aggregate after its event number `version`, with the last events up to that.

    `state` depends on what it is: a game as `getGame` shows it, a room and how many are where,
    who waits in the lobby.
    """

    category: CategoryName
    aggregate_id: str
    version: int
    position: str
    timestamp: datetime
    state: dict[str, Any] | None
    events: list[PastEvent]


@query(
    "/{category:str}/{aggregate_id:str}",
    "getHistory",
    "Anything as it was",
    403,
    404,
    422,
    guards=[only("service", "admin")],
)
async def get_history(
    request: Request,
    category: FromPath[CategoryName],
    aggregate_id: PathKey,
    version: Version = LAST_VERSION,
    position: AtPosition = None,
    time: AtTime = None,
    limit: Limit = 100,
) -> PastState:
    """Tell the state of a room, a game or the lobby at a moment of the past, and what led to it.

    Without a moment, as it is now. With several, at the earliest of them. It is folded from the
    log, which is read up to that moment: what is long ago costs more time than `getGameAt`.
    """
    moment = Moment(version, None if position is None else position_in(position), _time(time))
    services = services_of(request)
    past = await services.part(History).look(BY_NAME[category], aggregate_id, moment, limit)
    there = found(past, "history-not-found", f"The {category} {aggregate_id!r} was not there.")
    return _state(category, there, services.seals.open)


def _state(category: CategoryName, past: Past, open: Open) -> PastState:
    return PastState(
        category=category,
        aggregate_id=past.aggregate.id,
        version=past.aggregate.version,
        position=str(past.latest.position),
        timestamp=past.latest.event.timestamp,
        state=msgspec.to_builtins(past.aggregate.view),
        events=[_event(recorded, open) for recorded in past.events],
    )


def _event(recorded: Recorded, open: Open) -> PastEvent:
    event = recorded.event
    return PastEvent(
        version=event.originator_version,
        position=str(recorded.position),
        type=event.wire_name(),
        timestamp=event.timestamp,
        command_id=recorded.command_id,
        actor=recorded.metadata.actor,
        facts=opened(event, open),
    )


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_time(text)
    except ValueError as error:
        raise bad_request("invalid-time", str(error)) from None


router = Router(path="/api/v1/history", route_handlers=[get_history])
