"""Poisoned records among good ones, by every way in: do others notice?

    make run                                          # in one terminal
    .venv/bin/python -m bench.poison --seconds 600    # in another

So many records a second come to the hall, of which a twentieth is wrong in one of the ways that
`tests.contracts.poison` knows. In between, canaries: an event until it shows, and a purchase until
the next in line is let in. At the end no program was started anew, every poisoned message is a
letter once, and every read model equals a fresh fold.
"""

import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from statistics import median
from typing import Any

import httpx
import rich_click as click
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.hall import Hall
from bench.machine import machine
from infra.kafka.clients import connection
from interfaces.bootstrap import stack
from interfaces.bootstrap.workers import PROJECTIONS
from interfaces.tokens import Tokens
from tests.contracts.poison.inbound import Operation, example, from_outside, operations
from tests.contracts.poison.mutations import poisons
from tests.http.test_reporting_events import an_event

TICKS_PER_S = 10
SHARE_POISONED = 0.05
CANARY_EVERY_S = 0.25
PATIENCE_S = 30.0

Body = tuple[str | Operation, bytes]
"""Where something wrong goes: the name of a topic, or an address."""


def wrong_bodies() -> Iterator[Body]:
    """Everything that can be wrong, in any order, again and again."""
    for topic in from_outside():
        message = example(topic)
        unknown = {"session_id": "nobody"} if "session_id" in message else {}
        for poison in poisons(message | unknown):
            yield topic.name, poison.body
    for operation in operations():
        for poison in poisons(operation.body):
            yield operation, poison.body


class Poisoning:
    """A hall, what is sent to it, and what came of it."""

    def __init__(self, seed: int) -> None:
        self.hall = Hall()
        self.sent: Counter[str] = Counter()
        self.waits_ms: dict[str, list[float]] = {"event shows": [], "next is let in": []}
        self.key = f"poisoned-{uuid.uuid4().hex[:8]}"
        tokens = Tokens(self.hall.settings.signing_secret())
        self.admin = {"Authorization": f"Bearer {tokens.issue('bench', 'admin')}"}
        self._kafka = connection(self.hall.settings.kafka_bootstrap)
        self._producer = Producer({**self._kafka, "acks": "all"})
        bodies = list(wrong_bodies())
        # A tenth of them over topics, which are fewer, but are what workers read.
        self._random = random.Random(seed)
        self._topics = itertools.cycle(self._shuffled([b for b in bodies if isinstance(b[0], str)]))
        self._addresses = itertools.cycle(
            self._shuffled([b for b in bodies if not isinstance(b[0], str)])
        )

    def _shuffled(self, bodies: list[Body]) -> list[Body]:
        return self._random.sample(bodies, len(bodies))

    async def run(self, rate: int, seconds: float) -> None:
        """Send good and bad, and wait with the canaries, for so long."""
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(
            base_url=self.hall.settings.base_url, headers=self.admin, timeout=30, limits=limits
        ) as client:
            until = time.monotonic() + seconds
            await asyncio.gather(
                self._load(client, rate, until),
                self._events(client, until),
                self._purchases(client, until),
            )
        self._producer.flush(PATIENCE_S)

    async def _load(self, client: httpx.AsyncClient, rate: int, until: float) -> None:
        bad = round(rate * SHARE_POISONED / TICKS_PER_S)
        good = rate // TICKS_PER_S - bad
        due = time.monotonic()
        async with asyncio.TaskGroup() as sending:
            while due < until:
                due += 1 / TICKS_PER_S
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                sending.create_task(self._good(client, good))
                for number in range(bad):
                    sending.create_task(self._bad(client, by_topic=number % 2 == 0))

    async def _good(self, client: httpx.AsyncClient, count: int) -> None:
        events = [an_event(player_id=f"player-{self._random.randrange(500)}") for _ in range(count)]
        answer = await client.post("/api/v1/events/batch", json=events)
        assert answer.is_success, answer.text
        self.sent["good"] += count

    async def _bad(self, client: httpx.AsyncClient, *, by_topic: bool) -> None:
        where, body = next(self._topics if by_topic else self._addresses)
        if isinstance(where, str):
            fresh = body.replace(
                b"0196a3c4-5d6e-7f80-9a1b-2c3d4e5f6071", str(uuid.uuid4()).encode()
            )
            self._producer.produce(where, fresh, self.key)
            self._producer.poll(0)
            self.sent[where] += 1
            return
        path = where.path.format(game_id=uuid.uuid4().hex, letter_id="none")
        kind = {"content-type": "application/json"}
        answer = await client.request(where.method, path, content=body, headers=kind)
        assert answer.status_code < 500, (where, body[:200], answer.text)
        self.sent["addresses"] += 1

    async def _events(self, client: httpx.AsyncClient, until: float) -> None:
        """An event of somebody new, until it shows among theirs."""
        while time.monotonic() < until:
            began, player = time.perf_counter(), f"canary-{uuid.uuid4().hex[:10]}"
            answer = await client.post("/api/v1/events", json=an_event(player_id=player))
            after = {"Read-After": answer.headers["Position"]}
            while not (
                await client.get(f"/api/v1/players/{player}/events", headers=after)
            ).is_success:
                assert time.perf_counter() - began < PATIENCE_S, f"{player} never showed"
            self.waits_ms["event shows"].append(1_000 * (time.perf_counter() - began))
            await asyncio.sleep(CANARY_EVERY_S)

    async def _purchases(self, client: httpx.AsyncClient, until: float) -> None:
        """A purchase, until the next in line may buy."""
        room = self.hall.open_room(capacity=1)
        inside = (await self._join(client, room))["session_id"]
        while time.monotonic() < until:
            following = (await self._join(client, room))["session_id"]
            began = time.perf_counter()
            done = {"session_id": inside, "event_id": room}
            self._producer.produce("CHECKOUT_COMPLETED", json.dumps(done), room)
            self._producer.poll(0)
            path = f"/api/v1/waitroom/sessions/{following}"
            while (await client.get(path)).json().get("status") != "ready":
                assert time.perf_counter() - began < PATIENCE_S, f"{following} was not let in"
                await asyncio.sleep(0.01)
            self.waits_ms["next is let in"].append(1_000 * (time.perf_counter() - began))
            inside = following
            await asyncio.sleep(CANARY_EVERY_S)

    async def _join(self, client: httpx.AsyncClient, room: str) -> Any:
        body = {"event_id": room, "user_id": f"canary-{uuid.uuid4().hex}"}
        return (await client.post("/api/v1/waitroom/join", json=body)).json()

    def programs(self) -> dict[str, tuple[int | None, int]]:
        """Which programs run: their process ids, and how often a worker in one began anew."""
        found = stack.processes(self.hall.settings)
        return {each.name: (each.pid, each.restarts) for each in found}

    def letters(self, topic: str) -> Counter[str]:
        """How many letters there are of each poisoned message, by its place."""
        consumer = Consumer({**self._kafka, "group.id": "bench", "enable.partition.eof": True})
        partitions = consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found: Counter[str] = Counter()
        left = len(partitions)
        while left:
            message = consumer.poll(PATIENCE_S)
            if message is None or message.error():
                left -= 1
            elif message.key() == self.key.encode():
                found[dict(message.headers() or ())["position"].decode()] += 1  # type: ignore[union-attr]
        consumer.close()
        return found


