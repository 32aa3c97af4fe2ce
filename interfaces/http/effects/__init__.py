"""Effects over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.effects import routes
from interfaces.http.platform.feature import Feature

EFFECTS = Feature(
    tag=Tag("Effects", "What is done in the world when something happens, and what became of it."),
    routers=[routes.router],
    examples=Path(__file__).with_name("examples.json"),
    links=routes.LINKS,
    build="interfaces.bootstrap.effects.parts:build",
)

FEATURES = (EFFECTS,)
