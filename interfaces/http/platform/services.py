"""Everything that HTTP stands on, built by the composition root and handed over once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from litestar.connection import ASGIConnection
from litestar.types import HTTPScope, Scope

from application.ports.commands import CommandLog, Feed, LocalLog, Seals
from application.ports.sign_ins import SignIn
from interfaces.http.platform.addresses import Addresses
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.socket_limits import SocketLimits
from interfaces.http.platform.tickets import Tickets
from interfaces.tokens import Tokens
from projections.read_model import ReadModel

Queries = TypeVar("Queries")


class Lookup(Protocol):
    """Finds what answers from a read model."""

    def __call__(self, model: ReadModel[Queries], /) -> Queries:
        """The queries of a read model; each may raise `ReadModelMissing`."""


class Listening(Protocol):
    """Hears what is told to those who listen at this moment, at whichever process."""

    def heard(
        self, channels: Iterable[str], hear: Callable[[str], None], /
    ) -> AbstractContextManager[None]:
        """Within the block, `hear` is called with what is told on any of these channels."""


class Deaf:
    """Implements `Listening` where nobody tells anything."""

    def heard(
        self, channels: Iterable[str], hear: Callable[[str], None], /
    ) -> AbstractContextManager[None]:
        """See `Listening`."""
        return nullcontext()


ReadinessCheck = Callable[[], Awaitable[str | None]]
"""Whether a part of the service is ready: None, or what is wrong with it, to be told to anybody.

Raises whatever it likes where the part is away.
"""

Readiness = Mapping[str, ReadinessCheck]
"""The parts that something needs, by their names."""

Greeting = Callable[[Any, SignIn, str | None], Awaitable[None]]
"""What a feature does when somebody signs in: called with the request, the sign-in, which is kept
by then, and what was shown for it where that is somebody's own. It may refuse, as a `Problem` or a
`Refusal`."""

STATE_KEY = "services"

Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True)
class Services:
    """The log that decides, the read models that answer, and what guards the door.

    `local` is the log as far as this process owns it; `leave` gives that to other processes, who
    show `peer_tokens`.
    `parts` are what features need beyond that, by their classes; see `Feature.build`. `greetings`
    are those of `Feature.greets`. `listening` hears what is told to open sockets.
    `closing` is set when the process is about to end, as the server
    waits until all that is being answered is.
    """

    log: CommandLog
    local: LocalLog
    leave: Callable[[], Awaitable[None]]
    feed: Feed
    queries: Lookup
    seals: Seals
    tokens: Tokens
    peer_tokens: Tokens
    tickets: Tickets
    cookies: Cookies
    parts: Mapping[type, Any]
    greetings: Sequence[Greeting] = ()
    allowed_origins: frozenset[str] = frozenset()
    commands_need: Readiness = field(default_factory=dict)
    queries_need: Readiness = field(default_factory=dict)
    socket_limits: SocketLimits = field(default_factory=SocketLimits)
    addresses: Addresses = field(default_factory=Addresses)
    listening: Listening = field(default_factory=Deaf)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def part(self, kind: type[Part]) -> Part:
        """What a feature has been given of this class."""
        part: Part = self.parts[kind]
        return part


def services_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Services:
    """The services of the application that a request or socket came to."""
    return services_in(connection.scope)


def services_in(scope: Scope | HTTPScope) -> Services:
    """The same, where there is no request object yet."""
    services: Services = scope["litestar_app"].state[STATE_KEY]
    return services
