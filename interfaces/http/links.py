"""What can be done with an answer: the links between operations, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Document = dict[str, Any]


class Link(NamedTuple):
    """A next request: which one, why, and what of the answer goes into it.

    A parameter is named with its place, for example `path.game_id`.
    """

    operation_id: str
    description: str
    parameters: Mapping[str, str] = {}
    body: Mapping[str, str] = {}

    def write(self) -> Document:
        """As OpenAPI has it; a body says only what the answer knows."""
        link: Document = {"operationId": self.operation_id, "description": self.description}
        if self.parameters:
            link["parameters"] = dict(self.parameters)
        if self.body:
            link["requestBody"] = dict(self.body)
        return link


def _in_answer(pointer: str) -> str:
    return f"$response.body#/{pointer}"


AFTER_THIS = {"header.Read-After": "$response.header.Position"}
EVENT = _in_answer("event_id")
SESSION = {"path.session_id": _in_answer("session_id")}
ROOM = {"path.event_id": EVENT}
GAME = {"path.game_id": _in_answer("game_id")}
PAST_OF_GAME = {"path.category": "game", "path.aggregate_id": _in_answer("game_id")}
PAST_OF_ROOM = {"path.category": "waitroom", "path.aggregate_id": EVENT}
MOVE = {"path.move": _in_answer("moves")}
WINNER = {"path.user_id": _in_answer("winner")}
BEST = {"path.user_id": _in_answer("entries/0/user_id")}
WHO_SEEKS = _in_answer("user_id")
WHO_IS_TO_MOVE = {"player": _in_answer("to_move")}

LINKS: dict[str, tuple[Link, ...]] = {
    "openWaitroom": (
        Link("joinWaitroom", "People may join now.", body={"event_id": EVENT}),
        Link("getWaitroom", "See how the room is doing.", ROOM | AFTER_THIS),
    ),
    "joinWaitroom": (
        Link("getSession", "See where the session stands.", SESSION | AFTER_THIS),
        Link("getWaitroom", "See how the room is doing.", ROOM | AFTER_THIS),
        Link("getHistory", "See what happened in the room, as support may.", PAST_OF_ROOM),
        Link(
            "leaveWaitroom",
            "Give the place up.",
            body={"event_id": EVENT, "session_id": _in_answer("session_id")},
        ),
    ),
    "leaveWaitroom": (Link("getSession", "See how it ended.", SESSION | AFTER_THIS),),
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
        Link("getHistory", "See everything that happened, as support may.", PAST_OF_GAME),
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
        Link("getPlayer", "See the winner's record.", WINNER | AFTER_THIS),
        Link("getRank", "See the winner's rank.", WINNER | AFTER_THIS),
    ),
    "getLeaderboard": (
        Link("getRank", "See the rank of the best.", BEST),
        Link("getPlayer", "See the record of the best.", BEST),
    ),
}


def links_of(operation_id: str) -> Document:
    """What can be done with a good answer of an operation, by the operation that does it."""
    return {link.operation_id: link.write() for link in LINKS.get(operation_id, ())}
