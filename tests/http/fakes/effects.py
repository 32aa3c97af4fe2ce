"""Rules and effects as the read model would show them."""

from collections.abc import Sequence
from datetime import datetime

from application.effects.happenings import Happening, of_event
from application.effects.sources import SourceTopic
from domain.effects.ledger import EffectStatus
from domain.effects.rule import Beginning
from domain.events import Position
from projections.effects import fold
from projections.effects.queries import (
    EffectPage,
    ListedEffect,
    ListedRule,
    OpenCount,
    listed_effect,
    listed_rule,
)
from projections.projection import InvalidCursor
from tests.http.fakes.log import FakeLog, FakeReadModel

OPEN = ("attempted", "waiting", "unknown", "parked")


class FakeEffects(FakeReadModel):
    """Rules and effects, straight from the log."""

    async def rule(self, name: str) -> ListedRule | None:
        return next((each for each in self._rules() if each.name == name), None)

    async def rules(self) -> list[ListedRule]:
        return [each for each in self._rules() if each.status != "removed"]

    def _rules(self) -> list[ListedRule]:
        events = [
            (each.event, each.metadata.actor)
            for each in self.log.events["effect-log"]
            if isinstance(each.event, fold.RuleEvent)
        ]
        rows = fold.rules_after((), events)
        return [listed_rule(rows[name]) for name in sorted(rows)]

    def _effects(self) -> list[ListedEffect]:
        folded = fold.LedgerFold(())
        for recorded in self.log.events["effect-log"]:
            if isinstance(recorded.event, fold.LedgerEvent):
                folded.take(recorded.event)
        rows = [listed_effect(row) for row in folded.changed.values()]
        return sorted(rows, key=lambda row: (row.first_at, row.id), reverse=True)

    async def effect(self, id: str) -> ListedEffect | None:
        return next((each for each in self._effects() if each.id == id), None)

    async def page(
        self, rule: str | None, status: EffectStatus | None, limit: int, before: str | None
    ) -> EffectPage:
        found = [
            each
            for each in self._effects()
            if rule in (None, each.rule) and status in (None, each.status)
        ]
        if before is not None:
            ids = [each.id for each in found]
            if before not in ids:
                raise InvalidCursor(f"{before!r} is no effect; take `before` from the page before.")
            found = found[ids.index(before) + 1 :]
        more = found[limit - 1].id if len(found) > limit else None
        return EffectPage(effects=found[:limit], before=more)

    async def open(self, rule: str | None = None) -> list[OpenCount]:
        there = [each for each in self._effects() if each.status in OPEN]
        groups: dict[tuple[str, str, str], list[datetime]] = {}
        for each in there:
            if rule in (None, each.rule):
                groups.setdefault((each.rule, each.kind, each.status), []).append(each.first_at)
        return [
            OpenCount(rule=name, kind=kind, status=status, count=len(times), oldest=min(times))
            for (name, kind, status), times in sorted(groups.items())
        ]


class FakePlaces:
    """Implements `effects.desk.TopicPlaces` on the log; public topics hold one message each."""

    def __init__(self, log: FakeLog) -> None:
        self._log = log

    async def beginnings(self, source: SourceTopic) -> Sequence[Beginning]:
        return [Beginning(partition=partition) for partition in range(source.partitions)]

    async def ends(self, source: SourceTopic) -> Sequence[Beginning]:
        return [Beginning(partition=p, offset=9, next_seq=9) for p in range(source.partitions)]

    async def last(self, source: SourceTopic, count: int) -> Sequence[Happening]:
        if source.gated:
            return [of_event(each) for each in self._log.events[source.topic]][-count:]
        facts = {name: "a text" for fields in source.types.values() for name in fields}
        return [Happening(Position(source.topic, 0, 0), "", None, facts)]
