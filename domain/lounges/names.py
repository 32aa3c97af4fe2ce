"""What a lounge is called by.

In addresses and on topics a lounge is a room. In the tree and in the log it is not: there, rooms
are what people wait in.
"""

LOUNGE_MARK = "+"
"""What the stream keys of lounges begin with, and no other key of their category."""


def lounge_key(room_id: str) -> str:
    """The stream key of a lounge."""
    return LOUNGE_MARK + room_id


def room_id_of(key: str) -> str:
    """The lounge of a stream key, as everybody else calls it."""
    return key.removeprefix(LOUNGE_MARK)
