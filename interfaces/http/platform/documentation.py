"""The page that shows the OpenAPI document, with nothing from elsewhere."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from litestar import MediaType, Response, get
from litestar.params import FromPath

from interfaces.http.platform.problems import Problem

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI styles its elements inline; scripts come from here only."""

DAY = "public, max-age=86400"

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
async def get_asset(name: FromPath[str]) -> Response[bytes]:
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
