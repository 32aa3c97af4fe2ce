"""A worker of effects is killed at every step, on real servers: per kind, its promise holds.

Each kind goes to a receiver of its own, which counts; afterwards what was counted has to agree with
what the ledger says of each effect.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import redis
from psycopg.sql import SQL, Identifier

from application.effects.rules import RuleOrders, kind_of
from application.topics import Topic
from domain.effects.actions import (
    AnyAction,
    Email,
    FileLine,
    RedisKey,
    TableRow,
    TcpLine,
    TopicRecord,
    Webhook,
)
from domain.effects.rule import Beginning
from infra.kafka.records import consume
from infra.kafka.topics import create_missing
from infra.kafka.watermarks import Watermarks
from infra.stack.waiting import until
from interfaces.bootstrap.effects.sources import sources
from tests.conftest import ROOT, Hall
from tests.effects.killed import STEPS
from tests.effects.receivers import HttpReceiver, SmtpReceiver, TcpReceiver, in_a_thread
from tests.people import a_name

TOPIC = "QUEUE_JOINED"
JOINS = 12
"""Before each death, and once after the last."""

PATIENCE_S = 120.0
ONCE = ("file", "table", "email")
"""Kinds whose receiver gets an effect once: it knows it again, or nobody tries it again."""

Effects = Mapping[str, Mapping[str, Any]]
"""What the ledger says, by effect."""


class Kinds:
    """A rule of each kind, and what its receiver has counted, by effect."""

    def __init__(self, hall: Hall, held: ExitStack) -> None:
        self.name = a_name("killed")
        self._hall = hall
        self._hook = held.enter_context(in_a_thread(HttpReceiver()))
        self._lines = held.enter_context(in_a_thread(TcpReceiver()))
        self._mails = held.enter_context(in_a_thread(SmtpReceiver()))
        self._table = self.name.replace("-", "_")
        create_missing(hall.kafka, [Topic(self.name, 1, "messages")], 1)
        actions: tuple[AnyAction, ...] = (
            FileLine(file=self.name),
            RedisKey(key=self.name),
            TableRow(table=self._table),
            TopicRecord(topic=self.name, key="{user_id}"),
            Webhook(url=self._hook.url),
            TcpLine(host="127.0.0.1", port=self._lines.port),
            Email(to=f"{self.name}@example.org", subject="{user_id}", text=""),
        )
        begins = _ends(hall)
        self.rules = [_rule(self.name, action, begins) for action in actions]
        self.environment = {
            **hall.environment,
            "GAMEHALL_EFFECT_NETWORKS": "127.0.0.0/8",
            "GAMEHALL_SMTP_URL": self._mails.url,
            "GAMEHALL_MAIL_FROM": "hall@example.org",
        }

    def counted(self, kind: str) -> Counter[str]:
        """How often each effect came."""
        came: dict[str, Callable[[], Iterable[str]]] = {
            "file": lambda: [each["id"] for each in self._written()],
            "table": self._rows,
            "topic": self._records,
            "webhook": lambda: self._hook.got,
            "tcp": lambda: self._lines.got,
            "email": lambda: self._mails.got,
        }
        return Counter(came[kind]())

    def count(self) -> int:
        """What the counter in Redis stands at."""
        with redis.Redis.from_url(self._hall.redis) as client:
            return int(client.get(f"effects:{self.name}") or 0)

    def _written(self) -> Iterator[Any]:
        for path in Path(self._hall.settings.home).glob(f"effects/{self.name}*"):
            yield from map(json.loads, path.read_bytes().splitlines())

    def _rows(self) -> list[str]:
        query = SQL("SELECT effect_id FROM effects.{}").format(Identifier(self._table))
        with psycopg.connect(self._hall.postgres) as connection:
            return [row[0] for row in connection.execute(query).fetchall()]

    def _records(self) -> Iterator[str]:
        for record in consume(self._hall.kafka, self.name, limit=None, follow=False):
            yield record.headers["effect-id"]

    def on_the_log(self) -> None:
        """Have one rule alone, on the log, whose receiver is busy at first."""
        begins = tuple(Beginning(partition=p) for p in range(self._hall.settings.log_partitions))
        action = TcpLine(host="127.0.0.1", port=self._lines.port)
        rule = _rule(self.name, action, begins)
        where = {"originator_id": self.name}
        self.rules = [
            msgspec.structs.replace(
                rule, topic="waitroom-log", of_type="waitroom.joined.v1", where=where
            )
        ]
        self._lines.next.extend(["busy"] * (JOINS // 2))

    @contextmanager
    def worker(self, step: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A worker that dies at a step, if one is named."""
        command = [sys.executable, "-m", "tests.effects.killed", *step.split()]
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE)
        assert worker.stdin is not None
        try:
            worker.stdin.write(b"\n".join(map(msgspec.json.encode, self.rules)))
            worker.stdin.close()
            yield worker
        finally:
            worker.kill()
            worker.wait()


