"""Friends over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.friends import routes
from interfaces.http.platform.feature import Feature

FRIENDS = Feature(
    tag=Tag("Friends", "Who asks whom, who is whose friend, and who wants nothing of whom."),
    routers=[routes.router],
    examples=Path(__file__).with_name("examples.json"),
    links=routes.LINKS,
)

FEATURES = (FRIENDS,)
"""In the order of the documentation."""
