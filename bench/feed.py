"""Whether streams of feeds tell all of them, once and in order, whatever happens meanwhile.

    .venv/bin/gamehall up --servers    # in one terminal
    .venv/bin/python -m bench.feed     # in another

Two processes of the API and the worker of the read model run outside the supervisor. People are
told things all the time. Streams follow some of them: each reads for a while, is cut, stays away
for seconds up to a day, and comes back to either process with the last number that it has seen; a
day lasts `--day` seconds here. Meanwhile processes of the API are killed, the worker is killed,
Redis is emptied, and the read model is dropped and built anew. In the end the log is read, and each
stream must have got exactly the entries of its person behind its first cursor.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import exp, log
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple

import aiohttp
import msgspec
import psycopg
import redis
import rich_click as click
import uvloop

from bench.machine import machine
from bench.takeover import Api
from domain.categories import PEOPLE
from domain.feed.events import EntryAdded
from infra.eventlog.reader import KafkaLogReader
from interfaces.settings import Settings, load
from interfaces.tokens import Tokens

DAY_S = 86_400
SHORTEST_S = 2.0
"""The shortest time that a stream is away, of the day's seconds."""

READS_S = (0.05, 2.0)
"""For how long a stream reads, at least and at most."""

FOLLOWED_SHARE = 0.8
"""Of the entries, for people whom streams follow; the others are told things as well."""

AT_ONCE = 200
"""Entries that are added in one request."""

EVENTS = "/api/v1/me/feed/events"
KINDS = ("game-found", "your-move", "queue-ready")
CATCH_UP_S = 120.0
"""After which a stream that has not got all is said to have lost something."""

MISTAKES = 5
"""That are told one by one."""


class Told(NamedTuple):
    """An entry as a stream has it, or the log."""

    number: int
    kind: str
    about: str


class Load:
    """How much, how long, and for how long a day lasts."""

    def __init__(
        self, people: int, streams: int, seconds: float, rate: float, day_s: float, seed: int = 1
    ) -> None:
        self.people, self.streams, self.seconds = people, streams, seconds
        self.rate, self.day_s = rate, day_s
        self.random = Random(seed)
        self.run = uuid.uuid4().hex[:8]

    def person(self, number: int) -> str:
        """Who is told something."""
        return f"p-{self.run}-{number}"

    def away_s(self) -> float:
        """For how long a stream stays away: seconds as often as hours, or a day."""
        longest = log(DAY_S / SHORTEST_S)
        return SHORTEST_S * exp(self.random.random() * longest) * self.day_s / DAY_S


@dataclass
class Stream:
    """One device of a person, and all that it was told."""

    person: str
    cursor: int
    token: str
    told: list[Told] = field(default_factory=list)
    visits: int = 0

    @property
    def last(self) -> int:
        """The number that it comes back with."""
        return self.told[-1].number if self.told else self.cursor


class Writer:
    """Tells people things, as the worker `feed` does: what gets no answer comes again."""

    def __init__(self, load: Load, session: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        self._load, self._session, self._urls = load, session, urls
        self.added = 0

    async def run(self, until: float) -> None:
        """Go on until a time of the loop's, at a fixed rate."""
        loop, started = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while (now := loop.time()) < until:
            due = int((now - started) * self._load.rate) - self.added
            if due <= 0:
                await asyncio.sleep(0.02)
                continue
            await self._send([self._entry(self.added + n) for n in range(min(due, AT_ONCE))])
            self.added += min(due, AT_ONCE)

    def _entry(self, number: int) -> dict[str, Any]:
        random = self._load.random
        among = self._load.people if random.random() < 1 - FOLLOWED_SHARE else self._load.streams
        person = self._load.person(random.randrange(min(among, self._load.people)))
        source = f"game-log/{number % 12}@{number // 12}"
        command = {
            "command": "feed.add",
            "user_id": person,
            "kind": random.choice(KINDS),
            "about": f"about-{number}",
            "source": source,
        }
        return {"command_id": f"feed:{self._load.run}:{source}", "command": command}

    async def _send(self, batch: Sequence[Any]) -> None:
        random, is_answered = self._load.random, False
        while not is_answered or random.random() < 0.05:
            try:
                is_answered = await self._post(random.choice(self._urls), batch) or is_answered
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.1)

    async def _post(self, url: str, batch: Sequence[Any]) -> bool:
        async with self._session.post(f"{url}/api/v1/commands", json=batch) as answer:
            if answer.status != 200:
                return False
            verdicts = await answer.json()
            refused = [each for each in verdicts if "refusal" in each]
            assert not refused, refused[0]
            return not any("unavailable" in each for each in verdicts)


