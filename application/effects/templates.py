"""Templates: texts of an action with placeholders, such as `{user_id}`, that an event fills."""

import re
from collections.abc import Iterator

import msgspec

from application.effects.ports import Facts
from domain.effects.actions import AnyAction
from domain.personal import SEALED_MARK

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
"""All that is filled; any other brace stands for itself."""

FIXED = frozenset({"host", "url", "table", "file", "topic"})
"""Fields that say to which place of the world an action goes: no event says that."""


class Unfillable(Exception):
    """An event does not tell what a template needs; the sentence names no value."""


def placeholders(action: AnyAction) -> frozenset[str]:
    """The fields of an event that an action needs."""
    return frozenset(name for _, text in templates(action) for name in PLACEHOLDER.findall(text))


def templates(action: AnyAction) -> Iterator[tuple[str, str]]:
    """The texts of an action that are filled, by field."""
    for name in action.__struct_fields__:
        text = getattr(action, name)
        if isinstance(text, str) and name not in FIXED:
            yield name, text


def filled(action: AnyAction, facts: Facts) -> AnyAction:
    """The action without placeholders; raises `Unfillable`."""
    texts = {name: _filled(text, facts) for name, text in templates(action)}
    built = msgspec.to_builtins(msgspec.structs.replace(action, **texts))
    try:
        return msgspec.convert(built, type=type(action))
    except msgspec.ValidationError as error:
        what = str(error).rpartition("`$.")[2].rstrip("`") or "action"
        raise Unfillable(f"Filled in, its {what} is nothing that an action may have.") from None


def _filled(text: str, facts: Facts) -> str:
    return PLACEHOLDER.sub(lambda found: _told(found[1], facts), text)


def _told(name: str, facts: Facts) -> str:
    """A fact as a text; raises `Unfillable`."""
    match facts.get(name):
        case None:
            raise Unfillable(f"The event tells no {name}.")
        case bool(yes):
            return "true" if yes else "false"
        case str(text) if not text.startswith(SEALED_MARK):
            return text
        case int() | float() as number:
            return str(number)
    raise Unfillable(f"What the event tells as {name} is no plain text or number.")
