"""How often somebody may ask, decided by GCRA in Redis, for all API processes together."""

import asyncio
import time
from hashlib import sha1
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from application.ports.limits import Limited
from projections.people import KeySays

SAYS = (KeySays("rate:*", members="how often who is named there asks, for a second"),)
"""What the keys tell of people; see `projections.people`."""

ANSWER_TIMEOUT_S = 0.1
"""How long Redis may take to say what is allowed."""

AWAY_PAUSE_S = 1.0
"""How long an absent Redis is not asked again; meanwhile, nothing is limited."""

GRANT_WINDOW_S = 0.1
"""For so long something is granted ahead: as much as was used in the last such time."""

BUSY_COST = 10
"""Who used less in that time gets nothing ahead, since most of it might be wasted."""

GRANTS_PER_SECOND = 100
"""What is granted ahead is at most this part of a second's worth."""

REMEMBERED_KEYS = 10_000
"""When so many are remembered, it is time to forget the quiet ones."""

# The generic cell rate algorithm: of each key it is known when all that was taken will have been
# earned. Times are in microseconds, which a number of Lua holds exactly.
SCRIPT = """
local SECOND = 1000000
local time = redis.call('TIME')
local now = time[1] * SECOND + time[2]
local function refusal(key, limit, cost)
    local earned = math.max(now, tonumber(redis.call('GET', key) or now))
    local owed, after = earned - now, earned + cost * SECOND / limit
    if after > now + SECOND then
        local left = math.floor(limit - owed * limit / SECOND)
        return {limit, left, tostring(owed / SECOND), tostring((after - now) / SECOND - 1)}
    end
    redis.call('SET', key, after, 'PX', math.max(1, math.ceil((after - now) / 1000)))
end
local limits, asked, refused = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), {}
local function take(key, limit, wanted)
    local total = 0
    for _, i in ipairs(wanted) do total = total + asked[i][2] + asked[i][3] end
    if total == 0 or not refusal(key, limit, total) then return end
    for _, i in ipairs(wanted) do
        asked[i][3] = 0
        refused[i] = refusal(key, limit, asked[i][2])
    end
end
local of = {}
for i, each in ipairs(asked) do
    of[each[1]] = of[each[1]] or {}
    table.insert(of[each[1]], i)
end
for key, wanted in pairs(of) do take(KEYS[1] .. key, limits[2], wanted) end
local rest = {}
for i in ipairs(asked) do if not refused[i] then table.insert(rest, i) end end
take(KEYS[1], limits[1], rest)
local answers = {}
for i in ipairs(asked) do answers[i] = refused[i] or {asked[i][3]} end
return answers
"""
"""For each of many who ask for so many and for some ahead: what was granted ahead, or the limit
that was too low for them. Those whose own limit refuses them take nothing from the limit of all.
What is asked of one limit is first taken as a whole, and one by one, with nothing ahead, only where
that is too much. Keys are built here from the first: the script is meant for one server, as those
of read models are."""

SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

logger = structlog.get_logger(__name__)

PendingAdmission = tuple[str, int, int, asyncio.Future[Limited | None]]
"""A key, how many it wants, how many ahead, and who waits for the answer."""


class Allowance:
    """What a key used lately, and what is left of what it was granted ahead."""

    __slots__ = ("_lately", "_left", "_since", "_until", "_used", "asked")

    def __init__(self) -> None:
        self.asked = False
        """Whether something is being asked for ahead."""
        self._since = self._until = 0.0
        self._used = self._lately = self._left = 0

    def take(self, cost: int, now: float) -> bool:
        """Whether so many are left; if so, they are not any more."""
        if now >= self._since + GRANT_WINDOW_S:
            self._lately = 0 if self.is_quiet(now) else self._used
            self._used, self._since = 0, now
        self._used += cost
        if cost > self._left or now >= self._until:
            return False
        self._left -= cost
        return True

    def is_quiet(self, now: float) -> bool:
        """Whether nothing was used for a while."""
        return now >= self._since + 2 * GRANT_WINDOW_S

    def wanted(self, most: int) -> int:
        """How many to ask for ahead."""
        return 0 if self.asked or self._lately < BUSY_COST else min(most, self._lately)

    def grant(self, count: int, now: float) -> None:
        """Add what has been granted."""
        self._left = count + (self._left if now < self._until else 0)
        self._until = now + GRANT_WINDOW_S
        self.asked = False


class RateLimits:
    """Admits so many a second, overall and for each key, with bursts of one second's worth.

    All who wait for an answer of Redis share one round trip, and who asks often is granted as many
    ahead as they used in the last tenth of a second, which then need none. What is granted counts,
    whether it is used or not, so nobody gets more than the limits allow. When Redis is away,
    everybody is admitted: what protects the service must not be what stops it.

    The algorithm is the generic cell rate algorithm (ITU-T I.371).
    """

    def __init__(self, redis: "Redis", name: str, *, overall: int, per_key: int) -> None:
        self._redis = redis
        self._name = name
        self._limits = overall, per_key
        self._allowances: dict[str, Allowance] = {}
        self._waiting: list[PendingAdmission] = []
        self._asking: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `cost` more are allowed; raises `Limited`."""
        now = time.monotonic()
        if not self._limits[0] or now < self._away_until:
            return
        allowance = self._allowances.get(key) or self._remember(key, now)
        if allowance.take(cost, now):
            return
        ahead = allowance.wanted(self._limits[1] // GRANTS_PER_SECOND)
        allowance.asked |= ahead > 0
        future: asyncio.Future[Limited | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, cost, ahead, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        if (limited := await future) is not None:
            raise limited

    def _remember(self, key: str, now: float) -> Allowance:
        if len(self._allowances) >= REMEMBERED_KEYS:
            busy = {k: each for k, each in self._allowances.items() if not each.is_quiet(now)}
            self._allowances = busy
        return self._allowances.setdefault(key, Allowance())

    async def _ask(self) -> None:
        """Ask until nobody waits; those who come meanwhile are asked for together."""
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    answers = await self._evaluate(asked)
            except (RedisError, TimeoutError, OSError) as error:
                logger.warning("limits do not hold, Redis is away", error=repr(error))
                self._away_until = time.monotonic() + AWAY_PAUSE_S
                answers = [(0,)] * len(asked)
            for each, answer in zip(asked, answers, strict=True):
                self._answer(*each, answer)
        self._asking = None

    def _answer(
        self, key: str, _: int, ahead: int, future: "asyncio.Future[Limited | None]", answer: Any
    ) -> None:
        limited = self._limited(*answer) if len(answer) > 1 else None
        if ahead and (allowance := self._allowances.get(key)):
            allowance.grant(0 if limited else answer[0], time.monotonic())
        if not future.done():  # whoever asked has hung up
            future.set_result(limited)

    async def _evaluate(self, asked: list[PendingAdmission]) -> list[Any]:
        wanted = msgspec.json.encode([each[:3] for each in asked])
        arguments: Any = 1, f"rate:{self._name}:", msgspec.json.encode(self._limits), wanted
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
