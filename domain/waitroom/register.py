"""The register of a waiting room: every session it has ever handed out, few of them in full."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from domain.compact import CompactIndex
from domain.waitroom.session import Session

PAGE_SESSIONS = 512
"""Sessions on a page, which is a part of a snapshot. With the longest ids there can be, it is
within the megabyte that Kafka takes in one record."""

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(list[Session]).decode
_id = attrgetter("session_id")


class SessionPage:
    """The sessions of `PAGE_SESSIONS` tickets in a row.

    Those that are over are kept encoded, one behind the other: they are asked for when somebody
    repeats a command, if ever, and take 70 bytes instead of 400.
    """

    __slots__ = ("_count", "_over", "changed", "sessions")

    def __init__(self, changed: int, sessions: Iterable[Session] = ()) -> None:
        self.changed = changed
        self.sessions: list[Session | None] = list(sessions)
        self._over: bytes | bytearray = bytearray()
        self._count = 0

    def end(self, session: Session) -> None:
        """Keep a session as one that is over."""
        self.sessions[(session.ticket - 1) % PAGE_SESSIONS] = None
        self._over += encode(session)
        self._count += 1
        if self._count == PAGE_SESSIONS:
            self.sessions, self._over = [], bytes(self._over)  # neither will change any more

    def amend(self, session: Session) -> None:
        """Keep one that is over otherwise than before."""
        over = [session if each.ticket == session.ticket else each for each in self.over()]
        self._over = type(self._over)(b"".join(map(encode, over)))

    def over(self) -> list[Session]:
        """The sessions that are over, in the order in which they ended."""
        head = b"\xdc" + self._count.to_bytes(2, "big")  # of an array, in MessagePack
        return decode(head + self._over)

    def __iter__(self) -> Iterator[Session]:
        """Every session, in the order of tickets."""
        live = [session for session in self.sessions if session is not None]
        return iter(sorted([*live, *self.over()], key=lambda session: session.ticket))


class Register:
    """Every session by ticket and by id. Tickets are dense from 1.

    A live session takes an entry in a dictionary and itself; one that is over takes 85 bytes,
    and finding it again a tenth of a millisecond.
    """

    def __init__(self) -> None:
        self._pages: list[SessionPage] = []
        self._newest: SessionPage
        self._live: dict[str, Session] = {}
        self._over = CompactIndex()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, session: Session, version: int) -> None:
        """Enter a session, whose ticket is the next one."""
        if self._length % PAGE_SESSIONS == 0:
            self._newest = SessionPage(version)
            self._pages.append(self._newest)
        self._length += 1
        page = self._newest
        page.sessions.append(session)
        page.changed = version
        self._live[session.session_id] = session

    def changed(self, session: Session, version: int) -> None:
        """Take note that the event of this version changed a live session."""
        self._pages[(session.ticket - 1) // PAGE_SESSIONS].changed = version

    def end(self, session: Session, version: int) -> None:
        """Take note that a session is over."""
        ticket, session_id = session.ticket, session.session_id
        page = self._pages[(ticket - 1) // PAGE_SESSIONS]
        page.end(session)
        page.changed = version
        del self._live[session_id]
        self._over.add(session_id, ticket)

    def amend(self, session: Session, version: int) -> None:
        """Take note that a session that is over has ended otherwise after all."""
        page = self._page(session.ticket)
        page.amend(session)
        page.changed = version

    def live(self, session_id: str) -> Session:
        """A session that is not over; raises `KeyError` when it is, or never was."""
        return self._live[session_id]

    def at(self, ticket: int) -> Session:
        """The session with this ticket, which must be live."""
        session = self._page(ticket).sessions[(ticket - 1) % PAGE_SESSIONS]
        assert session is not None
        return session

    def find(self, session_id: str) -> Session | None:
        """The session of this id, live or over; one that is over is a copy."""
        return self._live.get(session_id) or self._find_over(session_id)

    def _find_over(self, session_id: str) -> Session | None:
        pages = (self._page(ticket) for ticket in self._over.find(session_id))
        found = (s for page in pages for s in page.over() if s.session_id == session_id)
        return next(found, None)

    def _page(self, ticket: int) -> SessionPage:
        return self._pages[(ticket - 1) // PAGE_SESSIONS]

    @property
    def pages(self) -> dict[int, int]:
        """By number of page, the version of the event that changed it last."""
        return {number: page.changed for number, page in enumerate(self._pages)}

    def page(self, number: int) -> list[Session]:
        """The sessions of a page, in the order of tickets."""
        return list(self._pages[number])

    def restore(self, sessions: Sequence[Session], changed: int) -> None:
        """Enter the next page, as `page` gave it."""
        page = self._newest = SessionPage(changed, sessions)
        self._pages.append(page)
        self._length += len(sessions)
        self._live.update(zip(map(_id, sessions), sessions, strict=True))
        for session in sessions:
            if not session.is_live:
                page.end(session)
                del self._live[session.session_id]
                self._over.add(session.session_id, session.ticket)

    def __iter__(self) -> Iterator[Session]:
        """The live sessions, in the order of tickets."""
        return iter(self._live.values())
