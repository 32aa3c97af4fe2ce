"""Friends over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.friends import routes
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page

PAGE = Page(
    path="/friends",
    folder=FOLDER / "friends",
    title="Friends",
    about="Ask somebody to be your friend, answer who asks you, and want nothing of somebody.",
)

FRIENDS = Feature(
    tag=Tag("Friends", "Who asks whom, who is whose friend, and who wants nothing of whom."),
    routers=[routes.router],
    pages=[PAGE],
    examples=Path(__file__).with_name("examples.json"),
    links=routes.LINKS,
    build="interfaces.bootstrap.friends.parts:build",
)

FEATURES = (FRIENDS,)
"""In the order of the documentation."""
