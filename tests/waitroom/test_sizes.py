"""What one command records is one record of the log, however long the ids are."""

from datetime import timedelta

import pytest

from application.log.records import Codec, Commit
from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.events import Metadata
from domain.keys import MOST_KEY_CHARACTERS
from domain.waitroom import Waitroom
from domain.waitroom.commands import JoinWaitroom, OpenWaitroom, TendWaitroom
from domain.waitroom.operated import MOST_AT_ONCE
from domain.waitroom.orders import ChangeWaitroom, CloseWaitroom
from tests.given import T0

MOST_BYTES = 1_000_000
"""What Kafka's client takes in one record, by default, as the log leaves it."""

LATER = T0 + timedelta(seconds=99, microseconds=1)


def longest(name: object = "") -> str:
    """An id of as many characters as there may be, of four bytes each."""
    return str(name) + "\U0001f3b2" * (MOST_KEY_CHARACTERS - len(str(name)))


ROOM, OLGA = longest(), longest()


@pytest.mark.parametrize(
    "command",
    [
        TendWaitroom(event_id=ROOM),
        ChangeWaitroom(event_id=ROOM, capacity=10 * MOST_AT_ONCE, by=OLGA),
        CloseWaitroom(event_id=ROOM, waiting="dismiss", keep_seconds=60, by=OLGA),
    ],
    ids=["overdue", "changed", "dismissed"],
)
def test_a_commit_of_the_longest_ids_fits_one_record_with_room_to_spare(command: Command) -> None:
    room = Waitroom(ROOM)
    room.decide(OpenWaitroom(event_id=ROOM, capacity=MOST_AT_ONCE, checkout_seconds=60), T0)
    for number in range(3 * MOST_AT_ONCE):
        user, session = longest(number), longest(number)
        room.decide(JoinWaitroom(event_id=ROOM, user_id=user, session_id=session), T0)
    room.collect_events()
    reply = room.decide(command, LATER)
    events = room.collect_events()
    assert len(events) >= MOST_AT_ONCE
    commit = Commit(
        epoch=10**9,
        owner="o" * 100,
        seq=10**12,
        command_id=longest(),
        metadata=Metadata(actor=OLGA, correlation_id=longest(), causation_id=longest()),
        events=events,
        reply=reply,
    )
    assert len(Codec(WAITROOMS).encode(commit)) < 0.9 * MOST_BYTES
