"""What runs the hall, over HTTP: its past, its ways in, its commands and its health."""

from litestar.openapi.spec import Tag

from application.envelopes import FORWARD_PATH, HANDOVER_PATH
from interfaces.http.operations import access, commands, forward, health, history
from interfaces.http.operations.examples import (
    ACCESS_EXAMPLES,
    COMMAND_EXAMPLES,
    HEALTH_EXAMPLES,
    HISTORY_EXAMPLES,
)
from interfaces.http.platform.feature import Feature

HISTORY = Feature(
    tag=Tag("History", "The past, straight from the log."),
    routers=[history.router],
    examples=HISTORY_EXAMPLES,
    build="interfaces.bootstrap.parts.operations:build",
)
ACCESS = Feature(
    tag=Tag("Access", "Ways in for browsers."), routers=[access.router], examples=ACCESS_EXAMPLES
)
COMMANDS = Feature(
    tag=Tag("Commands", "Many decisions in one request, for services."),
    routers=[commands.router],
    functions={FORWARD_PATH: forward.forwarded, HANDOVER_PATH: forward.handover},
    examples=COMMAND_EXAMPLES,
)
HEALTH = Feature(
    tag=Tag("Health", "For whoever keeps the service running."),
    routers=health.HANDLERS,
    examples=HEALTH_EXAMPLES,
)

FEATURES = (HISTORY, ACCESS, COMMANDS, HEALTH)
