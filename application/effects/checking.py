"""Whether a rule can be carried out, as far as that can be said before anything happens."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from application.effects.sources import Fields, Holds, SourceTopic
from application.effects.templates import placeholders
from domain.effects.actions import AnyAction, SocketMessage, TopicRecord, Webhook
from domain.effects.names import RuleName
from domain.refusals import Refusal

OF_ALL = frozenset({"event_position"})
"""What templates know of every event beside its fields."""

TopicName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=249,
        pattern=r"^[A-Za-z0-9._-]+$(?!\n)",
        examples=["QUEUE_JOINED"],
    ),
]
TypeName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[a-z][a-z0-9._-]*$(?!\n)",
        examples=["game_ended"],
    ),
]
FieldText = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
FieldName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[a-z_][a-z0-9_]*$(?!\n)")
]
Where = Annotated[
    Mapping[FieldName, FieldText | int | bool | None],
    msgspec.Meta(max_length=20, examples=[{"event_id": "concert"}]),
]
Begins = Annotated[
    str,
    msgspec.Meta(
        max_length=40,
        pattern=r"^(now|beginning|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))$(?!\n)",
        examples=["now", "beginning", "2026-11-01T12:00:00Z"],
    ),
]


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On events of a type, or of any, whose fields are as in `where`, do this."""

    type: TypeName | None = None
    where: Where = msgspec.field(default_factory=dict)
    action: AnyAction


class NewRule(RuleChange, frozen=True, kw_only=True):
    """A rule on the events of a topic, from where it begins: now, the beginning, or a time."""

    name: RuleName
    on: TopicName
    begins: Begins = "now"


class RuleImpossible(Refusal, type="rule-impossible", status=422):
    """Nothing could ever come of a rule like this, or nothing good."""


def check(
    on: str, rule: RuleChange, sources: Mapping[str, SourceTopic], ours: Collection[str]
) -> None:
    """Refuse what can be seen to lead to nothing; `ours` are all topics of the hall.

    Raises `RuleImpossible`.
    """
    source = sources.get(on)
    if source is None:
        raise RuleImpossible(f"No rule can stand on a topic {on!r}; there are {_listed(sources)}.")
    fields = _fields(source, rule.type)
    for name in rule.where:
        _require(name, fields, source, rule.type)
    for name in sorted(placeholders(rule.action) - OF_ALL):
        _require(name, fields, source, rule.type)
    _check_action(rule.action, ours)


def _fields(source: SourceTopic, type: str | None) -> Fields:
    """What events of a type have, or those of any type have in common."""
    if type is None:
        first, *rest = source.types.values()
        common = set(first).intersection(*rest)
        return {name: held for name, held in first.items() if name in common}
    if type not in source.types or not type:
        there = _listed(name for name in source.types if name)
        has = f"it has {there}" if there else "they are all alike; leave the type out"
        raise RuleImpossible(f"{source.topic} has no events of the type {type!r}; {has}.")
    return source.types[type]


def _require(name: str, fields: Fields, source: SourceTopic, type: str | None) -> None:
    if name not in fields:
        of = f"Events {type!r}" if type else "Not all events"
        no = "no field" if type else "a field"
        raise RuleImpossible(
            f"{of} of {source.topic} have {no} {name!r}; they have {_listed(fields)}."
        )
    if fields[name] is not Holds.PLAIN:
        raise RuleImpossible(f"The field {name!r} of {source.topic} holds {fields[name].value}.")


def _check_action(action: AnyAction, ours: Collection[str]) -> None:
    match action:
        case SocketMessage(person=person, room=room) if (person is None) == (room is None):
            raise RuleImpossible(
                "A socket message is for a person or for a room: give one of both."
            )
        case Webhook(url=url) if not _leads_somewhere(url):
            raise RuleImpossible(
                "The address of the webhook names no host and port, or has a name or password in "
                "it; write one such as https://shop.example.org/hook."
            )
        case TopicRecord(topic=topic) if topic in ours:
            raise RuleImpossible(
                f"{topic!r} is a topic of the hall, which alone writes there; take another."
            )


def _leads_somewhere(url: str) -> bool:
    """Whether an address names a host, a port that there is, and nobody's password."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
