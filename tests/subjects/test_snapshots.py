"""What a snapshot holds of somebody is erased with everything else."""

from datetime import datetime

from application.log.snapshots.index import SnapshotIndex
from application.log.snapshots.records import SnapshotCodec, snapshot_key
from domain.aggregate import Aggregate, Command, decides, evolves
from domain.category import Category
from domain.events import DomainEvent
from domain.personal import Sealed
from domain.snapshot import Snapshot, State
from tests.given import Story
from tests.subjects.test_sealing import erase, ring, sealed


class Tell(Command, frozen=True, kw_only=True, tag="badge.tell"):
    name: Sealed

    @property
    def aggregate_id(self) -> str:
        return "badge"


class Told(DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="badge.told.v1"):
    name: Sealed | None = None


class BadgeState(State, frozen=True, kw_only=True, tag="badge.snapshot.v1"):
    name: Sealed | None


class Badge(Aggregate):
    """Unlike a room, it remembers what somebody is called."""

    states = (BadgeState,)
    name: Sealed | None = None

    @decides(Tell)
    def tell(self, command: Tell, now: datetime) -> None:
        self._record(Told, name=command.name)

    @evolves(Told)
    def _told(self, event: Told) -> None:
        self.name = event.name

    def state(self) -> BadgeState:
        return BadgeState(name=self.name)

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, BadgeState)
        self.name = snapshot.state.name


BADGES = Category("badge", Badge)


def test_a_text_is_sealed_in_a_snapshot_and_gone_from_it_with_the_key() -> None:
    keys = ring("ada", "bob")
    story = Story(Badge("badge")).when(Tell(name=sealed(keys, "ada", "Ada Lovelace")))
    stored = SnapshotCodec(BADGES).encode(story.aggregate, seq=1)
    assert b"ada" in stored
    assert b"Lovelace" not in stored

    index = SnapshotIndex(BADGES)
    index.put(0, snapshot_key(story.aggregate), stored)
    badge = index.restore().fold.get("badge")
    assert isinstance(badge, Badge)
    assert badge.name is not None
    assert keys.open(badge.name) == "Ada Lovelace"
    erase(keys, "ada")
    assert keys.open(badge.name) is None
