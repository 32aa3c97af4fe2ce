"""Commits of one shard that have been appended and not been read back, and who waits for them."""

from collections import deque

from application.log.records import Commit
from application.ports.commands import Done, Unavailable, Verdict
from domain.events import DomainEvent


class Sent:
    """A commit on its way, and who waits for it."""

    __slots__ = ("appended_at", "record", "value", "waiting")

    def __init__(self, record: Commit[DomainEvent], value: bytes, appended_at: float) -> None:
        self.record = record
        self.value = value
        self.appended_at = appended_at
        self.waiting: list[tuple[Done, Verdict]] = []


class InFlight(deque[Sent]):
    """Commits on their way, in the order in which they have to come back."""

    def arrived(self) -> None:
        """The first has come back, and counts: answer who waits for it."""
        for done, verdict in self.popleft().waiting:
            done(verdict)

    def answer(self, done: Done, verdict: Verdict) -> None:
        """Answer when everything that is on its way by now has come back."""
        if self:
            self[-1].waiting.append((done, verdict))
        else:
            done(verdict)

    def late(self, monotonic: float, patience: float) -> bool:
        """Whether the first has been on its way for longer than `patience` seconds."""
        return bool(self) and monotonic - self[0].appended_at > patience

    def give_up(self, kind: type[Unavailable], reason: str) -> None:
        """Answer all who wait that nothing is known; what is on its way stays on its way."""
        for sent in self:
            waiting, sent.waiting = sent.waiting, []
            for done, _ in waiting:
                done(kind(f"{reason} Repeat it with the same Idempotency-Key."))
