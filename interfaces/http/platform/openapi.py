"""The OpenAPI document: Litestar knows the operations, msgspec the shapes, this the rest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.types import ControllerRouterHandler

from interfaces.http.platform.bodies import Request
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.links import Link
from interfaces.http.platform.problems import ProblemDetails

Document = dict[str, Any]

VERSION = "1"

INTRODUCTION = """\
A fair waiting room in front, games and leaderboards inside, and one log that can answer for all.

**Tokens.** Every request carries `Authorization: Bearer <token>`; a player acts for itself only.
Make one with `gamehall token --user ID`.

**Repeating.** A command with an `Idempotency-Key` can be repeated until it is answered, and happens
once. Every command answers with `Position`; a query with that as `Read-After` shows what it did.

**Problems.** What goes wrong is told as problem details (RFC 9457), of which `type` is stable.
After a 503 the same request can be repeated in `Retry-After` seconds.

**Sockets.** `/api/v1/games/live` and `/api/v1/waitroom/sessions/{session_id}/live` take the same
token, or from a browser `?ticket=` with a ticket from `POST /api/v1/tickets`.
"""

EXAMPLES = Path(__file__).with_name("examples.json")
"""Of what goes wrong, which is the same everywhere."""

TEXT = {"type": "string"}
HEADERS: dict[str, Document] = {
    "Position": {"schema": TEXT | {"examples": ["waitroom-log/3@17"]}},
    "Retry-After": {
        "description": "Seconds after which the same request is worth repeating.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "What a token looks like.", "schema": TEXT},
}
HEADERS_OF = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}


def describe(features: Sequence[Feature]) -> bytes:
    """Write the OpenAPI document of what features serve and document."""
    app = Litestar(
        [_tagged(feature, feature.routers) for feature in features]
        + [_tagged(feature, feature.documented) for feature in features],
        request_class=Request,
        openapi_config=_config([feature.tag for feature in features]),
        logging_config=None,
    )
    document = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    handlers_by_id = {handler.operation_id: handler for handler in _handlers(app)}
    bodies, document["components"]["schemas"] = _shapes(handlers_by_id, examples_of(features))
    links = {id: links for feature in features for id, links in feature.links.items()}
    for item in document["paths"].values():
        for operation in item.values():
            id = operation["operationId"]
            if handlers_by_id[id].opt.get("open"):
                operation["security"] = []
            _complete(operation, bodies.get(id), links.get(id, ()))
    return msgspec.json.encode(document)


def examples_of(features: Iterable[Feature]) -> Iterator[tuple[str, Any]]:
    """The name of each shape, and an example of it."""
    for file in (EXAMPLES, *(feature.examples for feature in features if feature.examples)):
        yield from msgspec.json.decode(file.read_bytes()).items()


def _tagged(feature: Feature, handlers: Sequence[ControllerRouterHandler]) -> Router:
    return Router("/", route_handlers=handlers, tags=[feature.tag.name])


def _config(tags: list[Tag]) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Gamehall",
        version=VERSION,
        description=INTRODUCTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=tags,
        security=[{"bearer": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
            }
        ),
        use_handler_docstrings=True,
    )


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.operation_id:
                yield handler


def _shapes(
    handlers: Mapping[Any, HTTPRouteHandler], examples: Iterable[tuple[str, Any]]
) -> tuple[Document, Document]:
    """The body of each operation, and every shape, as strict as it is read, with an example."""
    bodies = {id: body for id, handler in handlers.items() if (body := _body(handler)) is not None}
    answers = [_answer(handler) for handler in handlers.values()]
    schemas, shapes = msgspec.json.schema_components(
        [*bodies.values(), *answers, ProblemDetails], ref_template="#/components/schemas/{name}"
    )
    for name, example in examples:
        shapes[name]["examples"] = [example]
    for shape in shapes.values():
        fields = shape.get("properties", {})
        for name in [name for name, field in fields.items() if _is_ours(field)]:
            del fields[name]
    return dict(zip(bodies, schemas, strict=False)), _plain(dict(shapes))


def _is_ours(field: Mapping[str, Any]) -> bool:
    """Whether the hall gives a field, as `Command.makes` says: empty, it is none to be sent."""
    return field.get("default") == "" and "minLength" in field


def _plain(schema: Any) -> Any:
    """Write pairs of the same kind as lists of two, which more tools understand."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = schema.get("prefixItems")
    if isinstance(kinds, list) and all(kind == kinds[0] for kind in kinds):
        schema = {name: each for name, each in schema.items() if name != "prefixItems"}
        schema["items"] = kinds[0]
    return {name: _plain(each) for name, each in schema.items()}


def _body(handler: HTTPRouteHandler) -> Any:
    data = handler.parsed_fn_signature.parameters.get("data")
    return data and data.raw


def _answer(handler: HTTPRouteHandler) -> Any:
    raw = handler.parsed_fn_signature.return_type.raw
    return get_args(raw)[0] if get_origin(raw) is Response else raw


def _complete(operation: Document, body: Document | None, links: Sequence[Link]) -> None:
    """Say what Litestar leaves out."""
    if body is not None:
        may_be_left_out = {"type": "null"} in body.get("anyOf", ())
        operation["requestBody"]["required"] = not may_be_left_out
        operation["requestBody"]["content"]["application/json"]["schema"] = body
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _never_null(parameter["schema"])
    for status, response in operation["responses"].items():
        _complete_response(status, response, links)


def _complete_response(status: str, response: Document, links: Sequence[Link]) -> None:
    if status.startswith("2"):
        phrase = HTTPStatus(int(status)).phrase
        response["description"] = _own(response["description"]) or phrase
        if links:
            response["links"] = {link.operation_id: link for link in links}
    headers = response.setdefault("headers", {})
    if status in HEADERS_OF:
        headers[HEADERS_OF[status]] = {}
    for name, header in headers.items():
        header.update(HEADERS[name])


def _never_null(schema: Document) -> Document:
    """A parameter that may be left out; Litestar takes its default for something to send."""
    kinds = [kind for kind in schema.pop("oneOf", []) if kind != {"type": "null"}]
    return schema | kinds[0] if kinds else schema


def _own(description: str) -> str | None:
    """A description that somebody wrote for this response, rather than for its status."""
    return None if description in {status.description for status in HTTPStatus} else description
