"""How often somebody may ask, decided by GCRA in Redis, for all API processes together."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from throttled.rate_limiter.gcra import RedisLimitAtomicActionSpec

from application.ports import Limited

OVERALL = ""
"""The key of everybody; nobody has an empty name."""

PATIENCE = 0.1
"""Seconds that Redis may take to say what is allowed."""

PAUSE = 1.0
"""Seconds for which an absent Redis is not asked again; meanwhile, nothing is limited."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Redis says of one key."""

    limited: bool
    remaining: int
    reset_after: float
    retry_after: float


class RateLimits:
    """Admits so many a second, overall and for each key, with bursts of one second's worth.

    Requests that wait for the same answer of Redis share one round trip. Redis is asked for all of
    them together, and only when that is too much for each alone. When it is away, everybody is
    admitted: what protects the service must not be what stops it.

    The algorithm is the generic cell rate algorithm (ITU-T I.371) of the library `throttled-py`.
    """

    def __init__(self, redis: "Redis", name: str, *, overall: int, per_key: int) -> None:
        self._redis = redis
        self._name = name
        self._overall = overall
        self._per_key = per_key
        self._script = redis.register_script(RedisLimitAtomicActionSpec.SCRIPTS)
        self._waiting: list[tuple[str, int, asyncio.Future[Limited | None]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `cost` more are allowed; raises `Limited`."""
        if not self._overall or time.monotonic() < self._away_until:
            return
        future: asyncio.Future[Limited | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, cost, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        if (limited := await future) is not None:
            raise limited

    async def _ask(self) -> None:
        """Ask until nobody waits; those who come meanwhile are asked for together."""
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(PATIENCE):
                    answers = await self._admit_together(asked)
            except (RedisError, TimeoutError, OSError) as error:
                logger.warning("limits do not hold, Redis is away", error=repr(error))
                self._away_until = time.monotonic() + PAUSE
                answers = [None] * len(asked)
            for (_, _, future), answer in zip(asked, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._asking = None

    async def _admit_together(self, asked: list[Any]) -> list[Limited | None]:
        costs: Counter[str] = Counter()
        for key, cost, _ in asked:
            costs[key] += cost
        verdicts = await self._limit([(OVERALL, costs.total()), *costs.items()])
        if not any(verdict.limited for verdict in verdicts):
            return [None] * len(asked)
        return await self._admit_each(asked)

    async def _admit_each(self, asked: list[Any]) -> list[Limited | None]:
        pairs = [pair for key, cost, _ in asked for pair in ((OVERALL, cost), (key, cost))]
        verdicts = await self._limit(pairs)
        return [self._limited(*verdicts[i : i + 2]) for i in range(0, len(verdicts), 2)]

    def _limited(self, overall: Verdict, own: Verdict) -> Limited | None:
        for verdict, limit, whose in ((overall, self._overall, "all"), (own, self._per_key, "you")):
            if verdict.limited:
                return Limited(
                    f"{self._name} are limited to {limit:,} a second for {whose}.",
                    limit=limit,
                    remaining=verdict.remaining,
                    reset_after=verdict.reset_after,
                    retry_after=verdict.retry_after,
                )
        return None

    async def _limit(self, pairs: Iterable[tuple[str, int]]) -> list[Verdict]:
        """Take from every key what is asked of it, in one round trip."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, cost in pairs:
                limit = self._overall if key == OVERALL else self._per_key
                await self._script(
                    keys=[f"limit:{self._name}:{key}"],
                    args=[1 / limit, limit, cost],
                    client=pipeline,
                )
            answers: list[Any] = await pipeline.execute()
        return [
            Verdict(bool(limited), remaining, float(reset), float(retry))
            for limited, remaining, reset, retry in answers
        ]
