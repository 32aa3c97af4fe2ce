"""What is kept of a conversation: who is in it, and of what was said only who said it."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.conversations.newest import KnownMessage
from domain.snapshot import State


class ConversationMember(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees what was said `after` a number, and has read all `read_up_to` another."""

    after: int
    read_up_to: int


class LastSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said last; their `client_seq` only grows."""

    number: int
    client_seq: int
    text_mark: int


class ConversationState(State, frozen=True, kw_only=True, tag="conversation.snapshot.v1"):
    """All that is known of a conversation; whatever happens in it, it does not grow for ever."""

    started_by: str | None
    members: Mapping[str, ConversationMember]
    said: Mapping[str, LastSaid]
    last: int
    newest: Sequence[KnownMessage]
