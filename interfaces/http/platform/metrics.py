"""What the API counts."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

from application.ports.commands import Answer, CommandLog, Envelope, Unavailable
from domain.aggregate import Command
from domain.refusals import Refusal

REQUESTS = Histogram(
    "gamehall_http_request_seconds",
    "How long requests took, by route; a path that leads nowhere is 'none'.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
COMMANDS = Counter(
    "gamehall_commands_total",
    "Commands by what came of them: accepted, repeated, unavailable, or the refusal's type.",
    ["command", "outcome"],
)
SOCKETS = Gauge("gamehall_sockets", "Open sockets by kind.", ["kind"])

METHODS = frozenset({"GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE"})


@lru_cache
def requests(method: str, route: str, status: int) -> Histogram:
    """The histogram of one route's answers; found once, since finding costs more than counting."""
    known = method if method in METHODS else "other"
    return REQUESTS.labels(known, route, str(status))


@lru_cache
def commands(kind: type[Command], outcome: str) -> Counter:
    """The counter of one command's outcome."""
    return COMMANDS.labels(str(kind.__struct_config__.tag), outcome)


class CountedLog:
    """A log of which the outcomes are counted."""

    def __init__(self, log: CommandLog) -> None:
        self._log = log

    async def execute(self, envelope: Envelope) -> Answer:
        """See `ports.commands.CommandLog.execute`."""
        kind = type(envelope.command)
        try:
            answer = await self._log.execute(envelope)
        except Refusal as refusal:
            commands(kind, refusal.type).inc()
            raise
        except Unavailable:
            commands(kind, "unavailable").inc()
            raise
        commands(kind, "repeated" if answer.repeated else "accepted").inc()
        return answer
