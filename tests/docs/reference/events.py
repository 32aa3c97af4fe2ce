"""The page of events."""

import types
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.aggregate import Aggregate
from domain.categories import CATEGORIES
from domain.events import DomainEvent
from domain.personal import Sealed
from tests.docs.markdown import ROOT
from tests.docs.reference.text import paragraphs, table

GOLDEN = ROOT / "tests" / "golden"


def events_catalogue() -> Iterator[str]:
    """Every event of every aggregate, with its fields and its golden sample."""
    for category in CATEGORIES:
        held: type[Aggregate] | None = None
        for event, holder in category.evolvers.items():
            if holder is not held:
                held = holder
                word = event.wire_name().partition(".")[0]
                about = next(paragraphs(holder.__doc__ or ""))
                yield from (f"## {word}, in `{category.topic}`", "", about, "")
            yield from event_section(event)


def event_section(event: type[DomainEvent]) -> Iterator[str]:
    """One event."""
    yield from (f"### `{event.wire_name()}`", "", f"`{event.__name__}`.")
    yield from paragraphs(event.__doc__ or "")
    yield ""
    yield from fields_table(event)
    yield ""
    for sample in sorted(GOLDEN.glob(f"{event.wire_name()}*.json")):
        yield from ("```json", sample.read_text().strip(), "```", "")
    yield from former_versions(event)


def fields_table(event: type[DomainEvent]) -> Iterator[str]:
    """What an event tells, beyond what every event does."""
    hints = get_type_hints(event)
    own = [name for name in event.__struct_fields__ if name not in DomainEvent.__struct_fields__]
    yield from table(["field", "type"], ((f"`{n}`", type_name(hints[n])) for n in own))


def former_versions(event: type[DomainEvent]) -> Iterator[str]:
    """How an event was written before."""
    for former, _ in event.upcasts():
        yield from (f"#### `{former.wire_name()}`", "", "Still read, as the above.")
        yield from paragraphs(former.__doc__ or "")
        yield ""
        yield from fields_table(former)
        yield ""


def type_name(hint: Any) -> str:
    """A type as JSON has it."""
    names = {
        str: "text",
        bytes: "base64",
        int: "integer",
        float: "number",
        bool: "`true`, `false`",
        datetime: "time (RFC 3339)",
        Sealed: "[sealed text](glossary.md)",
    }
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is not None:
        return _made_of(origin, [type_name(each) for each in arguments])
    if hint not in names and isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return f"object of {', '.join(hint.__struct_fields__)}"
    return "null" if hint is type(None) else names[hint]


def _made_of(origin: Any, kinds: list[str]) -> str:
    """A type that is made of others, as they are written."""
    if origin in {Union, types.UnionType}:
        return " or ".join(kinds)
    if origin is dict:
        return f"object of {kinds[1]} by name"
    return f"list of {kinds[0]}" if origin is list else f"[{', '.join(kinds)}]"


WRITERS = {"events": events_catalogue}
