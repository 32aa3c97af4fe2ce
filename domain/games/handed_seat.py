"""A seat at a game that is over, which was handed over: a stream of its own for each.

A game that is over is final, and is let go of (docs/adr/0035); what is said of it later is said
here.
"""

from datetime import datetime

from domain.aggregate import Aggregate, decides, evolves
from domain.games.commands import HandOverResult, SeatLook
from domain.games.events import ResultHandedOver
from domain.games.states import SeatState
from domain.snapshot import Snapshot


class HandedSeat(Aggregate):
    """Somebody's seat at a game that is over; its stream key is made of both.

    Guarantee: it is handed over once, however often and to whomever it is asked.
    """

    states = (SeatState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._user_id: str | None = None

    @decides(HandOverResult)
    def hand_over(self, command: HandOverResult, _now: datetime) -> SeatLook:
        """Let the game have been played by another person; again changes nothing."""
        if self._user_id is not None:
            return SeatLook(status="as-it-was")
        self._record(
            ResultHandedOver,
            game_id=command.game_id,
            previous=command.player,
            user_id=command.to,
            outcome=command.outcome,
            ended_at=command.ended_at,
        )
        return SeatLook(status="handed-over")

    @evolves(ResultHandedOver)
    def _on_handed_over(self, event: ResultHandedOver) -> None:
        self._user_id = event.user_id

    @property
    def finished(self) -> bool:
        """Whether it was handed over."""
        return self._user_id is not None

    def state(self) -> SeatState:
        """To whom."""
        return SeatState(user_id=self._user_id)

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, SeatState)
        self._user_id = snapshot.state.user_id
