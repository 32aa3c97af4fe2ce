"""Conversations over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.conversations import live, messages, routes
from interfaces.http.platform.feature import Feature

CONVERSATIONS = Feature(
    tag=Tag("Conversations", "What two people or a group say to each other, and who has read it."),
    routers=[routes.router, messages.router],
    streams={live.EVENTS_PATH: live.follow_conversation},
    documented=[live.follow_documented],
    examples=Path(__file__).with_name("examples.json"),
    links={**routes.LINKS, **messages.LINKS},
    build="interfaces.bootstrap.conversations.parts:build",
)

FEATURES = (CONVERSATIONS,)
"""In the order of the documentation."""
