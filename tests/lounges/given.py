"""Lounges as stories begin with them."""

from typing import Any

from domain.lounges.commands import (
    AppointModerator,
    InviteToLounge,
    JoinLounge,
    LoungeCommand,
    OpenLounge,
)
from domain.lounges.lounge import Lounge
from domain.lounges.names import lounge_key
from domain.personal import Sealed
from tests.given import Story, given

ROOM = "room-1"
OWNER, ADA, BOB, CYD = "olga", "ada", "bob", "cyd"
NAME = Sealed(subject=OWNER, sealed="…")
PLAN = "xx00\n0012\n0034"


def opened(**facts: Any) -> OpenLounge:
    """A lounge for three, for everybody."""
    usual: dict[str, Any] = {"name": NAME, "capacity": 3, "access": "public", "plan": PLAN}
    return OpenLounge(room_id=ROOM, user_id=OWNER, **(usual | facts))


def by(user: str, kind: type[LoungeCommand], other: str = "", **facts: Any) -> LoungeCommand:
    """What somebody asks for, of another or of nobody."""
    whom = {"other_id": other} if other else {}
    return kind(room_id=ROOM, user_id=user, **whom, **facts)


def joined(user: str) -> LoungeCommand:
    return by(user, JoinLounge)


def invited(user: str) -> LoungeCommand:
    return by(OWNER, InviteToLounge, user)


def moderating(user: str) -> LoungeCommand:
    return by(OWNER, AppointModerator, user)


def a_lounge(*commands: LoungeCommand, **facts: Any) -> Story:
    """The story of a lounge that is open."""
    return given(Lounge(lounge_key(ROOM)), opened(**facts), *commands)
