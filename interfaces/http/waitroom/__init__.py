"""Waiting rooms over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.platform.channel import Message
from interfaces.http.platform.feature import Feature
from interfaces.http.waitroom import join, lists, operating, passes, routes, sessions, socket
from interfaces.http.waitroom.links import LINKS

WAITROOM = Feature(
    tag=Tag("Waiting room", "Stand in line, fairly, for one of a few slots."),
    routers=[
        *(routes.router, operating.router, lists.router, sessions.router),
        *(passes.router, passes.get_pass_keys),
    ],
    sockets={socket.watch_session: Message},
    functions={join.PATH: join.join},
    documented=[join.join_documented],
    examples=Path(__file__).with_name("examples.json"),
    links=LINKS,
    build="interfaces.bootstrap.waitroom:build",
)

FEATURES = (WAITROOM,)
