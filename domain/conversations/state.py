"""What is kept of a conversation: who is in it, and of what was said only who said it."""

from collections.abc import Iterable, Mapping, Sequence

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


class KeptMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `KnownMessage` in few bytes: people are named by their places in a list of them."""

    sender: int
    client_seq: int
    text_mark: int
    withheld: bool = False
    deleted: bool = False
    reactions: Sequence[tuple[int, str]] = ()


class ConversationState(State, frozen=True, kw_only=True, tag="conversation.snapshot.v1"):
    """All that is known of a conversation; whatever happens in it, it does not grow for ever.

    People are named by their places in `people`. With as many of them, messages and reactions as
    there may be, all with the longest ids, it is smaller than a record may be.
    """

    people: Sequence[str]
    started_by: str | None
    members: Sequence[tuple[int, ConversationMember]]
    said: Sequence[tuple[int, LastSaid]]
    last: int
    newest: Sequence[KeptMessage]


def people_of(messages: Iterable[KnownMessage]) -> dict[str, None]:
    """Who said these messages, and whose reactions they show."""
    return dict.fromkeys(who for each in messages for who in (each.sender, *each.reactions))


def kept(messages: Iterable[KnownMessage], place: Mapping[str, int]) -> list[KeptMessage]:
    """The messages as they are kept, by the places of their people."""
    return [
        KeptMessage(
            sender=place[each.sender],
            client_seq=each.client_seq,
            text_mark=each.text_mark,
            withheld=each.withheld,
            deleted=each.deleted,
            reactions=[(place[who], shown) for who, shown in each.reactions.items()],
        )
        for each in messages
    ]


def known(messages: Iterable[KeptMessage], people: Sequence[str]) -> list[KnownMessage]:
    """The messages as they were before they were kept."""
    return [
        KnownMessage(
            sender=people[each.sender],
            client_seq=each.client_seq,
            text_mark=each.text_mark,
            withheld=each.withheld,
            deleted=each.deleted,
            reactions={people[who]: shown for who, shown in each.reactions},
        )
        for each in messages
    ]
