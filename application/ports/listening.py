"""Where something is told to those who are there at this moment, which is nowhere kept."""

PREFIX = "told:"
"""What the channels of Redis begin with; that of a person goes on with the id."""


def channel_of_room(room: str) -> str:
    """The channel of a waiting room's sockets; no id of a person has a slash."""
    return f"/room/{room}"


def channel_of_lounge(room_id: str) -> str:
    """The channel on which it is told who walks in a lounge."""
    return f"/lounge/{room_id}"
