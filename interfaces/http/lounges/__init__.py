"""Lounges over HTTP, where they are called rooms."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.lounges import routes, socket
from interfaces.http.lounges.messages import IntoLounge
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page

PAGE = Page(
    path="/rooms",
    folder=FOLDER / "rooms",
    title="Rooms",
    about="Open a room, come into one, walk about, and see who else is there.",
)

LOUNGES = Feature(
    tag=Tag("Rooms", "Places where people meet: who is in, who may come, and who decides."),
    routers=[routes.router],
    sockets={socket.watch_room: IntoLounge},
    pages=[PAGE],
    examples=Path(__file__).with_name("examples.json"),
    links=routes.LINKS,
    build="interfaces.bootstrap.lounges.parts:build",
)

FEATURES = (LOUNGES,)
"""In the order of the documentation."""
