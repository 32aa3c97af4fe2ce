"""The relay of `game-metrics`: keeps a topic as the windows of the read model are.

The topic is compacted, and a record holds a whole window under the window's key, so the newest
takes the place of those before it. What was told stands in the topic and nowhere else: a relay that
starts, or finds another generation of the read model, compares all windows with it and tells those
that differ. From then on it tells what has changed since it last looked, each window once a look.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Protocol

import msgspec
from confluent_kafka import Message

from application.games.outbox import METRICS
from infra.kafka.append import Appender
from infra.kafka.reader import TopicReader
from infra.relay import RelayLock
from infra.turns import turns
from projections.games.game_metrics import GameWindow, LastChange

NAME = "game-metrics-relay"
LOOK_INTERVAL_S = 1.0
DELIVERY_TIMEOUT_S = 15
READ_BATCH = 10_000
READ_TIMEOUT_S = 0.5

Changed = Callable[[LastChange], Sequence[tuple[LastChange, GameWindow]]]
Told = Mapping[bytes, bytes]


class ToldWindows(Protocol):
    """The newest record of each window."""

    def newest(self) -> Told:
        """All of them, by key."""

    def tell(self, news: Told) -> None:
        """Tell newer ones; they are durable when this returns."""


class GameMetricsRelay:
    """Tells the topic what changes in the windows. Blocking, for one thread.

    Guarantees: once the read model stands still, the newest record of each window is what it is in
    the read model; no window is told twice in a row with the same figures.
    """

    def __init__(self, changed: Changed, told: ToldWindows, lock: RelayLock) -> None:
        self._changed = changed
        self._told = told
        self._lock = lock
        self._seen = LastChange()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Wait until this is the only one, then look again and again until `stopped`."""
        self._lock.wait(stopped)
        for _ in turns(LOOK_INTERVAL_S, stopped):
            self._lock.check()
            self.step()

    def step(self) -> int:
        """Look once; returns the number of windows that were told."""
        changed = self._changed(self._seen)
        if not changed:
            return 0
        seen = changed[-1][0]
        known = {} if seen.generation == self._seen.generation else self._told.newest()
        windows = dict(record_of(window) for _, window in changed)
        news = {key: value for key, value in windows.items() if known.get(key) != value}
        self._told.tell(news)
        self._seen = seen
        return len(news)


def record_of(window: GameWindow) -> tuple[bytes, bytes]:
    """The key and the value of a window's record."""
    key = f"{window.per}/{window.starts_at:%Y-%m-%dT%H:%M:%SZ}"
    return key.encode(), msgspec.json.encode(window)


class MetricsTopic:
    """Implements `ToldWindows` on Kafka."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._appender = Appender(bootstrap, DELIVERY_TIMEOUT_S)

    def newest(self) -> Told:
        """See the protocol; reads the topic from its beginning."""
        found: dict[bytes, bytes] = {}
        topics = {METRICS.name: METRICS.name}
        reader = TopicReader[Message](self._bootstrap, f"gamehall-{NAME}", topics, list)
        with closing(reader):
            reader.start(())
            ends = reader.ends()
            while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
                for message in reader.read(READ_BATCH, READ_TIMEOUT_S).events:
                    found[bytes(message.key() or b"")] = bytes(message.value() or b"")
        return found

    def tell(self, news: Told) -> None:
        """See the protocol; raises `AppendFailed`, and then only the topic knows what arrived."""
        for key, value in news.items():
            self._appender.append(METRICS.name, key, value)
        self._appender.flush()

    def close(self) -> None:
        """Forget what was not delivered: the next relay compares."""
        self._appender.close()
