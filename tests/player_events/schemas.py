"""The JSON Schema of every type of event, by version: `python -m tests.player_events.schemas`.

The newest version of each is what the code takes now. A change writes a new version, which has to
take everything that the former took.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from domain.player_events.types import TYPES
from tests.docs.markdown import ROOT

FOLDER = ROOT / "docs" / "reference" / "schemas"
NAME = re.compile(r"(?P<type>.+)\.v(?P<version>\d+)\.json")

Schema = Mapping[str, Any]

LEAST = ("minimum", "minLength", "minItems")
MOST = ("maximum", "maxLength", "maxItems")
EVER = float("inf")


def current() -> dict[str, Schema]:
    """What the code takes as the `data` of each type."""
    return {name: _schema(kind) for name, kind in TYPES.items()}


def _schema(kind: type[msgspec.Struct]) -> Schema:
    (_,), shapes = msgspec.json.schema_components([kind], ref_template="#/{name}")
    assert list(shapes) == [kind.__name__], f"{kind.__name__} is of one piece"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **shapes[kind.__name__]}


def versions() -> dict[str, dict[int, Schema]]:
    """Every version that was ever taken, by type."""
    found: dict[str, dict[int, Schema]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        match = NAME.fullmatch(path.name)
        assert match is not None, f"{path.name} is not called like a schema"
        schema = msgspec.json.decode(path.read_bytes())
        found.setdefault(match["type"], {})[int(match["version"])] = schema
    return found


def newest(of: Mapping[int, Schema]) -> Schema:
    """The newest version."""
    return of[max(of)]


def losses(old: Schema, new: Schema) -> Iterator[str]:
    """What the old schema of an object takes and the new one would not."""
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{name} has to be there"
    before, now = old.get("properties", {}), new.get("properties", {})
    for name in before.keys() & now.keys():
        yield from (f"{name} {loss}" for loss in _narrowed(before[name], now[name]))


def _narrowed(old: Schema, new: Schema) -> Iterator[str]:
    kinds = old.get("type"), new.get("type")
    if kinds[0] != kinds[1] and kinds not in {("integer", "number"), (kinds[0], None)}:
        yield f"was {kinds[0]} and is {kinds[1]}"
    for word in LEAST:
        if new.get(word, -EVER) > old.get(word, -EVER):
            yield f"has a higher {word}"
    for word in MOST:
        if new.get(word, EVER) < old.get(word, EVER):
            yield f"has a lower {word}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield "has another pattern"
    if "enum" in new and not set(old.get("enum", (object(),))) <= set(new["enum"]):
        yield "takes fewer values"


def main() -> None:
    """Write a new version of every schema that has changed."""
    FOLDER.mkdir(exist_ok=True)
    written = versions()
    for name, schema in current().items():
        known = written.get(name, {})
        if not known or newest(known) != schema:
            path = FOLDER / f"{name}.v{max(known, default=0) + 1}.json"
            path.write_bytes(msgspec.json.format(msgspec.json.encode(schema)) + b"\n")


if __name__ == "__main__":
    main()
