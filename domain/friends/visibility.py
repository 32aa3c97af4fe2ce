"""Whether somebody lets their friends see when they are there."""

from datetime import datetime

from domain.aggregate import Aggregate, decides, evolves
from domain.friends.commands import LookAtPresence, SetPresence
from domain.friends.events import PresenceHidden, PresenceShown
from domain.friends.view import PresenceView
from domain.snapshot import Snapshot, State


class VisibilityState(State, frozen=True, kw_only=True, tag="friends.presence.snapshot.v1"):
    """What somebody wants."""

    hidden: bool


class Visibility(Aggregate):
    """What somebody wants to be seen of them; its stream key is `person_id` of them.

    Whether they are there is in no event: it is known as long as it is so.
    """

    evicted_when_idle = True
    states = (VisibilityState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._hidden = False

    @decides(SetPresence)
    def set(self, command: SetPresence, _now: datetime) -> PresenceView:
        """Be hidden, or seen by friends; again changes nothing."""
        if command.hidden != self._hidden:
            kind = PresenceHidden if command.hidden else PresenceShown
            self._record(kind, user_id=command.user_id)
        return PresenceView(hidden=self._hidden)

    @decides(LookAtPresence)
    def look(self, _command: LookAtPresence, _now: datetime) -> PresenceView:
        """Whether they are hidden."""
        return PresenceView(hidden=self._hidden)

    @evolves(PresenceHidden)
    def _on_hidden(self, _event: PresenceHidden) -> None:
        self._hidden = True

    @evolves(PresenceShown)
    def _on_shown(self, _event: PresenceShown) -> None:
        self._hidden = False

    def state(self) -> VisibilityState:
        """All of it."""
        return VisibilityState(hidden=self._hidden)

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, VisibilityState)
        self._hidden = state.hidden
