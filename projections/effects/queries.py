"""What is asked of rules and effects."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from domain.effects.ledger import EffectStatus
from domain.effects.rule import Scalar, Status
from projections.effects.fold import EffectRow, RuleRow
from projections.effects.ledger import NAME
from projections.positions import PostgresQueries
from projections.projection import InvalidCursor

RULES = "SELECT * FROM effect_rules WHERE status <> 'removed' ORDER BY name"
RULE = "SELECT * FROM effect_rules WHERE name = %s"
EFFECT = "SELECT * FROM effects WHERE id = %s"
LIST = """
    SELECT * FROM effects
    WHERE (%(rule)s::text IS NULL OR rule = %(rule)s)
        AND (%(status)s::text IS NULL OR status = %(status)s)
        AND (%(before)s::text IS NULL OR (first_at, id) <
            (SELECT first_at, id FROM effects WHERE id = %(before)s))
    ORDER BY first_at DESC, id DESC LIMIT %(limit)s
"""
COUNTS = "SELECT rule, kind, outcome, count FROM effect_counts ORDER BY rule, kind, outcome"
OPEN = """
    SELECT rule, kind, status, count(*) AS count, min(first_at) AS oldest FROM effects
    WHERE status IN ('attempted', 'waiting', 'unknown', 'parked')
        AND (%(rule)s::text IS NULL OR rule = %(rule)s)
    GROUP BY rule, kind, status ORDER BY rule, kind, status
"""


class ListedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: on which events of which topic what is done."""

    name: str
    on: str
    type: str | None
    where: Mapping[str, Scalar]
    action: Mapping[str, Scalar]
    status: Status
    added_at: datetime
    changed_at: datetime
    changed_by: str


class ListedEffect(msgspec.Struct, frozen=True, kw_only=True):
    """An effect, and what became of it.

    `doubted` says that one of its attempts may have done it without anybody knowing; `due` is when
    it is tried again.
    """

    id: str
    rule: str
    kind: str
    target: str
    status: EffectStatus
    attempts: int
    doubted: bool
    reason: str
    due: datetime | None
    first_at: datetime
    last_at: datetime


class EffectPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some effects, the newest first, and what to ask for the next ones with; None at the end."""

    effects: Sequence[ListedEffect]
    before: str | None


class EffectCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many effects of a rule and kind."""

    rule: str
    kind: str
    outcome: str
    count: int


class OpenCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many effects of a rule and kind are open, and since when the oldest is."""

    rule: str
    kind: str
    status: str
    count: int
    oldest: datetime


class EffectQueries(PostgresQueries):
    """Rules, effects and counts. Raises `ReadModelMissing`."""

    name = NAME

    async def rules(self) -> list[ListedRule]:
        """Every rule that was not removed, by name."""
        return [listed_rule(row) for row in await self._select(RULES, [], class_row(RuleRow))]

    async def rule(self, name: str) -> ListedRule | None:
        """A rule, or None."""
        found = await self._select(RULE, [name], class_row(RuleRow))
        return listed_rule(found[0]) if found else None

    async def effect(self, id: str) -> ListedEffect | None:
        """An effect, or None."""
        found = await self._select(EFFECT, [id], class_row(EffectRow))
        return listed_effect(found[0]) if found else None

    async def page(
        self, rule: str | None, status: EffectStatus | None, limit: int, before: str | None
    ) -> EffectPage:
        """Some effects, behind the effect `before`; raises `InvalidCursor` when there is none."""
        if before is not None and await self.effect(before) is None:
            raise InvalidCursor(f"{before!r} is no effect; take `before` from the page before.")
        asked: dict[str, Any] = {"rule": rule, "status": status, "before": before}
        found = await self._select(LIST, {**asked, "limit": limit + 1}, class_row(EffectRow))
        page = [listed_effect(row) for row in found[:limit]]
        return EffectPage(effects=page, before=page[-1].id if len(found) > limit else None)

    async def counts(self) -> list[EffectCount]:
        """How many effects there were, ever, by what became of them."""
        return await self._select(COUNTS, [], class_row(EffectCount))

    async def open(self, rule: str | None = None) -> list[OpenCount]:
        """How many effects are open."""
        return await self._select(OPEN, {"rule": rule}, class_row(OpenCount))


def listed_rule(row: RuleRow) -> ListedRule:
    """A rule as it is shown."""
    return msgspec.convert(
        {
            **msgspec.structs.asdict(row),
            "on": row.topic,
            "type": row.of_type,
            "where": msgspec.json.decode(row.filter),
            "action": msgspec.json.decode(row.action),
        },
        ListedRule,
    )


def listed_effect(row: EffectRow) -> ListedEffect:
    """An effect as it is shown."""
    return msgspec.convert(row, ListedEffect, from_attributes=True)
