"""The HTTP application, put together."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import NamedTuple

from litestar import Litestar
from litestar.datastructures import State

from interfaces import features
from interfaces.http.platform import documentation, openapi
from interfaces.http.platform.bodies import BODY_LIMIT_BYTES, Request
from interfaces.http.platform.edge import Edge
from interfaces.http.platform.errors import on_error
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.metrics import CountedLog
from interfaces.http.platform.pages import Site
from interfaces.http.platform.responses import ASGIFunction
from interfaces.http.platform.services import STATE_KEY, Services

FEATURES: tuple[Feature, ...] = tuple(
    feature
    for package in features.FEATURES
    for feature in import_module(f"interfaces.http.{package}").FEATURES
)
"""All that is served, in the order of the documentation."""

PAGES = (*(page for feature in FEATURES for page in feature.pages), documentation.PAGE)


class Doors(NamedTuple):
    """The application as the public sees it, and as other processes of the API do."""

    public: Edge
    own: Edge


def create_app(services: Services) -> Doors:
    """Build the application on its services; it holds no connections of its own.

    What other processes ask is served at their door alone, beside all that the public may ask.
    """
    greetings = tuple(feature.greets for feature in FEATURES if feature.greets)
    counted = replace(services, log=CountedLog(services.log), greetings=greetings)
    app = Litestar(
        [
            *(handler for feature in FEATURES for handler in (*feature.routers, *feature.sockets)),
            documentation.serving(describe),
        ],
        state=State({STATE_KEY: counted}),
        request_class=Request,
        request_max_body_size=BODY_LIMIT_BYTES,
        exception_handlers={Exception: on_error},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    site = Site([page for page in PAGES if page.needs in (None, *services.parts)], app)
    functions = _all(feature.functions for feature in FEATURES)
    streams = _all(feature.streams for feature in FEATURES)
    for_peers = _all(feature.for_peers for feature in FEATURES)
    return Doors(
        public=Edge(app, counted, functions, site, streams),
        own=Edge(app, counted, functions, site, streams, for_peers),
    )


def _all(mappings: Iterable[Mapping[str, ASGIFunction]]) -> dict[str, ASGIFunction]:
    return {path: function for mapping in mappings for path, function in mapping.items()}


@cache
def describe() -> bytes:
    """Write the OpenAPI document of the application."""
    return openapi.describe(FEATURES)
