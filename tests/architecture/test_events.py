"""What the log keeps for ever, and what snapshots keep for a while, must not change by accident."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from eventsourcing.domain import CollectEventsProtocol, DomainEventProtocol

from application.log.records import Codec, StoredCommit, UnreadableEvent
from domain.aggregate import Aggregate
from domain.categories import CATEGORIES
from domain.category import Category
from domain.events import DomainEvent
from domain.personal import PersonalText, Sealed
from domain.snapshot import State
from infra.eventlog.recorders.shard import ledger_category
from interfaces.http.waitroom.join import Joining
from tests.architecture.classes import AGGREGATES, COMMANDS, EVENTS, KEPT, STATES, Kept
from tests.architecture.shapes import GOLDEN, SHAPES, problem, recorded, shape_of, updated
from tests.eventlog.guestbook import GUESTBOOKS

LOGS = (*CATEGORIES, ledger_category("recorder"))
SAMPLES = sorted(path for path in GOLDEN.glob("*.json") if path != SHAPES)


def sample(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


SAMPLES_OF_STATES = {
    path for path in SAMPLES if sample(path)["type"] in {state.wire_name() for state in STATES}
}
SAMPLES_OF_EVENTS = [path for path in SAMPLES if path not in SAMPLES_OF_STATES]


def category_of(event: type[DomainEvent]) -> Category | None:
    known = (c for c in LOGS if event in c.evolvers or event in c.upcasts)
    return next(known, None)


def read(event: Mapping[str, Any], category: Category) -> DomainEvent:
    """Read an event the way every reader of the log does."""
    record = {
        "record": "commit",
        "epoch": 1,
        "owner": "owner",
        "seq": 0,
        "command_id": "command",
        "metadata": {},
        "events": [event],
    }
    commit = Codec(category).decode(msgspec.json.encode(record))
    assert isinstance(commit, StoredCommit)
    return commit.events[0]


@pytest.mark.parametrize("kept", KEPT, ids=lambda k: k.__name__)
def test_what_is_kept_is_frozen_and_has_a_versioned_name_of_its_own(kept: Kept) -> None:
    assert kept.__struct_config__.frozen
    names = [other.wire_name() for other in KEPT]
    assert names.count(kept.wire_name()) == 1
    assert kept.wire_name().rpartition(".v")[2].isdecimal()
    assert is_snapshot(kept.wire_name()) == issubclass(kept, State)


def is_snapshot(name: str) -> bool:
    return name.rpartition(".v")[0].endswith("snapshot")


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
def test_an_event_has_a_reader(event: type[DomainEvent]) -> None:
    assert category_of(event), (
        f"no aggregate evolves by {event.__name__}, and none has it as former"
    )


@pytest.mark.parametrize("category", [*LOGS, GUESTBOOKS], ids=lambda c: c.name)
def test_a_former_version_is_read_and_no_longer_evolved_by(category: Category) -> None:
    assert not set(category.evolvers) & set(category.upcasts)
    for event in (*category.evolvers, *category.upcasts):
        if event.former is not None:
            name, _, number = event.wire_name().rpartition(".v")
            assert event.former.wire_name() == f"{name}.v{int(number) - 1}"


@pytest.mark.parametrize("path", SAMPLES_OF_EVENTS, ids=lambda path: path.stem)
def test_every_event_ever_written_is_read_as_the_newest_version(path: Path) -> None:
    written = sample(path)
    (category,) = {
        category
        for category in LOGS
        if written["type"] in {e.wire_name() for e in (*category.evolvers, *category.upcasts)}
    }
    event = read(written, category)
    assert type(event) in category.evolvers, f"{path.name} has lost its reader: {event}"


@pytest.mark.parametrize("kept", KEPT, ids=lambda k: k.__name__)
def test_what_is_kept_is_written_as_its_golden_samples_show(kept: Kept) -> None:
    samples = [sample(path) for path in SAMPLES if sample(path)["type"] == kept.wire_name()]
    assert samples, f"keep a golden sample of {kept.wire_name()} in tests/golden"
    for written in samples:
        again = msgspec.json.encode(msgspec.convert(written, type=kept))
        assert json.loads(again) == written
    shown = set().union(*samples)
    assert shown == {"type", *kept.__struct_fields__}, "show every field in a sample"


@pytest.mark.parametrize("kept", KEPT, ids=lambda k: k.__name__)
def test_what_is_kept_keeps_its_shape(kept: Kept) -> None:
    known = recorded().get(kept.wire_name())
    hint = None if known is None else problem(kept, known)
    assert known == shape_of(kept), hint or "write it down: python -m tests.architecture.shapes"


def test_no_event_that_was_ever_written_is_forgotten() -> None:
    """A state may be: nobody needs a former one, but its name is not free again."""
    gone = set(recorded()) - {kept.wire_name() for kept in KEPT}
    assert all(map(is_snapshot, gone))


# -- what is personal ------------------------------------------------------------------------------


def mentions(what: object, hint: Any) -> bool:
    return hint == what or any(mentions(what, each) for each in get_args(hint))


def personal(kind: type[msgspec.Struct], what: object = Sealed) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint for name, hint in hints.items() if mentions(what, hint)}


@pytest.mark.parametrize("kind", [*EVENTS, *COMMANDS], ids=lambda kind: kind.__name__)
def test_what_is_personal_is_sealed_or_missing(kind: type[msgspec.Struct]) -> None:
    for hint in personal(kind).values():
        assert set(get_args(hint)) == {Sealed, NoneType}, "nothing in the open, nothing nested"
    if issubclass(kind, DomainEvent) and personal(kind):
        assert kind.__struct_config__.omit_defaults


@pytest.mark.parametrize("kind", [*KEPT, *COMMANDS, Joining], ids=lambda kind: kind.__name__)
def test_what_is_personal_is_in_the_open_at_the_edge_only(kind: type[msgspec.Struct]) -> None:
    _, meant = get_args(PersonalText)
    assert bool(personal(kind, meant)) == (kind is Joining)


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda a: a.__name__)
def test_no_answer_holds_anything_personal(aggregate: type[Aggregate]) -> None:
    """The log keeps answers for ever, and so do clients."""
    for decide in aggregate.decisions.values():
        reply = get_type_hints(decide)["return"]
        for kind in (reply, *get_args(reply)):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                assert not personal(kind)


# -- the guard is not blind ------------------------------------------------------------------------


class Moved(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v1"):
    where: str
    steps: int


class MovedMore(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v1"):
    where: str
    steps: int
    gladly: bool = True


class MovedLess(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v1"):
    where: str


class MovedOtherwise(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v1"):
    where: str
    steps: float


class MovedSomewhere(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v1"):
    where: str
    steps: int
    whence: str


SHAPE = updated({}, [Moved])


def test_a_field_with_a_default_may_be_added() -> None:
    assert updated(SHAPE, [MovedMore]) == {"made-up.moved.v1": shape_of(MovedMore)}
    assert shape_of(MovedMore) != shape_of(Moved), "and is written down"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (MovedLess, "steps: integer, which is now not there"),
        (MovedOtherwise, "steps: integer, which is now number"),
        (MovedSomewhere, "has been written without whence"),
    ],
)
def test_any_other_change_takes_a_new_version(changed: type[DomainEvent], what: str) -> None:
    with pytest.raises(ValueError, match="new version") as refused:
        updated(SHAPE, [changed])
    assert what in str(refused.value)


class Stand(State, frozen=True, kw_only=True, tag="made-up.snapshot.v1"):
    last: Moved | None


class StandMore(State, frozen=True, kw_only=True, tag="made-up.snapshot.v1"):
    last: Moved | None
    often: bool = False


class MovedAnew(DomainEvent, frozen=True, kw_only=True, tag="made-up.moved.v2"):
    where: str
    steps: int


class StandAnew(State, frozen=True, kw_only=True, tag="made-up.snapshot.v1"):
    last: MovedAnew | None


@pytest.mark.parametrize(
    ("changed", "what"),
    [(StandMore, "has been written without often?"), (StandAnew, "last: made-up.moved.v1{")],
)
def test_any_change_of_a_state_takes_a_new_version(changed: type[State], what: str) -> None:
    with pytest.raises(ValueError, match="new version") as refused:
        updated(updated({}, [Stand]), [changed])
    assert what in str(refused.value)


# -- commands and aggregates -----------------------------------------------------------------------


def test_commands_have_names_of_their_own() -> None:
    names = [command.__struct_config__.tag for command in COMMANDS]
    assert len(names) == len(set(names))
    assert all(command.__struct_config__.frozen for command in COMMANDS)


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda a: a.__name__)
def test_an_aggregate_evolves_by_events_and_satisfies_the_library(
    aggregate: type[Aggregate],
) -> None:
    assert isinstance(aggregate("id"), CollectEventsProtocol)
    assert aggregate.decisions
    assert aggregate.evolutions


def test_an_event_satisfies_the_library() -> None:
    event = UnreadableEvent(
        originator_id="a",
        originator_version=1,
        timestamp=msgspec.json.decode('"2026-11-01T12:00:00Z"', type=datetime),
        reason="",
        raw=b"",
    )
    assert isinstance(event, DomainEventProtocol)
