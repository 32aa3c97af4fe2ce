"""What conversations are called."""

from hashlib import blake2b
from typing import Annotated, Literal

import msgspec

CONVERSATION_MARK = "@"
"""What the stream keys of conversations begin with, and no other key of their category."""

OF_TWO = "two-"
"""What the ids of conversations of two people begin with, and those of groups do not."""

ConversationKind = Literal["two", "group"]

ID_PATTERN = rf"^(?:{OF_TWO})?[0-9a-f]{{32}}$(?!\n)"
"""Of a conversation's id. The last group is for Python, whose `$` lets a line feed follow."""

ConversationId = Annotated[
    str,
    msgspec.Meta(
        pattern=ID_PATTERN,
        examples=["0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"],
    ),
]

GroupId = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", examples=["0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"]),
]
"""A random UUID without hyphens, which whoever starts a group makes."""


def id_of_two(one: str, other: str) -> str:
    """The id of the one conversation of two people, whoever of them is named first.

    A digest, as two ids of two hundred characters are longer than a key may be.
    """
    first, second = sorted((one, other))
    # A line feed is in no key, so no two pairs come to the same text.
    return OF_TWO + blake2b(f"{first}\n{second}".encode(), digest_size=16).hexdigest()


def kind_of(conversation_id: str) -> ConversationKind:
    """Of what kind a conversation is."""
    return "two" if conversation_id.startswith(OF_TWO) else "group"


def stream_key(conversation_id: str) -> str:
    """The stream key of a conversation."""
    return CONVERSATION_MARK + conversation_id


def id_in(stream_key: str) -> str:
    """The conversation of a stream key."""
    return stream_key.removeprefix(CONVERSATION_MARK)
