"""Every event, state, command and aggregate there is."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

import application
import domain
from domain.aggregate import Aggregate, Command
from domain.events import DomainEvent
from domain.snapshot import State
from infra.eventlog.recorders.events import Stored, Tracked

T = TypeVar("T", DomainEvent, State, Command, Aggregate)
Kept = type[DomainEvent] | type[State]
"""What is written for others to read, who may be of another version."""


def everything(kind: type[T], package: ModuleType = domain) -> Iterator[type[T]]:
    """The subclasses of a class, wherever in a package."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    pending: list[type[T]] = kind.__subclasses__()
    while pending:
        found = pending.pop()
        pending.extend(found.__subclasses__())
        if found.__module__.startswith(f"{package.__name__}."):
            yield found


OF_RECORDERS: list[type[DomainEvent]] = [Stored, Tracked]
EVENTS = sorted([*everything(DomainEvent), *OF_RECORDERS], key=lambda e: e.__qualname__)
OF_PROCESSES = everything(State, application)
STATES = sorted([*everything(State), *OF_PROCESSES], key=lambda s: s.__qualname__)
KEPT: list[Kept] = [*EVENTS, *STATES]
COMMANDS = [c for c in everything(Command) if not c.__subclasses__()]
AGGREGATES = [a for a in everything(Aggregate) if not a.__subclasses__()]
