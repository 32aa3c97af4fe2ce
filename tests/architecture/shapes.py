"""What every event looks like, written down: `python -m tests.architecture.shapes`.

`tests/golden/shapes.json` holds the fields of every event that was ever written; the name of one
that may be left out ends in a question mark. This adds new events to it, and to an event it adds
fields that may be left out, which older records lack and older programs pass over. Anything else
is refused: it takes a new version of the event.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import inspect

from domain.events import DomainEvent
from tests.architecture.classes import EVENTS

GOLDEN = Path(__file__).parents[1] / "golden"
SHAPES = GOLDEN / "shapes.json"

NAMES: dict[type[inspect.Type], str] = {
    inspect.NoneType: "null",
    inspect.BoolType: "yes or no",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.DateTimeType: "time",
}

Shape = dict[str, str]
"""The type of each field, by name."""


def shape_of(event: type[DomainEvent]) -> Shape:
    """The fields of an event, without those that every event has."""
    info = inspect.type_info(event)
    assert isinstance(info, inspect.StructType)
    own = (field for field in info.fields if field.name not in DomainEvent.__struct_fields__)
    return {field.encode_name + "?" * (not field.required): _type(field.type) for field in own}


def _type(info: inspect.Type) -> str:
    match info:
        case inspect.LiteralType(values=values):
            return " or ".join(map(repr, values))
        case inspect.UnionType(types=types):
            return " or ".join(map(_type, types))
        case inspect.ListType(item_type=item):
            return f"[{_type(item)}, ...]"
        case inspect.TupleType(item_types=items):
            return f"[{', '.join(map(_type, items))}]"
        case inspect.StructType(fields=fields):
            return f"{{{', '.join(f'{f.encode_name}: {_type(f.type)}' for f in fields)}}}"
    return NAMES[type(info)]


def recorded() -> dict[str, Shape]:
    """The shapes as they are written down, by wire name."""
    found: dict[str, Shape] = json.loads(SHAPES.read_text())
    return found


def problem(name: str, old: Shape, new: Shape) -> str | None:
    """Why a shape may not take the place of another, or None where it may."""
    for field in old:
        if new.get(field) != old[field]:
            return (
                f"{name} is in the log with {field}: {old[field]}, which is now "
                f"{new.get(field, 'not there')}. "
                "Make that a new version: docs/how-to/change-an-event.md."
            )
    for field in new.keys() - old.keys():
        if not field.endswith("?"):
            return (
                f"{name} is in the log without {field}. Give it a default, or make it "
                "a new version: docs/how-to/change-an-event.md."
            )
    return None


def updated(shapes: Mapping[str, Shape], events: Iterable[type[DomainEvent]]) -> dict[str, Shape]:
    """The shapes with what is new; raises `ValueError` for what takes a new version."""
    news = {event.wire_name(): shape_of(event) for event in events}
    for name, shape in news.items():
        if name in shapes and (sentence := problem(name, shapes[name], shape)):
            raise ValueError(sentence)
    return dict(sorted({**shapes, **news}.items()))


def main() -> None:
    """Write the shapes down."""
    try:
        shapes = updated(recorded(), EVENTS)
    except ValueError as error:
        sys.exit(str(error))
    SHAPES.write_text(json.dumps(shapes, indent=2) + "\n")


if __name__ == "__main__":
    main()
