"""Where rules are made: checked, begun somewhere, and rehearsed."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from application.effects.checking import NewRule, RuleChange, RuleImpossible, check
from application.effects.happenings import Happening
from application.effects.matching import Unattemptable, effect_of, holds
from application.effects.rules import RuleOrders
from application.effects.sources import SourceTopic
from application.history import read_time
from domain.effects.actions import AnyAction
from domain.effects.rule import AddRule, Beginning, ChangeRule, Scalar

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Between which a rule begins. A moment at the edge of what can be written has no time in another
zone, and whoever reads rules would fail at it."""

MOST_SAMPLES = 3
MOST_REHEARSED = 10_000


class TopicPlaces(Protocol):
    """Where topics begin and end, and what stands last in them; raises `Unavailable`."""

    async def beginnings(self, source: SourceTopic) -> Sequence[Beginning]:
        """The first places that there are."""

    async def ends(self, source: SourceTopic) -> Sequence[Beginning]:
        """The places behind all that there is by now."""

    async def last(self, source: SourceTopic, count: int) -> Sequence[Happening]:
        """About so many of the last events, those of one partition in their order."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done on account of one event."""

    position: str
    action: dict[str, Any]


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have done on the last `events` of its topic.

    It holds on `matching` ones; of those, `impossible` ones lack what its templates need, for these
    reasons. Nothing was done.
    """

    events: int
    matching: int
    impossible: Mapping[str, int]
    samples: Sequence[Sample]


class RuleDesk:
    """Makes commands of what operators write; `ours` are all topics of the hall."""

    def __init__(
        self, sources: Mapping[str, SourceTopic], ours: Collection[str], places: TopicPlaces
    ) -> None:
        self._sources = sources
        self._ours = ours
        self._places = places

    async def add(self, rule: NewRule) -> AddRule:
        """A rule with the places where it begins; raises `RuleImpossible` and `Unavailable`."""
        check(rule.on, rule, self._sources, self._ours)
        source, since = self._sources[rule.on], _time(rule.begins)
        is_now = rule.begins == "now"
        begins = await (self._places.ends if is_now else self._places.beginnings)(source)
        return AddRule(
            rule=rule.name,
            topic=rule.on,
            type=rule.type,
            where=rule.where,
            action=facts_of(rule.action),
            begins=begins,
            since=since,
        )

    def change(self, name: str, on: str, rule: RuleChange) -> ChangeRule:
        """A rule changed; raises `RuleImpossible`."""
        check(on, rule, self._sources, self._ours)
        action = facts_of(rule.action)
        return ChangeRule(rule=name, type=rule.type, where=rule.where, action=action)

    async def rehearse(self, rule: NewRule, last: int) -> Rehearsal:
        """What a rule would have done; raises `RuleImpossible` and `Unavailable`."""
        check(rule.on, rule, self._sources, self._ours)
        orders = RuleOrders(
            name=rule.name,
            version=0,
            topic=rule.on,
            of_type=rule.type,
            where=rule.where,
            action=rule.action,
            begins=(),
            since=None,
            status="active",
        )
        events = await self._places.last(self._sources[rule.on], last)
        found = [effect_of(orders, each) for each in events if holds(orders, each)]
        wrong = Counter(each.reason for each in found if isinstance(each, Unattemptable))
        right = [each for each in found if not isinstance(each, Unattemptable)]
        samples = [
            Sample(position=str(each.position), action=msgspec.to_builtins(each.action))
            for each in right[-MOST_SAMPLES:]
        ]
        return Rehearsal(events=len(events), matching=len(found), impossible=wrong, samples=samples)


def facts_of(action: AnyAction) -> dict[str, Scalar]:
    """An action as rules and events hold it."""
    facts: dict[str, Scalar] = msgspec.to_builtins(action)
    return facts


def _time(begins: str) -> datetime | None:
    """When a rule begins, where that is a time; raises `RuleImpossible`."""
    if begins in ("now", "beginning"):
        return None
    try:
        moment = read_time(begins)
    except ValueError as error:
        raise RuleImpossible(
            f"A rule begins now, at the beginning, or at a time: {error}"
        ) from None
    if not EARLIEST <= moment <= LATEST:
        raise RuleImpossible(
            f"A rule begins at a time between {EARLIEST.year} and {LATEST.year}, not at {begins}."
        )
    return moment
