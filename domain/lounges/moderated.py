"""A lounge in which some people decide about others."""

from collections.abc import Sized
from datetime import datetime, timedelta

from domain.aggregate import decides
from domain.lounges.commands import (
    AppointModerator,
    BanPerson,
    DismissModerator,
    InviteToLounge,
    KickPerson,
    ModerateLounge,
    MutePerson,
    UnbanPerson,
    UnmutePerson,
)
from domain.lounges.events import (
    LoungeLeft,
    ModeratorAppointed,
    ModeratorDismissed,
    PersonBanned,
    PersonInvited,
    PersonKicked,
    PersonMuted,
    PersonUnbanned,
    PersonUnmuted,
    Reason,
)
from domain.lounges.folded import FoldedLounge, Until, still
from domain.lounges.refusals import (
    BarredFromLounge,
    LoungeListFull,
    NotInLounge,
    NotYoursToDecide,
)
from domain.lounges.view import LoungePerson

KICK_SECONDS = 60
"""For which who was kicked stays out: long enough to notice, short enough to be no ban."""

MOST_MODERATORS = 50
MOST_LISTED = 250
"""Invitations, mutes and bans of one lounge, each; a snapshot of all is within a record, also where
each id has two hundred characters of four bytes."""

MOST_BARRED = MOST_LISTED + 100
"""Who is kept out, those who were kicked included: so many can be where all bans are taken."""

HIGHER_THAN = {"owner": ("moderator", None), "moderator": (None,), None: ()}
"""Who may decide about whom, by their roles."""


class ModeratedLounge(FoldedLounge):
    """Decides who may speak and be there.

    Guarantees: nobody decides about themselves, and moderators neither about the owner nor about
    each other; whoever is kicked or banned is out in the same commit.
    """

    @decides(InviteToLounge)
    def invite(self, command: InviteToLounge, now: datetime) -> LoungePerson:
        """Invite somebody; who is invited, in it, or decides here, is not again.

        Raises `NotYoursToDecide`, `BarredFromLounge` and `LoungeListFull`.
        """
        self._terms_now()
        self._require_role(command)
        if until := still(self._barred, command.other_id, now):
            raise BarredFromLounge(
                f"{command.other_id!r} may not come in until {until:%Y-%m-%d %H:%M:%S} UTC; "
                "lift that first."
            )
        settled = command.other_id in self._invited or command.other_id in self._inside
        if not settled and self._role(command.other_id) is None:
            require_space(self._invited, MOST_LISTED, "are invited")
            self._record(PersonInvited, user_id=command.other_id, by=command.user_id)
        return self._person(command.other_id, now)

    @decides(AppointModerator)
    def appoint(self, command: AppointModerator, now: datetime) -> LoungePerson:
        """Make somebody a moderator; again changes nothing.

        Raises `NotYoursToDecide` and `LoungeListFull`.
        """
        self._require_owner(command)
        if command.other_id not in self._moderators:
            self._require_about(command)
            require_space(self._moderators, MOST_MODERATORS, "are moderators")
            self._record(ModeratorAppointed, user_id=command.other_id, by=command.user_id)
        return self._person(command.other_id, now)

    @decides(DismissModerator)
    def dismiss(self, command: DismissModerator, now: datetime) -> LoungePerson:
        """Let somebody be a moderator no more; again changes nothing."""
        self._require_owner(command)
        if command.other_id in self._moderators:
            self._record(ModeratorDismissed, user_id=command.other_id, by=command.user_id)
        return self._person(command.other_id, now)

    @decides(MutePerson)
    def mute(self, command: MutePerson, now: datetime) -> LoungePerson:
        """Let somebody say nothing; a later mute takes the place of one that there was.

        Raises `NotYoursToDecide` and `LoungeListFull`.
        """
        self._require_about(command)
        require_space(others_still(self._muted, command, now), MOST_LISTED, "are muted")
        self._decide_until(PersonMuted, command, now, command.seconds)
        return self._person(command.other_id, now)

    @decides(UnmutePerson)
    def unmute(self, command: UnmutePerson, now: datetime) -> LoungePerson:
        """Let somebody speak again, who may have been free to."""
        self._require_about(command)
        if still(self._muted, command.other_id, now):
            self._record(PersonUnmuted, user_id=command.other_id, by=command.user_id)
        return self._person(command.other_id, now)

    @decides(KickPerson)
    def kick(self, command: KickPerson, now: datetime) -> LoungePerson:
        """Send somebody out. Raises `NotYoursToDecide`, `NotInLounge` and `LoungeListFull`."""
        self._require_about(command)
        if command.other_id not in self._inside:
            raise NotInLounge(f"{command.other_id!r} is not in this room.")
        self._bar(PersonKicked, command, now, KICK_SECONDS, "kicked", MOST_BARRED)
        return self._person(command.other_id, now)

    @decides(BanPerson)
    def ban(self, command: BanPerson, now: datetime) -> LoungePerson:
        """Keep somebody out, who may be in or not; a later ban takes the place of an earlier one.

        Raises `NotYoursToDecide` and `LoungeListFull`.
        """
        self._require_about(command)
        self._bar(PersonBanned, command, now, command.seconds, "banned", MOST_LISTED)
        return self._person(command.other_id, now)

    @decides(UnbanPerson)
    def unban(self, command: UnbanPerson, now: datetime) -> LoungePerson:
        """Let somebody in again, who may have been free to come."""
        self._require_about(command)
        if still(self._barred, command.other_id, now):
            self._record(PersonUnbanned, user_id=command.other_id, by=command.user_id)
        return self._person(command.other_id, now)

    def _bar(
        self,
        kind: type[PersonKicked | PersonBanned],
        command: ModerateLounge,
        now: datetime,
        seconds: int,
        reason: Reason,
        most: int,
    ) -> None:
        require_space(others_still(self._barred, command, now), most, "are kept out")
        self._decide_until(kind, command, now, seconds)
        self._let_out(command.other_id, reason)

    def _decide_until(
        self,
        kind: type[PersonMuted | PersonKicked | PersonBanned],
        command: ModerateLounge,
        now: datetime,
        seconds: int,
    ) -> None:
        until = now + timedelta(seconds=seconds)
        self._record(kind, user_id=command.other_id, by=command.user_id, until=until)

    def _let_out(self, user: str, reason: Reason) -> None:
        """Let somebody be out who may be in."""
        if user in self._inside:
            players = len(self._inside) - 1
            self._record(LoungeLeft, user_id=user, reason=reason, players=players)

    # -- who may ------------------------------------------------------------------------------

    def _require_role(self, command: ModerateLounge) -> None:
        if self._role(command.user_id) is None:
            raise NotYoursToDecide("It takes the owner of the room, or a moderator.")

    def _require_owner(self, command: ModerateLounge) -> None:
        if command.user_id != self._terms_now().owner:
            raise NotYoursToDecide("It takes the owner of the room.")

    def _require_about(self, command: ModerateLounge) -> None:
        self._terms_now()
        self._require_role(command)
        if self._role(command.other_id) not in HIGHER_THAN[self._role(command.user_id)]:
            raise NotYoursToDecide(
                f"{command.other_id!r} is the owner, a moderator like you, or yourself."
            )


def others_still(known: Until, command: ModerateLounge, now: datetime) -> Sized:
    """All but whom it concerns for whom something holds."""
    return [each for each in known if each != command.other_id and still(known, each, now)]


def require_space(people: Sized, most: int, what: str) -> None:
    """Raise `LoungeListFull` where there are as many as there may be."""
    if len(people) >= most:
        raise LoungeListFull(f"{len(people)} people {what}, and there may be {most}.")
