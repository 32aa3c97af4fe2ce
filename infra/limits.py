"""How often somebody may ask, decided by GCRA in Redis, for all API processes together."""

import asyncio
import time
from hashlib import sha1
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError
from throttled.rate_limiter.gcra import RedisLimitAtomicActionSpec

from application.ports import Limited

PATIENCE = 0.1
"""Seconds that Redis may take to say what is allowed."""

PAUSE = 1.0
"""Seconds for which an absent Redis is not asked again; meanwhile, nothing is limited."""

# What the library's script takes and returns is what a function of it takes and returns.
SCRIPT = f"""
local function gcra(KEYS, ARGV)
{RedisLimitAtomicActionSpec.SCRIPTS}
end
local limits, asked, refused = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), {{}}
local function take(key, limit, wanted)
    local total = 0
    for _, i in ipairs(wanted) do total = total + asked[i][2] end
    if total == 0 or gcra({{key}}, {{1 / limit, limit, total}})[1] == 0 then return end
    for _, i in ipairs(wanted) do
        local answer = gcra({{key}}, {{1 / limit, limit, asked[i][2]}})
        if answer[1] == 1 then refused[i] = {{limit, answer[2], answer[3], answer[4]}} end
    end
end
local of = {{}}
for i, each in ipairs(asked) do
    of[each[1]] = of[each[1]] or {{}}
    table.insert(of[each[1]], i)
end
for key, wanted in pairs(of) do take(KEYS[1] .. key, limits[2], wanted) end
local rest = {{}}
for i in ipairs(asked) do if not refused[i] then table.insert(rest, i) end end
take(KEYS[1], limits[1], rest)
local answers = {{}}
for i in ipairs(asked) do answers[i] = refused[i] or {{}} end
return answers
"""
"""For each of many who ask: nothing, or the limit that was too low for them. Those whose own limit
refuses them take nothing from the limit of all. What is asked of one limit is first taken as a
whole, and one by one only where that is too much. Keys are built here from the first: the script
is meant for one server, as those of read models are."""

SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

logger = structlog.get_logger(__name__)

Asked = tuple[str, int, asyncio.Future[Limited | None]]
"""A key, how many it wants, and who waits for the answer."""


class RateLimits:
    """Admits so many a second, overall and for each key, with bursts of one second's worth.

    All who wait for an answer of Redis share one round trip. When it is away, everybody is
    admitted: what protects the service must not be what stops it.

    The algorithm is the generic cell rate algorithm (ITU-T I.371) of the library `throttled-py`.
    """

    def __init__(self, redis: "Redis", name: str, *, overall: int, per_key: int) -> None:
        self._redis = redis
        self._name = name
        self._limits = overall, per_key
        self._waiting: list[Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `cost` more are allowed; raises `Limited`."""
        if not self._limits[0] or time.monotonic() < self._away_until:
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
                    answers = await self._evaluate(asked)
            except (RedisError, TimeoutError, OSError) as error:
                logger.warning("limits do not hold, Redis is away", error=repr(error))
                self._away_until = time.monotonic() + PAUSE
                answers = [()] * len(asked)
            for (_, _, future), answer in zip(asked, answers, strict=True):
                if not future.done():  # whoever asked has hung up
                    future.set_result(self._limited(*answer) if answer else None)
        self._asking = None

    async def _evaluate(self, asked: list[Asked]) -> list[Any]:
        wanted = msgspec.json.encode([(key, cost) for key, cost, _ in asked])
        arguments: Any = 1, f"limit:{self._name}:", msgspec.json.encode(self._limits), wanted
        client: Any = self._redis
        try:
            answers: list[Any] = await client.evalsha(SHA, *arguments)
        except NoScriptError:  # the first time, or Redis has been started anew
            answers = await client.eval(SCRIPT, *arguments)
        return answers

    def _limited(self, limit: int, remaining: int, reset: str, retry: str) -> Limited:
        return Limited(
            f"There may be {limit:,} {self._name} a second.",
            limit=limit,
            remaining=remaining,
            reset_after=float(reset),
            retry_after=float(retry),
        )
