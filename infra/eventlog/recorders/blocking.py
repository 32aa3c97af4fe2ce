"""A recorder's topic as blocking callers see it, in any thread."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count, islice
from queue import Empty
from socket import gethostname
from threading import Condition, Event, RLock, Thread, current_thread
from uuid import uuid4

import uvloop
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
    Tracking,
)

from application.ports.commands import Answer, Envelope
from infra.eventlog.recorders.ends import Ends
from infra.eventlog.recorders.events import Stored
from infra.eventlog.recorders.ledger import Conflict, Insert, TooLarge
from infra.eventlog.recorders.log import LedgerLog, PendingInsert
from infra.eventlog.recorders.payloads import Commits, Fetcher, Payloads
from infra.eventlog.recorders.shard import ledger_category

FOLLOWED_EVENTS = 500
"""Events that one who follows gets at once, at most."""


class LogThread(Thread):
    """Runs the event loop of one log."""


class BlockingLog:
    """Stores and shows the events of one topic.

    `seconds` bounds how long anything waits for Kafka. `most_bytes` bounds the memory for events
    themselves, beside that of the index. Raises the library's errors: `IntegrityError`,
    `DataError`, `OperationalError` when Kafka does not answer, and `InterfaceError` once closed.
    """

    def __init__(self, bootstrap: str, name: str, *, seconds: float, most_bytes: int) -> None:
        category = ledger_category(name)
        owner = f"{gethostname()}-{uuid4().hex}"
        self._topic = category.topic
        self._seconds = seconds
        self._owner = owner
        self._numbers = count()
        self._ends = Ends(bootstrap, category.topic, seconds)
        self._fetcher = Fetcher(bootstrap, category, seconds)
        self._payloads = Payloads(self._fetcher, most_bytes)
        self._progress = Condition()
        self._log = LedgerLog(
            bootstrap,
            category,
            owner=owner,
            published=self._payloads.keep,
            progressed=self.wake,
        )
        self.index = self._log.index
        self._process = os.getpid()
        self._opening = RLock()
        self._opened = Event()
        self._thread = LogThread(target=self._run, name=category.topic, daemon=True)

    # -- life -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Read the topic to its end, so that nobody waits for that later.

        May take its time, as long as it gets on; raises `OperationalError` when it does not.
        """
        with self._opening:
            if self._thread.ident is None:
                self._thread.start()
        self._opened.wait()
        while True:
            before = self._log.read_to
            try:
                return self.catch_up()
            except OperationalError:
                if self._log.failure or self._log.read_to == before:
                    raise

    def _run(self) -> None:
        failure: Exception = InterfaceError(f"{self._topic} has been closed.")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._live())
        except Exception as error:  # noqa: BLE001 - whoever uses the log is told
            failure = error
        self._log.fail(self._log.failure or failure)
        self.wake()
        self._opened.set()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        await self._log.start()
        self._opened.set()
        await self._closing.wait()
        await self._log.stop()

    def close(self) -> None:
        """Stop; whoever waits for something gets `InterfaceError`."""
        if self._process != os.getpid():
            return  # a child process has a copy of this, and none of its threads
        if self._thread.is_alive():
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._closing.set)
            if not isinstance(current_thread(), LogThread):  # where garbage may be collected
                self._thread.join()
        self._ends.close()
        self._fetcher.close()

    # -- inserting ------------------------------------------------------------------------------

    def insert(self, events: Sequence[StoredEvent], tracking: Tracking | None = None) -> int:
        """Store all of it or nothing, once, and give the sequence number of the last event.

        Raises `OperationalError` when it is not certain in time; then it may have happened.
        """
        command = Insert(events=events, tracking=tracking)
        command_id = f"{self._owner}#{next(self._numbers)}"
        pending = PendingInsert(Envelope(command_id=command_id, command=command))
        self._check()
        self._log.insert(pending)
        try:
            verdict = pending.get(timeout=self._seconds)
        except Empty:
            pending.given_up = True
            raise OperationalError(
                f"Kafka did not confirm within {self._seconds:g} s that {len(events)} events were"
                f" stored in {self._topic}. They may be: look before you store them again."
            ) from None
        if isinstance(verdict, Answer):
            return verdict.position.seq
        raise _library_error(verdict) from verdict

    # -- reading --------------------------------------------------------------------------------

    def events(
        self, originator_id: str, gt: int | None, lte: int | None, *, desc: bool, limit: int | None
    ) -> list[StoredEvent]:
        """The events of one originator, in the order of their versions."""
        self.catch_up()
        seqs = self.index.of(originator_id, gt, lte, desc=desc, limit=limit)
        return [event.restored() for event in self._stored(seqs, self._payloads.at)]

    def notifications(
        self, first: int, end: int | None, limit: int, topics: Sequence[str]
    ) -> list[Notification]:
        """Up to `limit` stored events with sequence numbers in `[first, end)`."""
        self.catch_up()
        return self._notifications(first, end, limit, topics)

    def _notifications(
        self, first: int, end: int | None, limit: int, topics: Sequence[str]
    ) -> list[Notification]:
        seqs = list(islice(self.index.stored(first, end, topics), limit))
        stored = self._stored(seqs, self._payloads.passing)
        return [event.notified(seq + 1) for seq, event in zip(seqs, stored, strict=True)]

    def _stored(
        self, seqs: Sequence[int], find: Callable[[Sequence[int]], Commits]
    ) -> Iterator[Stored]:
        offsets = [self.index.offset(seq) for seq in seqs]
        commits = find(list(dict.fromkeys(offsets)))
        for seq, offset in zip(seqs, offsets, strict=True):
            event = commits[offset].events[seq - commits[offset].seq]
            assert isinstance(event, Stored)
            yield event

    def catch_up(self) -> None:
        """Read all that is in the topic now, whoever wrote it."""
        self._check()
        end = self._ends.ask()
        if self._log.read_to < end:
            self._log.expect(end)
            self.wait(lambda: self._log.read_to >= end, self._seconds)
        self._check()
        if self._log.read_to < end:
            raise OperationalError(
                f"{self._topic} was read up to offset {self._log.read_to}, not to its end at {end},"
                f" within {self._seconds:g} s; look whether Kafka is up, or set a longer"
                " KAFKA_TIMEOUT."
            )

    # -- waiting --------------------------------------------------------------------------------

    def wait(self, condition: Callable[[], bool], seconds: float | None) -> bool:
        """Whether the condition came true in time; it is looked at whenever something happens."""
        with self._progress:
            came = self._progress.wait_for(
                lambda: condition() or self._log.failure is not None, seconds
            )
        self._check()
        return came

    def wake(self) -> None:
        """Let all who wait look at their condition again."""
        with self._progress:
            self._progress.notify_all()

    def follow(
        self, first: int, topics: Sequence[str], stopped: Callable[[], bool]
    ) -> tuple[list[Notification], int]:
        """Wait for stored events from `first` on; gives some of them, and where to go on.

        Gives nothing once `stopped` says so; `wake` makes it look.
        """
        self._check()
        while not stopped():
            if first >= len(self.index):
                self._wait_beyond(first, stopped)
            end = min(first + FOLLOWED_EVENTS, len(self.index))
            if found := self._notifications(first, end, FOLLOWED_EVENTS, topics):
                return found, end
            first = max(first, end)
        return [], first

    def _wait_beyond(self, seq: int, stopped: Callable[[], bool]) -> None:
        self.wait(lambda: stopped() or len(self.index) > seq, None)

    def _check(self) -> None:
        if self._log.failure is not None:
            raise _library_error(self._log.failure)


def _library_error(problem: Exception) -> Exception:
    match problem:
        case Conflict():
            return IntegrityError(str(problem))
        case TooLarge():
            return DataError(str(problem))
        case PersistenceError():
            return type(problem)(str(problem))
    return OperationalError(f"{type(problem).__name__}: {problem}")
