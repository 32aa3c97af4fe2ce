"""A rule of each kind, a receiver for each, and what both sides say of the effects."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx
import msgspec
import psycopg
import redis
from psycopg.sql import SQL, Identifier
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from application.effects.rules import RuleOrders, kind_of
from application.effects.signing import message_id
from application.ports.listening import PREFIX
from application.ports.push import Subscription
from application.topics import Topic
from domain.effects.actions import (
    AnyAction,
    Email,
    FileLine,
    RedisKey,
    SocketMessage,
    TableRow,
    TcpLine,
    TextMessage,
    TopicRecord,
    Webhook,
    WebPush,
)
from domain.effects.rule import Beginning
from infra.effects.web_push import public_key
from infra.kafka.records import consume
from infra.kafka.topics import create_missing
from infra.kafka.watermarks import Watermarks
from infra.postgres.pool import connections
from infra.push_subscriptions import BrowsersInPostgres
from infra.stack.waiting import until
from infra.subjects.keys import SubjectKeys
from interfaces.bootstrap.effects.sources import sources
from interfaces.http.feed.live import LIVE_PATH
from interfaces.push_key import push_key
from interfaces.settings import Settings
from tests import warm
from tests.conftest import Hall
from tests.effects.receivers import (
    HERE,
    Browser,
    HttpReceiver,
    PushService,
    SmsGateway,
    SmtpReceiver,
    TcpReceiver,
    in_a_thread,
)
from tests.people import a_name

TOPIC = "QUEUE_JOINED"
PATIENCE_S = 120.0

ONCE = frozenset({"file", "table", "email", "web-push", "socket"})
"""Kinds whose receiver gets an effect once: it knows it again, or nobody tries it again."""

AS_MESSAGES = frozenset({"webhook", "email", "sms", "socket"})
"""Kinds whose receiver is told the name of a message."""

Effects = Mapping[str, Mapping[str, Any]]
"""What the ledger says, by effect."""


class Kinds:
    """A rule of each kind, and what its receiver has done, by effect."""

    def __init__(self, hall: Hall, held: ExitStack, of: str) -> None:
        self.name = a_name(of)
        self.hall = hall
        self.hook = held.enter_context(in_a_thread(HttpReceiver()))
        self.lines = held.enter_context(in_a_thread(TcpReceiver()))
        self.mails = held.enter_context(in_a_thread(SmtpReceiver()))
        self.gateway = held.enter_context(in_a_thread(SmsGateway()))
        self.service = held.enter_context(in_a_thread(PushService(pushed_in(hall.settings))))
        self.browser = Browser(self.name[-10:])
        self.heard = held.enter_context(somebody_at_a_socket(hall, self.name))
        self.table = self.name.replace("-", "_")
        asyncio.run(_subscribe(hall, self.name, self.browser.at(self.service)))
        actions: tuple[AnyAction, ...] = (
            FileLine(file=self.name),
            RedisKey(key=self.name),
            TableRow(table=self.table),
            TopicRecord(topic=self.name, key="{user_id}"),
            Webhook(url=self.hook.url),
            TcpLine(host=HERE, port=self.lines.port),
            Email(to=f"{self.name}@example.org", subject="{user_id}", text=""),
            WebPush(person=self.name, title="{user_id}"),
            TextMessage(to="+436601234567", text="{user_id}"),
            SocketMessage(person=self.name, text="{user_id}"),
        )
        begins = _ends(hall)
        self.rules = [a_rule(self.name, action, begins) for action in actions]

    @property
    def environment(self) -> Mapping[str, str]:
        """Of a worker that reaches these receivers."""
        return {
            **self.hall.environment,
            "GAMEHALL_EFFECT_NETWORKS": "127.0.0.0/8",
            "GAMEHALL_SMTP_URL": self.mails.url,
            "GAMEHALL_MAIL_FROM": "hall@example.org",
            "GAMEHALL_SMS_URL": self.gateway.url,
        }

    def of(self, *kinds: str) -> Sequence[RuleOrders]:
        """The rules of these kinds."""
        return [rule for rule in self.rules if rule.kind in kinds]

    def make_topic(self) -> None:
        """Let there be the topic that records go to."""
        create_missing(self.hall.kafka, [Topic(self.name, 1, "messages")], 1)

    def counted(self, kind: str) -> Counter[str]:
        """How often each effect was done, as who has got it counts."""
        counted: dict[str, Callable[[], Iterable[str]]] = {
            "file": lambda: [each["id"] for each in self._written()],
            "table": self.rows,
            "topic": self._records,
            "webhook": self.hook.done.elements,
            "tcp": self.lines.done.elements,
            "email": lambda: [id.strip("<>").split("@")[0] for id in self.mails.done.elements()],
            "web-push": self.service.done.elements,
            "sms": self.gateway.done.elements,
            "socket": lambda: self.heard,
        }
        return Counter(counted[kind]())

    def count(self) -> int:
        """What the counter in Redis stands at."""
        with redis.Redis.from_url(self.hall.redis) as client:
            return int(client.get(f"effects:{self.name}") or 0)

    def _written(self) -> Iterator[Any]:
        for path in Path(self.hall.settings.home).glob(f"effects/{self.name}*.ndjson"):
            yield from map(json.loads, path.read_bytes().splitlines())

    def rows(self) -> list[str]:
        """The effects of which there is a row."""
        query = SQL("SELECT effect_id FROM effects.{}").format(Identifier(self.table))
        with psycopg.connect(self.hall.postgres) as connection:
            return [row[0] for row in connection.execute(query).fetchall()]

    def _records(self) -> Iterator[str]:
        for record in consume(self.hall.kafka, self.name, limit=None, follow=False):
            yield record.headers["effect-id"]


def _ends(hall: Hall) -> tuple[Beginning, ...]:
    shards = [(TOPIC, number) for number in range(sources(1)[TOPIC].partitions)]
    watermarks = Watermarks(hall.kafka)
    ends = watermarks.ends(shards)
    watermarks.close()
    return tuple(Beginning(partition=p, offset=at, next_seq=at) for (_, p), at in ends.items())


def a_rule(
    name: str, action: AnyAction, begins: tuple[Beginning, ...], room: str = ""
) -> RuleOrders:
    """A rule on who joins a room, which is called like the rules if nothing else is said."""
    return RuleOrders(
        name=f"{name}-{kind_of(action)}",
        version=1,
        topic=TOPIC,
        of_type=None,
        where={"event_id": room or name},
        action=action,
        begins=begins,
        since=None,
        status="active",
    )


# -- who gets it -----------------------------------------------------------------------------------


@contextmanager
def somebody_at_a_socket(hall: Hall, user: str) -> Iterator[list[str]]:
    """A person whose feed is open in a browser; gives the ids of what they are told over it."""
    url = hall.base_url.replace("http", "ws", 1) + LIVE_PATH
    told: list[str] = []
    with connect(url, additional_headers=hall.player(user)) as socket:

        def listen() -> None:
            with suppress(ConnectionClosed):
                for message in map(json.loads, socket):
                    if message["type"] == "ping":
                        socket.send('{"type": "ping"}')  # whoever is silent for long is cut off
                    if message["type"] == "told" and message["payload"]["id"]:
                        told.append(message["payload"]["id"])

        thread = threading.Thread(target=listen)
        thread.start()
        with redis.Redis.from_url(hall.redis) as client:
            is_there = lambda: bool(client.publish(f"{PREFIX}{user}", '{"id": ""}'))  # noqa: E731
            assert until(is_there, seconds=PATIENCE_S), "nobody listens for the person"
        yield told
        socket.close()
        thread.join()


def pushed_in(settings: Settings) -> str:
    """By what browsers know who pushes to them."""
    return public_key(push_key(settings.pass_key_folder))


@asynccontextmanager
async def keys_of(hall: Hall) -> AsyncIterator[SubjectKeys]:
    """The keys of people, once they have been read."""
    keys = SubjectKeys(hall.kafka)
    await keys.start()
    async with asyncio.timeout(10):
        while keys.problem:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
    yield keys
    await keys.stop()


async def _subscribe(hall: Hall, person: str, subscription: Subscription) -> None:
    async with AsyncExitStack() as held:
        pool = await connections(hall.postgres, 1, held)
        keys = await held.enter_async_context(keys_of(hall))
        await BrowsersInPostgres(pool, keys).add(person, subscription)


# -- who does it -----------------------------------------------------------------------------------


@contextmanager
def a_worker(
    environment: Mapping[str, str], rules: Collection[RuleOrders], step: str = ""
) -> Iterator[warm.Process]:
    """A worker of these rules, which dies at a step, if one is named."""
    order = warm.Order("tests.effects.killed", step.split(), environment)
    with TemporaryFile() as told:
        told.write(b"\n".join(map(msgspec.json.encode, rules)))
        told.seek(0)
        worker = warm.Process(order, [told.fileno(), *warm.STANDARD[1:]])
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


class Crowd:
    """People who join one room."""

    def __init__(self, hall: Hall, room: str) -> None:
        self._hall, self._room, self.joined = hall, room, 0
        body = {"event_id": room, "capacity": 1, "checkout_seconds": 60}
        self._post("/api/v1/waitroom", body)

    def join(self, count: int) -> None:
        """Some more join."""
        for _ in range(count):
            body = {"event_id": self._room, "user_id": f"user-{self.joined}"}
            self._post("/api/v1/waitroom/join", body)
            self.joined += 1

    def _post(self, path: str, body: Any) -> None:
        answer = httpx.post(self._hall.base_url + path, json=body, headers=self._hall.service())
        assert answer.is_success, answer.text


# -- what is said of it ----------------------------------------------------------------------------


def effects_of(hall: Hall, rule: str) -> Effects:
    """What the ledger says of a rule's effects."""
    asked: dict[str, str | int] = {"rule": rule, "limit": 1_000}
    path = f"{hall.base_url}/api/v1/effects"
    found = httpx.get(path, params=asked, headers=hall.admin()).json()["effects"]
    return {each["id"]: each for each in found}


