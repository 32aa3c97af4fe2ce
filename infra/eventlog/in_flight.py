"""Commits of one shard that have been appended and not been read back, and who waits for them."""

from collections import deque
from collections.abc import Iterator

from application.ports import Unavailable, Verdict
from domain.events import DomainEvent
from infra.eventlog.asked import Done
from infra.eventlog.records import Commit


class Sent:
    """A commit on its way, and who waits for it."""

    __slots__ = ("appended_at", "record", "value", "waiting")

    def __init__(self, record: Commit[DomainEvent], value: bytes, appended_at: float) -> None:
        self.record = record
        self.value = value
        self.appended_at = appended_at
        self.waiting: list[tuple[Done, Verdict]] = []


class InFlight:
    """Commits on their way, in the order in which they have to come back."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque()

    def __len__(self) -> int:
        return len(self._sent)

    def __iter__(self) -> Iterator[Sent]:
        return iter(self._sent)

    def append(self, sent: Sent) -> None:
        """Take note of one more."""
        self._sent.append(sent)

    def next(self, value: bytes | None) -> Sent | None:
        """The first of them, if this is, byte for byte, what was sent."""
        return self._sent[0] if self._sent and self._sent[0].value == value else None

    def arrived(self) -> None:
        """The first has come back, and counts: answer who waits for it."""
        for done, verdict in self._sent.popleft().waiting:
            done(verdict)

    def answer(self, done: Done, verdict: Verdict) -> None:
        """Answer when everything that is on its way by now has come back."""
        if self._sent:
            self._sent[-1].waiting.append((done, verdict))
        else:
            done(verdict)

    def late(self, monotonic: float, patience: float) -> bool:
        """Whether the first has been on its way for longer than `patience` seconds."""
        return bool(self._sent) and monotonic - self._sent[0].appended_at > patience

    def give_up(self, kind: type[Unavailable], reason: str) -> None:
        """Answer all who wait that nothing is known; what is on its way stays on its way."""
        for sent in self._sent:
            waiting, sent.waiting = sent.waiting, []
            for done, _ in waiting:
                done(kind(f"{reason} Repeat it with the same Idempotency-Key."))
