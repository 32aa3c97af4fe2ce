"""Games over HTTP, and who plays them best."""

from pathlib import Path

from litestar.openapi.spec import Tag

from application.games.outbox import METRICS
from interfaces.http.games import challenges, metrics, routes, socket, standings, whereabouts
from interfaces.http.games.links import GAME_LINKS, LEADERBOARD_LINKS
from interfaces.http.games.messages import Incoming
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page

PLAY = Page(
    path="/play",
    folder=FOLDER / "play",
    title="Play",
    about="Four in a row, against whoever comes, or a bot.",
)
GAMES_IN_NUMBERS = Page(
    path="/games",
    folder=FOLDER / "games",
    title="Games",
    about="How many games are played by the hour and day, how they end, and who wins.",
)

GAMES = Feature(
    tag=Tag("Games", "Four in a row, against people and bots."),
    routers=[routes.router, challenges.router, whereabouts.router, metrics.router],
    pages=[PLAY, GAMES_IN_NUMBERS],
    topics=[METRICS],
    sockets={socket.play: Incoming},
    examples=Path(__file__).with_name("examples.json"),
    links=GAME_LINKS,
    build="interfaces.bootstrap.games.parts:build",
)
LEADERBOARD = Feature(
    tag=Tag("Leaderboard", "Who plays best."),
    routers=[standings.router],
    links=LEADERBOARD_LINKS,
)

FEATURES = (GAMES, LEADERBOARD)