class Reader:
    """Lets one stream come and go."""

    def __init__(self, load: Load, urls: Sequence[str], stream: Stream) -> None:
        self._load, self._urls, self._stream = load, urls, stream

    async def run(self, session: aiohttp.ClientSession, until: float) -> None:
        """Read, go, stay away and come back, until a time of the loop's."""
        random, loop = self._load.random, asyncio.get_running_loop()
        while loop.time() < until:
            await self._read(session, random.uniform(*READS_S))
            await asyncio.sleep(min(self._load.away_s(), max(0.0, until - loop.time())))

    async def read_all(self, session: aiohttp.ClientSession, newest: int) -> None:
        """Read what is left, up to the newest of all."""
        loop = asyncio.get_running_loop()
        until = loop.time() + CATCH_UP_S
        while self._stream.last < newest and loop.time() < until:
            await self._read(session, until - loop.time(), newest)

    async def _read(
        self, session: aiohttp.ClientSession, seconds: float, newest: int | None = None
    ) -> None:
        self._stream.visits += 1
        try:
            async with asyncio.timeout(seconds):
                async for entry in self._entries(session):
                    self._stream.told.append(entry)
                    if entry.number == newest:
                        return
        except TimeoutError:
            return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)

    async def _entries(self, session: aiohttp.ClientSession) -> AsyncIterator[Told]:
        url = self._load.random.choice(self._urls) + EVENTS
        headers = {
            "Authorization": f"Bearer {self._stream.token}",
            "Last-Event-ID": str(self._stream.last),
        }
        async with session.get(url, headers=headers) as answer:
            if answer.status != 200:
                await asyncio.sleep(0.2)
                return
            numbered = False
            async for line in answer.content:
                if line.startswith(b"id: "):
                    numbered = True
                elif numbered and line.startswith(b"data: "):
                    numbered = False
                    yield Told(*itemgetter(*Told._fields)(msgspec.json.decode(line[6:])))


# -- what happens meanwhile ------------------------------------------------------------------------


class World:
    """Two processes of the API and the worker of the read model, on servers that run."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        first = settings.first_peer_port
        self.settings, self._environment = settings, environment
        self.apis = [Api(settings, first + n, environment) for n in range(2)]
        self._worker: subprocess.Popen[bytes] | None = None
        self.happened: list[str] = []

    @property
    def urls(self) -> list[str]:
        """Where the processes of the API are."""
        return [api.url for api in self.apis]

    @contextmanager
    def running(self) -> Iterator[None]:
        """All run during the block, and nothing does after it."""
        try:
            self._start_worker()
            for api in self.apis:
                api.start()
            for api in self.apis:
                api.await_ready()
            yield
        finally:
            for api in self.apis:
                api.end()
            self._end_worker()

    def _start_worker(self) -> None:
        with (self.settings.home / "logs" / "feed-entries.log").open("ab") as told:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli", "worker", "feed-entries"],
                env=dict(self._environment),
                stdout=told,
                stderr=told,
                start_new_session=True,
            )

    def _end_worker(self) -> None:
        if self._worker:
            self._worker.kill()
            self._worker.wait()

    async def kill_api(self, random: Random) -> None:
        """Kill a process of the API, and start another in its place."""
        api = random.choice(self.apis)
        api.send(signal.SIGKILL)
        api.end()
        api.start()
        await asyncio.to_thread(api.await_ready)

    async def kill_worker(self, _: Random) -> None:
        """Kill the worker of the read model, and start another."""
        self._end_worker()
        self._start_worker()

    async def flush_redis(self, _: Random) -> None:
        """Empty Redis."""
        with redis.Redis.from_url(self.settings.redis_url) as client:
            await asyncio.to_thread(client.flushall)

    async def drop_read_model(self, _: Random) -> None:
        """Empty the read model, and let its worker build it anew."""
        await asyncio.to_thread(self._drop)

    def _drop(self) -> None:
        with psycopg.connect(self.settings.postgres_dsn) as connection:
            connection.execute("TRUNCATE feed_entries, feed_seen")
            connection.execute("DELETE FROM projection_positions WHERE projection = 'feed-entries'")

    async def rebuild(self, _: Random) -> None:
        """Build the read model anew beside the live one."""
        command = [sys.executable, "-m", "interfaces.cli", "projections", "rebuild", "feed-entries"]
        rebuilding = await asyncio.create_subprocess_exec(
            *command,
            env=dict(self._environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await rebuilding.wait()

    async def happen(self, random: Random, until: float) -> None:
        """Let one thing after the other happen, each once at least, until a time of the loop's."""
        happenings: Sequence[Callable[[Random], Awaitable[None]]] = (
            *(self.kill_api, self.flush_redis, self.drop_read_model),
            *(self.kill_worker, self.rebuild),
        )
        while asyncio.get_running_loop().time() < until:
            for each in happenings:
                await asyncio.sleep(random.uniform(0.2, 1.0))
                await each(random)
                self.happened.append(each.__name__)


