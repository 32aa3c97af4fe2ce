"""Which faults a schedule has, and what its clients ask for.

They differ from seed to seed ("swarm testing", Groce et al., 2012), since a schedule with every
fault at once seldom gets far enough for the rarer ones to matter. Half of the schedules have a
theme: faults and commands that together come near to a mistake that an owner could make.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from tests.eventlog.counter import (
    Count,
    CountBelow,
    CounterCommand,
    CountFrom,
    Look,
    LookClosely,
    SetAlarm,
)

COUNTER_IDS = ("apples", "pears", "plums")

FAULTS = {
    "coups": "an owner is cut off, goes on being asked, and another claims at once",
    "crashes": "a process ends in the middle of everything and starts again",
    "cuts": "a process does not reach some brokers, or none",
    "delays": "a record takes up to 0.3 seconds to arrive",
    "elections": "leaders change, some hear of it late, brokers stop; replicas lag and drop out",
    "errors": "a record is reported as lost, and is lost or arrives later",
    "freezes": "a process stands still and does not know that it does",
    "hand-overs": "an owner is told to let go",
    "leaps": "a second passes in which nothing happens",
    "old ends": "a broker says that the log ends where it ended long ago",
    "rivalry": "processes claim although there is an owner",
    "skew": "clocks differ by up to two seconds",
    "slow reader": "a process seldom reads",
    "wild wire": "records are repeated, at once or long after, and overtake each other",
}

KINDS: Sequence[type[CounterCommand]] = (
    Count,
    Count,
    CountBelow,
    CountFrom,
    Look,
    LookClosely,
    SetAlarm,
)


class Theme(NamedTuple):
    """Faults and commands that are dangerous together."""

    faults: Sequence[str]
    kinds: Sequence[type[CounterCommand]]


STALE = Theme(["coups"], [Count, Look, LookClosely])
ECHO = Theme(["coups", "slow reader", "wild wire"], [Count, *[LookClosely] * 4])
LOST = Theme(["delays", "hand-overs", "rivalry", "wild wire"], [Count, Look])
MISLED = Theme(["delays", "errors", "old ends"], [Count, Look])
REVIVED = Theme(["coups", "cuts", "wild wire"], [Count])
THEMES = (STALE, ECHO, ECHO, ECHO, LOST, MISLED, MISLED, MISLED, REVIVED)


class Weather(NamedTuple):
    """The faults of one schedule, and what its clients ask for, how often and of which counters."""

    faults: Sequence[str]
    kinds: Sequence[type[CounterCommand]]
    weights: Sequence[float]
    counters: Sequence[str]

    @classmethod
    def of(cls, theme: Theme) -> "Weather":
        """The weather of a theme, over a single counter."""
        return cls(theme.faults, theme.kinds, [1.0] * len(theme.kinds), COUNTER_IDS[:1])

    @classmethod
    def drawn(cls, random: Random) -> "Weather":
        """Some weather. Some counts all the time, some looks all the time, some has it all."""
        if random.random() < 0.5:
            return cls.of(random.choice(THEMES))
        density = random.choice((0.15, 0.3, 0.5))
        faults = [fault for fault in FAULTS if random.random() < density]
        weights = [random.random() ** 2 for _ in KINDS]
        return cls(faults, KINDS, weights, COUNTER_IDS[: random.randint(1, len(COUNTER_IDS))])
