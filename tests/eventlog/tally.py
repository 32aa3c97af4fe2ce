"""The smallest aggregate with parts that ends: some boxes to count in, until it is closed."""

from collections.abc import Mapping

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.category import Category
from domain.events import DomainEvent
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State
from tests.eventlog.counter import Counter, Total


class Added(DomainEvent, frozen=True, kw_only=True, tag="tally.added.v1"):
    box: int


class Closed(DomainEvent, frozen=True, kw_only=True, tag="tally.closed.v1"):
    pass


class TallyCommand(Command, frozen=True, kw_only=True):
    tally: str

    @property
    def aggregate_id(self) -> str:
        return self.tally


class Add(TallyCommand, frozen=True, kw_only=True, tag="tally.add"):
    box: int = 0


class Close(TallyCommand, frozen=True, kw_only=True, tag="tally.close"):
    pass


class IsClosed(Refusal):
    type = "is-closed"


class TallyState(State, frozen=True, kw_only=True, tag="tally.snapshot.v1"):
    closed_at: int | None


class TallyBox(State, frozen=True, kw_only=True, tag="tally.box-snapshot.v1"):
    count: int


class Tally(Aggregate):
    states = (TallyState, TallyBox)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.boxes: dict[int, int] = {}
        self.changed: dict[int, int] = {}
        self.closed_at: int | None = None

    @decides(Add)
    def add(self, command: Add, now: object) -> Total:
        if self.closed_at is not None:
            raise IsClosed(f"{self.id!r} is closed.")
        self._record(Added, box=command.box)
        return Total(sum(self.boxes.values()))

    @decides(Close)
    def close(self, command: Close, now: object) -> Total:
        if self.closed_at is None:
            self._record(Closed)
        return Total(self.closed_at or 0)

    @evolves(Added)
    def _added(self, event: Added) -> None:
        self.boxes[event.box] = self.boxes.get(event.box, 0) + 1
        self.changed[event.box] = event.originator_version

    @evolves(Closed)
    def _closed(self, event: Closed) -> None:
        self.closed_at = sum(self.boxes.values())
        self.boxes, self.changed = {}, {}

    @property
    def finished(self) -> bool:
        return self.closed_at is not None

    def state(self) -> TallyState:
        return TallyState(closed_at=self.closed_at)

    @property
    def parts(self) -> Mapping[int, int]:
        return self.changed

    def part(self, number: int) -> TallyBox:
        return TallyBox(count=self.boxes[number])

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, TallyState)
        self.closed_at = snapshot.state.closed_at
        for part in snapshot.parts:
            assert isinstance(part.state, TallyBox)
            self.boxes[part.number] = part.state.count
            self.changed[part.number] = part.changed


TALLIES = Category("tally", Tally, Counter)
