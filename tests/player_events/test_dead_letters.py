"""Dead letters as people look at them: one for each event that failed, and what became of it."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import hypothesis
import msgspec
import psycopg
import pytest
from hypothesis import strategies as st
from psycopg.rows import class_row

from application.player_events.triage import SkipEvent
from application.rebuild import Batches
from application.upkeep import Upkeep
from domain.player_events.corrections import replacing
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.letters import (
    CONSUMERS,
    INGEST,
    NO_EVENT,
    TOPICS,
    DeadLetter,
    Decision,
    Verb,
)
from infra.player_events.dead_letters import decision_record
from projections.player_events.dead_letters import NAME as DEAD_LETTERS
from tests.architecture.shapes import GOLDEN
from tests.conftest import Hall
from tests.player_events.failing import Failures
from tests.player_events.told import NOON, scored
from tests.projections.fakes import FakeLetters, FakeReader
from tests.projections.living import is_true, live, outcome, quietly
from tests.read_models import OF_PLAYERS, TABLES, store_of, topics_of

EVENT = scored("ada", "ten", id="00000000-0000-4000-8000-000000000001")


def letters_of(
    hall: Hall, failures: Failures, held: ExitStack, batch: int = 100
) -> tuple[Upkeep, FakeLetters]:
    store, topics = store_of(hall.settings, DEAD_LETTERS, held), topics_of(DEAD_LETTERS)
    assert set(topics) == set(TOPICS)
    reader, unreadable = FakeReader(failures, topics), FakeLetters()
    batches = Batches(batch, batch)
    return Upkeep(DEAD_LETTERS, reader, store, unreadable, SkipEvent, batches), unreadable


class Following(NamedTuple):
    """The read model, and what it came to."""

    failures: Failures
    model: Upkeep
    unreadable: FakeLetters
    postgres: psycopg.Connection[Any]

    def letters(self) -> list[DeadLetter]:
        """All letters after all records, the oldest first."""
        live(self.model)
        return stored(self.postgres)

    def letter(self) -> DeadLetter:
        """The only one."""
        (letter,) = self.letters()
        return letter


def stored(postgres: psycopg.Connection[Any]) -> list[DeadLetter]:
    with postgres.cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute("SELECT * FROM dead_letters ORDER BY created_at").fetchall()


@pytest.fixture
def following(empty: Hall) -> Iterator[Following]:
    failures = Failures()
    with (
        ExitStack() as held,
        psycopg.connect(empty.postgres, autocommit=True) as postgres,
    ):
        model, unreadable = letters_of(empty, failures, held)
        yield Following(failures, model, unreadable, postgres)
        assert is_true(model)


def test_whoever_takes_corrections_has_its_letters_here() -> None:
    correctable = {*OF_PLAYERS, INGEST} - {"player-activity"}
    assert set(TOPICS) == {f"{name}.dlq" for name in correctable}


def test_a_letter_says_what_failed_where_and_why(following: Following) -> None:
    id = following.failures.fail(EVENT, at=17, why="Expected `int`, got `str`")

    letter = following.letter()

    assert letter == DeadLetter(
        id=id,
        consumer_service="leaderboards",
        key="ada",
        player_id="ada",
        event_id=EVENT.event_id,
        original_event=msgspec.json.encode(EVENT).decode(),
        error_message="Expected `int`, got `str`",
        position=letter.position,
        created_at=NOON,
    )
    assert letter.position is not None
    assert letter.position.startswith(f"{TOPIC}/")
    assert letter.position.endswith("@17")


def test_a_letter_of_what_was_refused_says_who_it_was_about(following: Following) -> None:
    about_ada = '{"player_id":"ada","event_type":7}'
    following.failures.refuse(about_ada, why="Expected `str`, got `int`", at="$.event_type")
    for unreadable in ("no json", '{"player_id":7}', "[]", ""):
        following.failures.refuse(unreadable, by="game-server")

    first, *others = following.letters()

    assert (first.player_id, first.key, first.original_event) == ("ada", "game-server", about_ada)
    assert first.error_message == "$.event_type: Expected `str`, got `int`"
    assert (first.position, first.event_id) == (None, None)
    assert [letter.player_id for letter in others] == ["game-server"] * 4
    assert [letter.original_event for letter in others] == ["no json", '{"player_id":7}', "[]", ""]


def test_a_name_that_no_table_holds_is_shown_with_a_mark_in_it(following: Following) -> None:
    following.failures.refuse('{"player_id":"a\\u0000a"}')
    assert following.letter().player_id == "a\ufffda"


def test_what_is_refused_twice_are_two_letters(following: Following) -> None:
    following.failures.refuse("{}")
    following.failures.refuse("{}")
    assert len(following.letters()) == 2


def test_a_failure_that_is_delivered_again_is_one_letter(following: Following) -> None:
    first = following.failures.fail(EVENT, at=3)
    live(following.model)
    following.failures.fail(EVENT, at=3)  # after a crash
    following.failures.fail(EVENT, at=3)  # of a rebuild

    letter = following.letter()

    assert (letter.id, letter.attempts) == (first, 1)


def test_a_record_that_no_event_was_read_from_is_one_letter_by_its_place(
    following: Following,
) -> None:
    headers = {"reason": "why", "consumer": "event-archive"}
    for offset in (3, 3, 4):
        position = {"position": f"{TOPIC}/0@{offset}"}
        following.failures.put("event-archive.dlq", "", "no json", headers | position)

    assert [letter.position for letter in following.letters()] == [f"{TOPIC}/0@3", f"{TOPIC}/0@4"]


def test_each_consumer_and_each_player_has_a_letter_of_its_own(following: Following) -> None:
    for consumer in CONSUMERS:
        following.failures.fail(EVENT, consumer)
        following.failures.fail(msgspec.structs.replace(EVENT, player_id="bob"), consumer)
    assert len(following.letters()) == 2 * len(CONSUMERS)


def test_decisions_are_noted_with_who_made_them(following: Following) -> None:
    verbs: tuple[tuple[Verb, str], ...] = (
        ("edit", "open"),
        ("retry", "retried"),
        ("drop", "dropped"),
    )
    for verb, _ in verbs:
        following.failures.decide(
            verb, following.failures.refuse("{}"), by=f"who {verb}s", event=msgspec.Raw(b'{"a":1}')
        )

    for letter, (verb, status) in zip(following.letters(), verbs, strict=True):
        assert (letter.status, letter.decided_by) == (status, f"who {verb}s")
        assert letter.edited_event == '{"a":1}'
        assert letter.decided_at is not None
        assert letter.decided_at > letter.created_at
        assert letter.original_event == "{}"


def test_the_first_decision_that_ends_a_letter_counts(following: Following) -> None:
    id = following.failures.refuse("{}")
    following.failures.decide("retry", id, by="ann")
    following.failures.decide("drop", id, by="ben")
    following.failures.decide("edit", id, by="cyd", event=msgspec.Raw(b"{}"))

    letter = following.letter()

    assert (letter.status, letter.decided_by, letter.edited_event) == ("retried", "ann", None)


def correction_of(event: PlayerEvent) -> PlayerEvent:
    return replacing(event, by="ops", event_id=str(uuid.uuid4()), at=NOON)


def test_an_event_that_fails_again_after_its_repair_opens_its_letter_again(
    following: Following,
) -> None:
    id = following.failures.fail(EVENT, at=3)
    following.failures.decide("retry", id)
    repaired = msgspec.structs.replace(EVENT, data=msgspec.Raw(b'{"score":"five"}'))
    following.failures.fail(correction_of(repaired), at=9, why="still text")

    letter = following.letter()

    assert (letter.id, letter.status, letter.attempts) == (id, "open", 2)
    assert letter.error_message == "still text"
    assert letter.original_event == msgspec.json.encode(EVENT).decode()
    following.failures.fail(EVENT, at=3)  # of a rebuild, which goes through both again
    following.failures.fail(correction_of(repaired), at=9)
    assert following.letter() == letter


def test_a_failure_that_comes_before_the_note_of_its_retry_is_not_lost(
    following: Following,
) -> None:
    id = following.failures.fail(EVENT, at=3)
    following.failures.fail(correction_of(EVENT), at=9)
    following.failures.decide("retry", id, attempt=1)
    assert following.letter().status == "open"
    following.failures.decide("retry", id, attempt=2)
    assert following.letter().status == "retried"


def test_a_repair_whose_first_failure_is_forgotten_shows_the_event_itself(
    following: Following,
) -> None:
    following.failures.fail(correction_of(EVENT), at=9)
    letter = following.letter()
    assert letter.original_event == msgspec.json.encode(EVENT).decode()
    assert letter.event_id == EVENT.event_id


@pytest.mark.parametrize(
    ("headers", "value"),
    [
        ({"decision": "burn", "letter": "x"}, '{"by":"ops","attempt":1}'),
        ({"decision": "drop", "letter": "x"}, "no json"),
        ({"position": "nowhere", "reason": "why"}, "{}"),
    ],
)
def test_a_record_that_says_nothing_stops_nobody(
    following: Following, headers: dict[str, str], value: str
) -> None:
    following.failures.put("leaderboards.dlq", "ada", value, headers)
    id = following.failures.fail(EVENT)

    assert following.letter().id == id

    assert len(following.unreadable.sent) == 1


def test_a_decision_on_what_is_forgotten_says_nothing(following: Following) -> None:
    following.failures.decide("drop", "leaderboards.dlq/0/7")
    assert following.letters() == []
    assert following.unreadable.sent == []


# -- whatever happens ------------------------------------------------------------------------------


class Fails(NamedTuple):
    """A consumer fails at an event, which stands where events of its number stand, or later."""

    number: int
    later: int
    consumer: str
    repaired: bool

    def tell(self, failures: Failures, ids: dict[tuple[int, str], str]) -> None:
        event = scored(f"player-{self.number % 3}", "ten", id=str(uuid.UUID(int=self.number)))
        told = correction_of(event) if self.repaired and self.later else event
        id = failures.fail(told, self.consumer, at=10 * self.later + self.number)
        ids.setdefault((self.number, self.consumer), id)


class Decides(NamedTuple):
    """Somebody decides about the letter of an event."""

    number: int
    consumer: str
    verb: Verb
    attempt: int

    def tell(self, failures: Failures, ids: dict[tuple[int, str], str]) -> None:
        id = ids.get((self.number, self.consumer), f"{self.consumer}.dlq/0/99")
        event = msgspec.Raw(b"{}") if self.verb == "edit" else NO_EVENT
        failures.decide(self.verb, id, attempt=self.attempt, event=event)


numbers, services = st.integers(0, 4), st.sampled_from(CONSUMERS[:2])
fails = st.builds(Fails, numbers, st.integers(0, 3), services, st.booleans())
decides = st.builds(
    Decides, numbers, services, st.sampled_from(["edit", "retry", "drop"]), st.integers(1, 3)
)
happenings = st.lists(st.one_of(fails, fails, decides), max_size=30)
repetitions = st.lists(st.none() | st.integers(0, 30), min_size=30)


@hypothesis.settings(
    max_examples=15,
    phases=[hypothesis.Phase.generate],  # each example takes a second; the first failure tells
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(told=happenings, again=repetitions, batch=st.integers(1, 7))
def test_batches_restarts_and_repetitions_change_nothing(
    empty: Hall, told: Sequence[Fails | Decides], again: Sequence[int | None], batch: int
) -> None:
    once = folded(empty, told, 100)
    repeated: list[Fails | Decides] = []
    for happening, which in zip(told, again, strict=False):
        repeated.append(happening)
        before = [each for each in repeated if isinstance(each, Fails)]
        if before and which is not None:
            repeated.append(before[which % len(before)])

    many = folded(empty, repeated, batch)

    assert [seen(letter) for letter in many] == [seen(letter) for letter in once]
    failed = {(each.number, each.consumer) for each in told if isinstance(each, Fails)}
    assert len(once) == len(failed), "one letter for each event of each consumer"


def folded(hall: Hall, told: Sequence[Fails | Decides], batch: int) -> list[DeadLetter]:
    """The letters of a worker that is restarted in between, which a rebuild comes to as well."""
    failures, ids = Failures(), dict[tuple[int, str], str]()
    with ExitStack() as held, psycopg.connect(hall.postgres, autocommit=True) as postgres:
        postgres.execute(f"TRUNCATE {TABLES}")
        for half in (told[: len(told) // 2], told[len(told) // 2 :]):
            for happening in half:
                happening.tell(failures, ids)
            model, _ = letters_of(hall, failures, held, batch)
            live(model)
        found = stored(postgres)
        assert outcome(model.rebuild(quietly)) == (True, 0)
        assert stored(postgres) == found
    return found


def seen(letter: DeadLetter) -> DeadLetter:
    """A letter without what every record moves on: its number and times."""
    nowhen = {"id": "", "created_at": NOON, "decided_at": None}
    return msgspec.structs.replace(letter, **nowhen)


# -- how decisions are written ---------------------------------------------------------------------

LETTER = DeadLetter(
    id="leaderboards.dlq/2/17",
    consumer_service="leaderboards",
    key="ada",
    player_id="ada",
    original_event="{}",
    error_message="why",
    created_at=NOON,
)

DECISIONS: dict[Verb, Decision] = {
    "edit": Decision(by="ops", attempt=1, event=msgspec.Raw(b'{"event_type":"player_score"}')),
    "retry": Decision(by="ops", attempt=1),
    "drop": Decision(by="ops", attempt=2),
}


@pytest.mark.parametrize("verb", DECISIONS)
def test_a_decision_is_written_as_its_golden_sample_shows(verb: Verb) -> None:
    topic, key, value, partition, headers = decision_record(LETTER, verb, DECISIONS[verb])
    written = {
        "shard": [topic, partition],
        "key": key,
        "headers": dict(headers),
        "value": json.loads(value or b""),
    }
    assert written == json.loads((GOLDEN / "dead_letters" / f"{verb}.json").read_text())
