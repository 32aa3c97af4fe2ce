"""What players do, over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from application.player_events.topics import PLAYER_EVENTS
from application.topics import dead_letters
from domain.player_events.letters import INGEST
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page
from interfaces.http.player_events import activity, export, ingest, letters, routes

EVENTS = Feature(
    tag=Tag("Player events", "What players do, in any game."),
    routers=[routes.router, export.router],
    functions={ingest.PATH: ingest.report, ingest.BATCH_PATH: ingest.report_batch},
    documented=[ingest.report_documented, ingest.report_batch_documented],
    topics=[PLAYER_EVENTS, dead_letters(INGEST, PLAYER_EVENTS.partitions)],
    examples=Path(__file__).with_name("examples.json"),
    build="interfaces.bootstrap.player_events.parts:build",
)
ACTIVITY = Feature(
    tag=Tag("Activity", "Who plays, who comes back, how far they get; for services and admins."),
    routers=[activity.router],
    pages=[
        Page(
            path="/activity",
            folder=FOLDER / "activity",
            title="Activity",
            about="Who plays a game day by day, who comes back, and how far they get; for studios.",
        )
    ],
)
DEAD_LETTERS = Feature(
    tag=Tag(
        "Dead letters", "What could not be taken of what players do, for whoever runs the hall."
    ),
    routers=[letters.router],
)

FEATURES = (EVENTS, ACTIVITY, DEAD_LETTERS)
