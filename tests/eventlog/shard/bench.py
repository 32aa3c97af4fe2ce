"""A shard on a log in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from application.log.records import Commit, recorded_events
from application.log.shard import Shard
from application.ports.commands import Answer, Envelope, Verdict
from domain.aggregate import Command
from domain.events import DomainEvent, Metadata, Recorded
from tests.eventlog.counter import (
    COUNTERS,
    Total,
)
from tests.given import T0


@dataclass
class Bench:
    """A shard on a log that delivers when told to."""

    sent: list[bytes] = field(default_factory=list)
    log: list[bytes] = field(default_factory=list)
    published: list[Recorded] = field(default_factory=list)
    now: datetime = T0
    monotonic: float = 0.0
    restarted: bool = False
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.shard = self.another("owner")

    def another(self, owner: str) -> Shard:
        return Shard(
            COUNTERS,
            0,
            owner=owner,
            url=f"http://{owner}",
            append=lambda key, value: self.sent.append(value),
            restart=self.restart,
            publish=self.publish,
        )

    def publish(self, commit: Commit[DomainEvent]) -> None:
        self.published.extend(recorded_events("counter-log", 0, commit))

    def restart(self) -> None:
        self.restarted = True

    def owned(self) -> "Bench":
        self.shard.claim()
        self.deliver()
        return self

    def deliver(self) -> None:
        """Append what was sent, and let the shard read it back."""
        sent, self.sent[:] = list(self.sent), []
        for value in sent:
            self.append(value)

    def append(self, value: bytes) -> None:
        self.log.append(value)
        self.shard.receive(len(self.log) - 1, value)

    def ask(
        self, command: Command, command_id: str = "", fingerprint: str | None = None
    ) -> "Asked":
        asked = Asked()
        self.shard.execute(
            Envelope(
                command_id=command_id or f"command-{next(self.numbers)}",
                command=command,
                metadata=Metadata(fingerprint=fingerprint),
            ),
            asked.verdicts.append,
            now=self.now,
            monotonic=self.monotonic,
        )
        return asked

    def reread(self) -> "Bench":
        """A fresh shard of the same process that has folded the whole log and owns it."""
        again = Bench(log=[], sent=[])
        for value in self.log:
            again.append(value)
        return again.owned()


@dataclass
class Asked:
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def verdict(self) -> Any:
        assert len(self.verdicts) == 1, f"answered {len(self.verdicts)} times"
        return self.verdicts[0]


def total(asked: Asked) -> int:
    answer = asked.verdict
    assert isinstance(answer, Answer)
    if isinstance(answer.reply, msgspec.Raw):
        return msgspec.json.decode(answer.reply, type=Total).total
    assert isinstance(answer.reply, Total)
    return answer.reply.total
