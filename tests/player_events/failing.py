"""Topics of dead letters in memory: who failed at what, and what was decided."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from application.player_events.dead_letters import DeadLetterRepairs
from application.player_events.intake import Intake
from application.player_events.repair import Repairing
from application.ports.commands import Unavailable
from application.ports.projections import Change
from domain.events import Position
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.letters import DeadLetter, Decision, LetterRecord, Verb, fold, read
from infra.eventlog.partition import partition_for
from infra.player_events.dead_letters import decision_record
from projections.player_events.dead_letters import DeadLetterPage, Wanted
from projections.projection import InvalidCursor
from tests.player_events.told import NOON


class Failures:
    """The topics; what is told is appended, and read as the real reader reads it."""

    def __init__(self, partitions: int = 3) -> None:
        self.partitions = partitions
        self.events: list[LetterRecord] = []
        self._ends: dict[tuple[str, int], int] = defaultdict(int)

    def fail(
        self, event: PlayerEvent, consumer: str = "leaderboards", *, at: int = 0, why: str = "why"
    ) -> str:
        """A consumer could not take an event that stands at an offset; the id of the record."""
        position = f"{TOPIC}/{partition_for(event.player_id, self.partitions)}@{at}"
        headers = {"reason": why, "position": position, "consumer": consumer}
        value = msgspec.json.encode(event).decode()
        return self.put(f"{consumer}.dlq", event.player_id, value, headers)

    def refuse(self, value: str, by: str = "game-server", why: str = "why", at: str = "$") -> str:
        """The API refused what was reported; the id of the record."""
        return self.put("ingest.dlq", by, value, {"reason": why, "field": at})

    def decide(
        self, verb: Verb, letter: str, by: str = "ops", attempt: int = 1, **said: Any
    ) -> str:
        """Somebody decided about a letter."""
        value = msgspec.json.encode(Decision(by=by, attempt=attempt, **said)).decode()
        topic, partition, _ = letter.split("/")
        headers = {"decision": verb, "letter": letter}
        return self.put(topic, "key", value, headers, int(partition))

    def put(
        self,
        topic: str,
        key: str,
        value: str,
        headers: Mapping[str, str],
        partition: int | None = None,
    ) -> str:
        """Any record."""
        if partition is None:
            partition = partition_for(key, self.partitions)
        offset = self._ends[topic, partition]
        self._ends[topic, partition] += 1
        position = Position(topic, partition, offset)
        self.events.append(LetterRecord(position, key, value, headers, self.now))
        return f"{topic}/{partition}/{offset}"

    @property
    def now(self) -> datetime:
        """A second for each record."""
        return NOON + timedelta(seconds=len(self.events))


class FakeLetters:
    """The letters as a worker that is never behind would show them."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self.lags = False

    async def letter(self, id: str) -> DeadLetter | None:
        return next((letter for letter in self._letters() if letter.id == id), None)

    async def page(
        self, wanted: Wanted, limit: int | None = None, before: str | None = None
    ) -> DeadLetterPage:
        letters = [letter for letter in reversed(self._letters()) if _fits(letter, wanted)]
        ids = [letter.id for letter in letters]
        if before is not None and before not in ids:
            raise InvalidCursor(f"{before!r} is no letter.")
        left = letters if before is None else letters[ids.index(before) + 1 :]
        page = left[:limit]
        return DeadLetterPage(letters=page, before=page[-1].id if len(left) > len(page) else None)

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        return not self.lags

    def _letters(self) -> list[DeadLetter]:
        found = fold((), [read(record) for record in self._failures.events])
        return sorted(found, key=lambda letter: letter.created_at)


def _fits(letter: DeadLetter, wanted: Wanted) -> bool:
    return (
        wanted.consumer in {None, letter.consumer_service}
        and wanted.status in {None, letter.status}
        and wanted.player in {None, letter.player_id}
    )


class FakeDecisions:
    """Appends decisions to the topics in memory."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self.away = False
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens between a look at a letter and the decision."""

    def append(self, verb: Verb, decided: Sequence[tuple[DeadLetter, Decision]]) -> list[Position]:
        self.meanwhile()
        if self.away:
            raise Unavailable("Kafka did not take the decision.")
        for letter, said in decided:
            topic, _, value, partition, headers = decision_record(letter, verb, said)
            told = {name: str(text) for name, text in headers}
            self._failures.put(topic, letter.key, (value or b"").decode(), told, partition)
        return [record.position for record in self._failures.events[-len(decided) :]]


class Desk(NamedTuple):
    """What decides on letters, and all that it writes to."""

    failures: Failures
    letters: FakeLetters
    decisions: FakeDecisions
    published: list[PlayerEvent]
    changes: list[Change]
    dead_letters: DeadLetterRepairs


def a_desk() -> Desk:
    """Nothing has failed yet."""
    failures, published = Failures(), list[PlayerEvent]()
    letters, decisions = FakeLetters(failures), FakeDecisions(failures)
    changes = [Change("leaderboard_scores", "chess alltime 1970-01-01 ada", None, "10")]
    intake = Intake(accept_unknown=True, oldest=timedelta(days=30), players_score_in=["chess"])
    repairing = Repairing(intake)
    deciding = DeadLetterRepairs(letters, decisions, repairing, published.extend, lambda _: changes)
    return Desk(failures, letters, decisions, published, changes, deciding)
