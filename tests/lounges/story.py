"""People come, walk, go and are sent out, told to a narrator, for the tests of read models."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

from domain.lounges.commands import (
    LONGEST_SECONDS,
    AppointModerator,
    BanPerson,
    CloseLounge,
    DismissModerator,
    InviteToLounge,
    JoinLounge,
    KickPerson,
    LeaveLounge,
    LoungeCommand,
    MutePerson,
    OpenLounge,
    SettleTile,
    UnbanPerson,
    UnmutePerson,
)
from domain.lounges.events import LoungeJoined
from domain.lounges.names import room_id_of
from domain.personal import Sealed
from domain.refusals import Refusal
from tests.given import T0
from tests.projections.story import Narrator

MOMENTS = 240
PEOPLE = ("ada", "bob", "cyd", "dan")
ROOMS = ("room-a", "room-b", "room-c", "room-d")
PLAN = "000\n012"
SHORT, LONG = {"seconds": 9}, {"seconds": LONGEST_SECONDS}

DECISIONS: list[tuple[type[LoungeCommand], dict[str, int]]] = [
    *((kind, facts) for kind in (MutePerson, BanPerson) for facts in (SHORT, LONG)),
    *((kind, {}) for kind in (InviteToLounge, AppointModerator, DismissModerator)),
    *((kind, {}) for kind in (KickPerson, UnbanPerson, UnmutePerson)),
]


def tell_of_lounges(narrator: Narrator) -> None:
    """Four lounges, of which one is closed and one by invitation, and days full of people."""
    random, now, since = Random(1), T0, dict[tuple[str, str], datetime]()
    for number, room in enumerate(ROOMS):
        name = Sealed(subject="olga", sealed=f"0Zx1b3c2V5nYm9yZXJ0aGVzZWFsZWR0ZXh{number}")
        access: Any = "invitation" if room == ROOMS[1] else "public"
        terms: dict[str, Any] = {"name": name, "capacity": 3, "access": access, "plan": PLAN}
        opened = OpenLounge(room_id=room, user_id="olga", **terms)
        narrator.tell(opened, now=now + timedelta(seconds=number))
    for _ in range(MOMENTS):
        now += timedelta(minutes=random.randrange(1, 60))
        with suppress(Refusal):
            for recorded in narrator.tell(_something(random, since), now=now):
                if isinstance(recorded.event, LoungeJoined):
                    since[room_id_of(recorded.event.originator_id), recorded.event.user_id] = now
    narrator.tell(CloseLounge(room_id=ROOMS[-1], user_id="olga"), now=now)


def _something(random: Random, since: Mapping[tuple[str, str], datetime]) -> LoungeCommand:
    both = {"room_id": random.choice(ROOMS), "user_id": random.choice(PEOPLE)}
    match random.randrange(5):
        case 0 | 1:
            return JoinLounge(**both)
        case 2:
            return LeaveLounge(**both)
        case 3:
            began = since.get((both["room_id"], both["user_id"]), T0)
            return SettleTile(**both, x=random.randrange(3), y=random.randrange(2), since=began)
    kind, facts = random.choice(DECISIONS)
    asked: dict[str, Any] = {"user_id": "olga", "other_id": both["user_id"], **facts}
    return kind(room_id=both["room_id"], **asked)