def are(
    hall: Hall, rules: Collection[RuleOrders], count: int, *statuses: str
) -> Callable[[], bool]:
    """Whether so many effects of each rule have stood so; one that has is not asked for again."""
    left = list(rules)

    def stand() -> bool:
        while left and _standing(effects_of(hall, left[-1].name), statuses) == count:
            left.pop()
        return not left

    return stand


def _standing(effects: Effects, statuses: Collection[str]) -> int:
    return sum(each["status"] in statuses for each in effects.values())


TRIED = ("waiting", "unknown", "parked", "accepted", "rejected")
OVER = ("unknown", "accepted", "rejected")


def how_they_stand(hall: Hall, rules: Collection[RuleOrders]) -> str:
    """How all effects stand, for who finds that they should not."""
    found = {rule.name: effects_of(hall, rule.name).values() for rule in rules}
    why = ("status", "attempts", "doubted", "reason", "due")
    told = {
        name: Counter(str([each[field] for field in why]) for each in effects)
        for name, effects in found.items()
    }
    return json.dumps(told, indent=1)


def agrees(kinds: Kinds, kind: str, effects: Effects, removed: Iterable[str] = ()) -> None:
    """What was counted is what the ledger says; what it does not know may be either.

    Those `removed` were there, and somebody has taken them away since.
    """
    if kind == "redis":
        accepted = sum(each["status"] == "accepted" for each in effects.values())
        doubtful = sum(each["doubted"] for each in effects.values())
        assert accepted <= kinds.count() <= accepted + doubtful
        return
    named = {known_as(kind, id): effect for id, effect in effects.items()}
    counted = kinds.counted(kind) + Counter(removed)
    assert counted.keys() <= named.keys()
    for id, effect in named.items():
        _agrees(counted[id], effect, once=kind in ONCE)


def is_heard(kinds: Kinds, effects: Effects) -> bool:
    """Whether all that was accepted has reached who is at the socket."""
    accepted = {id for id, each in effects.items() if each["status"] == "accepted"}
    return {message_id(id) for id in accepted} <= set(kinds.heard)


def _agrees(count: int, effect: Mapping[str, Any], *, once: bool) -> None:
    if once:
        assert count <= 1, effect
    if effect["status"] == "accepted":
        assert count == 1 if once or not effect["doubted"] else count >= 1, effect
    elif not effect["doubted"]:
        assert count == 0, effect
    else:
        assert effect["status"] in ("unknown", "waiting", "parked"), effect


def known_as(kind: str, effect: str) -> str:
    """What a receiver is told that an effect is called."""
    if kind == "web-push":
        return sha256(message_id(effect).encode()).hexdigest()[:32]
    return message_id(effect) if kind in AS_MESSAGES else effect
