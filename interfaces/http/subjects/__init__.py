"""What is known of somebody, and forgetting it, over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.platform.feature import Feature
from interfaces.http.subjects import routes

SUBJECTS = Feature(
    tag=Tag("People", "All that the hall knows of somebody, and forgetting it everywhere."),
    routers=[routes.own, routes.others],
    examples=Path(__file__).with_name("examples.json"),
    build="interfaces.bootstrap.people:build",
)

FEATURES = (SUBJECTS,)
