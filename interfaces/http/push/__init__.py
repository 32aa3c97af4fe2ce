"""Browsers that people ask to be told at, over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.platform.feature import Feature
from interfaces.http.push import routes

FEATURES = (
    Feature(
        tag=Tag("Push", "Be told at a browser at which no page of the hall is open."),
        routers=[routes.router],
        examples=Path(__file__).with_name("examples.json"),
        build="interfaces.bootstrap.push:build",
    ),
)
