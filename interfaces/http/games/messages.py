"""What a player says over the socket of their games."""

from typing import Annotated, Any

import msgspec

from domain.games.events import BotLevel
from domain.keys import Key
from interfaces.http.platform.bodies import decode, decoder_of
from interfaces.http.platform.resume import LARGEST_CURSOR

MessageId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SeekPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How well a bot should play, if it comes to that."""

    bot_level: BotLevel = "medium"


class GamePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which game; not needed while there is only one."""

    game_id: Key | None = None


class MovePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column to drop a disc into; `number` says which move of the game it is, from 1."""

    column: int
    game_id: Key | None = None
    number: int | msgspec.UnsetType = msgspec.UNSET


class WatchPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A game to look at, or to look at no more."""

    game_id: Key


class FollowPayload(WatchPayload, frozen=True, forbid_unknown_fields=True):
    """A game to look at; with the number of the last move that was seen, the moves after it."""

    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_CURSOR)] | msgspec.UnsetType = msgspec.UNSET


class NoPayload(msgspec.Struct, frozen=True):
    """Nothing."""


class PlayerMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a player says; what is answered to it carries the same `id`."""

    id: MessageId | msgspec.UnsetType = msgspec.UNSET


class KeyedMessage(PlayerMessage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What leads to a command; repeated with the same key, it gets the first answer."""

    idempotency_key: str | None = None


class SeekMessage(KeyedMessage, frozen=True, tag="seek"):
    """Look for a game, or hear again at which table one sits."""

    payload: SeekPayload = SeekPayload()


class CancelMessage(KeyedMessage, frozen=True, tag="cancel"):
    """Stop looking."""

    payload: NoPayload = NoPayload()


class MoveMessage(KeyedMessage, frozen=True, tag="move"):
    """Make a move."""

    payload: MovePayload


class ResignMessage(KeyedMessage, frozen=True, tag="resign"):
    """Give up."""

    payload: GamePayload = GamePayload()


class WatchMessage(PlayerMessage, frozen=True, tag="watch"):
    """Look at a game from now on, or from a move on."""

    payload: FollowPayload


class UnwatchMessage(PlayerMessage, frozen=True, tag="unwatch"):
    """Look at a game no more."""

    payload: WatchPayload


class PingMessage(PlayerMessage, frozen=True, tag="ping"):
    """Asks whether anybody is there."""

    payload: NoPayload = NoPayload()


class PongMessage(PlayerMessage, frozen=True, tag="pong"):
    """Says that somebody is here."""

    payload: NoPayload = NoPayload()


Incoming = (
    SeekMessage
    | CancelMessage
    | MoveMessage
    | ResignMessage
    | WatchMessage
    | UnwatchMessage
    | PingMessage
    | PongMessage
)
MESSAGE_DECODER: msgspec.json.Decoder[Any] = decoder_of(Incoming)


class _Signed(msgspec.Struct, frozen=True):
    """As much of a message as an answer to it needs."""

    id: MessageId | msgspec.UnsetType = msgspec.UNSET


SIGNATURE_DECODER = msgspec.json.Decoder(_Signed)


def read(raw: bytes) -> Incoming:
    """What a message says; raises as `decode` does."""
    message: Incoming = decode(raw, MESSAGE_DECODER)
    return message


def sender_id(raw: bytes) -> str | None:
    """The sender's own id of a message, whatever else is wrong with it."""
    try:
        return SIGNATURE_DECODER.decode(raw).id or None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def unsigned(message: KeyedMessage) -> KeyedMessage:
    """The message without the sender's own id, which a repetition need not share."""
    return msgspec.structs.replace(message, id=msgspec.UNSET)
