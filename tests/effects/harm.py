"""What befalls the receivers of some rules, kind by kind, and how it is mended."""

import fcntl
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from psycopg.sql import SQL, Identifier

from infra.effects.table import MAKE, SCHEMA
from infra.kafka.clients import connection
from tests.chaos.network import Network
from tests.effects.kinds import Kinds
from tests.effects.receivers import Receiver, Way

WAYS: tuple[Way, ...] = (*("take", "refuse", "busy", "late", "silent") * 2, "hang-up")
"""How receivers treat what comes to them first; whoever hangs up has got all before."""


class Harm:
    """Harms receivers; `wire` is that on which Redis is reached. Mended once the block is over."""

    def __init__(self, kinds: Kinds, wire: Network, held: ExitStack) -> None:
        self._kinds, self._wire = kinds, wire
        self._mending = held.enter_context(ExitStack())
        self.removed_rows: list[str] = []

    def mend(self) -> None:
        """Let everything be well."""
        self._mending.close()

    # -- slow, refusing, or answering when nobody waits any more ----------------------------------

    def receivers_are_slow(self) -> None:
        """They answer only when all is mended."""
        for each in self._receivers:
            each.way = "late"
            self._mending.callback(_release, each)

    def receivers_do_their_worst(self) -> None:
        """They take, refuse, are busy, answer late or never, and hang up: each of `WAYS`."""
        for each in self._receivers:
            each.released.clear()
            each.way = "take"
            each.first.extend(WAYS)
            self._mending.callback(_release, each)

    def the_table_is_locked(self) -> None:
        """Nobody can write until it is unlocked, which what was sent until then waits for."""
        table = Identifier(SCHEMA, self._kinds.table)
        holder = psycopg.connect(self._kinds.hall.postgres)
        holder.execute(MAKE.format(schema=Identifier(SCHEMA), table=table))
        holder.commit()
        holder.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(table))
        self._mending.callback(holder.close)

    def the_file_is_locked(self) -> None:
        """Another process writes it for long."""
        self._lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = self._mending.enter_context(self._lock.open("ab"))
        fcntl.flock(held, fcntl.LOCK_EX)

    def there_is_no_topic(self) -> None:
        """It is made only when all is mended."""
        self._mending.callback(self._kinds.make_topic)

    def redis_falls_silent(self) -> None:
        """What is sent reaches it only when all is mended."""
        self._wire.fall_silent()
        self._mending.callback(self._wire.heal)

    # -- away -------------------------------------------------------------------------------------

    def are_killed(self, *receivers: Receiver) -> None:
        """They come back when all is mended."""
        for each in receivers:
            each.does(each.kill())
            self._mending.callback(_start, each)

    def the_table_is_dropped(self) -> None:
        """Whoever writes next finds none."""
        self.removed_rows += self._kinds.rows()
        with psycopg.connect(self._kinds.hall.postgres) as connection:
            connection.execute(SQL("DROP TABLE {}").format(Identifier(SCHEMA, self._kinds.table)))

    def the_file_cannot_be_written(self) -> None:
        """Something else is there."""
        self._lock.unlink(missing_ok=True)
        self._lock.mkdir()
        self._mending.callback(self._lock.rmdir)

    def the_topic_takes_nothing(self) -> None:
        """Every record is too large for it."""
        topic = ConfigResource(ResourceType.TOPIC, self._kinds.name)
        topic.add_incremental_config(
            ConfigEntry("max.message.bytes", "1", incremental_operation=AlterConfigOpType.SET)
        )
        admin = AdminClient(connection(self._kinds.hall.kafka))
        for altered in admin.incremental_alter_configs([topic]).values():
            altered.result(10)

    def redis_is_away(self) -> None:
        """Connections to it break, and no other is let in."""
        self._wire.reset()
        self._mending.callback(self._wire.heal)

    @property
    def _receivers(self) -> Sequence[Receiver]:
        kinds = self._kinds
        return kinds.hook, kinds.gateway, kinds.service, kinds.lines, kinds.mails

    @property
    def _lock(self) -> Path:
        return Path(self._kinds.hall.settings.home) / "effects" / f"{self._kinds.name}.lock"


def _release(receiver: Receiver) -> None:
    receiver.does(receiver.release())


def _start(receiver: Receiver) -> None:
    receiver.does(receiver.start())
