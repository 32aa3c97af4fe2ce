"""A category: the aggregates that share one topic of the log."""

from functools import reduce
from operator import or_
from typing import Any

from domain.aggregate import Aggregate, Command
from domain.events import DomainEvent
from domain.snapshot import State


class Category:
    """Names a topic and the aggregates whose events it holds.

    `deciders` maps each command type to the aggregate that decides it; `event_types` is the
    tagged union that reads the topic's events. `restorers` and `state_types` are the same for
    snapshots; without any, every aggregate of the category is rebuilt from its events.
    """

    def __init__(self, name: str, *aggregates: type[Aggregate]) -> None:
        self.name = name
        self.topic = f"{name}-log"
        self.deciders: dict[type[Command], type[Aggregate]] = {
            command: aggregate for aggregate in aggregates for command in aggregate.decisions
        }
        self.evolvers: dict[type[DomainEvent], type[Aggregate]] = {
            event: aggregate for aggregate in aggregates for event in aggregate.evolutions
        }
        self.event_types: Any = reduce(or_, self.evolvers)
        self.snapshots_topic = f"{name}-snapshots"
        self.restorers: dict[type[State], type[Aggregate]] = {
            aggregate.states[0]: aggregate for aggregate in aggregates if aggregate.states
        }
        self.state_types: Any = reduce(
            or_, [state for aggregate in aggregates for state in aggregate.states], State
        )
