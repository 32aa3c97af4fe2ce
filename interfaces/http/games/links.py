"""What can be done next with a game, and with the leaderboard."""

from interfaces.http.platform.links import AFTER_THIS, Link, in_answer

GAME = {"path.game_id": in_answer("game_id")}
PAST = {"path.category": "game", "path.aggregate_id": in_answer("game_id")}
MOVE = {"path.move": in_answer("moves")}
WHO_BEGAN = {"path.user_id": in_answer("player1")}
WON_MOST = {"path.user_id": in_answer("windows/0/winners/0/user_id")}
BEST = {"path.user_id": in_answer("entries/0/user_id")}
WHO_SEEKS = in_answer("user_id")
WHO_IS_TO_MOVE = {"player": in_answer("to_move")}

GAME_LINKS = {
    "seekGame": (
        Link("cancelSeek", "Stop looking.", body={"user_id": WHO_SEEKS}),
        Link("getGame", "See the game, once it has begun.", GAME),
        Link("makeMove", "Move, once the game has begun.", GAME, {"player": WHO_SEEKS}),
        Link("resignGame", "Give up, once the game has begun.", GAME, {"player": WHO_SEEKS}),
    ),
    "getGame": (
        Link("makeMove", "Make the next move.", GAME, WHO_IS_TO_MOVE),
        Link("listMoves", "See how it came to this.", GAME),
        Link("getGameAt", "See the board of the same moment later.", GAME | MOVE),
        Link("getHistory", "See everything that happened, as support may.", PAST),
    ),
    "makeMove": (
        Link("makeMove", "Answer the move.", GAME, WHO_IS_TO_MOVE),
        Link("resignGame", "Give up.", GAME, WHO_IS_TO_MOVE),
        Link("getGame", "See the game.", GAME | AFTER_THIS),
        Link("listMoves", "See all moves.", GAME | AFTER_THIS),
        Link("getGameAt", "See the board after this move.", GAME | MOVE | AFTER_THIS),
    ),
    "resignGame": (
        Link("getGame", "See how it ended.", GAME | AFTER_THIS),
        Link("getPlayer", "See the record of who began.", WHO_BEGAN | AFTER_THIS),
        Link("getRank", "See the rank of who began.", WHO_BEGAN | AFTER_THIS),
    ),
    "getGameMetrics": (Link("getPlayer", "See the record of who won most.", WON_MOST),),
}

LEADERBOARD_LINKS = {
    "getLeaderboard": (
        Link("getRank", "See the rank of the best.", BEST),
        Link("getPlayer", "See the record of the best.", BEST),
    ),
}
