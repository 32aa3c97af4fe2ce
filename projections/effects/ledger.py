"""`effect-ledger`: rules, and what became of each effect of theirs, in PostgreSQL.

- `effect_rules`: every rule that there ever was, as it stands.
- `effects`: every effect that is open, and those that are final for a while after that.
- `effect_counts`: how many effects of a rule and kind were attempted, accepted and so on, ever.

What is final leaves `effects` when something happens in its line so many days later, by the times
of the events; so a rebuild comes to the same rows.
"""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import psycopg

from domain.effects.ledger import EffectStatus
from projections.effects.fold import (
    EffectRow,
    LedgerEvent,
    LedgerFold,
    RuleEvent,
    RuleRow,
    effects_named,
    rules_after,
)
from projections.people import TableSays
from projections.projection import Table

NAME = "effect-ledger"

KEPT_DAYS: dict[EffectStatus, int] = {"accepted": 7, "rejected": 30, "dropped": 30}
"""For which final effects are listed. What went well is asked for soon or never."""

KNOWN_EFFECTS = """
    SELECT coalesce(json_agg(known), '[]')::text FROM effects AS known WHERE id = ANY(%s)
"""
KNOWN_RULES = """
    SELECT coalesce(json_agg(known), '[]')::text FROM effect_rules AS known WHERE name = ANY(%s)
"""

PUT_EFFECTS = """
    INSERT INTO effects SELECT * FROM json_populate_recordset(NULL::effects, %s::json)
    ON CONFLICT (id) DO UPDATE
    SET kind = excluded.kind, target = excluded.target, status = excluded.status,
        attempts = excluded.attempts, doubted = excluded.doubted, reason = excluded.reason,
        due = excluded.due, last_at = excluded.last_at
"""
PUT_RULES = """
    INSERT INTO effect_rules SELECT * FROM json_populate_recordset(NULL::effect_rules, %s::json)
    ON CONFLICT (name) DO UPDATE
    SET version = excluded.version, of_type = excluded.of_type, filter = excluded.filter,
        action = excluded.action, status = excluded.status, changed_at = excluded.changed_at,
        changed_by = excluded.changed_by
"""
COUNT = """
    INSERT INTO effect_counts SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
    ON CONFLICT (rule, kind, outcome) DO UPDATE SET count = effect_counts.count + excluded.count
"""
FORGET = """
    DELETE FROM effects USING unnest(%s::text[], %s::timestamptz[]) AS told (line, at)
    WHERE effects.line = told.line AND status = %s AND last_at < told.at - make_interval(days => %s)
"""


class EffectLedger:
    """The projection."""

    name = NAME
    handles = (*get_args(LedgerEvent), *get_args(RuleEvent))
    tables = (
        Table(
            "effect_rules",
            ("name",),
            says=TableSays(
                of=("changed_by",),
                facts=(
                    *("name", "version", "topic", "of_type", "begins", "since", "status"),
                    *("added_at", "changed_at"),
                ),
                open=("filter", "action"),
                stays="what you have written into a rule of the hall, until it is changed",
            ),
        ),
        Table("effects", ("id",), says=TableSays(facts=EffectRow.__struct_fields__)),
        Table(
            "effect_counts",
            ("rule", "kind", "outcome"),
            says=TableSays(facts=("rule", "kind", "outcome", "count")),
        ),
    )

    def apply(self, connection: psycopg.Connection[Any], events: Sequence[Any]) -> Sequence[Any]:
        """Take in what happened to rules, and to effects."""
        told = [recorded.event for recorded in events]
        rules = [(each.event, each.metadata.actor) for each in events]
        if about_rules := [each for each in rules if isinstance(each[0], RuleEvent)]:
            _take_rules(connection, about_rules)
        if about_effects := [event for event in told if isinstance(event, LedgerEvent)]:
            _take_effects(connection, about_effects)
        return ()


def _take_rules(
    connection: psycopg.Connection[Any], events: Sequence[tuple[RuleEvent, str | None]]
) -> None:
    names = list({event.originator_id for event, _ in events})
    known = _known(connection, KNOWN_RULES, names, RuleRow)
    connection.execute(PUT_RULES, [_json(rules_after(known, events).values())])


def _take_effects(connection: psycopg.Connection[Any], events: Sequence[LedgerEvent]) -> None:
    ids = list({id for event in events for id in effects_named(event)})
    fold = LedgerFold(_known(connection, KNOWN_EFFECTS, ids, EffectRow))
    for event in events:
        fold.take(event)
    if fold.changed:
        connection.execute(PUT_EFFECTS, [_json(fold.changed.values())])
    if fold.counts:
        rules, kinds, outcomes = (list(each) for each in zip(*fold.counts, strict=True))
        connection.execute(COUNT, [rules, kinds, outcomes, list(fold.counts.values())])
    lines, times = list(fold.latest), list(fold.latest.values())
    for status, days in KEPT_DAYS.items():
        connection.execute(FORGET, [lines, times, status, days])


def _known(connection: psycopg.Connection[Any], query: Any, ids: list[str], kind: Any) -> Any:
    row = connection.execute(query, [ids]).fetchone()
    assert row is not None
    return msgspec.json.decode(row[0], type=list[kind])


def _json(rows: Any) -> str:
    return msgspec.json.encode(list(rows)).decode()
