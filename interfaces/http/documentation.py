"""The OpenAPI document, and a page that shows it with nothing from elsewhere."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.types import ControllerRouterHandler

from interfaces.http.bodies import StrictRequest
from interfaces.http.problems import Problem

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI styles its elements inline; scripts come from here only."""

VERSION = "1"
DAY = "public, max-age=86400"

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

TAGS = [
    Tag("Waiting room", "Stand in line, fairly, for one of a few slots."),
    Tag("Games", "Four in a row, against people and bots."),
    Tag("Leaderboard", "Who plays best."),
    Tag("Access", "Ways in for browsers."),
    Tag("Commands", "Many decisions in one request, for services."),
    Tag("Health", "For whoever keeps the service running."),
]

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gamehall API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<main id="page"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""

START = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
"""

ASSETS = {
    "favicon-32x32.png": "image/png",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}


def describe(handlers: list[ControllerRouterHandler]) -> bytes:
    """Write the OpenAPI document of these handlers, which need not be those that are served."""
    app = Litestar(
        handlers, request_class=StrictRequest, openapi_config=_config(), logging_config=None
    )
    document: dict[str, Any] = app.openapi_schema.to_schema()
    return msgspec.json.encode(document)


def _config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Gamehall",
        version=VERSION,
        description=INTRODUCTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=TAGS,
        security=[{"bearer": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
            }
        ),
        use_handler_docstrings=True,
    )


@get("/openapi.json")
async def get_document() -> Response[bytes]:
    """Serve the OpenAPI document."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    from interfaces.http.app import describe as describe_app  # noqa: PLC0415 - it imports this

    return describe_app()


@get("/docs", media_type=MediaType.HTML)
async def get_page() -> str:
    """Serve the page."""
    return PAGE


@get("/docs/{name:str}")
async def get_asset(name: str) -> Response[bytes]:
    """Serve what the page is made of; raises `Problem` 404 for anything else."""
    if name == "start.js":
        return _asset(START.encode(), "text/javascript")
    if name not in ASSETS:
        raise Problem(404, "not-found", "The page has no such part.")
    return _asset(_packaged(name), ASSETS[name])


def _asset(content: bytes, media_type: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"cache-control": DAY})


@cache
def _packaged(name: str) -> bytes:
    """Read a file of Swagger UI, as the package `swagger-ui-py` has it."""
    spec = find_spec("swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "static" / name).read_bytes()


HANDLERS = [get_document, get_page, get_asset]
