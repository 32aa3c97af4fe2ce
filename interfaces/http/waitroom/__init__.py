"""Waiting rooms over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.platform.channel import Message
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page
from interfaces.http.waitroom import (
    join,
    lists,
    operating,
    passes,
    routes,
    sessions,
    socket,
    visitor_page,
)
from interfaces.http.waitroom.links import LINKS

QUEUE = Page(
    path="/queue",
    folder=FOLDER / "queue",
    files_at="/queue-page",
    title="Stand in line",
    about="The page of a waiting room: one's place, live, and the way to the shop.",
)

CONSOLE = Page(
    path="/console",
    folder=FOLDER / "console",
    title="Console",
    about="Open waiting rooms, watch them by the minute, pause, change and close them.",
)

WAITROOM = Feature(
    tag=Tag("Waiting room", "Stand in line, fairly, for one of a few slots."),
    routers=[
        *(routes.router, operating.router, lists.router, sessions.router),
        *(passes.router, passes.get_pass_keys, visitor_page.router),
    ],
    sockets={socket.watch_session: Message},
    functions={join.PATH: join.join, routes.SESSION_PATH: routes.get_session},
    documented=[join.join_documented, routes.get_session_documented],
    examples=Path(__file__).with_name("examples.json"),
    pages=[QUEUE, CONSOLE],
    links=LINKS,
    build="interfaces.bootstrap.waitroom.parts:build",
)

FEATURES = (WAITROOM,)
