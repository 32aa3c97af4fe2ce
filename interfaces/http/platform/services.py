"""Everything that HTTP stands on, built by the composition root and handed over once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from litestar.connection import ASGIConnection
from litestar.types import HTTPScope, Scope

from application.history import History
from application.player_events.dead_letters import DeadLetterRepairs
from application.player_events.intake import Intake
from application.player_events.ports import PlayerEventLog
from application.ports.commands import CommandLog, Feed, LocalLog, Seals
from application.ports.limits import Limits
from interfaces.http.platform.socket_limits import Door
from interfaces.http.platform.tickets import TicketDesk
from interfaces.http.waitroom.room_feeds import RoomFeeds
from interfaces.tokens import Tokens
from projections.read_model import ReadModel

Answers = TypeVar("Answers")


class Lookup(Protocol):
    """Finds what answers from a read model."""

    def __call__(self, model: ReadModel[Answers], /) -> Answers:
        """The queries of a read model; each may raise `ReadModelMissing`."""
        ...


Check = Callable[[], Awaitable[str | None]]
"""Whether a part of the service is ready: None, or a sentence on what is wrong with it."""

STATE_KEY = "services"


@dataclass(frozen=True, kw_only=True)
class Services:
    """The log that decides, the read models that answer, and what guards the door.

    `local` is the log as far as this process owns it; `leave` gives that to other processes.
    """

    log: CommandLog
    local: LocalLog
    leave: Callable[[], Awaitable[None]]
    feed: Feed
    queries: Lookup
    exports: Any
    dead_letters: DeadLetterRepairs
    history: History
    seals: Seals
    tokens: Tokens
    intake: Intake
    player_events: PlayerEventLog
    event_limits: Limits
    keep_failed_events: bool = False
    bot_after: float = 10.0
    allowed_origins: frozenset[str] = frozenset()
    checks: Mapping[str, Check] = field(default_factory=dict)
    tickets: TicketDesk = field(default_factory=TicketDesk)
    rooms: RoomFeeds = field(default_factory=RoomFeeds)
    door: Door = field(default_factory=Door)


def services_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Services:
    """The services of the application that a request or socket came to."""
    return services_in(connection.scope)


def services_in(scope: Scope | HTTPScope) -> Services:
    """The same, where there is no request object yet."""
    services: Services = scope["litestar_app"].state[STATE_KEY]
    return services
