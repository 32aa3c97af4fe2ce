"""Checkout: what the shop says of a session, as commands for the waiting room."""

import msgspec

from application.issued import Issued
from domain.aggregate import Command
from domain.events import Metadata
from domain.keys import Key
from domain.waitroom.commands import CompleteCheckout, ExpireCheckout, FailCheckout

NAME = "checkout"
LONGEST_REASON = 1_000


class Malformed(Exception):
    """A message that names no checkout; it is told in a sentence what is wrong with it."""


class CheckoutMessage(msgspec.Struct, frozen=True):
    """What matters of a message of the shop; all else in it is ignored."""

    session_id: Key
    event_id: Key
    reason: msgspec.Raw = msgspec.Raw(b'""')

    @property
    def reason_text(self) -> str:
        """The reason where it is a text, cut to what a command takes."""
        reason = msgspec.json.decode(self.reason)
        return reason[:LONGEST_REASON] if isinstance(reason, str) else ""


def _complete(message: CheckoutMessage) -> Command:
    return CompleteCheckout(event_id=message.event_id, session_id=message.session_id)


def _fail(message: CheckoutMessage) -> Command:
    return FailCheckout(
        event_id=message.event_id, session_id=message.session_id, reason=message.reason_text
    )


def _expire(message: CheckoutMessage) -> Command:
    return ExpireCheckout(event_id=message.event_id, session_id=message.session_id)


REACTIONS = {
    "CHECKOUT_COMPLETED": _complete,
    "CHECKOUT_FAILED": _fail,
    "CHECKOUT_EXPIRED": _expire,
}

_decode = msgspec.json.Decoder(CheckoutMessage).decode


def react(topic: str, partition: int, offset: int, value: bytes | None) -> Issued:
    """The command that a message leads to; raises `Malformed`.

    Guarantees: the same message always leads to the same command id.
    """
    try:
        message = _decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The value is no checkout message: {error}.") from error
    source = f"{topic}/{partition}@{offset}"
    metadata = Metadata(actor=NAME, causation_id=source)
    return Issued(REACTIONS[topic](message), f"{NAME}:{source}", metadata)
