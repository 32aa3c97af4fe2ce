"""The read models of players' events at a running hall: how far behind, and how to stop them."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Self

import psutil
import psycopg
import rich_click as click

from application.player_events.topics import PLAYER_EVENTS
from domain.player_events.event import TOPIC
from infra.kafka.watermarks import Watermarks
from interfaces.bootstrap import stack
from interfaces.settings import Settings
from tests.read_models import OF_PLAYERS

POSITIONS = """
    SELECT projection, sum(next_offset)::bigint FROM projection_positions WHERE topic = %s
    GROUP BY projection
"""
LOOK_EVERY_S = 0.1
PATIENCE_S = 900.0


class Consumers:
    """How far the read models of players' events are behind the topic."""

    def __init__(self, settings: Settings) -> None:
        self._postgres = psycopg.connect(settings.postgres_dsn, autocommit=True)
        self._watermarks = Watermarks(settings.kafka_bootstrap)
        self._shards = [(TOPIC, number) for number in range(PLAYER_EVENTS.partitions)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._postgres.close()
        self._watermarks.close()

    def behind(self) -> Mapping[str, int]:
        """Records that each read model has not taken yet."""
        end = sum(self._watermarks.ends(self._shards).values())
        reached = dict(self._postgres.execute(POSITIONS, [TOPIC]).fetchall())
        return {name: end - reached.get(name, 0) for name in OF_PLAYERS}

    def catch_up(self) -> None:
        """Return when nothing is left over from what was measured before."""
        give_up = time.monotonic() + PATIENCE_S
        while any(behind := self.behind().values()):
            if time.monotonic() > give_up:
                raise click.ClickException(
                    f"A read model is {max(behind):,} records behind after {PATIENCE_S:.0f} s."
                )
            time.sleep(LOOK_EVERY_S)

    @contextmanager
    def watched(self) -> Iterator[dict[str, int]]:
        """The most records that each read model is behind at any time of the block."""
        most = dict.fromkeys(OF_PLAYERS, 0)
        ended = Event()

        def watch() -> None:
            while not ended.wait(LOOK_EVERY_S):
                for name, behind in self.behind().items():
                    most[name] = max(most[name], behind)

        thread = Thread(target=watch)
        thread.start()
        try:
            yield most
        finally:
            ended.set()
            thread.join()


def processes(settings: Settings) -> Collection[psutil.Process]:
    """The processes in which the read models' workers run."""
    names = {f"worker-{name}" for name in OF_PLAYERS}
    found = stack.processes(settings)
    return {psutil.Process(each.pid) for each in found if each.name in names and each.pid}
