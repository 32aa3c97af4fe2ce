"""Checkout: what the shop says of a session, as commands for the waiting room."""

import msgspec

from application.inbox import Inbox, Malformed
from application.topics import Topic
from domain.aggregate import Command
from domain.keys import Key
from domain.waitroom.commands import CompleteCheckout, ExpireCheckout, FailCheckout

MOST_REASON_CHARACTERS = 1_000


class CheckoutMessage(msgspec.Struct, frozen=True):
    """What matters of a message of the shop; all else in it is ignored."""

    session_id: Key
    event_id: Key
    reason: msgspec.Raw = msgspec.Raw(b'""')

    @property
    def reason_text(self) -> str:
        """The reason where it is a text, cut to what a command takes."""
        try:
            return msgspec.json.decode(self.reason, type=str)[:MOST_REASON_CHARACTERS]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""  # the checkout failed all the same


def _complete(message: CheckoutMessage) -> Command:
    return CompleteCheckout(event_id=message.event_id, session_id=message.session_id)


def _fail(message: CheckoutMessage) -> Command:
    return FailCheckout(
        event_id=message.event_id, session_id=message.session_id, reason=message.reason_text
    )


def _expire(message: CheckoutMessage) -> Command:
    return ExpireCheckout(event_id=message.event_id, session_id=message.session_id)


EXAMPLE = """\
{"event_id": "concert-2026", "session_id": "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b", \
"user_id": "user-123"}"""
EXAMPLE_WITH_REASON = EXAMPLE[:-1] + ', "reason": "The card was refused."}'


def _topic(end: str, holds: str, example: str = EXAMPLE) -> Topic:
    return Topic(f"CHECKOUT_{end}", 10, "messages", "`event_id`", "the shop", holds, example)


REACTIONS = {
    _topic("COMPLETED", "purchases"): _complete,
    _topic("FAILED", "purchases that failed", EXAMPLE_WITH_REASON): _fail,
    _topic("EXPIRED", "checkouts that the shop gave up on"): _expire,
}

_by_name = {topic.name: reaction for topic, reaction in REACTIONS.items()}
_decode = msgspec.json.Decoder(CheckoutMessage).decode


def react(topic: str, value: bytes | None) -> Command:
    """See `Inbox`."""
    try:
        message = _decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The value is no checkout message: {error}.") from error
    return _by_name[topic](message)


CHECKOUT = Inbox("checkout", tuple(REACTIONS), react)
