"""The slots of a waiting room that are taken: who may check out, and whose time is over first."""

from collections.abc import Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush

from domain.waitroom.session import Session

STALE_AT_LEAST = 64
"""Below so many entries that count no more, clearing them away is not worth the work."""


class Slots:
    """Sessions that may check out, found by id, and the one whose deadline is the earliest.

    Deadlines follow no order of their own: a room's time limit changes, and a checkout may be
    extended. So they lie in a heap, where an entry that counts no more stays until it comes to
    the top, or until there are more of those than of others. Everything costs O(log n) on the
    whole, and a deadline that is later than all before it, as most are, O(1).
    """

    __slots__ = ("_heap", "_ready")

    def __init__(self, sessions: Iterable[Session] = ()) -> None:
        self._ready = {session.session_id: session for session in sessions}
        self._clear_away()

    def __len__(self) -> int:
        return len(self._ready)

    def put(self, session: Session) -> None:
        """Note a session's slot; one that is there already has got another deadline."""
        self._ready[session.session_id] = session
        heappush(self._heap, _entry(session))
        self._clear_stale()

    def discard(self, session: Session) -> None:
        """Take a session's slot, if it has one."""
        self._ready.pop(session.session_id, None)
        self._clear_stale()

    @property
    def deadline(self) -> datetime | None:
        """The earliest deadline there is."""
        heap, ready = self._heap, self._ready
        while heap:
            deadline, _, session_id = heap[0]
            session = ready.get(session_id)
            if session and session.slot and session.slot.deadline == deadline:
                return deadline
            heappop(heap)
        return None

    def first(self) -> Session | None:
        """The session with the earliest deadline; of equal ones, who was admitted first."""
        return None if self.deadline is None else self._ready[self._heap[0][2]]

    def _clear_stale(self) -> None:
        if len(self._heap) > 2 * len(self._ready) + STALE_AT_LEAST:
            self._clear_away()

    def _clear_away(self) -> None:
        self._heap = [_entry(session) for session in self._ready.values()]
        heapify(self._heap)


def _entry(session: Session) -> tuple[datetime, int, str]:
    slot = session.slot
    assert slot is not None
    return slot.deadline, slot.since, session.session_id
