"""A lounge: who is in it, where they stand, and who may come."""

from datetime import datetime

from domain.aggregate import decides
from domain.lounges.commands import (
    CloseLounge,
    EndVisit,
    JoinLounge,
    LeaveLounge,
    LookIntoLounge,
    OfVisit,
    OpenLounge,
    SettleTile,
)
from domain.lounges.events import LoungeClosed, LoungeJoined, LoungeOpened, TileSettled
from domain.lounges.floor import Tile, require_floor
from domain.lounges.folded import still
from domain.lounges.moderated import ModeratedLounge
from domain.lounges.refusals import (
    BarredFromLounge,
    LoungeFull,
    LoungeIdTaken,
    NotInvited,
    NotYoursToDecide,
)
from domain.lounges.states import LoungeTerms
from domain.lounges.view import LoungeLook, LoungePerson, LoungeView


class Lounge(ModeratedLounge):
    """A place where people meet; its stream key is `lounge_key` of its `room_id`.

    Guarantees: there are never more people in it than its `capacity`, nobody twice, nobody who was
    kicked or banned before the time of that is over, and in one by invitation, nobody who came in
    without; everybody stands on a tile of its floor. Once it is closed, nobody is in it.
    """

    @decides(OpenLounge)
    def open(self, command: OpenLounge, _now: datetime) -> LoungeView | None:
        """Open it. Raises `FloorPlanMalformed` and `LoungeIdTaken`."""
        if self._terms is not None:
            raise LoungeIdTaken(f"There is a room {self.room_id!r} already.")
        require_floor(command.plan)
        self._record(
            LoungeOpened,
            owner=command.user_id,
            name=command.name,
            capacity=command.capacity,
            access=command.access,
            plan=command.plan,
        )
        return self.view

    @decides(CloseLounge)
    def close(self, command: CloseLounge, _now: datetime) -> LoungeView | None:
        """Close it for good; again changes nothing. Raises `NotYoursToDecide`."""
        if command.user_id != self._terms_ever().owner:
            raise NotYoursToDecide("Only who has opened a room can close it.")
        if not self._closed:
            for user in list(self._inside):
                self._let_out(user, "closed")
            self._record(LoungeClosed)
        return self.view

    @decides(LookIntoLounge)
    def look(self, _command: LookIntoLounge, _now: datetime) -> LoungeLook:
        """Tell how it stands. Raises `LoungeNotFound`."""
        return self._looked_at(self._terms_ever())

    @decides(JoinLounge)
    def join(self, command: JoinLounge, now: datetime) -> LoungePerson:
        """Come in, and stand at the door; who is in already stays where they are.

        Raises `BarredFromLounge`, `NotInvited` and `LoungeFull`.
        """
        terms, user = self._terms_now(), command.user_id
        if user not in self._inside:
            self._require_welcome(terms, user, now)
            if len(self._inside) >= terms.capacity:
                raise LoungeFull(f"{terms.capacity} people are in this room, and no more fit.")
            door = self._floor().door
            self._record(
                LoungeJoined,
                user_id=user,
                x=door.x,
                y=door.y,
                players=len(self._inside) + 1,
                entries=self._entries + 1,
            )
        return self._person(user, now)

    @decides(LeaveLounge)
    def leave(self, command: LeaveLounge, now: datetime) -> LoungePerson:
        """Go out; who is out stays out. Raises `LoungeNotFound` alone."""
        if not self._closed:
            self._terms_now()
            self._let_out(command.user_id, "left")
        return self._person(command.user_id, now)

    @decides(EndVisit)
    def end_visit(self, command: EndVisit, _now: datetime) -> None:
        """Let somebody be out, unless they have gone, or have come in anew since."""
        if self._goes_on(command):
            self._let_out(command.user_id, "elsewhere")

    @decides(SettleTile)
    def settle(self, command: SettleTile, _now: datetime) -> None:
        """Take note of where somebody stands; nothing where that is no tile, or they have gone."""
        if not self._goes_on(command):
            return
        inside, tile = self._inside[command.user_id], Tile(command.x, command.y)
        if tile != (inside.x, inside.y) and self._floor().has(tile):
            self._record(TileSettled, user_id=command.user_id, x=tile.x, y=tile.y)

    def _goes_on(self, command: OfVisit) -> bool:
        """Whether the visit of which a command speaks is not over."""
        inside = self._inside.get(command.user_id)
        return inside is not None and inside.since == command.since

    def _require_welcome(self, terms: LoungeTerms, user: str, now: datetime) -> None:
        if until := still(self._barred, user, now):
            raise BarredFromLounge(
                f"You may not come in until {until:%Y-%m-%d %H:%M:%S} UTC, as a moderator has "
                "decided."
            )
        if terms.access == "public" or user in self._invited or self._role(user) is not None:
            return
        raise NotInvited("This room is by invitation, and you have none.")
