"""Friend requests that clients and game servers write to a topic, as commands."""

from typing import Literal

import msgspec

from application.inbox import Inbox, Malformed
from application.topics import Topic
from domain.aggregate import Command
from domain.friends.commands import RequestFriend
from domain.keys import Key

NAMES = {"sender": "from", "receiver": "to"}


class FriendRequestMessage(msgspec.Struct, frozen=True, rename=NAMES):
    """What matters of a message; all else in it is ignored."""

    sender: Key
    receiver: Key
    type: Literal["FRIEND_REQUEST"] = "FRIEND_REQUEST"


EXAMPLE = '{"type": "FRIEND_REQUEST", "from": "TRUMP", "to": "JoeRogan"}'

REQUESTS = Topic(
    "futura-friend-requests",
    3,
    "messages",
    "`to`",
    "clients and game servers",
    "requests to be friends",
    EXAMPLE,
)

_decode = msgspec.json.Decoder(FriendRequestMessage).decode


def react(_topic: str, value: bytes | None) -> Command:
    """See `Inbox`."""
    try:
        message = _decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The value is no friend request: {error}.") from error
    return RequestFriend(user_id=message.sender, other_id=message.receiver)


FRIEND_REQUESTS = Inbox("friend-requests", (REQUESTS,), react)
