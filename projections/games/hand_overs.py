"""Seats that were handed over, between other events of games."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from domain.events import Recorded
from domain.games.events import ResultHandedOver, SeatHandedOver

HAND_OVERS = (SeatHandedOver, ResultHandedOver)


def _is_one(recorded: Recorded) -> bool:
    return isinstance(recorded.event, HAND_OVERS)


def parts(events: Sequence[Recorded]) -> Iterator[tuple[bool, Sequence[Recorded]]]:
    """The events in their order, as runs of hand-overs (True) and of others (False)."""
    for handing, run in groupby(events, _is_one):
        yield handing, list(run)
