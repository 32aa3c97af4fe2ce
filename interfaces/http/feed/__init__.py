"""Feeds over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.feed import live, routes
from interfaces.http.platform.channel import Message
from interfaces.http.platform.feature import Feature

FEED = Feature(
    tag=Tag("Feed", "What people are told, in order, and what they have read of it."),
    routers=[routes.router],
    streams={live.EVENTS_PATH: live.follow_feed},
    sockets={live.watch_feed: Message},
    documented=[live.follow_documented],
    examples=Path(__file__).with_name("examples.json"),
    links=routes.LINKS,
    build="interfaces.bootstrap.feed.parts:build",
)

FEATURES = (FEED,)
