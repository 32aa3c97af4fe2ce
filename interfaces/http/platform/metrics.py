"""What the API counts."""

import asyncio
from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

from application.ports.commands import Answer, CommandLog, Envelope, Unavailable
from domain.aggregate import Command
from domain.refusals import Refusal

LOOK_INTERVAL_S = 0.05

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
SIGN_INS = Counter("gamehall_sign_ins_total", "Sign-ins at browsers, by their way.", ["way"])
SOCKETS = Gauge("gamehall_sockets", "Open sockets by kind.", ["kind"])

PAUSE = Gauge(
    "gamehall_event_loop_longest_pause_seconds",
    "The longest time that the event loop has kept everybody waiting since this was last asked.",
)

METHODS = frozenset({"GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE"})


class Pauses:
    """Watches how late the event loop is, which is how long something in it has held it up."""

    def __init__(self) -> None:
        self._longest_s = 0.0
        PAUSE.set_function(self._take)

    def _take(self) -> float:
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s

    async def watch(self) -> None:
        """Look at the clock again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_INTERVAL_S
            await asyncio.sleep(LOOK_INTERVAL_S)
            self._longest_s = max(self._longest_s, loop.time() - due)


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
