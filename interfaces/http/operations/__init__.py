"""What runs the hall, over HTTP: its past, its ways in, its commands and its health."""

from pathlib import Path

from litestar.openapi.spec import Tag

from application.envelopes import FORWARD_PATH, HANDOVER_PATH
from interfaces.http.operations import access, commands, forward, health, history, mails
from interfaces.http.platform.feature import Feature

HISTORY = Feature(
    tag=Tag("History", "The past, straight from the log."),
    routers=[history.router],
    examples=Path(__file__).with_name("examples.json"),
    build="interfaces.bootstrap.operations:build",
)
ACCESS = Feature(tag=Tag("Access", "Ways in for browsers."), routers=[access.router])
COMMANDS = Feature(
    tag=Tag("Commands", "Many decisions in one request, for services."),
    routers=[commands.router],
    for_peers={FORWARD_PATH: forward.forwarded, HANDOVER_PATH: forward.handover},
)
HEALTH = Feature(
    tag=Tag("Health", "For whoever keeps the service running."),
    routers=health.HANDLERS,
)

MAILS = Feature(
    tag=Tag("Mails", "What a hall writes to people, where it brings mails nowhere."),
    routers=[mails.router],
    pages=[mails.MAILS],
    examples=Path(__file__).with_name("mails.json"),
)

FEATURES = (HISTORY, ACCESS, COMMANDS, HEALTH, MAILS)
