"""An aggregate whose event has changed its shape twice, and the program from before the last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.category import Category
from domain.events import DomainEvent
from domain.snapshot import Snapshot, State


class SignedV1(DomainEvent, frozen=True, kw_only=True, tag="guestbook.signed.v1"):
    """In the beginning, a name was one text."""

    name: str


class SignedV2(DomainEvent, frozen=True, kw_only=True, tag="guestbook.signed.v2"):
    """Then it was two."""

    first: str
    last: str

    former = SignedV1

    @classmethod
    def upcast(cls, former: SignedV1) -> Self:
        first, _, last = former.name.partition(" ")
        if not last:
            raise ValueError(f"{former.name!r} is one name only.")
        return cls(**_same(former), first=first, last=last)


class Signed(DomainEvent, frozen=True, kw_only=True, tag="guestbook.signed.v3"):
    """Now the lines are numbered; what was written before has none."""

    first: str
    last: str
    line: int | None

    former = SignedV2

    @classmethod
    def upcast(cls, former: SignedV2) -> Self:
        return cls(**_same(former), first=former.first, last=former.last, line=None)


class Closed(DomainEvent, frozen=True, kw_only=True, tag="guestbook.closed.v1"):
    """This one has never changed."""


def _same(event: DomainEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in DomainEvent.__struct_fields__}


class Sign(Command, frozen=True, kw_only=True, tag="guestbook.sign"):
    first: str
    last: str
    guestbook: str = "guestbook"

    @property
    def aggregate_id(self) -> str:
        return self.guestbook


class GuestbookState(State, frozen=True, kw_only=True, tag="guestbook.snapshot.v2"):
    guests: Sequence[tuple[str, str, int | None]]
    closed: bool


class OldGuestbookState(State, frozen=True, kw_only=True, tag="guestbook.snapshot.v1"):
    guests: Sequence[tuple[str, str]]


class Guestbook(Aggregate):
    states = (GuestbookState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.guests: list[tuple[str, str, int | None]] = []
        self.closed = False

    @decides(Sign)
    def sign(self, command: Sign, now: datetime) -> None:
        line = len(self.guests) + 1
        self._record(Signed, first=command.first, last=command.last, line=line)

    @evolves(Signed)
    def _signed(self, event: Signed) -> None:
        self.guests.append((event.first, event.last, event.line))

    @evolves(Closed)
    def _closed(self, event: Closed) -> None:
        self.closed = True

    def state(self) -> GuestbookState:
        return GuestbookState(guests=self.guests, closed=self.closed)

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, GuestbookState)
        self.guests, self.closed = list(snapshot.state.guests), snapshot.state.closed


class OldGuestbook(Aggregate):
    """The guestbook as the program knew it before lines were numbered."""

    states = (OldGuestbookState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.guests: list[tuple[str, str]] = []

    @decides(Sign)
    def sign(self, command: Sign, now: datetime) -> None:
        self._record(SignedV2, first=command.first, last=command.last)

    @evolves(SignedV2)
    def _signed(self, event: SignedV2) -> None:
        self.guests.append((event.first, event.last))

    def state(self) -> OldGuestbookState:
        return OldGuestbookState(guests=self.guests)

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, OldGuestbookState)
        self.guests = list(snapshot.state.guests)


GUESTBOOKS = Category("guestbook", Guestbook)
OLD_GUESTBOOKS = Category("guestbook", OldGuestbook)
