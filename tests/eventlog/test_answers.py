"""What a shard remembers of its answers."""

import msgspec

from application.log.answers import LARGE_RECORD_BYTES, PART_COMMANDS, REMEMBERED_COMMANDS, Answers


def record(number: int, *, size: int = 0) -> bytes:
    return msgspec.json.encode(
        {
            "record": "commit",
            "epoch": 1,
            "owner": "me",
            "seq": 2 * number,
            "command_id": f"command-{number}",
            "metadata": {"actor": "ann", "fingerprint": f"print-{number}"},
            "events": [{"type": "happened", "text": "x" * size}] * 2,
            "reply": {"number": number},
        }
    )


def test_the_first_answer_is_the_reply_its_place_and_the_fingerprint_of_the_request() -> None:
    answers = Answers()
    answers.remember("a", record(3))
    first = answers.first("a")
    assert first is not None
    assert (bytes(first.reply), first.seq, first.fingerprint) == (b'{"number":3}', 7, "print-3")
    assert answers.first("b") is None


def test_a_large_record_is_remembered_without_its_events() -> None:
    answers, large = Answers(), record(3, size=LARGE_RECORD_BYTES)
    answers.remember("a", large)
    first = answers.first("a")
    assert first is not None
    assert (bytes(first.reply), first.seq, first.fingerprint) == (b'{"number":3}', 7, "print-3")
    assert (
        sum(len(each) for part in answers._parts for each in part.values())
        < LARGE_RECORD_BYTES / 10
    )


def test_what_was_only_followed_is_read_once_somebody_asks() -> None:
    answers = Answers()
    for number in range(REMEMBERED_COMMANDS + 2):
        answers.follow(record(number, size=LARGE_RECORD_BYTES if number % 1_000 == 3 else 0))
    assert answers.first("command-1") is None, "the oldest are forgotten"
    for number in (2, 3, 4, REMEMBERED_COMMANDS + 1):
        first = answers.first(f"command-{number}")
        assert first is not None
        assert (bytes(first.reply), first.seq) == (b'{"number":%d}' % number, 2 * number + 1)


def test_a_command_without_a_reply_or_a_fingerprint_is_remembered_too() -> None:
    answers = Answers()
    answers.remember("a", b'{"seq":0,"command_id":"a","events":[{}],"metadata":{}}')
    first = answers.first("a")
    assert first is not None
    assert (bytes(first.reply), first.fingerprint) == (b"null", None)


def test_the_oldest_are_forgotten_but_never_one_of_the_latest() -> None:
    answers, value = Answers(), record(0)
    for number in range(3 * REMEMBERED_COMMANDS):
        answers.remember(f"command-{number}", value)
    last = 3 * REMEMBERED_COMMANDS
    assert answers.first(f"command-{last - 1}")
    assert answers.first(f"command-{last - REMEMBERED_COMMANDS}")
    assert answers.first(f"command-{last - REMEMBERED_COMMANDS - PART_COMMANDS - 1}") is None


def test_a_command_that_did_not_happen_is_forgotten() -> None:
    answers = Answers()
    answers.remember("a", record(3))
    answers.forget("a")
    answers.forget("b")
    assert answers.first("a") is None
