"""What a feature brings to the application, declared once in the package that holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar.handlers import WebsocketRouteHandler
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from application.topics import Topic
from interfaces.http.platform.links import Link
from interfaces.http.platform.pages import Page
from interfaces.http.platform.responses import ASGIFunction
from interfaces.http.platform.services import Greeting


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Operations that belong together: what serves them, and what describes them.

    `tag` heads them in the OpenAPI document. `functions` answer what is asked most, by crowds, and
    are found by their address; `documented` are handlers that describe them, and are never served.
    `streams` are functions whose answers go on as long as they are read, so that they count as no
    requests in progress.
    `for_peers` are functions that only other processes of the API may ask, at a port of their own.
    `sockets` come with the type of what is said over each. `examples` is a file of JSON with one of
    each shape that goes in or out, by the shape's name; `links` are what can be done with the
    answers of an operation, by its id; `topics` those that it appends to beside the log.

    `build` names what builds the parts that it needs of the world, as `module:function` of the
    composition root: called with a `Foundation`, it returns them. See `Services.part`.

    `greets` is what it does when somebody signs in, by whichever way; see `Greeting`.
    """

    tag: Tag
    routers: Sequence[ControllerRouterHandler] = ()
    sockets: Mapping[WebsocketRouteHandler, Any] = field(default_factory=dict)
    functions: Mapping[str, ASGIFunction] = field(default_factory=dict)
    streams: Mapping[str, ASGIFunction] = field(default_factory=dict)
    for_peers: Mapping[str, ASGIFunction] = field(default_factory=dict)
    documented: Sequence[ControllerRouterHandler] = ()
    pages: Sequence[Page] = ()
    topics: Sequence[Topic] = ()
    examples: Path | None = None
    links: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    build: str | None = None
    greets: Greeting | None = None
