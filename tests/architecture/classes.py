"""Every event, command and aggregate of the domain."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TypeVar

import domain
from domain.aggregate import Aggregate, Command
from domain.events import DomainEvent

T = TypeVar("T", DomainEvent, Command, Aggregate)


def everything(kind: type[T]) -> Iterator[type[T]]:
    """The subclasses of a class, wherever in the domain."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    pending: list[type[T]] = kind.__subclasses__()
    while pending:
        found = pending.pop()
        pending.extend(found.__subclasses__())
        if found.__module__.startswith("domain."):
            yield found


EVENTS = sorted(everything(DomainEvent), key=lambda e: e.__qualname__)
COMMANDS = [c for c in everything(Command) if not c.__subclasses__()]
AGGREGATES = list(everything(Aggregate))
