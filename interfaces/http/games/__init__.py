"""Games over HTTP, and who plays them best."""

from litestar.openapi.spec import Tag

from interfaces.http.games import routes, socket, standings
from interfaces.http.games.examples import GAME_EXAMPLES, LEADERBOARD_EXAMPLES
from interfaces.http.games.links import GAME_LINKS, LEADERBOARD_LINKS
from interfaces.http.platform.feature import Feature

GAMES = Feature(
    tag=Tag("Games", "Four in a row, against people and bots."),
    routers=[routes.router],
    sockets=[socket.play],
    examples=GAME_EXAMPLES,
    links=GAME_LINKS,
)
LEADERBOARD = Feature(
    tag=Tag("Leaderboard", "Who plays best."),
    routers=[standings.router],
    examples=LEADERBOARD_EXAMPLES,
    links=LEADERBOARD_LINKS,
)

FEATURES = (GAMES, LEADERBOARD)
