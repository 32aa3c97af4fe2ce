"""What the log keeps for ever must not change by accident."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from eventsourcing.domain import CollectEventsProtocol, DomainEventProtocol

import domain
from domain.aggregate import Aggregate, Command
from domain.events import DomainEvent
from domain.snapshot import State
from infra.eventlog.recorders.events import Stored, Tracked
from infra.eventlog.records import UnreadableEvent

T = TypeVar("T", DomainEvent, State, Command, Aggregate)

GOLDEN = Path(__file__).parents[1] / "golden"


def everything(kind: type[T]) -> Iterator[type[T]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    pending: list[type[T]] = kind.__subclasses__()
    while pending:
        found = pending.pop()
        pending.extend(found.__subclasses__())
        if found.__module__.startswith("domain."):
            yield found


OF_RECORDERS: list[type[DomainEvent]] = [Stored, Tracked]
EVENTS = sorted([*everything(DomainEvent), *OF_RECORDERS], key=lambda e: e.__qualname__)
STATES = sorted(everything(State), key=lambda s: s.__qualname__)
KEPT: list[type[DomainEvent] | type[State]] = [*EVENTS, *STATES]
COMMANDS = [c for c in everything(Command) if not c.__subclasses__()]
AGGREGATES = list(everything(Aggregate))


@pytest.mark.parametrize("kept", KEPT, ids=lambda k: k.__name__)
def test_what_is_kept_is_frozen_and_has_a_versioned_name_of_its_own(
    kept: type[DomainEvent | State],
) -> None:
    assert kept.__struct_config__.frozen
    names = [other.wire_name() for other in KEPT]
    assert names.count(kept.wire_name()) == 1
    assert kept.wire_name().rpartition(".v")[2].isdecimal()


@pytest.mark.parametrize("kept", KEPT, ids=lambda k: k.__name__)
def test_everything_ever_written_can_be_read_and_is_written_the_same(
    kept: type[DomainEvent | State],
) -> None:
    sample = GOLDEN / f"{kept.wire_name()}.json"
    assert sample.exists(), f"keep a golden sample of {kept.wire_name()} in {sample}"
    read = msgspec.json.decode(sample.read_bytes(), type=kept)
    assert json.loads(msgspec.json.encode(read)) == json.loads(sample.read_bytes())


def test_no_golden_sample_has_lost_what_it_is_of() -> None:
    known = {kept.wire_name() for kept in KEPT}
    assert {sample.stem for sample in GOLDEN.glob("*.json")} == known


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