def _ends(hall: Hall) -> tuple[Beginning, ...]:
    shards = [(TOPIC, number) for number in range(sources(1)[TOPIC].partitions)]
    watermarks = Watermarks(hall.kafka)
    ends = watermarks.ends(shards)
    watermarks.close()
    return tuple(Beginning(partition=p, offset=at, next_seq=at) for (_, p), at in ends.items())


def _rule(name: str, action: AnyAction, begins: tuple[Beginning, ...]) -> RuleOrders:
    return RuleOrders(
        name=f"{name}-{kind_of(action)}",
        version=1,
        topic=TOPIC,
        of_type=None,
        where={"event_id": name},
        action=action,
        begins=begins,
        since=None,
        status="active",
    )


@pytest.fixture
def kinds(hall: Hall) -> Iterator[Kinds]:
    with ExitStack() as held:
        yield Kinds(hall, held)


class Crowd:
    """People who join one room."""

    def __init__(self, hall: Hall, room: str) -> None:
        self._hall, self._room, self.joined = hall, room, 0
        body = {"event_id": room, "capacity": 1, "checkout_seconds": 60}
        self._post("/api/v1/waitroom", body)

    def join(self) -> None:
        """Some more join."""
        for _ in range(JOINS):
            body = {"event_id": self._room, "user_id": f"user-{self.joined}"}
            self._post("/api/v1/waitroom/join", body)
            self.joined += 1

    def _post(self, path: str, body: Any) -> None:
        answer = httpx.post(self._hall.base_url + path, json=body, headers=self._hall.service())
        assert answer.is_success, answer.text


def effects_of(hall: Hall, rule: str) -> Effects:
    asked: dict[str, str | int] = {"rule": rule, "limit": 1_000}
    path = f"{hall.base_url}/api/v1/effects"
    found = httpx.get(path, params=asked, headers=hall.admin()).json()["effects"]
    return {each["id"]: each for each in found}


def are_known(hall: Hall, rules: Sequence[RuleOrders], count: int) -> Callable[[], bool]:
    """Whether every event has led to an effect of each rule, and none is under way."""

    def known() -> bool:
        found = [effects_of(hall, rule.name).values() for rule in rules]
        over = [[e for e in each if e["status"] != "attempted"] for each in found]
        return all(len(each) == count for each in over)

    return known


def _open(hall: Hall, rules: Sequence[RuleOrders]) -> str:
    """How all effects stand, for who finds that they should not."""
    found = {rule.kind: effects_of(hall, rule.name).values() for rule in rules}
    why = ("status", "attempts", "reason", "due")
    told = {
        kind: Counter(str([each[name] for name in why]) for each in effects)
        for kind, effects in found.items()
    }
    return json.dumps(told, indent=1)


@pytest.mark.timeout(400)
def test_whatever_step_it_dies_at_what_was_counted_is_what_the_ledger_says(
    hall: Hall, kinds: Kinds
) -> None:
    crowd = Crowd(hall, kinds.name)
    for step in STEPS:
        crowd.join()
        with kinds.worker(step) as worker:
            assert worker.wait(PATIENCE_S) == -9, f"it did not come to {step}"
    crowd.join()
    with kinds.worker() as worker:
        known = are_known(hall, kinds.rules, crowd.joined)
        assert until(known, seconds=PATIENCE_S), _open(hall, kinds.rules)
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0

    told = {rule.kind: effects_of(hall, rule.name) for rule in kinds.rules}
    assert any(each["doubted"] for effects in told.values() for each in effects.values())
    for kind, effects in told.items():
        if kind == "redis":
            accepted = sum(each["status"] == "accepted" for each in effects.values())
            doubtful = sum(each["doubted"] for each in effects.values())
            assert accepted <= kinds.count() <= accepted + doubtful
        else:
            assert any(each["status"] == "accepted" for each in effects.values()), _open(
                hall, kinds.rules
            )
            _agrees(kinds.counted(kind), effects, once=kind in ONCE)


def _agrees(came: Counter[str], effects: Effects, *, once: bool) -> None:
    """What was counted is what the ledger says; what it does not know may be either."""
    assert came.keys() <= effects.keys()
    for id, effect in effects.items():
        if effect["status"] == "accepted":
            assert came[id] == 1 if once or not effect["doubted"] else came[id] >= 1, effect
        elif not effect["doubted"]:
            assert came[id] == 0, effect


def test_what_is_tried_again_is_read_again_from_the_log(hall: Hall, kinds: Kinds) -> None:
    kinds.on_the_log()
    crowd = Crowd(hall, kinds.name)
    crowd.join()
    with kinds.worker() as worker:
        known = are_known(hall, kinds.rules, crowd.joined)
        assert until(known, seconds=PATIENCE_S), _open(hall, kinds.rules)
        assert until(lambda: _are_accepted(hall, kinds), seconds=PATIENCE_S)
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0
    effects = effects_of(hall, kinds.rules[0].name)
    assert Counter(each["attempts"] for each in effects.values()) == {1: JOINS // 2, 2: JOINS // 2}
    assert kinds.counted("tcp").keys() == effects.keys()


def _are_accepted(hall: Hall, kinds: Kinds) -> bool:
    (rule,) = kinds.rules
    return {each["status"] for each in effects_of(hall, rule.name).values()} == {"accepted"}
