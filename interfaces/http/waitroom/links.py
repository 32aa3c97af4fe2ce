"""What can be done next in a waiting room."""

from interfaces.http.platform.links import AFTER_THIS, Link, in_answer

EVENT = in_answer("event_id")
SESSION = {"path.session_id": in_answer("session_id")}
ROOM = {"path.event_id": EVENT}
PAST = {"path.category": "waitroom", "path.aggregate_id": EVENT}

LINKS = {
    "openWaitroom": (
        Link("joinWaitroom", "People may join now.", body={"event_id": EVENT}),
        Link("getWaitroom", "See how the room is doing.", ROOM | AFTER_THIS),
    ),
    "joinWaitroom": (
        Link("getSession", "See where the session stands.", SESSION | AFTER_THIS),
        Link("getPass", "Show it at the shop, once admitted.", SESSION | AFTER_THIS),
        Link("getWaitroom", "See how the room is doing.", ROOM | AFTER_THIS),
        Link("getHistory", "See what happened in the room, as support may.", PAST),
        Link(
            "leaveWaitroom",
            "Give the place up.",
            body={"event_id": EVENT, "session_id": in_answer("session_id")},
        ),
    ),
    "getPass": (
        Link("redeemPass", "Let its holder in, as the shop.", body={"pass": in_answer("pass")}),
    ),
    "leaveWaitroom": (Link("getSession", "See how it ended.", SESSION | AFTER_THIS),),
}
