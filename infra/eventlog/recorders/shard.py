"""The shard of a recorder's topic."""

from collections.abc import Callable

from application.log.records import Commit
from application.log.shard import Shard
from domain.category import Category
from domain.events import DomainEvent
from infra.eventlog.recorders.index import Index
from infra.eventlog.recorders.ledger import Ledger

Accepted = Callable[[int, Commit[DomainEvent]], None]
"""Gets each accepted commit, and its offset."""


def ledger_category(name: str) -> Category:
    """The category of a topic that recorders write to; the topic's name ends in `-log`."""
    return Category(name, Ledger)


class LedgerShard:
    """A shard that decides on one ledger, and the index of what was accepted.

    It need not read its topic again when it starts over: the ledger drops what is in flight.
    """

    def __init__(
        self,
        category: Category,
        *,
        owner: str,
        append: Callable[[str, bytes], None],
        restart: Callable[[], None],
        accepted: Accepted,
    ) -> None:
        self.index = Index()
        self.ledger = Ledger(self.index)
        self._accepted = accepted
        self.shard = Shard(
            category,
            0,
            owner=owner,
            url="",
            append=append,
            restart=restart,
            publish=self._settle,
            sole=self.ledger,
        )

    def _settle(self, commit: Commit[DomainEvent]) -> None:
        offset = self.shard.next_offset - 1
        self.ledger.settle(commit, offset)
        self._accepted(offset, commit)