@click.command()
@click.option("--rate", default=500, show_default=True, help="Records a second.")
@click.option("--seconds", default=600.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(rate: int, seconds: float, seed: int) -> None:
    """Poison the running hall, and tell who noticed."""
    click.echo(machine())
    bench = Poisoning(seed)
    before = bench.programs()
    asyncio.run(bench.run(rate, seconds))
    click.echo("sent: " + ", ".join(f"{n:,} {what}" for what, n in sorted(bench.sent.items())))
    for what, waits in bench.waits_ms.items():
        ordered = sorted(waits)
        p99 = ordered[int(len(ordered) * 0.99)]
        click.echo(
            f"canaries, {what}: {len(ordered):,}; p50 {median(ordered):.0f} ms, p99 {p99:.0f} ms, "
            f"longest {ordered[-1]:.0f} ms"
        )
    letters = bench.letters("checkout.dlq")
    messages = sum(n for topic, n in bench.sent.items() if topic.startswith("CHECKOUT"))
    twice = sum(1 for count in letters.values() if count > 1)
    click.echo(f"checkout: {messages:,} poisoned messages, {len(letters):,} letters, {twice} twice")
    for name in ("event-archive", "player-statistics", "leaderboards", "player-activity"):
        found = bench.letters(f"{name}.dlq")
        twice = sum(1 for count in found.values() if count > 1)
        click.echo(f"{name}: {len(found):,} letters, {twice} twice")
    anew = [name for name, is_now in bench.programs().items() if before[name] != is_now]
    click.echo(f"programs started anew: {', '.join(anew) or 'none'}")
    for name in PROJECTIONS:
        command = [sys.executable, "-m", "interfaces.cli", "projections", "verify", name]
        verified = subprocess.run(command, capture_output=True, text=True, check=False)
        click.echo(f"verify {name}: {'equal' if verified.returncode == 0 else verified.stdout}")


if __name__ == "__main__":
    main()
