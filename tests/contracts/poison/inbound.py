"""Every message that comes in from outside, found where it is declared; later ones as well."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from application.inbox import Inbox
from application.topics import Topic
from interfaces.bootstrap import topics, workers
from interfaces.bootstrap.workers import WORKERS
from interfaces.http.app import FEATURES
from tests.contracts.rules import DOCUMENT

SHAPES: Mapping[str, Any] = DOCUMENT["components"]["schemas"]


class Operation(NamedTuple):
    """An address that takes a body, and a good one."""

    method: str
    path: str
    body: Any


def operations() -> Iterator[Operation]:
    """Every address that takes JSON, once for each kind of body that it takes."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "requestBody" in operation:
                said = operation["requestBody"]["content"].get("application/json")
                for body in samples(said["schema"]) if said else ():
                    yield Operation(method.upper(), path, body)


def samples(schema: Mapping[str, Any], components: Mapping[str, Any] = SHAPES) -> Iterator[Any]:
    """A good value of a schema, or one of each kind; `components` are what it refers to."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for kind in schema["anyOf"]:
            if kind.get("type") != "null":
                yield from samples(kind, components)
    elif schema.get("type") == "array":
        yield from ([each] for each in samples(schema.get("items", {"type": "string"}), components))
    elif "properties" in schema:
        yield from _objects(schema, components)
    else:
        yield _value(schema)


def _objects(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One object, and as many more as its most varied field has kinds."""
    shown = schema.get("examples", [{}])[0]
    kinds = {name: list(samples(field, components)) for name, field in schema["properties"].items()}
    kinds |= {name: [value] for name, value in shown.items() if len(kinds[name]) == 1}
    for number in range(max(map(len, kinds.values()), default=1)):
        yield {name: values[min(number, len(values) - 1)] for name, values in kinds.items()}


def _value(schema: Mapping[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    if schema.get("format") == "date-time":
        return "2026-11-01T12:00:00Z"
    least = schema.get("minimum", 1)
    defaults = {
        "integer": least,
        "number": 1.0 * least,
        "boolean": False,
        "object": {},
        "null": None,
    }
    return defaults.get(schema.get("type", "string"), "some")


def from_outside() -> list[Topic]:
    """The topics that others write to and the hall reads."""
    inboxes = [each for name in WORKERS if isinstance(each := workers.declared(name), Inbox)]
    read = {topic.name for inbox in inboxes for topic in inbox.topics}
    return [t for t in topics.declared(1) if t.kind == "stream" or t.name in read]


def example(topic: Topic) -> dict[str, Any]:
    """A good message of a topic."""
    return dict(json.loads(topic.example))


def sockets() -> Iterator[tuple[str, Any]]:
    """The address of every socket, with a good message of each kind that can be said there."""
    for feature in FEATURES:
        for handler, said in feature.sockets.items():
            (schema,), components = msgspec.json.schema_components([said])
            (path,) = handler.paths
            for message in samples(schema, components):
                yield path, message
