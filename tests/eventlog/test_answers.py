"""What a shard remembers of its answers."""

from typing import Any

import msgspec

from application.log.answers import PACKED_ANSWERS, PART_COMMANDS, REMEMBERED_COMMANDS, Answers
from application.log.records import NO_REPLY, Commit, StoredCommit
from domain.events import DomainEvent, Metadata
from tests.eventlog.counter import Counted, Total
from tests.given import T0


def commit(
    number: int, *, fingerprint: str | None = None, reply: Any = None
) -> Commit[DomainEvent]:
    happened = Counted(originator_id="x", originator_version=1, timestamp=T0, total=1)
    return Commit(
        epoch=1,
        owner="me",
        seq=2 * number,
        command_id=f"command-{number}",
        metadata=Metadata(actor="ann", fingerprint=fingerprint),
        events=[happened] * 2,
        reply=reply,
    )


def read(commit: Commit[DomainEvent]) -> Commit[DomainEvent]:
    """The same, as it is read from the log."""
    reply = msgspec.Raw(msgspec.json.encode(commit.reply))
    fields = msgspec.structs.asdict(commit) | {"reply": reply}
    return StoredCommit(**fields)


def test_the_first_answer_is_the_reply_its_place_and_the_fingerprint_of_the_request() -> None:
    answers = Answers()
    answers.remember(commit(3, fingerprint="print-3", reply=Total(3)))
    first = answers.first("command-3")
    assert first is not None
    assert (bytes(first.reply), first.seq, first.fingerprint) == (b'{"total":3}', 7, "print-3")
    assert answers.first("b") is None


def test_what_is_remembered_is_a_part_of_the_record() -> None:
    answers = Answers()
    answers.remember(commit(3))
    assert answers._newest._answers == [b'["command-3",7,null,null]']


def test_what_was_only_followed_is_read_once_somebody_asks() -> None:
    answers = Answers()
    last = REMEMBERED_COMMANDS + PACKED_ANSWERS
    for number in range(last + 1):
        answers.follow(read(commit(number, reply=Total(number))))
    assert answers.first(f"command-{PACKED_ANSWERS - 1}") is None, "the oldest are forgotten"
    for number in (PACKED_ANSWERS, PACKED_ANSWERS + 1, last - 1, last):
        first = answers.first(f"command-{number}")
        assert first is not None
        assert (bytes(first.reply), first.seq) == (b'{"total":%d}' % number, 2 * number + 1)


def test_a_command_without_a_reply_or_a_fingerprint_is_remembered_too() -> None:
    answers = Answers()
    answers.follow(read(commit(0)))
    first = answers.first("command-0")
    assert first is not None
    assert (first.reply, first.fingerprint) == (NO_REPLY, None)


def test_the_oldest_are_forgotten_but_never_one_of_the_latest() -> None:
    answers = Answers()
    for number in range(3 * REMEMBERED_COMMANDS):
        answers.remember(commit(number))
    last = 3 * REMEMBERED_COMMANDS
    assert answers.first(f"command-{last - 1}")
    assert answers.first(f"command-{last - REMEMBERED_COMMANDS}")
    assert answers.first(f"command-{last - REMEMBERED_COMMANDS - PART_COMMANDS - 1}") is None


def test_a_command_that_did_not_happen_is_forgotten() -> None:
    answers = Answers()
    answers.remember(commit(3))
    answers.forget("command-3")
    answers.forget("b")
    assert answers.first("command-3") is None
    answers.follow(read(commit(4)))
    assert answers.first("command-3") is None, "whoever follows again does not know it, either"


def test_one_of_many_that_did_not_happen_leaves_the_others() -> None:
    answers = Answers()
    for number in range(2 * PACKED_ANSWERS):
        answers.remember(commit(number))
    answers.forget("command-3")
    answers.follow(read(commit(2 * PACKED_ANSWERS)))
    known = [bool(answers.first(f"command-{n}")) for n in range(2 * PACKED_ANSWERS + 1)]
    assert [number for number, is_known in enumerate(known) if not is_known] == [3]


def test_who_is_asked_follows_and_is_asked_again_knows_all_of_it() -> None:
    answers = Answers()
    answers.remember(commit(1))
    answers.follow(read(commit(2)))
    answers.remember(commit(3))
    assert all(answers.first(f"command-{number}") for number in (1, 2, 3))


def test_a_command_that_did_not_happen_and_then_does_has_its_latest_answer() -> None:
    answers = Answers()
    answers.remember(commit(3, reply=Total(1)))
    answers.forget("command-3")
    answers.remember(commit(3, reply=Total(2)))
    first = answers.first("command-3")
    assert first is not None
    assert bytes(first.reply) == b'{"total":2}'


def test_another_command_with_the_same_digest_is_not_taken_for_it() -> None:
    class Alike(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return hash("command-3")

    answers = Answers()
    answers.remember(commit(3))
    assert answers.first(Alike("command-4")) is None


def test_what_did_not_happen_is_forgotten_also_by_who_has_followed_since() -> None:
    answers = Answers()
    answers.remember(commit(3))
    answers.follow(read(commit(4)))
    answers.forget("command-3")
    assert answers.first("command-3") is None
    assert answers.first("command-4")
