"""What can be asked of a lounge; `user_id` asks, and `other_id` is whom it concerns."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.aggregate import Command
from domain.keys import Key
from domain.lounges.floor import LONGEST_SIDE_TILES, PlanText
from domain.lounges.names import lounge_key
from domain.personal import Sealed

Access = Literal["public", "invitation"]
"""Who may come in: everybody, or who is invited."""

MOST_PEOPLE = 200
"""Everybody in a lounge is told of each step of everybody else."""

LONGEST_SECONDS = 10 * 365 * 86_400
"""Of a mute or a ban: ten years, which is for good."""

LoungeCapacity = Annotated[int, msgspec.Meta(ge=1, le=MOST_PEOPLE)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_SECONDS)]
Coordinate = Annotated[int, msgspec.Meta(ge=0, lt=LONGEST_SIDE_TILES)]


class OfLounge(Command, frozen=True, kw_only=True):
    """A command for one lounge."""

    room_id: Key

    @property
    def aggregate_id(self) -> str:
        """The lounge."""
        return lounge_key(self.room_id)


class LoungeCommand(OfLounge, frozen=True, kw_only=True):
    """A command for one lounge, in the name of somebody."""

    user_id: Key


class LookIntoLounge(OfLounge, frozen=True, kw_only=True, tag="lounge.look"):
    """Tell how it stands; unlike a read model, who decides it is never behind."""

    by_hall = True


class OpenLounge(LoungeCommand, frozen=True, kw_only=True, omit_defaults=True, tag="lounge.open"):
    """Open a lounge of one's own.

    Whoever takes the command in gives its `room_id`; leave it out.
    """

    makes = "room_id"

    room_id: Key = ""
    name: Sealed | None = None
    capacity: LoungeCapacity
    access: Access
    plan: PlanText


class CloseLounge(LoungeCommand, frozen=True, kw_only=True, tag="lounge.close"):
    """Close one's lounge for good; everybody in it is out."""


class JoinLounge(LoungeCommand, frozen=True, kw_only=True, tag="lounge.join"):
    """Come in."""


class LeaveLounge(LoungeCommand, frozen=True, kw_only=True, tag="lounge.leave"):
    """Go out."""


class OfVisit(LoungeCommand, frozen=True, kw_only=True):
    """A step of the hall about somebody who came in at `since`, and not at another time."""

    by_hall = True

    since: Annotated[datetime, msgspec.Meta(tz=True)]


class EndVisit(OfVisit, frozen=True, kw_only=True, tag="lounge.end-visit"):
    """Let somebody be out, as they are in another lounge by now."""


class SettleTile(OfVisit, frozen=True, kw_only=True, tag="lounge.settle-tile"):
    """Let somebody be where they have walked to."""

    x: Coordinate
    y: Coordinate


class ModerateLounge(LoungeCommand, frozen=True, kw_only=True):
    """A command that only the owner or a moderator may give."""

    other_id: Key


class InviteToLounge(ModerateLounge, frozen=True, kw_only=True, tag="lounge.invite"):
    """Invite somebody, who is told."""


class AppointModerator(ModerateLounge, frozen=True, kw_only=True, tag="lounge.appoint-moderator"):
    """Make somebody a moderator of one's lounge."""


class DismissModerator(ModerateLounge, frozen=True, kw_only=True, tag="lounge.dismiss-moderator"):
    """Let somebody be a moderator no more."""


class MutePerson(ModerateLounge, frozen=True, kw_only=True, tag="lounge.mute"):
    """Let somebody say nothing for a while."""

    seconds: Seconds


class UnmutePerson(ModerateLounge, frozen=True, kw_only=True, tag="lounge.unmute"):
    """Let somebody speak again."""


class KickPerson(ModerateLounge, frozen=True, kw_only=True, tag="lounge.kick"):
    """Send somebody out, who may come back after a minute."""


class BanPerson(ModerateLounge, frozen=True, kw_only=True, tag="lounge.ban"):
    """Keep somebody out for a while."""

    seconds: Seconds


class UnbanPerson(ModerateLounge, frozen=True, kw_only=True, tag="lounge.unban"):
    """Let somebody in again who was kicked or banned."""