# -- the story, and what must be true in the end ---------------------------------------------------


class Outcome(NamedTuple):
    """What came of it; `wrong` says of streams what they were not told as it stands in the log."""

    entries: int
    told: int
    visits: int
    happened: Sequence[str]
    wrong: Sequence[str]


def folded(settings: Settings, run: str) -> Mapping[str, Sequence[Told]]:
    """The feeds of this run's people, as the log has them."""
    partitions = {PEOPLE.topic: settings.log_partitions}
    group = f"bench-{uuid.uuid4().hex}"
    reader = KafkaLogReader(settings.kafka_bootstrap, [PEOPLE], partitions, group)
    reader.start(())
    ends, feeds = reader.ends(), defaultdict[str, list[Told]](list)
    while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
        for recorded in reader.read(10_000, 1).events:
            event = recorded.event
            if isinstance(event, EntryAdded) and event.originator_id.startswith(f"p-{run}-"):
                told = Told(event.number, event.kind, event.about)
                feeds[event.originator_id].append(told)
    reader.close()
    return feeds


def wrong(feeds: Mapping[str, Sequence[Told]], streams: Sequence[Stream]) -> Iterator[str]:
    """What is not as it should be: a sentence for each feed and stream."""
    for person, feed in feeds.items():
        if [each.number for each in feed] != [*range(1, len(feed) + 1)]:
            yield f"The feed of {person} has gaps: {[each.number for each in feed]}."
        if len({each.about for each in feed}) != len(feed):
            yield f"The feed of {person} has something twice."
    for stream in streams:
        meant = feeds.get(stream.person, [])[stream.cursor :]
        if stream.told != list(meant):
            numbers = [each.number for each in stream.told]
            yield f"A stream of {stream.person} has {numbers}, and the feed {len(meant)} entries."


async def tell(world: World, load: Load) -> Outcome:
    """Let it all happen."""
    tokens = Tokens(world.settings.signing_secret())
    loop = asyncio.get_running_loop()
    process = {"Authorization": f"Bearer {tokens.issue('feed', 'process', ttl=DAY_S)}"}
    followed = [load.person(n % load.people) for n in range(load.streams)]
    streams = [Stream(each, 0, tokens.issue(each, "player", ttl=DAY_S)) for each in followed]
    readers = [Reader(load, world.urls, each) for each in streams]
    patience, connector = aiohttp.ClientTimeout(total=None), aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(timeout=patience, connector=connector) as reading,
        aiohttp.ClientSession(headers=process, timeout=aiohttp.ClientTimeout(30)) as writing,
    ):
        until = loop.time() + load.seconds
        writer = Writer(load, writing, world.urls)
        await asyncio.gather(
            writer.run(until),
            world.happen(load.random, until),
            *(each.run(reading, until) for each in readers),
        )
        feeds = await asyncio.to_thread(folded, world.settings, load.run)
        newest = [len(feeds.get(each.person, ())) for each in streams]
        await asyncio.gather(
            *(each.read_all(reading, n) for each, n in zip(readers, newest, strict=True))
        )
    mistakes = list(wrong(feeds, streams))
    entries = sum(map(len, feeds.values()))
    if entries != writer.added:
        mistakes.append(f"{writer.added} entries were added, and the log has {entries}.")
    told, visits = sum(len(each.told) for each in streams), sum(each.visits for each in streams)
    return Outcome(entries, told, visits, world.happened, mistakes)


@click.command()
@click.option("--people", default=10_000, show_default=True, help="Who is told something.")
@click.option("--streams", default=2_000, show_default=True, help="Who listens, now and then.")
@click.option("--seconds", default=120.0, show_default=True, help="How long it goes on.")
@click.option("--rate", default=500.0, show_default=True, help="Entries a second.")
@click.option("--day", "day_s", default=60.0, show_default=True, help="Seconds of a day.")
@click.option("--seed", default=1, show_default=True)
def main(people: int, streams: int, seconds: float, rate: float, day_s: float, seed: int) -> None:
    """Let streams come and go while everything breaks, and compare them with the log."""
    click.echo(machine())
    world, load_of = World(load()), Load(people, streams, seconds, rate, day_s, seed)
    started = time.perf_counter()
    with world.running():
        outcome = uvloop.run(tell(world, load_of))
    counts = {each: outcome.happened.count(each) for each in dict.fromkeys(outcome.happened)}
    print(
        f"{outcome.entries:,} entries of {people:,} people; {streams:,} streams were told "
        f"{outcome.told:,} of them in {outcome.visits:,} visits, "
        f"in {time.perf_counter() - started:.0f} s"
    )
    print("meanwhile:", ", ".join(f"{name} {count}" for name, count in counts.items()))
    for each in outcome.wrong[:MISTAKES]:
        print(each)
    print(f"wrong: {len(outcome.wrong)}")
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
