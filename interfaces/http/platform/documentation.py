"""The OpenAPI document, and the page that shows it."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from interfaces.http.platform.auth import OPEN
from interfaces.http.platform.pages import FOLDER, Page


def serving(document: Callable[[], bytes]) -> HTTPRouteHandler:
    """The handler that serves this document."""

    @get("/openapi.json", opt=OPEN)
    async def get_document() -> Response[bytes]:
        """Describe the API in OpenAPI."""
        return Response(document(), media_type="application/json")

    return get_document


def _packaged(name: str) -> Path:
    """A file of Swagger UI, as the package `swagger-ui-py` has it."""
    spec = find_spec("swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static" / name


PAGE = Page(
    path="/docs",
    folder=FOLDER / "docs",
    title="The API",
    about="Every address of the API, to read and to try.",
    # Swagger UI styles its elements inline; scripts come from here only.
    policy=b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    others=tuple(
        _packaged(name) for name in ("favicon-32x32.png", "swagger-ui.css", "swagger-ui-bundle.js")
    ),
)
