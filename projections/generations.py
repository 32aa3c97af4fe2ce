"""How read models lie in Redis: generations, the pointer to the live one, positions.

Every key of a generation begins with its name, `<projection>@<id>`. The string
`projection:<projection>` names the live one, and is read in the same script as the data, so that
a query sees one whole generation. `<generation>:positions` maps `<topic>/<partition>` to a JSON
array of offset, next sequence number, epoch and owner. The scripts build their key names from the
pointer: they are meant for one server (with replicas), not for Redis Cluster.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

from domain.events import Position
from projections.projection import ReadModelMissing, wait_until

MOST_TOGETHER = 256
"""Questions in one write; what their answers take of memory stays small."""

NEXT_SEQ = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local position = redis.call('HGET', live .. ':positions', ARGV[1])
return {position and cjson.decode(position)[2] or 0}
"""

FOLLOWING = """
local function follows(one, other)
    for i = 1, math.min(#one, #other) do
        local here, there = one:byte(i), other:byte(i)
        if here ~= there then return here > there end
    end
    return #one > #other
end
local function following(key, score, member)
    local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
    local high = low + redis.call('ZCOUNT', key, score, score)
    while low < high do
        local middle = math.floor((low + high) / 2)
        local there = redis.call('ZRANGE', key, middle, middle)[1]
        if follows(there, member) then high = middle else low = middle + 1 end
    end
    return low
end
"""
"""For scripts that page through a sorted set: `following` is the rank of the first entry behind a
score and member, wherever that member is by now.

Of one score, members are in the order of their bytes; Lua's own comparison follows the locale.
"""


def pointer(projection: str) -> str:
    """The key that names the live generation."""
    return f"projection:{projection}"


def positions(generation: str) -> str:
    """The key of a generation's positions."""
    return f"{generation}:positions"


class Question(NamedTuple):
    """A script to be run, and where its answer is awaited."""

    script: AsyncScript
    args: Sequence[str | int]
    answer: "asyncio.Future[Any]"


class Questions:
    """Runs scripts that read. Those asked for while Redis answers go there together.

    To send a command and to wait for its answer takes most of the time; in one write, a question
    costs a third (measured: 19 of 51 µs, 64 at once). An error of Redis concerns the question that
    it answers, a connection that is lost all that were on their way.
    """

    def __init__(self, redis: "Redis", key: str) -> None:
        self._redis = redis
        self._key = key
        self._asked: list[Question] = []
        self._answering: asyncio.Task[None] | None = None

    async def ask(self, script: AsyncScript, args: Sequence[str | int]) -> Any:
        """The answer of a script; raises `redis.RedisError`."""
        answer = asyncio.get_running_loop().create_future()
        self._asked.append(Question(script, args, answer))
        if self._answering is None:  # it begins in the next turn, when all of this one have asked
            self._answering = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked[:MOST_TOGETHER], self._asked[MOST_TOGETHER:]
                for question, answer in zip(asked, await self._answers(asked), strict=True):
                    _settle(question.answer, answer)
        finally:
            self._answering = None

    async def _answers(self, asked: Sequence[Question]) -> Sequence[Any]:
        try:
            answers = await self._run(asked)
            unknown = {
                q.script.script for q, a in zip(asked, answers, strict=True) if _is_unknown(a)
            }
            for script in unknown:
                await self._redis.script_load(script)
            return await self._run(asked) if unknown else answers
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return [error] * len(asked)

    async def _run(self, asked: Sequence[Question]) -> Sequence[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for question in asked:
                pipeline.evalsha(question.script.sha, 1, self._key, *question.args)
            return await pipeline.execute(raise_on_error=False)


def _is_unknown(answer: object) -> bool:
    """Whether Redis has lost a script, or has never seen it."""
    return isinstance(answer, NoScriptError)


def _settle(answer: "asyncio.Future[Any]", told: object) -> None:
    """Pass an answer on, unless whoever asked has gone."""
    if answer.done():
        return
    if isinstance(told, Exception):
        answer.set_exception(told)
    else:
        answer.set_result(told)


class RedisQueries:
    """Reads the live generation of a read model; `redis` decodes its responses.

    Raises `ReadModelMissing`.
    """

    name: ClassVar[str]

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._questions = Questions(redis, pointer(self.name))
        self._next_seq = self._script(NEXT_SEQ)

    def _script(self, lua: str) -> AsyncScript:
        """A query; its first key is the pointer."""
        return self._redis.register_script(lua)

    async def _query(self, script: AsyncScript, *args: str | int) -> list[object]:
        """Run a query; raises `ReadModelMissing` when it answers nothing at all."""
        answer = await self._questions.ask(script, args)
        if answer is None:
            raise ReadModelMissing(f"The read model {self.name!r} is being built.")
        return list(answer)

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the read model has passed an event; False when `timeout` seconds are over."""
        shard = f"{position.topic}/{position.partition}"

        async def passed() -> bool:
            (next_seq,) = await self._query(self._next_seq, shard)
            return msgspec.convert(next_seq, int) > position.seq

        return await wait_until(passed, timeout)
