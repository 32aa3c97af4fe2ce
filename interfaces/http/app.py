"""The HTTP application, put together."""

from dataclasses import replace
from functools import cache

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from application.envelopes import FORWARD_PATH, HANDOVER_PATH
from interfaces.http.games import routes as games
from interfaces.http.games import standings
from interfaces.http.games.socket import play
from interfaces.http.operations import access, commands, health, history
from interfaces.http.operations import forward as forwarding
from interfaces.http.platform import documentation, openapi
from interfaces.http.platform.bodies import BODY_LIMIT, StrictRequest
from interfaces.http.platform.edge import Edge
from interfaces.http.platform.errors import on_error
from interfaces.http.platform.metrics import CountedLog
from interfaces.http.platform.pages import Site
from interfaces.http.platform.services import STATE_KEY, Services
from interfaces.http.player_events import activity, activity_page, dead_letters
from interfaces.http.player_events import export as exporting
from interfaces.http.player_events import ingest as ingesting
from interfaces.http.player_events import routes as player_events
from interfaces.http.waitroom import join as joining
from interfaces.http.waitroom import routes as waitroom
from interfaces.http.waitroom.socket import watch_session

FEATURES: list[ControllerRouterHandler] = [
    waitroom.router,
    games.router,
    standings.router,
    player_events.router,
    exporting.router,
    activity.router,
    dead_letters.router,
    history.router,
    access.router,
    commands.router,
    *health.HANDLERS,
]
SOCKETS: list[ControllerRouterHandler] = [play, watch_session]

FUNCTIONS = {
    joining.PATH: joining.join,
    ingesting.PATH: ingesting.report,
    ingesting.BATCH_PATH: ingesting.report_batch,
    FORWARD_PATH: forwarding.forwarded,
    HANDOVER_PATH: forwarding.handover,
}
"""What is asked most, by crowds and by other processes: ASGI functions, found by their address."""

DOCUMENTED: list[ControllerRouterHandler] = [
    joining.join_documented,
    ingesting.report_documented,
    ingesting.report_batch_documented,
]
"""What describes those of them to the public that it may ask."""

PAGES = (documentation.PAGE, activity_page.PAGE)


def create_app(services: Services) -> Edge:
    """Build the application on its services; it holds no connections of its own."""
    counted = replace(services, log=CountedLog(services.log))
    app = Litestar(
        [*FEATURES, *SOCKETS, documentation.serving(describe)],
        state=State({STATE_KEY: counted}),
        request_class=StrictRequest,
        request_max_body_size=BODY_LIMIT,
        exception_handlers={Exception: on_error},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return Edge(app, counted, FUNCTIONS, Site(PAGES, app))


@cache
def describe() -> bytes:
    """Write the OpenAPI document of the application."""
    return openapi.describe([*FEATURES, *DOCUMENTED])
