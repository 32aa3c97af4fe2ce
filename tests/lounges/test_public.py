"""What the public is told of rooms."""

from typing import Any

import msgspec
import pytest

from application.lounges.outbox import EVENTS, OUTBOX, TELLS, publish
from domain.events import DomainEvent
from domain.lounges.commands import (
    BanPerson,
    CloseLounge,
    DismissModerator,
    KickPerson,
    LeaveLounge,
    LoungeCommand,
    MutePerson,
    SettleTile,
    UnbanPerson,
    UnmutePerson,
)
from tests.given import T0
from tests.lounges.given import (
    ADA,
    OWNER,
    PLAN,
    ROOM,
    a_lounge,
    by,
    invited,
    joined,
    moderating,
)

EVERYTHING: list[LoungeCommand] = [
    *(
        invited(ADA),
        joined(ADA),
        by(ADA, SettleTile, x=3, y=1, since=T0),
        by(ADA, LeaveLounge),
        joined(ADA),
    ),
    *(moderating(ADA), by(OWNER, DismissModerator, ADA), by(OWNER, MutePerson, ADA, seconds=9)),
    *(by(OWNER, UnmutePerson, ADA), by(OWNER, KickPerson, ADA), by(OWNER, UnbanPerson, ADA)),
    *(by(OWNER, BanPerson, ADA, seconds=9), by(OWNER, CloseLounge)),
]
HISTORY = a_lounge(*EVERYTHING).history


def message(event: DomainEvent) -> dict[str, Any]:
    outgoing = publish(event)
    assert outgoing is not None
    assert (outgoing.topic, outgoing.key) == (EVENTS.name, ROOM)
    return dict(msgspec.json.decode(outgoing.value))


def test_each_message_tells_what_is_declared_and_none_a_name() -> None:
    told = [message(event) for event in HISTORY if publish(event) is not None]
    assert {each["event_type"] for each in told} == {*TELLS[EVENTS.name]}
    for each in told:
        assert [*each] == [*TELLS[EVENTS.name][each["event_type"]]]
        assert "name" not in each
    assert OUTBOX.topics == (EVENTS,)


def test_an_invitation_is_nobody_else_s() -> None:
    assert [type(event).__name__ for event in HISTORY if publish(event) is None] == [
        "PersonInvited"
    ]


NOW = int(T0.timestamp())


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("room_created", {"owner": OWNER, "capacity": 3, "access": "public", "plan": PLAN}),
        ("user_joined", {"user_id": ADA, "x": 2, "y": 0, "players": 1, "entries": 1}),
        ("user_moved", {"user_id": ADA, "x": 3, "y": 1}),
        ("user_left", {"user_id": ADA, "reason": "left", "players": 0}),
        ("role_changed", {"user_id": ADA, "by": OWNER, "role": "moderator"}),
        ("muted", {"user_id": ADA, "by": OWNER, "until": NOW + 9}),
        ("room_closed", {}),
    ],
)
def test_rooms_are_told_in_the_words_of_the_topic(name: str, facts: dict[str, Any]) -> None:
    told = [message(event) for event in HISTORY if publish(event) is not None]
    first = next(each for each in told if each["event_type"] == name)
    assert first == {"event_type": name, "room_id": ROOM, **facts, "timestamp": NOW}
