"""The shard of a recorder's topic."""

from typing import Any

from application.log.fold import Fold
from application.log.in_flight import InFlight
from application.log.records import Commit
from application.log.shard import Role, Shard
from application.ports.commands import NotOwned
from domain.aggregate import Command
from domain.category import Category
from domain.events import DomainEvent
from infra.eventlog.recorders.index import Index
from infra.eventlog.recorders.ledger import Ledger


def ledger_category(name: str) -> Category:
    """The category of a topic that recorders write to; the topic's name ends in `-log`."""
    return Category(name, Ledger)


class LedgerFold(Fold):
    """One ledger in place of aggregates, whatever the originator of an event."""

    def __init__(self, category: Category, ledger: Ledger) -> None:
        super().__init__(category)
        self.keep(ledger)
        self._ledger = ledger

    def aggregate_for(self, command: Command, *, looked: bool = False) -> Ledger:
        """The ledger."""
        return self._ledger

    def _aggregate_of(self, event: DomainEvent) -> Ledger:
        return self._ledger


class LedgerShard(Shard):
    """A shard whose ledger keeps what was decided apart from what was accepted.

    So it need not read its topic again when it starts over: it drops what is in flight and goes
    on from where it is.
    """

    def _forget(self) -> None:
        super()._forget()
        self.index = Index()
        self.ledger = Ledger(self.index)
        self.fold = LedgerFold(self._category, self.ledger)

    def start_over(self, reason: str) -> None:
        """Follow again, and answer what is in flight `NotOwned`; what was accepted stays."""
        in_flight, self._in_flight = self._in_flight, InFlight()
        self.role = Role.FOLLOWER
        self.ledger.forget()
        for sent in in_flight:
            self._answers.forget(sent.record.command_id)
        in_flight.give_up(NotOwned, f"The shard is changing hands: {reason}.")

    def _receive_commit(self, commit: Any, value: bytes) -> None:
        accepted = self.gate.commit(commit.epoch, commit.owner, commit.seq, len(commit.events))
        deciding = self._in_flight or self.role is Role.OWNER
        if deciding and commit.owner == self.owner and commit.epoch == self._epoch:
            self.start_over("a commit of this process came back out of order")
        if accepted and commit.events:
            self._take(commit, value)

    def _tell(self, commit: Commit[DomainEvent]) -> None:
        self.ledger.settle(commit, self.next_offset - 1)
        super()._tell(commit)
