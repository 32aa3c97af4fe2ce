"""What a rule makes of an event: nothing, an effect, or a rejection with its reason. Pure."""

from typing import NamedTuple

import msgspec

from application.effects.happenings import Happening
from application.effects.ports import Effect
from application.effects.rules import RuleOrders
from application.effects.templates import Unfillable, filled
from domain.effects.names import effect_id
from domain.events import Position


class Unattemptable(NamedTuple):
    """An effect that cannot be attempted, and why."""

    position: Position
    reason: str


def holds(rule: RuleOrders, happening: Happening) -> bool:
    """Whether the rule is about this event."""
    if rule.of_type is not None and happening.type != rule.of_type:
        return False
    if rule.since is not None and (happening.at is None or happening.at < rule.since):
        return False
    return all(is_same(happening.facts.get(name), wanted) for name, wanted in rule.where.items())


def is_same(told: object, wanted: object) -> bool:
    """Whether a fact is what a filter asks for; true is not 1."""
    return told == wanted and isinstance(told, bool) == isinstance(wanted, bool)


def effect_of(rule: RuleOrders, happening: Happening) -> Effect | Unattemptable:
    """What the rule wants done about an event on which it holds."""
    try:
        action = filled(rule.action, {"event_position": str(happening.position), **happening.facts})
    except Unfillable as error:
        return Unattemptable(happening.position, str(error))
    id = effect_id(rule.name, happening.position)
    return Effect(id, rule.name, happening.position, action, _event(id, rule, happening))


def _event(id: str, rule: RuleOrders, happening: Happening) -> bytes:
    return msgspec.json.encode(
        {
            "id": id,
            "rule": rule.name,
            "position": str(happening.position),
            "type": happening.type or happening.position.topic,
            "timestamp": happening.at,
            "data": happening.facts,
        }
    )
