"""Questions to Redis go there together, and each gets its own answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

from projections.generations import Questions
from tests.conftest import Hall
from tests.people import a_name

ECHO = "return ARGV[1]"
FAIL = "return redis.error_reply('no such thing: ' .. ARGV[1])"


@pytest.fixture
async def redis(servers: Hall) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis, decode_responses=True) as client:
        yield client


def asked_in_turns(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions go to Redis at a time, from now on."""
    counts, pipeline = list[int](), redis.pipeline

    def counted(*args: Any, **options: Any) -> Any:
        made = pipeline(*args, **options)
        execute = made.execute

        async def execute_and_count(*args: Any, **options: Any) -> Any:
            counts.append(len(made.command_stack))
            return await execute(*args, **options)

        monkeypatch.setattr(made, "execute", execute_and_count)
        return made

    monkeypatch.setattr(redis, "pipeline", counted)
    return counts


async def ask(questions: Questions, script: AsyncScript, *names: str) -> list[Any]:
    asked = (questions.ask(script, [name]) for name in names)
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_who_asks_at_once_asks_together_and_gets_an_answer_of_one_s_own(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions, echo = Questions(redis, a_name("key")), redis.register_script(ECHO)
    assert await ask(questions, echo, "first") == ["first"]  # the script is known from here on
    turns = asked_in_turns(redis, monkeypatch)
    names = [f"name-{number}" for number in range(300)]
    assert await ask(questions, echo, *names) == names
    assert turns == [256, 44]


async def test_what_redis_refuses_is_told_to_whoever_asked_that(redis: Redis) -> None:
    questions = Questions(redis, a_name("key"))
    echo, fail = redis.register_script(ECHO), redis.register_script(FAIL)
    answers = await asyncio.gather(
        *(questions.ask(script, ["it"]) for script in (echo, fail, echo)), return_exceptions=True
    )
    assert answers[0] == answers[2] == "it"
    assert isinstance(answers[1], ResponseError)
    assert "no such thing: it" in str(answers[1])


async def test_a_redis_that_has_forgotten_the_scripts_is_told_them_again(redis: Redis) -> None:
    questions, echo = Questions(redis, a_name("key")), redis.register_script(ECHO)
    assert await ask(questions, echo, "before") == ["before"]
    await redis.script_flush()
    assert await ask(questions, echo, "one", "two") == ["one", "two"]


async def test_who_goes_away_takes_no_answer_from_others(redis: Redis) -> None:
    questions, echo = Questions(redis, a_name("key")), redis.register_script(ECHO)
    leaving = asyncio.create_task(questions.ask(echo, ["leaving"]))
    staying = asyncio.create_task(questions.ask(echo, ["staying"]))
    await asyncio.sleep(0)  # both have asked
    leaving.cancel()
    assert await staying == "staying"
    assert leaving.cancelled()


async def test_after_a_connection_was_lost_the_next_question_is_answered(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions, echo = Questions(redis, a_name("key")), redis.register_script(ECHO)

    def lost(*_: Any, **__: Any) -> Any:
        raise ConnectionLost("The connection is lost.")

    with monkeypatch.context() as patched:
        patched.setattr(redis, "pipeline", lost)
        answers = await ask(questions, echo, "one", "two")
        assert [type(answer) for answer in answers] == [ConnectionLost, ConnectionLost]
    assert await ask(questions, echo, "three") == ["three"]
