"""What every event and state looks like, written down: `python -m tests.architecture.shapes`.

`tests/golden/shapes.json` holds the fields of everything that was ever written; the name of one
that may be left out ends in a question mark. This adds new events and states to it, and to an
event it adds fields that may be left out, which older records lack and older programs pass over.
Anything else is refused: it takes a new version. A state takes one for any change, since what an
older snapshot lacks would be made up where the events still tell it.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import inspect

from domain.events import DomainEvent
from domain.snapshot import State
from tests.architecture.classes import KEPT, Kept

GOLDEN = Path(__file__).parents[1] / "golden"
SHAPES = GOLDEN / "shapes.json"

NAMES: dict[type[inspect.Type], str] = {
    inspect.NoneType: "null",
    inspect.BoolType: "yes or no",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.BytesType: "base64",
    inspect.DateTimeType: "time",
}

Shape = dict[str, str]
"""The type of each field, by name."""


def shape_of(kind: Kept) -> Shape:
    """The fields of an event, without those that every event has, or of a state."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    common = DomainEvent.__struct_fields__ if issubclass(kind, DomainEvent) else ()
    own = (field for field in info.fields if field.name not in common)
    return {field.encode_name + "?" * (not field.required): _type(field.type) for field in own}


def _type(info: inspect.Type) -> str:
    match info:
        case inspect.LiteralType(values=values):
            return " or ".join(map(repr, values))
        case inspect.UnionType(types=types):
            return " or ".join(map(_type, types))
        case inspect.StructType(fields=fields, tag=tag):
            told = ", ".join(f"{f.encode_name}: {_type(f.type)}" for f in fields)
            return f"{tag or ''}{{{told}}}"
    return NAMES.get(type(info)) or f"[{', '.join(_items(info))}]"


def _items(info: inspect.Type) -> Sequence[str]:
    match info:
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return _type(item), "..."
        case inspect.TupleType(item_types=items):
            return [_type(item) for item in items]
        case inspect.DictType(key_type=key, value_type=value):
            return f"{_type(key)}: {_type(value)}", "..."
    raise NotImplementedError(f"{info} has no name here yet.")


def recorded() -> dict[str, Shape]:
    """The shapes as they are written down, by wire name; of states, the former ones too."""
    found: dict[str, Shape] = json.loads(SHAPES.read_text())
    return found


def problem(kind: Kept, old: Shape) -> str | None:
    """Why an event or state may not look as it does, after it did so; None where it may."""
    name, new = kind.wire_name(), shape_of(kind)
    for field in old:
        if new.get(field) != old[field]:
            return (
                f"{name} has been written with {field}: {old[field]}, which is now "
                f"{new.get(field, 'not there')}. "
                "Make that a new version: docs/how-to/change-an-event.md."
            )
    for field in new.keys() - old.keys():
        if issubclass(kind, State):
            return (
                f"{name} has been written without {field}. "
                "Make that a new version: docs/how-to/change-an-event.md."
            )
        if not field.endswith("?"):
            return (
                f"{name} has been written without {field}. Give it a default, or make it "
                "a new version: docs/how-to/change-an-event.md."
            )
    return None


def updated(shapes: Mapping[str, Shape], kinds: Iterable[Kept]) -> dict[str, Shape]:
    """The shapes with what is new; raises `ValueError` for what takes a new version."""
    news = {kind.wire_name(): kind for kind in kinds}
    for name, kind in news.items():
        if name in shapes and (sentence := problem(kind, shapes[name])):
            raise ValueError(sentence)
    return dict(sorted({**shapes, **{name: shape_of(kind) for name, kind in news.items()}}.items()))


def main() -> None:
    """Write the shapes down."""
    try:
        shapes = updated(recorded(), KEPT)
    except ValueError as error:
        sys.exit(str(error))
    SHAPES.write_text(json.dumps(shapes, indent=2) + "\n")


if __name__ == "__main__":
    main()
